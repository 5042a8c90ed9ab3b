"""What holds for all tests with broken files."""

from tests.unhidden import nothing_is_hidden

__all__ = ["nothing_is_hidden"]
