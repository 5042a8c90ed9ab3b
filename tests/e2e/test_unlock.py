"""Keys by the command: refused without `unlock`, used with it, a second scan opens what the first could not.

And no candidate is ever written anywhere: not in the store, not in the log, not in what is printed.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from pathlib import Path

import pytest

from tests.e2e.command import Command
from tests.evidence.encrypted.bitlocker_writer import RECOVERY, written
from tests.evidence.encrypted.made import needs, volume
from tests.evidence.images import jpeg, run
from tests.evidence.phones.made import written as database
from tests.evidence.phones.test_whatsapp_crypt import KEY, KEY_FILE, backup

pytestmark = [needs("7z", "zip", "mkfs.vfat", "mcopy"), pytest.mark.xdist_group("unlock")]

SECRET, OTHER = "Lantern&oil#7731", "gas light 5150 ü"
WRONG = ("never this one 0001", "never this one 0002")
SEEDS = (("stick", 21), ("zip", 61), ("seven", 62), ("nested", 63), ("chat", 64))
PICTURES = {name: jpeg(seed) for name, seed in SEEDS}


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Command:
    """A folder with encrypted things, a password file, and a list that knows every picture in them."""
    home = tmp_path_factory.mktemp("unlock")
    evidence = home / "evidence"
    evidence.mkdir()
    for name, data in PICTURES.items():
        (home / f"{name}.jpg").write_bytes(data)
    (evidence / "stick.img").write_bytes(written(volume().read_bytes(), password="x", recovery=RECOVERY))
    run("zip", "-q", "-j", "-P", SECRET, evidence / "private.zip", home / "zip.jpg")
    run("7z", "a", "-mhe=on", f"-p{OTHER}", evidence / "names.7z", home / "seven.jpg")
    run("7z", "a", "-mhe=on", f"-p{OTHER}", home / "inner.7z", home / "nested.jpg")
    outer = io.BytesIO()
    with zipfile.ZipFile(outer, "w") as out:
        out.write(home / "inner.7z", "deep/inner.7z")
        out.writestr("note.txt", "nothing to see")
    (evidence / "outer.zip").write_bytes(outer.getvalue())
    script = f"CREATE TABLE pics(id INTEGER PRIMARY KEY, data BLOB); INSERT INTO pics VALUES (1, x'{jpeg(64).hex()}');"
    chat = database(home / "msgstore.db", script).read_bytes()
    (evidence / "msgstore.db.crypt14").write_bytes(backup(14, chat))
    (home / "key").write_bytes(KEY_FILE)
    (home / "passwords.txt").write_text("\n".join((*WRONG, SECRET, OTHER)) + "\n", encoding="utf-8")
    (home / "known.txt").write_text(
        "".join(f"{hashlib.md5(data).hexdigest()}\n" for data in PICTURES.values()), encoding="ascii"
    )
    command = Command(home)
    command.run("hashset", "import", home / "known.txt", "--name", "known", "--kind", "known-illegal")
    command.open_case("hash-match,export", "closed")
    command.open_case("hash-match,unlock,export", "open")
    return command


def scan(command: Command, *more: str | Path, case: str = "open", code: int | None = 0) -> dict[str, object]:
    ran = command.run(
        "scan", command.home / "evidence", "--case", case, "--workers", "1", "--json", *more, code=code
    )
    found: dict[str, object] = ran.json
    return found


def test_without_the_capability_no_key_is_used(desk: Command) -> None:
    keys = ("--password-file", desk.home / "passwords.txt", "--recovery-key", RECOVERY)
    ran = desk.run("scan", desk.home / "evidence", "--case", "closed", *keys, code=3)
    assert "unlock" in ran.err and RECOVERY not in ran.err and SECRET not in ran.err
    alone = ("--key-file", desk.home / "key")
    assert "unlock" in desk.run("scan", desk.home / "evidence", "--case", "closed", *alone, code=3).err
    (desk.home / "header").write_bytes(b"LUKS\xba\xbe" + bytes(600))
    header = ("--luks-header", desk.home / "header")
    assert "unlock" in desk.run("scan", desk.home / "evidence", "--case", "closed", *header, code=3).err
    pim = ("--veracrypt-pim", "5")
    assert (
        "A PIM opens nothing" in desk.run("scan", desk.home / "evidence", "--case", "open", *pim, code=2).err
    )


def test_a_second_scan_with_keys_opens_what_the_first_could_not(desk: Command) -> None:
    locked = scan(desk, code=None)
    said = {one["path"]: one["reason"] for one in locked["unread"]}  # type: ignore[attr-defined]
    assert len(said) == len(PICTURES) and all(
        "a password or key is needed" in reason for reason in said.values()
    )
    assert locked["leads"] == 0

    keys = ("--password-file", desk.home / "passwords.txt", "--recovery-key", RECOVERY)
    opened = scan(desk, *keys, "--key-file", desk.home / "key")
    assert opened["unread"] == []
    assert opened["leads"] == len(PICTURES)
    desk.run("export", "files", "--case", "open", "-o", desk.home / "files.csv")
    listed = (desk.home / "files.csv").read_text(encoding="utf-8")
    assert "opened with password 3 of 4" in listed and "opened with password 4 of 4" in listed
    assert "opened with recovery key 1 of 1" in listed and "opened with key file 1 of 1" in listed
    assert "a password or key is needed" not in listed

    again = scan(desk)  # a third one without keys loses nothing
    assert again["unread"] == [] and again["leads"] == len(PICTURES)


def test_no_candidate_is_written_anywhere(desk: Command) -> None:
    printed = "".join(
        (ran := desk.run(*command, code=None)).out + ran.err
        for command in (
            ("audit", "list", "--json"),
            ("case", "show", "--case", "open", "--json"),
            ("leads", "--case", "open", "--json"),
            (
                "scan",
                desk.home / "evidence",
                "--case",
                "open",
                "--password-file",
                desk.home / "passwords.txt",
                "--key-file",
                desk.home / "key",
            ),
        )
    )
    desk.run("export", "files", "--case", "open", "-o", desk.home / "all.csv")
    candidates = [*WRONG, SECRET, OTHER, RECOVERY, RECOVERY.replace("-", "")]
    assert not [one for one in (*candidates, KEY.hex()) if one in printed]
    files = [
        path for place in ("workspace", "keys") for path in (desk.home / place).rglob("*") if path.is_file()
    ]
    assert len(files) > 3
    for path in [*files, desk.home / "all.csv"]:
        data = path.read_bytes()
        assert KEY not in data and KEY.hex().encode() not in data
        for candidate in candidates:
            for spelt in (
                candidate.encode(),
                candidate.encode("utf-16-le"),
                candidate.encode().hex().encode(),
            ):
                assert spelt not in data, f"{path.name} has a candidate"


def test_a_password_file_that_cannot_be_used_is_said_to_be_so(desk: Command) -> None:
    for name, said in (("empty.txt", "holds no password"), ("missing.txt", "cannot be read")):
        (desk.home / "empty.txt").write_text("\n\n", encoding="ascii")
        ran = desk.run(
            "scan", desk.home / "evidence", "--case", "open", "--password-file", desk.home / name, code=2
        )
        assert said in ran.err
