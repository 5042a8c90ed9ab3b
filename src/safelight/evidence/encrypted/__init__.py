"""Encrypted volumes, images and archives: recognised without a key, opened with one that the order gives."""
