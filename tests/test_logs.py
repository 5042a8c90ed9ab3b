"""The operational log: nothing of the evidence from info up, everything at debug, nothing by default."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from safelight import logs
from safelight.settings import Settings
from safelight.workspace import open_workspace
from tests.conftest import authority

NAME = "Kowalczyk-holiday"


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    yield
    logs.configure("warning", json=False)
    logs._logger.cache_clear()


def scan_at(level: str, config: Settings, tmp_path: Path) -> None:
    folder = tmp_path / f"{NAME} seized"
    folder.mkdir()
    Image.linear_gradient("L").save(folder / f"{NAME}.png")
    (folder / f"{NAME}.jpg").write_bytes(b"\xff\xd8\xff\xe0 no picture")
    logs._logger.cache_clear()
    chosen = config.model_copy(update={"log_level": level, "log_format": "json"})
    with open_workspace(config=chosen) as opened:
        opened.open_case(f"Operation {NAME}", authority())
        opened.scan([folder], exclude=[f"*{NAME}*.txt"])
        opened.export("csv", tmp_path / f"{NAME}.csv")


def test_info_tells_what_was_done_and_nothing_of_the_evidence(
    config: Settings, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    scan_at("info", config, tmp_path)
    said = capfd.readouterr().err
    lines = [json.loads(line) for line in said.splitlines()]
    assert {("scan", "begun"), ("scan", "ended"), ("export", "ended"), ("case open", "done")} <= {
        (line.get("verb"), line.get("phase")) for line in lines
    }
    assert any(line["event"] == "exhibit read" and line["files"] == 2 for line in lines)
    for secret in (NAME, str(tmp_path), "12 Gs 345/26", "Sample Court"):
        assert secret not in said


def test_debug_may_name_the_evidence(
    config: Settings, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    scan_at("debug", config, tmp_path)
    assert NAME in capfd.readouterr().err


def test_by_default_nothing_comes_out(
    config: Settings, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    scan_at("warning", config, tmp_path)
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(
    "fact", [{"path": "a"}, {"kind": "Users/x"}, {"kind": "a\nb"}, {"kind": "x" * 5 + "é"}]
)
def test_what_could_name_evidence_is_withheld_from_info_up(fact: dict[str, str]) -> None:
    for level in ("info", "warning", "error"):
        assert logs.withhold(None, level, {"event": "e", **fact}) == {
            "event": "e",
            **dict.fromkeys(fact, "(withheld)"),
        }
    assert logs.withhold(None, "debug", dict(fact)) == fact
