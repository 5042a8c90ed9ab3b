"""What older files left in blocks that newer ones do not fill is found, where a file system has such blocks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from safelight.evidence.ext import ExtReader
from safelight.evidence.fat import FatReader
from safelight.evidence.ntfs import NtfsReader
from safelight.evidence.protocol import Limits, Node, Reader
from safelight.evidence.source import FileSource
from safelight.model import State
from tests.evidence import images
from tests.evidence.carving import made

CLUSTER = 32_768
PICTURE = images.jpeg(31, 160, 120)
AT = 8_205  # on no sector


def _carrier() -> Path:
    """A file of one cluster with a picture somewhere in it."""
    path = images.folder() / "carrier.bin"
    path.write_bytes(made.noise(8)[:AT] + PICTURE + made.noise(8, 2)[: CLUSTER - AT - len(PICTURE)])
    return path


def _all(reader: Reader, image: Path, limits: Limits | None = None) -> Iterator[Node]:
    source = FileSource(image)
    later = []
    for node in reader.walk(source, limits or Limits()):
        if node.more is not None:
            later.append(node.more)
        yield node
    for more in later:
        yield from more()


def _in_slack(reader: Reader, image: Path) -> list[bytes]:
    carved = [node for node in _all(reader, image) if node.state is State.CARVED and b"slack" in node.name]
    assert all(node.name == b"carved/slack/offset-%012d.jpg" % node.address["offset"] for node in carved)
    return [images.content(node) for node in carved]


def test_fat_slack_of_a_file_that_took_an_old_ones_cluster() -> None:
    image = images.blank("slack-fat.img", 160)
    images.run("mkfs.fat", "-F", "16", "-s", "64", image)
    images.run("mcopy", "-i", image, _carrier(), "::/")
    images.run("mdel", "-i", image, "::/carrier.bin")
    note = images.folder() / "note.txt"
    note.write_bytes(b"hello" * 20)
    images.run("mcopy", "-i", image, note, "::/")
    assert _in_slack(FatReader(), image) == [PICTURE]


def test_ntfs_slack_of_a_file_that_became_shorter() -> None:
    image = images.blank("slack-ntfs.img", 16)
    images.run("mkntfs", "-F", "-Q", "-q", "-c", str(CLUSTER), image)
    images.run("ntfscp", image, _carrier(), "carrier.bin")
    images.run("ntfstruncate", "-f", image, "64", "0x80", "", "2000")
    assert _in_slack(NtfsReader(), image) == [PICTURE]


def test_ext_slack_of_a_file_whose_size_was_set_back() -> None:
    image = images.blank("slack-ext.img", 64)
    root = images.folder() / "slack-tree"
    root.mkdir()
    small = images.jpeg(31, 48, 32)
    (root / "carrier.bin").write_bytes(made.noise(1)[:2_100] + small + made.noise(1, 2)[: 1_996 - len(small)])
    images.run("mkfs.ext4", "-q", "-F", "-b", "4096", "-d", root, image)
    images.run("debugfs", "-w", "-R", "sif /carrier.bin size 2000", image)
    assert _in_slack(ExtReader(), image) == [small]


def test_slack_goes_on_into_free_space_behind_it_and_nowhere_else() -> None:
    from safelight.evidence.carving.slack import Slack
    from safelight.evidence.source import BytesSource

    class Run:
        addr, len, offset, flags = 0, 1, 0, 0

    class Attribute:
        class info:
            flags = 2

        def __iter__(self) -> Iterator[Run]:
            return iter((Run(),))

    data = made.noise(1)[:1_000] + PICTURE + made.noise(2)
    for free, expected in (([(4_096, 8_192)], [PICTURE]), ([(8_192, 4_096)], [])):
        slack = Slack(4_096)
        slack.note(Attribute(), 600)
        nodes = list(slack.carve(BytesSource(data), free))
        assert [images.content(node) for node in nodes if node.error is None] == expected


def test_slack_is_left_alone_when_nothing_is_carved() -> None:
    image = images.ntfs()
    assert not [node for node in _all(NtfsReader(), image, Limits(carve=False)) if node.state is State.CARVED]
