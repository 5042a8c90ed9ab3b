"""What a file says of its own making: camera, serial number, times, place. A fact about the file, not the world."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import Field, FiniteFloat

from safelight.media.exif import exif_of_picture
from safelight.media.protocol import Picture
from safelight.model import Capability, SignalValue
from safelight.signals.shape import EXACTLY, Text, TypedDict, with_config


@with_config(EXACTLY)
class ExifValue(TypedDict, total=False):
    """What a file may state, see `media.exif.exif`."""

    make: Text
    model: Text
    serial: Text
    lens: Text
    lens_serial: Text
    software: Text
    artist: Text
    owner: Text
    description: Text
    comment: Text
    image_id: Text
    datum: Text
    subsecond: Text
    taken: Text
    digitized: Text
    changed: Text
    zone: Text
    gps_time: Text
    latitude: Annotated[FiniteFloat, Field(ge=-90, le=90)]
    longitude: Annotated[FiniteFloat, Field(ge=-180, le=180)]
    altitude: FiniteFloat
    orientation: Annotated[int, Field(ge=1, le=8)]
    thumbnail: bool


class ExifSignal:
    """Value: a flat object, `{}` where the file states nothing.

    Its members are those of `media.exif.exif` (and, for a video, of `media.exif.stated_by`). Times are the
    camera's own; `zone` is `local`, `utc` or the offset that the file states.
    """

    name = "exif"
    capability = Capability.HASH_MATCH
    shape = ExifValue
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
