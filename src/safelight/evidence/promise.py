"""How much a file promises before anything of it is read: by its name, folder, size, state, and what lists expect.

The numbers only order the reading, nothing is left out by them. They are coarse on purpose: files of equal promise
are read in the order of their folders, which disks give fastest. From about 7 on a file is read at once, while its
file system is still being listed.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from safelight.evidence.protocol import Node
from safelight.model import State

Expected = Callable[[bytes, int], float]
"""What lists of known media expect of a file by its own name and its size in bytes: 0 for nothing."""

AT_ONCE = 7.0
_SMALL, _LARGE = 4 << 10, 40 << 10
_LIKELY = re.compile(
    rb"(?:^|/)(?:dcim|camera|camera ?roll|cameraroll|[1-9]\d\d[a-z0-9_]{5}|whatsapp[^/]*|telegram[^/]*|signal|viber"
    rb"|snapchat|kik|messenger|wechat|line|skype[^/]*|discord|threema|media|attachments|sent"
    rb"|received|downloads?|incoming|shared?|screenshots|usb[^/]*"
    rb"|bilder|fotos?|photos?|pictures|images|imagenes|videos?|movies|\$recycle\.bin|recycler?|\.?trash[^/]*"
    rb"|\.hidden|private|desktop|mobile)(?=/|$)",
    re.IGNORECASE,
)
_UNLIKELY = re.compile(
    rb"(?:^|/)(?:windows|winnt|program files[^/]*|programdata"
    rb"|system volume information|system|library/(?:apple|frameworks)|usr|lib(?:32|64)?"
    rb"|bin|sbin|etc|opt|proc|sys|boot|snap|node_modules|site-packages|winsxs|drivers?|fonts|icons?|themes?|assets"
    rb"|locale|doc|man|include|src|\.git|resources|applications)(?=/|$)",
    re.IGNORECASE,
)
_BY_EXTENSION: dict[bytes, float] = {
    **dict.fromkeys(
        b"jpg jpeg jpe jfif heic heif png webp avif gif bmp tif tiff dng cr2 cr3 nef arw jxl".split(), 3.0
    ),
    **dict.fromkeys(b"mp4 mov m4v 3gp 3g2 avi mkv webm mpg mpeg wmv flv mts m2ts".split(), 3.0),
    **dict.fromkeys(
        b"zip rar 7z tar tgz gz ab ufdr dmg iso vhd vhdx vmdk qcow2 vdi e01 001 dd img".split(), 1.5
    ),
    **dict.fromkeys(b"pst ost mbox eml msg db sqlite sqlite3 thumbdata".split(), 1.5),
    **dict.fromkeys(b"pdf doc docx ppt pptx odt odp rtf".split(), 0.5),
    **dict.fromkeys(
        b"exe dll so sys py js css html htm json xml log ttf txt h c o pyc cat mui inf ini".split(), -1.5
    ),
}
_THUMBNAILS = re.compile(rb"(?:thumbcache_\w+\.db|thumbs\.db|\.?thumbdata.*|thumbnails\.data)", re.IGNORECASE)


def promise(node: Node, since: str, expected: Expected | None = None) -> float:
    """How much a file promises, about -5 to 15. `since` (ISO 8601) is from when on it counts as recent."""
    folder, _, name = node.name.rpartition(b"/")
    size = node.size or 0
    kind = _of_name(name[-40:] if len(name) > 40 else name)
    score = _of_folder(folder) + kind
    if kind >= 3.0:
        score += -2.0 if size < _SMALL else 1.0 if size >= _LARGE else 0.0
    if node.state is not State.ALLOCATED:
        score += 1.0
    modified = node.times.modified or node.times.created
    if modified is not None and modified.value >= since:
        score += 0.5
    if expected is not None:
        score += expected(name, size)
    return score


@lru_cache(maxsize=4_096)
def _of_folder(folder: bytes) -> float:
    score = 3.0 if _LIKELY.search(folder) else 0.0
    return score - 3.0 if _UNLIKELY.search(folder) else score


@lru_cache(maxsize=16_384)
def _of_name(name: bytes) -> float:
    if _THUMBNAILS.fullmatch(name):
        return 4.0
    stem, dot, extension = name.rpartition(b".")
    return _BY_EXTENSION.get(extension.lower(), 0.0) if dot and stem else 0.0
