"""Readers of archives beside ZIP, 7z and tar: cpio, RAR, cabinets, LZH, and the LZW of `compress`."""
