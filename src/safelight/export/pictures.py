"""Which leads may show a small blurred picture in the report, and why others have none."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from safelight.export.blur import blurred, blurred_sheet, data_url
from safelight.export.protocol import Findings, LeadView
from safelight.export.shown import Shown, shown_of
from safelight.model import HashSetKind
from safelight.review.decisions import ALWAYS

MOST = 1_000
"""Pictures in one report."""
MOST_BYTES = 12_000_000
"""Of all pictures of a report: contact sheets are ten times as large as others, and a report stays below 20 MB."""


def withheld(view: LeadView) -> str | None:
    """Why a lead is never shown, whatever is asked for; None where it may be, blurred.

    What is exactly on a list of illegal material needs no eyes, and what a person gave a category has had them.
    A near-copy, a watch hit and what is suspected must be looked at.
    """
    exact = any(
        match.kind is HashSetKind.KNOWN_ILLEGAL and not match.is_perceptual for match in view.lead.matches
    )
    if exact or any(reason.code == "known-illegal" for reason in view.lead.reasons):
        return "it is exactly on a list of illegal material"
    if view.lead.decided not in (None, *ALWAYS):
        return "a person has looked and decided"
    return None


@dataclass(slots=True)
class Pictures:
    """The pictures of a report as `data:` addresses by lead id, and for every other lead why it has none."""

    addresses: dict[str, str] = field(default_factory=dict)
    shown: dict[str, Shown] = field(default_factory=dict)
    """Of each, what it shows."""
    absent: dict[str, str] = field(default_factory=dict)
    size: int = 0
    """Bytes of the addresses."""

    def of(self, findings: Findings, views: Iterable[LeadView]) -> Pictures:
        """Take in the pictures of these leads, the first `MOST` that have one."""
        for view in views:
            lead = view.lead
            why = withheld(view)
            if why is None and len(self.addresses) == MOST:
                why = f"the report shows {MOST:,} at most"
            if why is None and self.size >= MOST_BYTES:
                why = "the report would become too large"
            if why is None:
                kept, shown = findings.thumbnail(lead.sha256), shown_of(view)
                small = _small(kept, shown.frames) if kept else None
                if small:
                    self.addresses[lead.id], self.shown[lead.id] = data_url(small), shown
                    self.size += len(self.addresses[lead.id])
                    continue
                why = "it could not be decoded" if view.error else "the scan kept none"
            self.absent[lead.id] = why
        return self


def _small(kept: bytes, frames: int) -> bytes | None:
    return blurred(kept) if frames == 1 else blurred_sheet(kept, frames)
