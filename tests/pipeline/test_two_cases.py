"""Cases stand apart: what one finds, decides or lacks changes nothing in another."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from PIL import Image

from safelight.model import HashSetKind
from safelight.workspace import Workspace
from tests.conftest import authority


def test_the_same_item_is_a_lead_of_its_own_in_each_case(workspace: Workspace, tmp_path: Path) -> None:
    folder = tmp_path / "evidence"
    folder.mkdir()
    Image.linear_gradient("L").save(folder / "a.png")
    known = tmp_path / "list.txt"
    known.write_text(hashlib.sha256((folder / "a.png").read_bytes()).hexdigest() + "\n", encoding="ascii")
    workspace.import_hashset(known, name="known", kind=HashSetKind.KNOWN_ILLEGAL)
    workspace.open_case("second", authority())
    workspace.scan([folder], case="sample")
    (lead,) = workspace.leads(case="sample")
    workspace.decide(lead["id"], "not-pertinent", case="sample", note="a gradient")
    assert workspace.leads(case="second") == []

    workspace.scan([folder], case="second")

    (kept,), (new,) = workspace.leads(case="sample"), workspace.leads(case="second")
    assert (kept["decided"], new["decided"]) == ("not-pertinent", None)
    assert kept["reasons"] == new["reasons"] == lead["reasons"]


def test_what_was_found_with_a_list_stays_when_the_list_is_replaced_or_removed(
    workspace: Workspace, tmp_path: Path
) -> None:
    folder = tmp_path / "evidence"
    folder.mkdir()
    Image.linear_gradient("L").save(folder / "a.png")
    listed, other = tmp_path / "list.csv", tmp_path / "other.txt"
    digest = hashlib.sha256((folder / "a.png").read_bytes()).hexdigest()
    listed.write_text(f"id,sha256,category\n17,{digest},1\n", encoding="ascii")
    other.write_text("0" * 63 + "1\n", encoding="ascii")

    def take_in(file: Path) -> int:
        return workspace.import_hashset(file, name="known", kind=HashSetKind.KNOWN_ILLEGAL).cited_by

    def seen() -> tuple[object, ...]:
        (lead,) = workspace.leads()
        out = Path(workspace.export("vics", tmp_path / "case.json")["file"])
        return lead["matches"], lead["reasons"], [m["Category"] for m in media_of(out)]

    assert take_in(listed) == 0
    workspace.scan([folder])
    before = seen()
    assert before[0] and before[2] == [1]
    assert take_in(other) == 1
    assert seen() == before
    assert [one.name for one in workspace.list_hashsets()] == ["known"]
    assert workspace.remove_hashset("known") == 0
    assert seen() == before
    assert workspace.list_hashsets() == []
    assert workspace.scan([folder])["leads"] == 0
    assert workspace.leads() == []


def media_of(file: Path) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(file.read_text("utf-8"))["value"][0]["Media"]
    return found
