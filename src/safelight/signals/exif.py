"""What a file says of its own making: camera, serial number, times, place. A fact about the file, not the world."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from safelight.media.exif import exif_of_picture
from safelight.media.protocol import Picture
from safelight.model import Capability, SignalValue


class ExifSignal:
    """Value: a flat object, `{}` where the file states nothing.

    Its members are those of `media.exif.exif` (and, for a video, of `media.exif.stated_by`). Times are the
    camera's own; `zone` is `local`, `utc` or the offset that the file states.
    """

    name = "exif"
    capability = Capability.HASH_MATCH
    version = "2"

    def prepare(self) -> None:
        """Nothing to load beyond the decoders."""

    def compute(self, media: Sequence[Sequence[Picture]]) -> list[SignalValue]:
        """Read the metadata of each still image; a video's come with its decoder's frames."""
        return [
            SignalValue(self.name, self.version, _facts(frames[0]))
            if frames
            else SignalValue(self.name, self.version, None, "not computed: nothing was decoded")
            for frames in media
        ]


def _facts(first: Picture) -> dict[str, Any]:
    return exif_of_picture(first.data) if first.data else dict(first.metadata)
