"""Small sound volumes and media, one of each kind that is read: what Debian's tools write, or the published layout."""

from __future__ import annotations

import random
import shutil
import struct
import subprocess
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path

import zstandard

from tests.conftest import SHARED
from tests.evidence import apfs_made, images, test_aff4, test_ex01
from tests.evidence.apfs_image import Image
from tests.evidence.encrypted import bitlocker_writer, test_corestorage, test_dmg, test_luks

TEXT = b"Nothing but a line of sober words, again and again.\n" * 40
FILES = {
    "a.txt": TEXT,
    "in/b.jpg": images.jpeg(4, 64, 48),
    "in/deep/c.bin": bytes(range(256)) * 12,
    "gone.txt": b"was deleted\n" * 99,
}
EXTENT = 1 << 20


@cache
def _place() -> Path:
    made = images.folder() / "hostile"
    made.mkdir()
    return made


@cache
def _root() -> Path:
    """`FILES` as a folder."""
    root = images.written(_place() / "root", FILES, 1_700_000_000)
    (root / "link").symlink_to("a.txt")
    return root


def _blank(name: str, kilobytes: int) -> Path:
    image = _place() / name
    with image.open("wb") as file:
        file.truncate(kilobytes << 10)
    return image


# --- file systems ----------------------------------------------------------------------------------------


@cache
def fat(bits: int) -> bytes:
    """FAT12, 16 or 32 with a deleted file."""
    image = _blank(f"fat{bits}", {12: 256, 16: 2_400, 32: 33_800}[bits])
    images.run("mkfs.fat", "-F", str(bits), "-s", "1", "-i", "5afe1137", image)
    for name in sorted(path.name for path in _root().iterdir() if not path.is_symlink()):
        images.run("mcopy", "-s", "-m", "-i", image, _root() / name, "::/")
    images.run("mdel", "-i", image, "::/gone.txt")
    return image.read_bytes()


@cache
def ext(version: int) -> bytes:
    """ext2, 3 or 4 with a deleted file."""
    image = _blank(f"ext{version}", {2: 512, 3: 3_072, 4: 768}[version])
    options = ["-O", "^has_journal,^resize_inode"] if version == 4 else ["-O", "^resize_inode"]
    options += ["-J", "size=1"] if version == 3 else []
    images.run(f"mkfs.ext{version}", "-q", "-F", "-b", "1024", "-N", "48", *options, "-d", _root(), image)
    images.run("debugfs", "-w", "-R", "rm /gone.txt", image)
    return image.read_bytes()


@cache
def ntfs() -> bytes:
    """NTFS with a stream of a file."""
    image = _blank("ntfs", 2_048)
    images.run("mkntfs", "-F", "-Q", "-q", "-c", "512", image)
    wim, config = _place() / "tree.wim", _place() / "wim.ini"
    config.write_text("[ExclusionList]\n")
    images.run("wimlib-imagex", "capture", _root(), wim, "--compress=none", f"--config={config}")
    images.run("wimlib-imagex", "apply", wim, "1", image)
    plain = _place() / "stream"
    plain.write_bytes(bytes(range(250)) * 12)
    images.run("ntfscp", "-N", "secret", image, plain, "a.txt")
    return image.read_bytes()


@cache
def iso(*options: str) -> bytes:
    """ISO 9660."""
    image = _place() / f"disc{''.join(options)}.iso"
    images.run("xorriso", "-as", "mkisofs", "-quiet", "-no-pad", *options, "-o", image, _root())
    return image.read_bytes()


@cache
def udf() -> bytes:
    """UDF alone: the descriptors of ISO 9660 are taken out, those of UDF moved to their place."""
    image = _place() / "udf.iso"
    images.run("genisoimage", "-quiet", "-no-pad", "-udf", "-o", image, _root())
    data = bytearray(image.read_bytes())
    begin = next(at for at in range(16, 64) if data[at * 2048 + 1 : at * 2048 + 6] == b"BEA01")
    sequence = data[begin * 2048 : (begin + 3) * 2048]
    data[16 * 2048 : (begin + 3) * 2048] = sequence.ljust((begin + 3 - 16) * 2048, b"\0")
    return bytes(data)


@cache
def xfs() -> bytes:
    """XFS as small as it gets."""
    lines = ["/", "0 0", "d--755 0 0", f"a.txt ---644 0 0 {_root()}/a.txt", "in d--755 0 0"]
    lines += [f"b.jpg ---644 0 0 {_root()}/in/b.jpg", "$", "link l--777 0 0 a.txt", "$"]
    prototype = _place() / "xfs.proto"
    prototype.write_text("\n".join(lines) + "\n")
    image = _blank("xfs", 16 << 10)
    options = ("-d", "agcount=1", "-l", "size=6m", "--unsupported")
    images.run("mkfs.xfs", "-q", "-f", *options, "-p", prototype, image)
    return image.read_bytes()


def public(name: str, most: int | None = None) -> bytes:
    """A public sample (its first `most` bytes), where it is there."""
    path = SHARED / "evidence" / name
    if path.suffix != ".zst":
        return path.read_bytes()
    with path.open("rb") as file, zstandard.ZstdDecompressor().stream_reader(file) as stream:
        return stream.read(-1 if most is None else most)


@cache
def apfs_snapshots() -> bytes:
    """The public APFS sample with two snapshots, after the published layout."""
    return bytes(apfs_made.made(Image(bytearray(public("apfs.raw")))).image.data)


# --- partitions and volumes ------------------------------------------------------------------------------


@cache
def mbr() -> bytes:
    """An MBR with a FAT, and an ext2 and a further FAT in an extended partition."""
    disk = images.mbr(4_096, [(0x01, 64, 512)], [(700, 1_024), (1_800, 512)])
    for sector, content in ((64, fat(12)), (700, ext(2)), (1_800, fat(12))):
        disk[sector * 512 : sector * 512 + len(content)] = content
    return bytes(disk)


@cache
def gpt() -> bytes:
    """A GPT with a FAT and an ext4."""
    disk = images.gpt(4_096, [(64, 512), (1_024, 1_536)])
    for sector, content in ((64, fat(12)), (1_024, ext(4))):
        disk[sector * 512 : sector * 512 + len(content)] = content
    return bytes(disk)


@cache
def apm() -> bytes:
    """An Apple partition map with an ext4."""
    image = _blank("apm", 4_096)
    parted = shutil.which("parted", path="/usr/sbin:/sbin:/usr/bin") or "parted"
    steps = ["mklabel", "mac", "mkpart", "one", "1MiB", "3MiB"]
    subprocess.run([parted, "-s", image, *steps], check=True, capture_output=True)
    data = bytearray(image.read_bytes())
    data[EXTENT : EXTENT + len(ext(4))] = ext(4)
    return bytes(data)


@cache
def lvm() -> bytes:
    """A physical volume of LVM2 with a linear volume, after the published layout."""
    text = f"""vg {{ id = "x"
seqno = 3
extent_size = 2048
physical_volumes {{ pv0 {{ id = "{"A" * 6}-AAAA-AAAA-AAAA-AAAA-AAAA-AAAAAA"
pe_start = 2048
pe_count = 2 }} }}
logical_volumes {{ lin {{ id = "linlin-AAAA-AAAA-AAAA-AAAA-AAAA-AAAAAA"
status = ["READ", "WRITE", "VISIBLE"]
segment_count = 1
segment1 {{ start_extent = 0
extent_count = 1
type = "striped"
stripe_count = 1
stripes = ["pv0", 0] }} }} }} }}
""".encode()
    data = bytearray(3 * EXTENT)
    label = b"LABELONE" + (1).to_bytes(8, "little") + bytes(4) + (32).to_bytes(4, "little") + b"LVM2 001"
    areas = ((EXTENT, 0), (0, 0), (4096, 0xFF000), (0, 0))
    header = b"A" * 32 + len(data).to_bytes(8, "little")
    header += b"".join(number.to_bytes(8, "little") for pair in areas for number in pair)
    data[512 : 512 + 32 + len(header)] = label + header
    area = bytes(4) + b" LVM2 x[5A%r0N*>" + (1).to_bytes(4, "little")
    area += b"".join(number.to_bytes(8, "little") for number in (4096, 0xFF000, 512, len(text)))
    data[4096 : 4096 + len(area)] = area
    data[4096 + 512 : 4096 + 512 + len(text)] = text
    data[EXTENT : EXTENT + len(ext(4))] = ext(4)
    return bytes(data)


@cache
def md() -> bytes:
    """A member of a Linux RAID 1, after the kernel's layout."""
    content = ext(4)
    sectors = len(content) // 512
    block = struct.pack("<IIII16s32sQ", 0xA92B4EFC, 1, 0, 0, b"u" * 16, b"nas:0", 1_700_000_000)
    block += struct.pack("<iIQII", 1, 0, sectors, 0, 2)
    block = block.ljust(128, b"\0") + struct.pack("<QQQ", 64, sectors, 8)
    return (bytes(4096) + block).ljust(64 * 512, b"\0") + content


# --- media -----------------------------------------------------------------------------------------------


@cache
def _disk() -> Path:
    """The disk with an MBR, as a file."""
    path = _place() / "disk.raw"
    path.write_bytes(mbr())
    return path


@cache
def converted(format: str, options: str = "", compressed: bool = False) -> bytes:
    """The disk with an MBR, as qemu-img writes it."""
    target = _place() / f"{format}-{len(options)}-{compressed:d}"
    more = [*(["-c"] if compressed else []), *(["-o", options] if options else [])]
    images.run("qemu-img", "convert", "-f", "raw", "-O", format, *more, _disk(), target)
    return target.read_bytes()


@cache
def e01(kind: str) -> bytes:
    """The disk with an MBR, as ewfacquire writes it."""
    target = _place() / kind
    images.run("ewfacquire", "-u", "-q", "-c", "fast", "-f", kind, "-d", "sha1", "-t", target, _disk())
    return next(_place().glob(f"{kind}.*01")).read_bytes()


@cache
def ex01() -> bytes:
    """An Ex01, after the published layout."""
    return test_ex01.write(_place(), mbr()).read_bytes()


@cache
def aff4() -> bytes:
    """An AFF4 container, after the published layout."""
    return test_aff4.simple(_place() / "x.aff4", mbr()).read_bytes()


# --- encrypted volumes -----------------------------------------------------------------------------------


@cache
def _plain() -> bytes:
    """An NTFS of 4 MiB, whose end is free."""
    image = _blank("plain", 4_096)
    images.run("mkntfs", "-F", "-Q", "-q", image)
    plain = _root() / "in" / "b.jpg"
    images.run("ntfscp", image, plain, "b.jpg")
    return image.read_bytes()


@cache
def bitlocker(suspended: bool) -> bytes:
    """A BitLocker volume: suspended, which opens without a key, or under a recovery password that nobody gives."""
    written = bitlocker_writer.written
    if suspended:
        return written(_plain(), password=None, clear=True, encrypted=1 << 20)
    return written(_plain(), password=None, encrypted=1 << 16)


@cache
def luks2() -> bytes:
    """A LUKS2 volume under the password that the scan is given; only what the walk needs of its 22 MiB."""
    path = test_luks.luks2()
    return path.read_bytes()


@cache
def corestorage() -> bytes:
    """The head of a Core Storage volume, with noise behind it."""
    rng = random.Random(11)
    return test_corestorage.header(rng, 1 << 18) + rng.randbytes((1 << 18) - 512)


def _locked_dmg() -> bytes:
    return test_dmg.version_2(fat(12))


VOLUMES: dict[str, Callable[[], bytes]] = {
    "fat12.img": partial(fat, 12),
    "fat16.img": partial(fat, 16),
    "fat32.img": partial(fat, 32),
    "ext2.img": partial(ext, 2),
    "ext3.img": partial(ext, 3),
    "ext4.img": partial(ext, 4),
    "ntfs.img": ntfs,
    "exfat.img": lambda: images.exfat().read_bytes(),
    "rock-ridge.iso": partial(iso, "-r"),
    "joliet.iso": partial(iso, "-J"),
    "udf.iso": udf,
    "xfs.img": xfs,
    "hfsplus.img": partial(public, "hfsplus.raw"),
    "apfs.img": partial(public, "apfs.raw"),
    "apfs-snapshots.img": apfs_snapshots,
    "btrfs.img": partial(public, "btrfs.img.zst", 1 << 20),
    "f2fs.img": partial(public, "f2fs.img.zst", 1 << 20),
    "mbr.img": mbr,
    "gpt.img": gpt,
    "apm.img": apm,
    "lvm.img": lvm,
    "md.img": md,
}
"""File systems and what divides media. Those that no program here writes come from public samples."""
MEDIA: dict[str, Callable[[], bytes]] = {
    "a.qcow2": partial(converted, "qcow2", "cluster_size=4096"),
    "packed.qcow2": partial(converted, "qcow2", "cluster_size=4096", True),
    "a.vmdk": partial(converted, "vmdk", "subformat=monolithicSparse"),
    "stream.vmdk": partial(converted, "vmdk", "subformat=streamOptimized"),
    "a.vhd": partial(converted, "vpc", "subformat=dynamic,force_size"),
    "fixed.vhd": partial(converted, "vpc", "subformat=fixed,force_size"),
    "a.vhdx": partial(converted, "vhdx"),
    "a.vdi": partial(converted, "vdi"),
    "a.hdd": partial(converted, "parallels"),
    "a.e01": partial(e01, "encase6"),
    "a.s01": partial(e01, "smart"),
    "a.ex01": ex01,
    "a.aff4": aff4,
    "a.dmg": partial(public, "hfsplus_zlib.dmg"),
    "shadow.qcow2": partial(public, "vsstest.qcow2"),
    "parent.vhd": partial(public, "fat-differential.vhd"),
    "locked.dmg": _locked_dmg,
    "suspended.bitlocker": partial(bitlocker, True),
    "locked.bitlocker": partial(bitlocker, False),
    "a.luks": luks2,
    "a.corestorage": corestorage,
}
"""Images of media, and encrypted volumes."""
LARGE = frozenset(["fat32.img", "xfs.img", "exfat.img", "shadow.qcow2", "a.vhdx", "a.luks"])
"""Those that are long to read, of which fewer are broken."""
