"""What could not be read has one number, everywhere: the lines of the list."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from safelight.workspace import Workspace

from .page import Page, section, written
from .parts import picture
from .sample import rich


def test_scan_case_show_and_report_give_the_same_number(workspace: Workspace, tmp_path: Path) -> None:
    folder = tmp_path / "exhibit"
    folder.mkdir()
    (folder / "whole.png").write_bytes(picture(1))
    for name in ("cut.png", "cut again.png"):  # one item, two places
        (folder / name).write_bytes(picture(2)[:60])
    (folder / "broken.png").write_bytes(picture(3)[:16] + b"\xff" * 64)
    (folder / "archive.zip").write_bytes(b"PK\x03\x04" + bytes(40))
    scanned = workspace.scan([folder])
    workspace.scan([folder])  # a second reading finds nothing new, and the number stays
    shown = workspace.show_case()
    out = tmp_path / "report.html"
    workspace.export("html", out)
    page = Page(out.read_text("utf-8"))
    lines = scanned["unreadable"]
    assert lines >= 4
    assert shown["counts"]["unreadable"] == lines
    assert f"Section 8 lists {lines} things that could not be read" in section(page, 1)
    assert f"could not be read{lines}" in section(page, 3)
    assert f"{lines} things, wholly or in part" in section(page, 8)
    for one in scanned["unread"]:
        assert one["reason"] in section(page, 8)


def test_within_a_report_every_number_of_unread_things_is_that_of_the_list() -> None:
    findings = rich()
    views = [replace(one, counts={**one.counts, "unreadable": 99}) for one in findings.exhibits]
    said = Page(written(replace(findings, exhibits=views))).said()
    assert "99" not in re.findall(r"could not be read(\d+)", said)
    assert sum(map(int, re.findall(r"could not be read(\d+)", said))) == 3
    assert "Section 8 lists 3 things that could not be read, wholly or in part" in said
    assert "1 file among them could not be read at all and has no digest" in said
