"""What a scan says beside its result: from the level info up, nothing that names evidence, whatever happens."""

from __future__ import annotations

from pathlib import Path

from tests.e2e.command import Command
from tests.evidence import images

NAME = "Kowalczyk-Ferienlager"
SECRETS = (NAME, "12 Gs 345/26", "Sample Court")


def seized(folder: Path) -> Path:
    """Names that anybody would know again: of a folder, files, an image, what lies in it, and in a damaged file."""
    made = folder / f"{NAME} seized"
    made.mkdir()
    (made / f"{NAME}.jpg").write_bytes(images.jpeg(1))
    (made / f"{NAME} half.jpg").write_bytes(images.jpeg(2)[:400])
    (made / f"{NAME}.zip").write_bytes(b"PK\x03\x04" + NAME.encode() * 50)
    (made / f"{NAME}.img").write_bytes(images.ext(4).read_bytes()[: 1 << 20])
    (made / f"{NAME}.txt").write_text(f"{NAME}\n" * 10, encoding="ascii")
    return made


def written(home: Path) -> bytes:
    """Everything that lies in the workspace and beside it, but the evidence."""
    files = [path for path in home.rglob("*") if path.is_file() and NAME not in str(path)]
    assert files
    return b"".join(path.read_bytes() for path in files)


def test_the_log_names_nothing_from_info_up_and_no_file_keeps_a_name_in_clear(tmp_path: Path) -> None:
    command = Command(tmp_path)
    command.open_case("hash-match,screening,export", name=f"Operation {NAME}")
    folder = seized(tmp_path)
    loud = {"SAFELIGHT_LOG_LEVEL": "info", "SAFELIGHT_LOG_FORMAT": "json"}
    scan = command.run("scan", folder, "--workers", "1", "--json", code=5, **loud)
    said = scan.err + command.run("leads", "--json", **loud).err
    said += command.run("screen", folder / f"{NAME}.jpg", "--json", **loud).err
    said += command.run("scan", tmp_path / f"{NAME} gone", "--json", code=1, **loud).err.partition("Error: ")[
        0
    ]
    said += command.run("export", "csv", "-o", tmp_path / f"{NAME}.csv", "--json", **loud).err
    assert '"scan"' in said and '"ended"' in said and '"failed"' in said
    assert str(folder) not in said and str(tmp_path) not in said
    kept = written(tmp_path)
    for secret in SECRETS:
        assert secret not in said
        assert secret.encode() not in kept


def test_debug_may_name_evidence_and_nothing_comes_out_by_default(tmp_path: Path) -> None:
    command = Command(tmp_path)
    command.open_case("hash-match")
    folder = seized(tmp_path)
    assert NAME in command.run("scan", folder, "--json", code=5, SAFELIGHT_LOG_LEVEL="debug").err
    assert command.run("scan", folder, "--json", code=5).err == ""
