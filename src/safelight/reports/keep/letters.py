"""Codes of two letters, of countries and of languages, as the numbers that columns hold."""

from __future__ import annotations


def letters_number(code: str | None) -> int:
    """Two letters as a number; 0 for none."""
    return ord(code[0]) << 8 | ord(code[1]) if code and len(code) == 2 and code.isascii() else 0


def letters_of(number: int) -> str | None:
    """The letters of a number; None for 0."""
    return chr(number >> 8) + chr(number & 255) if number else None
