"""A task says that it lives: `beat()` before each item lets the pool kill a hang early.

Outside a worker it does nothing, so tasks need not know which engine runs them.
"""

from __future__ import annotations

from collections.abc import Callable

_listener: Callable[[], None] | None = None


def beat() -> None:
    """Say that the next item begins."""
    if _listener is not None:
        _listener()


def listen(listener: Callable[[], None] | None) -> None:
    """Set what hears the beats of this process (the worker's loop)."""
    global _listener
    _listener = listener
