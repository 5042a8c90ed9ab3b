"""The one scaled decode that signals share."""

from __future__ import annotations

from safelight.media.picture import FIRST_SIDE

SHARED_SIDE = FIRST_SIDE
"""Pixels that the shorter side keeps at least: PDQ, explicit score and faces ask for this same decode, so
that a photograph is decoded once."""
