"""Follow MP4, QuickTime, 3GP, HEIC and AVIF through their boxes (ISO/IEC 14496-12)."""

from __future__ import annotations

from safelight.evidence.carving.heif_items import wrong_item
from safelight.evidence.carving.samples import check_samples
from safelight.evidence.carving.shape import LEAST, LONGEST_VIDEO, Shape, broken
from safelight.evidence.protocol import Source

_BOXES = frozenset(
    b"ftyp moov mdat free skip wide uuid pnot moof mfra sidx ssix styp meta pdin emsg prft udta PICT".split()
)
_STILLS = {
    b"avif": "avif",
    b"avis": "avif",
    b"heic": "heic",
    b"heix": "heic",
    b"mif1": "heic",
    b"heim": "heic",
}
_PARENTS = frozenset(b"moov trak mdia minf stbl dinf edts mvex moof traf".split())
_INDEX_CHILDREN = frozenset(b"mvhd cmov mvex trak iods udta meta uuid free skip clip ctab rmra pssh".split())
_MOST_CHILDREN = 10_000
_DEEPEST = 8
_LARGEST_INDEX = 256 << 20
FIRST_BOXES = (b"ftyp", b"moov", b"wide", b"mdat", b"pnot", b"skip", b"free")
"""What the file may begin with; QuickTime of old has no `ftyp`."""


def boxes(source: Source, start: int, most: int) -> Shape | None:
    """Walk the top-level boxes as long as they are known ones, and what is nested in the index.

    Media without an index before it is not kept when it breaks off: nothing can be made of it.
    """
    head = source.read_at(start, 16)
    first = head[4:8]
    is_named = int.from_bytes(head[:4], "big") in range(16, 1025) and head[8:12].strip(b" ").isalnum()
    if first == b"ftyp" and not is_named:
        return None
    limit = min(source.size, start + min(LONGEST_VIDEO, most))
    position = start
    kinds: set[bytes] = set()
    suffix = _suffix(head)
    sound, wrong, checked = True, -1, False
    places: dict[bytes, tuple[int, int]] = {}
    while position + 8 <= limit:
        head = source.read_at(position, 16)
        size, kind = int.from_bytes(head[:4], "big"), head[4:8]
        if kind not in _BOXES or (kind == b"ftyp" and kinds):
            break
        header = 8
        if size == 1:
            size, header = int.from_bytes(head[8:16], "big"), 16
        if size < header or (kind in kinds and kind == b"moov"):
            break
        if kind in (b"moov", b"moof") and position + size <= limit:
            sound = size <= _LARGEST_INDEX and _tiles(source, position + header, position + size, kind, 0)
            if not sound:
                break
        kinds.add(kind)
        places[kind] = (position + header, position + size)
        position += size
    index = {b"moov", b"moof"} if suffix not in ("heic", "avif") else {b"meta"}
    if not kinds & index or (first != b"ftyp" and not {b"moov", b"mdat"} <= kinds):
        return None
    if position > limit:
        size = limit - start
        return broken(size, suffix, "a part of it claims more than is there")
    size = position - start
    if not sound:
        return broken(size, suffix, "its index is damaged")
    if b"mdat" not in kinds and suffix not in ("heic", "avif"):
        return broken(size, suffix, "its media is missing")
    if b"moov" in places and suffix not in ("heic", "avif"):
        checked, wrong = check_samples(source, start, *places[b"moov"])
    elif suffix == "heic":
        wrong = found if (found := wrong_item(source, start, *places[b"meta"])) is not None else -1
    if wrong >= 0:
        index_first = b"moov" not in places or places[b"moov"][0] < start + wrong
        kept = min(wrong, size) if index_first else size
        if kept < LEAST:
            return None
        said = f"its content stops making sense before byte {wrong:,}"
        return Shape(kept, suffix, f"damaged: {said}", solid=False)
    return Shape(size, suffix, solid=checked)


def _suffix(head: bytes) -> str:
    brand = head[8:12]
    if head[4:8] != b"ftyp" or brand == b"qt  ":
        return "mov"
    if brand[:3] in (b"3gp", b"3g2"):
        return "3gp"
    return _STILLS.get(brand, "mp4")


def _tiles(source: Source, position: int, end: int, parent: bytes, depth: int) -> bool:
    """Do the boxes within one fill it exactly, down to the tables?"""
    children = 0
    while position + 8 <= end:
        head = source.read_at(position, 8)
        size, kind = int.from_bytes(head[:4], "big"), head[4:8]
        if size == 0 and end - position <= 16:  # QuickTime ends some lists with zeros
            return True
        if size < 8 or position + size > end or not all(32 <= byte < 127 or byte == 0xA9 for byte in kind):
            return False
        if parent == b"moov" and children == 0 and kind not in _INDEX_CHILDREN:
            return False
        children += 1
        if children > _MOST_CHILDREN:
            return False
        if (
            kind in _PARENTS
            and depth < _DEEPEST
            and not _tiles(source, position + 8, position + size, kind, depth + 1)
        ):
            return False
        position += size
    return children > 0 and end - position in (0, 4)
