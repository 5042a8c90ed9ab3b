"""Camera RAW: the largest preview that the camera put into the file, which is what it would show itself.

Sensor data is not developed. Previews are found by the TIFF structure (CR2, NEF, ARW, DNG, PEF, ORF, RW2 …), else by
following every JPEG in the file to its end (CR3, RAF, X3F and what has its own directories).
"""

from __future__ import annotations

from typing import Final

from safelight.errors import FormatError
from safelight.evidence.inner_jpeg import directories, is_camera_raw, jpegs_in, previews_of_tiff
from safelight.evidence.sniff import sniff
from safelight.evidence.source import BytesSource
from safelight.media.jpeg import JpegDecoder
from safelight.media.protocol import Picture
from safelight.media.still import StillDecoder
from safelight.media.tiff import orientation_of

_LARGE: Final = 32_768
"""Bytes of a preview that is more than a thumbnail: with one no further search is made."""
_TRIED: Final = 4
"""Previews tried, the largest first."""


class RawDecoder:
    """What cameras write as RAW, those that are TIFF files too."""

    name = "raw"

    def detect(self, head: bytes) -> str | None:
        """See `Decoder.detect`."""
        found = sniff(head)
        return "raw" if found == "raw" or (found == "tiff" and is_camera_raw(head)) else None

    def prepare(self) -> None:
        """Nothing of its own: the previews are JPEGs."""

    def decode(self, data: bytes, format: str) -> list[Picture]:
        """See `Decoder.decode`; the picture keeps the whole file's metadata."""
        source = BytesSource(data)
        found = previews_of_tiff(directories(source))
        if max((length for _, length in found), default=0) < _LARGE:
            found += jpegs_in(data)
        problem = "there is none in it"
        for offset, length in sorted(set(found), key=lambda one: -one[1])[:_TRIED]:
            try:
                (picture,) = JpegDecoder().decode(data[offset : offset + length], "jpeg")
            except FormatError as error:
                problem = str(error)
                continue
            if picture.orientation == 1:
                picture.orientation = orientation_of(data)
            picture.data = data
            return [picture]
        try:
            return StillDecoder().decode(data, "tiff")
        except FormatError:
            raise FormatError(f"no preview of the camera RAW file can be shown: {problem}") from None
