"""SQLite databases as evidence: read page by page, never opened with the SQLite library, deleted rows included."""
