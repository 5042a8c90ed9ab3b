"""Encrypted 7z archives of 7-Zip and py7zr: contents, names, several passwords, damage, and what is left shut."""

from __future__ import annotations

import contextlib
import random
import struct
import zlib
from pathlib import Path

import py7zr
import pytest

from safelight.errors import EvidenceError
from safelight.evidence.encrypted import seven_aes
from safelight.evidence.protocol import Kind, Limits
from safelight.evidence.scope import Scope
from safelight.evidence.unlock import Keys
from safelight.evidence.walk import walk
from tests.evidence.encrypted.made import PASSWORD, TWELVE, needs, seen
from tests.evidence.encrypted.test_zip_locked import FILES, TEXT, members
from tests.evidence.images import jpeg, run
from tests.evidence.opened import look, photo

pytestmark = needs("7z")


def archive(tmp_path: Path, *options: str, files: dict[str, bytes] | None = None) -> Path:
    """A 7z that 7-Zip wrote."""
    root = tmp_path / "files"
    for path, data in (files or FILES).items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(data)
    run("7z", "a", *options, tmp_path / "x.7z", f"{root}/.")
    return tmp_path / "x.7z"


@pytest.mark.parametrize("method", ["Copy", "LZMA", "LZMA2", "BZip2", "Deflate"])
@pytest.mark.parametrize("solid", ["on", "off"])
def test_contents_are_opened(method: str, solid: str, tmp_path: Path) -> None:
    found = seen(archive(tmp_path, f"-m0={method}", f"-ms={solid}", f"-p{PASSWORD}"), *TWELVE)
    assert members(found.content) == FILES and not found.errors
    assert set(found.notes) == {"opened with password 4 of 12"}


def test_names_that_are_encrypted_are_opened_and_said(tmp_path: Path) -> None:
    path = archive(tmp_path, "-mhe=on", f"-p{PASSWORD}")
    found = seen(path, "wrong", PASSWORD)
    assert members(found.content) == FILES and not found.errors
    assert found.notes[0] == "7z, encrypted even for the names: opened with password 2 of 2"
    shut = seen(path)
    assert shut.errors == [
        "7z archive, encrypted even for the names (its header is packed with AES): "
        "a password or key is needed (a password; none was given)"
    ]


def test_what_py7zr_encrypted_is_opened(tmp_path: Path) -> None:
    with py7zr.SevenZipFile(tmp_path / "x.7z", "w", password=PASSWORD, header_encryption=True) as out:
        out.writestr(TEXT, "a.txt")
    assert members(seen(tmp_path / "x.7z", PASSWORD).content) == {"a.txt": TEXT}
    # it states no checksum of the header: a wrong password must not count as the right one
    found = seen(tmp_path / "x.7z", "wrong", "wrong too", PASSWORD)
    assert members(found.content) == {"a.txt": TEXT}
    assert found.notes[0].endswith("opened with password 3 of 3")
    assert "none of the 2 given opens it" in seen(tmp_path / "x.7z", "wrong", "wrong too").errors[0]


def test_without_a_password_each_member_is_said_to_be_encrypted(tmp_path: Path) -> None:
    path = archive(tmp_path, f"-p{PASSWORD}")
    for given, shown in (((), "none was given"), (("x", "y"), "none of the 2 given opens it")):
        found = seen(path, *given)
        said = f"encrypted (AES-256): a password or key is needed (a password; {shown})"
        assert found.errors == [said, said] and members(found.content) == {"empty": b""}


def test_members_with_passwords_of_their_own(tmp_path: Path) -> None:
    path = tmp_path / "x.7z"
    for number, password in enumerate(("one", "two", "one", "three")):
        (tmp_path / f"{number}.jpg").write_bytes(jpeg(40 + number))
        run("7z", "a", "-mx=1", f"-p{password}", path, tmp_path / f"{number}.jpg")
    found = seen(path, "two", "one")
    assert members(found.content) == {f"{number}.jpg": jpeg(40 + number) for number in (0, 1, 2)}
    assert found.notes == [f"opened with password {number} of 2" for number in (2, 1, 2)]
    assert len(found.errors) == 1


def test_nothing_is_decrypted_where_the_order_leaves_all_of_it_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = archive(tmp_path, "-ms=off", f"-p{PASSWORD}", files={"in/a.txt": TEXT, "out/b.txt": TEXT[:99]})
    made: list[bytes] = []
    real = seven_aes.decrypted
    monkeypatch.setattr(
        "safelight.evidence.seven_coders.decrypted",
        lambda pieces, stated, key: made.append(key) or real(pieces, stated, key),
    )
    for only, expected in ((["none/**"], 0), (["out/**"], 2)):  # once to try the password, once to read
        made.clear()
        for one in walk(path, scope=Scope.parse(only, []), limits=Limits(keys=Keys((PASSWORD,)))):
            if one.kind is Kind.FILE and one.readable and len(one.place.trail) > 1:
                assert b"".join(one.chunks()) == TEXT[:99]
        assert len(made) == expected


def test_a_member_that_was_not_read_does_not_hide_the_next(tmp_path: Path) -> None:
    path = archive(tmp_path, "-ms=on", f"-p{PASSWORD}")
    limits = Limits(keys=Keys((PASSWORD,)))
    content = {
        one.place.trail[-1]: b"".join(one.chunks())
        for one in walk(path, limits=limits)
        if one.place.trail[-1] == b"b.jpg"
    }
    assert content == {b"b.jpg": FILES["b.jpg"]}


def test_damage_in_one_folder_leaves_the_others_open(tmp_path: Path) -> None:
    files = {f"{number}.jpg": jpeg(50 + number) for number in range(3)}
    path = archive(tmp_path, "-ms=off", "-mx=1", f"-p{PASSWORD}", files=files)
    data = bytearray(path.read_bytes())
    data[40] ^= 1
    path.write_bytes(data)
    found = seen(path, PASSWORD)
    assert len(members(found.content)) == 2 and len(found.errors) == 1


def test_the_time_for_keys_ends_for_every_member_of_a_folder(tmp_path: Path) -> None:
    path = archive(tmp_path, "-ms=on", f"-p{PASSWORD}")
    many = tuple(f"wrong {number}" for number in range(400))
    found = seen(path, limits=Limits(keys=Keys(many, seconds=0.01)))
    assert members(found.content) == {"empty": b""} and len(found.errors) == 2
    assert all("of 400 passwords were tried" in error for error in found.errors)


def test_a_bomb_behind_a_password_is_cut_by_the_guards(tmp_path: Path) -> None:
    path = archive(tmp_path, "-mx=1", f"-p{PASSWORD}", files={"zeros": bytes(12 << 20)})
    found = seen(path, limits=Limits(keys=Keys((PASSWORD,)), member_bytes=4 << 20))
    assert any("member_bytes" in error for error in found.errors)


def test_flipped_bits_end_in_a_finding_never_worse(tmp_path: Path) -> None:
    path = archive(tmp_path, "-mhe=on", f"-p{PASSWORD}", files={"a.txt": TEXT})
    data, rng = path.read_bytes(), random.Random(6)
    for _ in range(40):
        broken = bytearray(data)
        broken[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        path.write_bytes(broken)
        for one in walk(path, limits=Limits(keys=Keys((PASSWORD,)))):
            if one.readable:
                with contextlib.suppress(EvidenceError):
                    assert sum(map(len, one.chunks())) <= 1 << 20


@pytest.mark.parametrize("properties", [b"", b"\x19\x00", b"\xc0\xff", b"\x3e\x00"])
def test_settings_that_ask_for_too_much_are_refused(properties: bytes) -> None:
    with pytest.raises(EvidenceError, match="not known here"):
        seven_aes.settings(properties)


def test_a_wrong_password_does_not_count_where_no_checksum_is_stated(tmp_path: Path) -> None:
    content = photo()
    (tmp_path / "a.jpg").write_bytes(content)
    run("7z", "a", "-pright", "-m0=Copy", "-mhc=off", tmp_path / "a.7z", tmp_path / "a.jpg")
    data = bytearray((tmp_path / "a.7z").read_bytes())
    offset, size, _ = struct.unpack_from("<QQI", data, 12)
    stated = b"\x0a\x01" + zlib.crc32(content).to_bytes(4, "little")
    header = bytes(data[32 + offset : 32 + offset + size]).replace(stated, b"")
    assert len(header) == size - 6
    struct.pack_into("<QQI", data, 12, offset, len(header), zlib.crc32(header))
    struct.pack_into("<I", data, 8, zlib.crc32(bytes(data[12:32])))
    (tmp_path / "b.7z").write_bytes(data[: 32 + offset] + header)
    seen = look(tmp_path / "b.7z", "wrong", "wrong too", "right")
    assert seen.content == {"a.jpg": content}
    assert seen.notes["a.jpg"] == "opened with password 3 of 3"
    seen = look(tmp_path / "b.7z", "wrong", "wrong too")
    assert not seen.content
    assert "states no checksum" in seen.errors["a.jpg"]
