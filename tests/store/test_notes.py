"""Notes in the inventory: they are kept beside a place's own line, and outdate the finding that a key was needed."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from safelight.errors import EvidenceError, UsageError
from safelight.evidence.unlock import LARGEST_FILE, Keys, LockedError, read_keys, unlocked
from safelight.model import Digests, Place, State
from safelight.store import inventory
from safelight.store.inventory import CLOSED, FINDING, NOTE, Entry
from safelight.store.page import Page, pack

PLACE = Place((b"disk.img", b"p1"), ("file", "partition"), State.ALLOCATED, None)
LOCKED = str(LockedError("BitLocker volume", Keys()))
TRIED = str(LockedError("BitLocker volume", Keys(("a", "b"))))


def _file(name: bytes, note: str | None = None) -> Entry:
    return Entry(
        Place((b"disk.img", name), ("file", "file"), State.ALLOCATED, 5),
        "file",
        digests=Digests(b"m" * 16, b"1" * 20, b"2" * 32),
        note=note,
    )


def test_a_note_comes_back_from_a_page_and_pages_without_notes_have_none() -> None:
    page = Page(1, pack([_file(b"a", "sent by X"), _file(b"b")]))
    assert [entry.note for entry in page] == ["sent by X", None]
    assert [entry.note for entry in Page(2, pack([_file(b"a")]))] == [None]


class _Pages:
    """Pages in memory in the place of the store's."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *pages: list[Entry]) -> None:
        made = [Page(number, pack(entries)) for number, entries in enumerate(pages)]
        monkeypatch.setattr(inventory, "pages", lambda *_: iter(made))

    def newest(self) -> list[Entry]:
        connection: sa.Connection = None  # type: ignore[assignment]
        return [entry for _, _, entry in inventory.newest(connection, None, "E-1")]  # type: ignore[arg-type]


def test_what_was_locked_is_open_once_a_note_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    locked, opened = (
        Entry(PLACE, FINDING, error=LOCKED),
        Entry(PLACE, NOTE, note="opened with password 2 of 3"),
    )
    damage = Entry(PLACE, FINDING, error="a sector cannot be read")
    pages = _Pages(monkeypatch, [locked, damage, _file(b"x")], [opened, _file(b"y")])
    assert pages.newest() == [damage, _file(b"x"), opened, _file(b"y")]


def test_the_last_attempt_to_open_is_what_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    pages = _Pages(monkeypatch, [Entry(PLACE, FINDING, error=LOCKED)], [Entry(PLACE, FINDING, error=TRIED)])
    assert [entry.error for entry in pages.newest()] == [TRIED]
    assert "none of the 2 given" in TRIED


def test_marks_are_not_listed_beside_notes(monkeypatch: pytest.MonkeyPatch) -> None:
    note = Entry(PLACE, NOTE, note="opened with password 1 of 1")
    assert _Pages(monkeypatch, [note, Entry(PLACE, CLOSED)]).newest() == [note]


def test_candidates_are_tried_in_order_and_the_note_says_which_but_not_what() -> None:
    tried: list[str] = []

    def attempt(candidate: str) -> str | None:
        tried.append(candidate)
        return candidate if candidate == "s3cret" else None

    keys = Keys(("one", "s3cret", "three"), ("111-222",))
    opened, note = unlocked(keys, attempt, recovery=attempt) or ("", "")
    assert (tried, opened, note) == (["111-222", "one", "s3cret"], "s3cret", "opened with password 2 of 3")
    assert "s3cret" not in repr(keys) + note
    assert unlocked(Keys(("x",)), attempt) is None
    files = Keys(("s3cret",), files=(b"other", b"s3cret"))
    assert (
        unlocked(files, attempt, file=lambda data: attempt(data.decode()))[1] == "opened with key file 2 of 2"
    )  # type: ignore[index]
    assert unlocked(files, attempt)[1] == "opened with password 1 of 1"  # type: ignore[index]
    assert "s3cret" not in repr(files) and bool(Keys(files=(b"x",)))
    with pytest.raises(EvidenceError, match="1 of 2 passwords were tried"):
        unlocked(Keys(("x", "y"), seconds=-1), attempt)


def test_a_password_file_is_read_line_by_line(tmp_path: Path) -> None:
    file = tmp_path / "words.txt"
    file.write_bytes("\ufeff one two \r\nпароль\n\n one two \r\n".encode())
    keys = read_keys(file, [" 111111-222222 ", ""])
    assert (keys.passwords, keys.recovery) == ((" one two ", "пароль"), ("111111-222222",))
    for content in (b"", b"\n\n", b"\xff\xfe\x00"):
        file.write_bytes(content)
        with pytest.raises(UsageError):
            read_keys(file)
    with pytest.raises(UsageError, match="cannot be read"):
        read_keys(tmp_path / "missing")


def test_of_a_key_file_every_byte_counts(tmp_path: Path) -> None:
    file = tmp_path / "key.bin"
    file.write_bytes(b"\0two\r\nlines\n")
    assert read_keys(files=[file, file]).files == (b"\0two\r\nlines\n",) * 2
    file.write_bytes(b"")
    with pytest.raises(UsageError, match="is empty"):
        read_keys(files=[file])
    with file.open("wb") as out:
        out.truncate(LARGEST_FILE + 1)
    with pytest.raises(UsageError, match="larger than a key file may be"):
        read_keys(files=[file])
    for wrong in (tmp_path, tmp_path / "missing"):
        with pytest.raises(UsageError, match="cannot be read"):
            read_keys(files=[wrong])
