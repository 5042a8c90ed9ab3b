"""Outlook's stores and messages: public ones, and small ones written after the published layouts."""

from __future__ import annotations

import shutil
import struct
import subprocess
import time
from pathlib import Path

import pytest

from safelight.evidence.mail import pst_coding
from safelight.evidence.mail.pst import PstReader
from safelight.evidence.protocol import Kind, Limits
from safelight.evidence.source import BytesSource
from safelight.model import State
from tests.conftest import SHARED
from tests.evidence.mail.stores import Store, attachment, letter, sample, text
from tests.evidence.opened import compound, look, photo

PUBLIC = SHARED / "evidence"
needs_public = pytest.mark.skipif(
    not (PUBLIC / "passworded.pst").is_file(), reason="public evidence is not here"
)


@needs_public
def test_a_password_of_a_store_protects_nothing(tmp_path: Path) -> None:
    assert "a password is set" in look(PUBLIC / "passworded.pst").notes[""]
    seen = look(PUBLIC / "dist-list.pst")
    assert not seen.notes
    assert not seen.errors


@pytest.mark.parametrize("coding", [pst_coding.PLAIN, pst_coding.PERMUTED, pst_coding.CYCLIC])
def test_attachments_lie_below_folder_date_and_subject(coding: int, tmp_path: Path) -> None:
    one, two = photo(1, size=(32, 24)), photo(2, size=(32, 24))
    (tmp_path / "a.pst").write_bytes(sample(one, two, b"gone", coding, password=7))
    seen = look(tmp_path / "a.pst")
    outer = "Inbox/2024-03-01 10.30.05 outer/"
    assert seen.content[outer + "one.jpg"] == one
    assert seen.content[outer + "2024-03-01 10.30.05 inner/two.jpg"] == two
    assert seen.notes[outer + "one.jpg"] == "from Jo <jo@example.org>, 2024-03-01T10:30:05Z, “outer”"
    assert "a password is set" in seen.notes[""]
    assert not seen.errors


def test_a_deleted_message_is_found_through_older_pages(tmp_path: Path) -> None:
    gone = photo(3)
    (tmp_path / "a.pst").write_bytes(sample(b"one", b"two", gone, pst_coding.PLAIN))
    seen = look(tmp_path / "a.pst")
    (path,) = [path for path in seen.content if path.endswith("gone.jpg")]
    assert seen.content[path] == gone
    assert seen.states[path] is State.DELETED
    assert path == "Inbox/2024-03-01 10.30.05 was deleted/gone.jpg"


def test_a_message_that_was_changed_is_not_called_deleted(tmp_path: Path) -> None:
    store = Store(pst_coding.PLAIN)
    store.node(0x21, store.properties([text(0x3001, "Store")]))
    store.node(0x8022, store.properties([text(0x3001, "Inbox")]), parent=0x8022)
    kept, removed = attachment(store, "kept.jpg", photo(1)), attachment(store, "removed.jpg", photo(2))
    data, tree = letter(store, "unread", [kept, removed])
    store.node(0x200024, data, tree, 0x8022)
    store.index()  # an older page
    store.nodes.pop()
    data, tree = letter(store, "read", [kept])
    store.node(0x200024, data, tree, 0x8022)
    (tmp_path / "a.pst").write_bytes(store.finish(*store.index()))
    seen = look(tmp_path / "a.pst")
    assert seen.content == {
        "Inbox/2024-03-01 10.30.05 read/kept.jpg": photo(1),
        "Inbox/2024-03-01 10.30.05 unread/removed.jpg": photo(2),
    }
    assert seen.states["Inbox/2024-03-01 10.30.05 read/kept.jpg"] is State.EMBEDDED
    note = seen.notes["Inbox/2024-03-01 10.30.05 unread/removed.jpg"]
    assert note.startswith("of an earlier version of a message that is still there: from Jo")


def test_a_draft_has_no_date_but_that_of_its_last_change_and_texts_their_code_page(tmp_path: Path) -> None:
    store = Store(pst_coding.PLAIN)
    store.node(0x21, store.properties([text(0x3001, "Store")]))
    store.node(0x8022, store.properties([text(0x3001, "Drafts")]), parent=0x8022)
    when = struct.pack("<Q", 116_444_736_000_000_000 + 1_709_289_005 * 10_000_000)
    properties = [
        (0x37, 0x1E, "Привет".encode("cp1251")),
        (0x3008, 0x40, when),
        (0x3FFD, 3, struct.pack("<I", 1251)),
    ]
    store.node(
        0x200024, store.properties(properties), store.inner([attachment(store, "a.jpg", photo(1))]), 0x8022
    )
    (tmp_path / "a.pst").write_bytes(store.finish(*store.index()))
    seen = look(tmp_path / "a.pst")
    (path,) = seen.content
    assert path == "Drafts/2024-03-01 10.30.05 Привет/a.jpg"
    assert seen.notes[path] == "sender not stated, last changed 2024-03-01T10:30:05Z, “Привет”"
    assert seen.times[path].created is None


def test_an_attachment_of_many_blocks_is_read_at_any_place() -> None:
    large = bytes(range(256)) * 120
    source = BytesSource(sample(large, b"two", b"gone", pst_coding.PLAIN))
    (node,) = [one for one in PstReader().walk(source, Limits()) if one.name.endswith(b"/one.jpg")]
    assert node.open is not None
    content = node.open()
    assert content.size == len(large)
    assert content.read_at(8_170, 20) == large[8_170:8_190]
    assert content.read_at(20_000, 1 << 20) == large[20_000:]


def test_a_store_cut_anywhere_ends_with_what_is_there(tmp_path: Path) -> None:
    whole = sample(photo(1, size=(16, 12)), b"two", b"gone", pst_coding.PLAIN)
    begun = time.monotonic()
    for size in range(0, len(whole), 64):
        source = BytesSource(whole[:size])
        try:
            for node in PstReader().walk(source, Limits()):
                if node.open is not None:
                    node.open().read_at(0, 1 << 20)
        except Exception as error:  # noqa: BLE001
            assert type(error).__name__ in ("EvidenceError", "GuardError"), f"cut at {size}: {error!r}"
    assert time.monotonic() - begun < 20


def test_an_index_that_leads_to_itself_ends() -> None:
    whole = bytearray(sample(b"one", b"two", b"gone", pst_coding.PLAIN))
    root = int.from_bytes(whole[224:232], "little")
    page = bytearray(512)
    page[:24] = struct.pack("<QQQ", 0, 0, root)
    page[488:492] = bytes((1, 20, 24, 1))
    page[496:498] = b"\x81\x81"
    whole[root : root + 512] = page
    found = list(PstReader().walk(BytesSource(bytes(whole)), Limits()))
    assert [node.error for node in found if node.kind is Kind.FINDING]


def mapi(subject: str, header: int, *records: bytes) -> dict[str, bytes]:
    when = struct.pack("<HHIQ", 0x40, 0x39, 0, 116_444_736_000_000_000 + 1_709_289_005 * 10_000_000)
    return {
        "__properties_version1.0": bytes(header) + when + b"".join(records),
        "__substg1.0_0037001F": subject.encode("utf-16-le"),
        "__substg1.0_0C1A001F": "Jo".encode("utf-16-le"),
    }


def test_an_outlook_message_with_a_message_in_it(tmp_path: Path) -> None:
    big, small = photo(1), photo(2, size=(16, 12))
    streams = mapi("hello", 32)
    first, second = "__attach_version1.0_#00000000/", "__attach_version1.0_#00000001/"
    streams[first + "__substg1.0_3707001F"] = "a.jpg".encode("utf-16-le")
    streams[first + "__substg1.0_37010102"] = big
    inner = {second + "__substg1.0_3701000D/" + name: data for name, data in mapi("inner", 24).items()}
    streams |= inner
    third = second + "__substg1.0_3701000D/__attach_version1.0_#00000000/"
    streams[third + "__substg1.0_3704001E"] = b"b.jpg"
    streams[third + "__substg1.0_37010102"] = small
    (tmp_path / "m.msg").write_bytes(compound(streams))
    seen = look(tmp_path / "m.msg")
    assert seen.content == {"a.jpg": big, "2024-03-01 10.30.05 inner/b.jpg": small}
    assert seen.notes["a.jpg"] == "from Jo, 2024-03-01T10:30:05Z, “hello”"


def test_what_was_added_to_an_outlook_message_is_found_too(tmp_path: Path) -> None:
    streams = mapi("hello", 32) | {"Extra/one": photo(1), "two": photo(2)}
    (tmp_path / "m.msg").write_bytes(compound(streams))
    assert set(look(tmp_path / "m.msg").content.values()) == {photo(1), photo(2)}


def tnef(*attached: tuple[str, bytes]) -> bytes:
    """A winmail.dat, written after [MS-OXTNEF]."""

    def attribute(level: int, kind: int, data: bytes) -> bytes:
        return struct.pack("<BII", level, kind, len(data)) + data + struct.pack("<H", sum(data) & 0xFFFF)

    out = b"\x78\x9f\x3e\x22" + struct.pack("<H", 1)
    out += attribute(1, 0x00089006, struct.pack("<I", 0x10000))  # version
    out += attribute(1, 0x00069007, struct.pack("<II", 1252, 0))  # code page
    for name, data in attached:
        out += attribute(2, 0x00069002, struct.pack("<HIHHI", 1, 0xFFFFFFFF, 0, 0, 0))
        out += attribute(2, 0x00018010, name.encode("cp1252") + b"\0")
        out += attribute(2, 0x0006800F, data)
    return out


def test_winmail_dat_gives_what_the_tnef_program_extracts(tmp_path: Path) -> None:
    expected = {"a.jpg": photo(1), "b.jpg": photo(2)}
    (tmp_path / "winmail.dat").write_bytes(tnef(*expected.items()))
    assert look(tmp_path / "winmail.dat").content == expected
    if shutil.which("tnef") is not None:
        (tmp_path / "out").mkdir()
        subprocess.run(["tnef", "-f", "winmail.dat", "-C", "out"], cwd=tmp_path, check=True)
        assert {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()} == expected


def test_a_winmail_dat_that_is_cut_gives_the_part_that_is_there(tmp_path: Path) -> None:
    whole = tnef(("a.jpg", photo(1)))
    (tmp_path / "winmail.dat").write_bytes(whole[:-1000])
    seen = look(tmp_path / "winmail.dat")
    assert photo(1).startswith(seen.content["a.jpg"])
    assert "cut short" in seen.errors["a.jpg"]
