"""What holds for all tests of readers."""

from tests.unhidden import nothing_is_hidden

__all__ = ["nothing_is_hidden"]
