"""Phones: backups of iOS and Android, reports and extractions of forensic programs."""
