"""Registers of missing and found people as they come in: tables, JSON, folders of photographs; `open.py` opens any."""
