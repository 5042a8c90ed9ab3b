"""Descriptors of Parallels disks (`DiskDescriptor.xml`): images they name that are not beside them are said.

The images themselves (`.hds`) are files of their own, which `parallels.py` reads.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

from safelight.evidence.marks import holds
from safelight.evidence.names import show
from safelight.evidence.protocol import Kind, Limits, Node, Source

_MARK = b"<Parallels_disk_image"
_FILE = re.compile(rb"<File>\s*([^<]{1,1024}?)\s*</File>")
_LONGEST = 1 << 20
_MOST_IMAGES = 256


class ParallelsDescriptorReader:
    """The descriptor in the folder (`.hdd`) of a Parallels disk."""

    name = "parallels-descriptor"
    order = 88
    marks = (holds(_MARK, within=1024),)
    lasting = True

    def detect(self, head: bytes, source: Source) -> bool:
        """Is it the XML that begins so?"""
        return _MARK in head[:1024]

    def walk(self, source: Source, limits: Limits) -> Iterator[Node]:
        """Yield a finding for each image that is missing."""
        text = source.read_at(0, _LONGEST)
        names = dict.fromkeys(
            match[1].replace(b"\\", b"/").rpartition(b"/")[2] for match in _FILE.finditer(text)
        )
        for name in list(names)[:_MOST_IMAGES]:
            image = source.sibling(os.fsdecode(name)) if name else None
            if image is not None:
                image.close()
                continue
            yield Node(
                b"", Kind.FINDING, error=f"the disk image {show(name)} that it describes is not beside it"
            )
