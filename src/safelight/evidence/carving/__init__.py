"""Carving: find media and documents in space that no file occupies, by following their structure."""
