"""What leads back to itself, lies within itself, or is nested far beyond reason: volumes, media, documents.

Each is made from a sound sample of `disks.py` or `held.py` by changing one reference, checksums kept right.
"""

from __future__ import annotations

import binascii
import plistlib
import struct
import zlib
from collections.abc import Callable, Iterator

from tests.evidence import images
from tests.evidence.opened import compound
from tests.hostile import disks
from tests.hostile.held import tape

JPEG = images.jpeg(4, 64, 48)


def _put(data: bytes, *changes: tuple[int, bytes]) -> bytes:
    out = bytearray(data)
    for at, value in changes:
        out[at : at + len(value)] = value
    return bytes(out)


# --- file systems ----------------------------------------------------------------------------------------


def _fat_chain() -> bytes:
    """A file whose last cluster leads back to its first, of which the size claims far more."""
    data = disks.fat(16)
    reserved, tables, entries, per_table = struct.unpack_from("<HBH3xH", data, 14)
    root = (reserved + tables * per_table) * 512
    entry = data.index(b"A       TXT", root)
    (first,) = struct.unpack_from("<H", data, entry + 26)
    last = first
    while (following := struct.unpack_from("<H", data, reserved * 512 + 2 * last)[0]) < 0xFFF0:
        last = following
    back = struct.pack("<H", first)
    tables_at = [(reserved + number * per_table) * 512 + 2 * last for number in range(tables)]
    assert entries
    return _put(data, (entry + 28, (1 << 20).to_bytes(4, "little")), *((at, back) for at in tables_at))


def _fat_folder() -> bytes:
    """A folder that is its own parent."""
    data = disks.fat(16)
    deep, up = data.index(b"DEEP       "), data.index(b"..         ")
    own = next(at for at in range(0, len(data), 32) if data[at : at + 11] == b".          ")
    assert up
    return _put(data, (deep + 26, data[own + 26 : own + 28]))


def _exfat_root() -> bytes:
    """The root folder's chain leads to itself, and never ends."""
    data = images.exfat().read_bytes()
    sector = 1 << data[108]
    table, root = struct.unpack_from("<I", data, 80)[0] * sector, struct.unpack_from("<I", data, 96)[0]
    cluster = sector << data[109]
    heap = struct.unpack_from("<I", data, 88)[0] * sector
    at = heap + (root - 2) * cluster
    end = next(place for place in range(at, at + cluster, 32) if not data[place])
    filler = b"\x05".ljust(32, b"\0") * ((at + cluster - end) // 32)  # a free entry: the end is never seen
    return _put(data, (table + 4 * root, struct.pack("<I", root)), (end, filler))


def _ext_folder() -> bytes:
    """A folder that is linked within itself, which debugfs allows."""
    image = images.folder() / "ext-loop.img"
    image.write_bytes(disks.ext(4))
    images.run("debugfs", "-w", "-R", "ln /in /in/deep/loop", image)
    images.run("debugfs", "-w", "-R", "ln / /in/deep/root", image)
    return image.read_bytes()


def _ext_deep() -> bytes:
    """Folders in folders, 1,200 deep."""
    image = images.blank("ext-deep.img", 4)
    images.run("mkfs.ext2", "-q", "-F", "-b", "1024", "-N", "1400", image)
    images.run("debugfs", "-w", "-f", "-", image, data=b"mkdir d\ncd d\n" * 1_200)
    return image.read_bytes()


def _iso_folder() -> bytes:
    """A folder whose record leads to the root folder."""
    data = disks.iso("-r")
    root = 16 * 2048 + 156
    record = data.index(b"\x04DEEP") - 32
    return _put(data, (record + 2, data[root + 2 : root + 18]))


def _ntfs_folder() -> bytes:
    """An index entry of a folder that leads to the root folder."""
    data = disks.ntfs()
    name = "deep".encode("utf-16-le")
    at, changes = -1, []
    while (at := data.find(name, at + 1)) >= 0:
        entry = at - 0x42 - 0x10
        if struct.unpack_from("<H", data, entry + 10)[0] == 0x42 + len(name):
            changes.append((entry, struct.pack("<IHH", 5, 0, 5)))
    assert changes
    return _put(data, *changes)


def _udf_folder() -> bytes:
    """A folder's entry that leads to the folder it lies in."""
    data = disks.udf()

    def entry(name: bytes) -> int:
        at = data.index(b"\x08" + name)
        return at - 38 - int.from_bytes(data[at - 2 : at], "little")

    deep, above = entry(b"deep"), entry(b"in")
    size = struct.unpack_from("<H", data, deep + 10)[0]
    changed = bytearray(_put(data, (deep + 20, data[above + 20 : above + 36]))[deep : deep + 16 + size])
    struct.pack_into("<H", changed, 8, binascii.crc_hqx(bytes(changed[16:]), 0))
    changed[4] = (sum(changed[:4]) + sum(changed[5:16])) & 0xFF
    return _put(data, (deep, bytes(changed)))


def _hfs_leaves() -> bytes:
    """Each leaf of the catalogue is followed by itself."""
    data = disks.public("hfsplus.raw")
    (block,) = struct.unpack_from(">I", data, 1024 + 40)
    start, count = struct.unpack_from(">II", data, 1024 + 272 + 16)
    begin = start * block
    (node,) = struct.unpack_from(">H", data, begin + 32)
    leaves = [at for at in range(begin, begin + count * block, node) if data[at + 8] == 0xFF]
    return _put(data, *((at, struct.pack(">I", (at - begin) // node)) for at in leaves))


# --- partitions and media --------------------------------------------------------------------------------


def _within(count: int, kind: int = 0x83) -> bytes:
    """Partitions that begin where the disk begins: each holds the same partitions again."""
    return bytes(images.mbr(2_048, [(kind, 0, 2_048 - number) for number in range(count)]))


def _gpt_within() -> bytes:
    return bytes(images.gpt(2_048, [(0, 2_048 - number) for number in range(100)]))


def _apm_within() -> bytes:
    """An Apple partition map whose partitions begin at block 0."""
    data = bytearray(1 << 20)
    data[:4] = b"ER" + struct.pack(">H", 512)
    for number in range(8):
        entry = struct.pack(">2sHIII32s32s", b"PM", 0, 8, 0, 2_048 - number, b"one", b"Apple_HFS")
        data[512 * (number + 1) : 512 * (number + 1) + len(entry)] = entry
    return bytes(data)


def _lvm_within() -> bytes:
    """Volumes that begin with the label of the physical volume they lie on."""
    return (
        disks.lvm()
        .replace(b"pe_start = 2048", b"pe_start =    0")
        .replace(b"extent_count = 1\n", b"extent_count = 2\n")
    )


def _md_within() -> bytes:
    """A mirror whose content begins with its own description."""
    return _put(disks.md(), (4096 + 128, bytes(8)))


def _logical_chain() -> bytes:
    """Two extended partitions that lead to each other, with thousands of steps to be made."""
    disk = images.mbr(16_384, [(0x05, 2_048, 8_192)])
    for at, following in ((2_048, 1_024), (3_072, 0)):
        table = images.mbr(16_384, [(0x83, 64, 512), (0x05, following, 8_192)])
        disk[at * 512 : (at + 1) * 512] = table[:512]
    return bytes(disk)


def _qcow2_tables() -> bytes:
    """Tables of clusters that are the header, and each other."""
    data = disks.converted("qcow2", "cluster_size=4096")
    (first,) = struct.unpack_from(">Q", data, 40)
    (size,) = struct.unpack_from(">I", data, 36)
    return _put(data, *((first + 8 * number, struct.pack(">Q", 1 << 63 | first)) for number in range(size)))


def _qcow2_itself() -> bytes:
    """An image that lies upon itself."""
    image = images.folder() / "itself.qcow2"
    images.run(
        "qemu-img", "create", "-q", "-u", "-f", "qcow2", "-F", "qcow2", "-b", "itself.qcow2", image, "1M"
    )
    return image.read_bytes()


def _vmdk_itself() -> bytes:
    text = '# Disk DescriptorFile\nversion=1\nCID=fffffffe\nparentCID=ffffffff\ncreateType="twoGbMaxExtentSparse"\n'
    lines = (
        'RW 2048 SPARSE "itself.vmdk"\n' * 3
        + 'RW 2048 FLAT "itself.vmdk" 0\nRW 2048 FLAT "../../etc/passwd" 0\n'
    )
    return (text + lines + 'ddb.adapterType = "ide"\n').encode()


def _e01_sections() -> bytes:
    """A section of which the next one is itself."""
    data = disks.e01("encase6")
    descriptor = _put(data[13 : 13 + 72], (16, struct.pack("<Q", 13)))
    return _put(data, (13, descriptor + struct.pack("<I", zlib.adler32(descriptor))))


# --- documents, databases, media files -------------------------------------------------------------------


def _compound_loops() -> Iterator[tuple[str, bytes]]:
    data = compound({"Pictures": JPEG * 4, "WordDocument": bytes(64), "a/b": JPEG})
    (table,) = struct.unpack_from("<I", data, 76)
    (directory,) = struct.unpack_from("<I", data, 48)
    at = (table + 1) * 512
    yield "chain", _put(data, *((at + 4 * n, struct.pack("<I", n)) for n in range(12)))
    entries = (directory + 1) * 512
    yield "siblings", _put(data, *((entries + 128 * n + 68, struct.pack("<II", n, n)) for n in range(4)))
    yield "child", _put(data, *((entries + 128 * n + 76, struct.pack("<I", 0)) for n in range(1, 4)))
    yield "tables", _put(data, (68, struct.pack("<II", 0, 0x7FFFFFFF)))


def _sqlite_pages() -> bytes:
    """Inner pages of a table that lead to themselves and to each other."""
    import sqlite3

    with sqlite3.connect(":memory:") as made:
        made.execute("create table t (a, b)")
        made.executemany("insert into t values (?, ?)", [(n, JPEG) for n in range(400)])
        made.commit()
        data = bytes(made.serialize())
    root = 4096
    assert data[root] == 5
    count = struct.unpack_from(">H", data, root + 3)[0]
    cells = struct.unpack_from(f">{count}H", data, root + 12)
    changes = [(root + cell, struct.pack(">I", 2)) for cell in cells[::2]]
    return _put(data, *changes, (root + 8, struct.pack(">I", 2)), (32, struct.pack(">II", 2, 9)))


def _pdf() -> bytes:
    body = b"%PDF-1.5\n1 0 obj\n<</Type/Catalog/Pages 1 0 R/Kids[1 0 R 1 0 R]/Length 1 0 R>>\nendobj\n"
    body += b"2 0 obj\n<</Type/ObjStm/N 1/First 4/Extends 2 0 R/Length 2 0 R>>stream\n2 0 <<>>\nendstream\nendobj\n"
    body += b"3 0 obj\n" + b"[" * 50_000 + b"\nendobj\n"
    at = len(body)
    trailer = b"trailer\n<</Size 4/Root 1 0 R/Prev %d/XRefStm %d>>\n" % (at, at)
    return body + b"xref\n0 1\n0000000000 65535 f \n" + trailer + b"startxref\n%d\n%%%%EOF\n" % at


def _boxes(depth: int) -> bytes:
    body = b""
    for _ in range(depth):
        body = struct.pack(">I4s", len(body) + 8, b"moov") + body
    return struct.pack(">I4s8s", 16, b"ftyp", b"isom\0\0\2\0") + body


def _mail(depth: int) -> bytes:
    head = "From: a@example.org\r\nDate: Fri, 01 Mar 2024 12:30:05 +0200\r\nMIME-Version: 1.0\r\n"
    parts = "".join(
        f'Content-Type: multipart/mixed; boundary="b{number}"\r\n\r\n--b{number}\r\n'
        for number in range(depth)
    )
    return (head + parts).encode()


def _letters(depth: int) -> bytes:
    """A message in a message in a message …"""
    return b"From: a@example.org\r\nDate: Fri, 01 Mar 2024 12:30:05 +0200\r\n" + (
        b"MIME-Version: 1.0\r\nContent-Type: message/rfc822\r\n\r\nFrom: b@example.org\r\n" * depth
    )


def _plist() -> bytes:
    """A property list whose array holds itself, in a backup's place."""
    data = plistlib.dumps({"IsEncrypted": False, "a": [1, 2]}, fmt=plistlib.FMT_BINARY)
    at = data.index(b"\xa2")
    own = _put(data, (at + 1, bytes((data.index(b"\xa2") and 4, 4))))
    return tape({"Manifest.plist": own, "Manifest.db": b"SQLite format 3\0" + bytes(600)})


def _scans() -> bytes:
    """A progressive JPEG whose last scan comes five hundred times again."""
    data = images.jpeg(5, 64, 48, progressive=True)
    last = data.rindex(b"\xff\xda")
    return data[:last] + data[last:-2] * 500 + data[-2:]


def _directories() -> bytes:
    """An Exif block whose directories are each other's sub-directories."""
    entry = struct.pack("<HHII", 0x8769, 4, 1, 8) + struct.pack("<HHII", 0x014A, 4, 1, 8)
    block = b"II*\0\x08\0\0\0" + struct.pack("<H", 2) + entry + struct.pack("<I", 8)
    body = b"Exif\0\0" + block
    return JPEG[:2] + b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body + JPEG[2:]


def _text(kind: bytes) -> bytes:
    """A PNG with a text or profile that unpacks to 64 MiB."""
    packed = zlib.compress(bytes(64 << 20), 9)
    data = b"a\0\0" + packed
    chunk = struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    sound = images.png(3)
    return sound[:33] + chunk + sound[33:]


_VOLUMES: dict[str, Callable[[], bytes]] = {
    "chain.fat": _fat_chain,
    "folder.fat": _fat_folder,
    "root.exfat": _exfat_root,
    "folder.ext": _ext_folder,
    "deep.ext": _ext_deep,
    "folder.iso": _iso_folder,
    "folder.ntfs": _ntfs_folder,
    "folder.udf": _udf_folder,
    "leaves.hfs": _hfs_leaves,
    "one-within.img": lambda: _within(1),
    "four-within.img": lambda: _within(4),
    "extended-within.img": lambda: _within(4, 0x05),
    "gpt-within.img": _gpt_within,
    "apm-within.img": _apm_within,
    "within.lvm": _lvm_within,
    "within.md": _md_within,
    "to-each-other.img": _logical_chain,
    "tables.qcow2": _qcow2_tables,
    "itself.qcow2": _qcow2_itself,
    "itself.vmdk": _vmdk_itself,
    "sections.e01": _e01_sections,
}
_FILES: dict[str, Callable[[], bytes]] = {
    "pages.sqlite": _sqlite_pages,
    "loops.pdf": _pdf,
    "boxes.mp4": lambda: _boxes(5_000),
    "parts.eml": lambda: _mail(5_000),
    "letters.eml": lambda: _letters(3_000),
    "groups.rtf": lambda: rb"{\rtf1" + b"{" * 200_000 + b"}" * 1_000,
    "groups.svg": lambda: b'<svg xmlns="http://www.w3.org/2000/svg">' + b"<g>" * 100_000,
    "itself.plist.tar": _plist,
    "scans.jpg": _scans,
    "directories.jpg": _directories,
    "text.png": lambda: _text(b"zTXt"),
    "profile.png": lambda: _text(b"iCCP"),
    "folders.tar": lambda: tape({"d/" * 10_000 + "last.txt": b"at the bottom"}),
}


def every() -> Iterator[tuple[str, bytes]]:
    """Name and content of each that can be made here."""
    for name, make in (_VOLUMES | _FILES).items():
        try:
            yield name, make()
        except FileNotFoundError:  # the tool, or the public sample, is not here
            continue
    for name, data in _compound_loops():
        yield f"{name}.doc", data
