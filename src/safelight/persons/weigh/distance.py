"""Distances on the globe, and the steps in which they are counted."""

from __future__ import annotations

import math

STEPS = (50.0, 300.0, 1000.0, 3000.0)
"""Kilometres; the last step is everything beyond."""
STEP_NAMES = ("near", "region", "country", "far", "abroad")
_RADIUS = 6371.0
"""Mean radius of the earth, km."""


def kilometres(latitude: float, longitude: float, other_latitude: float, other_longitude: float) -> float:
    """Great-circle distance of two places in degrees (haversine)."""
    a, b = math.radians(latitude), math.radians(other_latitude)
    across = math.radians(other_longitude - longitude) / 2
    h = math.sin((b - a) / 2) ** 2 + math.cos(a) * math.cos(b) * math.sin(across) ** 2
    return 2 * _RADIUS * math.asin(min(1.0, math.sqrt(h)))


def step(distance: float) -> int:
    """Which step a distance falls in."""
    return next((at for at, most in enumerate(STEPS) if distance < most), len(STEPS))
