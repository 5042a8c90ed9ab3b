"""What the look at a report's media adds to its place: known material, something new, explicit and apparently young."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True)
class MediaSaid:
    """A file of a report that was looked at: its name, its item, its lead with the codes and texts of its reasons."""

    name: str
    sha256: str
    lead: str | None
    codes: tuple[str, ...]
    texts: tuple[str, ...]
    withdrawn: str | None = None
    """When it was stated as not viewed after it had been looked at, ISO 8601; nothing else of it is kept here then."""

    @property
    def known(self) -> bool:
        """Is it known material, which nobody needs to look at?"""
        return "known-illegal" in self.codes


def standing(said: Mapping[str, Sequence[MediaSaid]]) -> dict[str, list[MediaSaid]]:
    """What counts: without the files that were withdrawn, and without reports that have no others."""
    kept = {report: [one for one in media if one.withdrawn is None] for report, media in said.items()}
    return {report: media for report, media in kept.items() if media}


def withdrawals(media: Sequence[MediaSaid]) -> list[dict[str, Any]]:
    """Entries for a report's history: which files were withdrawn, and when."""
    return [
        {"at": one.withdrawn, "what": "withdrawn", "name": one.name}
        for one in media
        if one.withdrawn is not None
    ]


def strengths(
    said: Mapping[str, Sequence[MediaSaid]], numbers: Mapping[str, int], reports: int
) -> dict[str, npt.NDArray[np.uint8]]:
    """Strengths by term, for reports whose media were looked at. `numbers` gives a report's number by its id."""
    made = {
        code: np.zeros(reports, dtype=np.uint8)
        for code in ("explicit-young", "new-material", "known-material", "camera-seen")
    }
    for report, media in standing(said).items():
        number = numbers.get(report)
        if number is None:
            continue
        codes = {code for one in media for code in one.codes}
        made["explicit-young"][number] = 255 * ("suspected" in codes)
        made["new-material"][number] = 255 * ("new-material" in codes)
        made["known-material"][number] = 255 * all(one.known for one in media)
        made["camera-seen"][number] = 255 * ("camera-original" in codes)
    return made


def shown(media: Sequence[MediaSaid]) -> list[dict[str, Any]]:
    """Media as `reports show` lists them: known ones are named only, none is shown."""
    return [
        {
            "name": one.name,
            "sha256": one.sha256,
            "lead": one.lead,
            "known": one.known,
            "said": " ".join(one.texts) or "nothing that speaks for a lead",
        }
        for one in media
        if one.withdrawn is None
    ]
