"""The compiled loops, for tests that need them; where nothing compiles, those are left out."""

from __future__ import annotations

import pytest

from safelight.matching.pdqindex import compiled


@pytest.fixture(scope="session")
def loops() -> compiled.Kernels:
    found = compiled.kernels(compile=True)
    if found is None:
        pytest.skip("numba cannot compile here")
    return found
