"""Compile the loops that look at every bit of a picture, where numba is installed.

Compiled code is kept beside the source (or in the user's cache folder where that cannot be written), so
that only the first run after an installation waits for it: `prepare` does it at set-up.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from typing import Any


@cache
def is_compiled() -> bool:
    """Is numba there? Without it entropy-coded data is not decoded, only its markers are followed."""
    return find_spec("numba") is not None


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """Decorate a function of integers and arrays: compiled when first called, from the cache after that."""
    if not is_compiled():
        return function
    from numba import njit

    made: Callable[..., Any] = njit(cache=True, nogil=True)(function)
    return made
