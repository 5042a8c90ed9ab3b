"""How much the compiled loops of the PDQ index ask for ahead, and the room they work in; of it, no numba is needed."""

from __future__ import annotations

from typing import Final

KEYS: Final = 128
"""Codes whose places in a table are asked for before the first of them is written."""

PROBES: Final = 256
"""Probes whose offsets are asked for before the first is read, and their entries then."""

FLIPS: Final = 4096
"""Most probes that one query makes of one band."""

CANDIDATES: Final = 128
"""Candidates whose codes are asked for before the first is compared."""

SEARCH: Final = 2 * (PROBES + FLIPS) + 1 + CANDIDATES
"""Words that `search_band` works in: two a probe, a count, one a candidate."""
