"""Caches: thumbnails that systems keep of pictures which may be gone, and what browsers kept of pages."""
