"""The queue as people use it: it says how much it shows, a lead is shown in full, a stack is decided by name."""

from __future__ import annotations

import hashlib
import io
from typing import Any

import pytest

from tests.e2e.command import Command
from tests.evidence import images


@pytest.fixture(scope="module")
def scanned(tmp_path_factory: pytest.TempPathFactory) -> Command:
    """Three pictures of one stack, one by itself; a list knows two of the stack, in different categories."""
    command = Command(tmp_path_factory.mktemp("queue"))
    folder = command.home / "evidence"
    folder.mkdir()
    picture = images.picture(1)
    for name, quality in (("a", 95), ("b", 90), ("c", 85)):
        coded = io.BytesIO()
        picture.save(coded, "JPEG", quality=quality)
        (folder / f"{name}.jpg").write_bytes(coded.getvalue())
    (folder / "alone.jpg").write_bytes(images.jpeg(7))
    lines = ["md5,category"]
    for name, category in (("a", "1"), ("b", "2"), ("alone", "1")):
        digest = hashlib.md5((folder / f"{name}.jpg").read_bytes()).hexdigest()
        lines.append(f"{digest},{category}")
    known = command.home / "known.csv"
    known.write_text("\n".join(lines) + "\n", encoding="ascii")
    command.open_case(allow="hash-match")
    command.run("hashset", "import", known, "--name", "National", "--kind", "known-illegal")
    command.run("scan", folder, "--workers", "1")
    return command


@pytest.fixture(scope="module")
def leads(scanned: Command) -> dict[str, dict[str, Any]]:
    found = scanned.run("leads", "--json").json
    return {lead["paths"][0]["path"]: lead for lead in found}


def test_the_queue_says_how_much_of_it_is_shown(scanned: Command) -> None:
    assert "2 of 4 leads; --top N shows more." in scanned.run("leads", "--top", "2").out
    cut = scanned.run("leads", "--top", "2", "--json")
    assert [one["of"] for one in cut.json] == [4, 4] and "2 of 4 leads" in cut.err
    assert "--top N" not in scanned.run("leads").out


def test_a_lead_says_how_large_its_stack_is(scanned: Command, leads: dict[str, dict[str, Any]]) -> None:
    assert {name: lead["stack_size"] for name, lead in leads.items()} == {
        "a.jpg": 3,
        "b.jpg": 3,
        "c.jpg": 3,
        "alone.jpg": 1,
    }
    assert f"{leads['a.jpg']['stack']} (3)" in scanned.run("leads").out


def test_a_lead_is_shown_in_full_by_the_beginning_of_its_id(
    scanned: Command, leads: dict[str, dict[str, Any]]
) -> None:
    wanted = leads["b.jpg"]
    content = (scanned.home / "evidence" / "b.jpg").read_bytes()
    (found,) = scanned.run("leads", "--lead", wanted["id"][:10], "--json").json
    assert {name: found[name] for name in wanted if name != "paths"} == {
        name: value for name, value in wanted.items() if name != "paths"
    }
    assert found["digests"] == {
        "md5": hashlib.md5(content).hexdigest(),
        "sha1": hashlib.sha1(content).hexdigest(),
        "sha256": hashlib.sha256(content).hexdigest(),
    }
    assert found["size"] == len(content) and (found["width"], found["height"]) == (320, 240)
    assert len(found["members"]) == 3 and found["paths"][0]["size"] == len(content)
    assert "modified" in found["paths"][0]["times"]
    said = scanned.run("leads", "--lead", wanted["id"][2:10]).out
    for part in (found["digests"]["sha1"], "b.jpg", "category 2", "not computed: not allowed", "3 leads"):
        assert part in said


def test_a_beginning_that_is_too_short_or_of_no_lead_is_refused(
    scanned: Command, leads: dict[str, dict[str, Any]]
) -> None:
    for wrong in ("L-", "", "L-%", leads["a.jpg"]["id"][:5], "L-ffffffff"):
        assert "no lead" in scanned.run("decide", wrong, "--label", "1", code=2).err
        scanned.run("leads", "--lead", wrong, code=2)


def test_a_stack_is_decided_by_name_and_what_a_list_says_otherwise_is_told(
    scanned: Command, leads: dict[str, dict[str, Any]]
) -> None:
    wanted = leads["c.jpg"]["id"][:8]
    made = scanned.run("decide", wanted, "--label", "1", "--stack", "--json").json
    assert {one["path"]: one["against"] for one in made["decisions"]} == {
        "a.jpg": [],
        "b.jpg": [{"hashset": "National", "kind": "known-illegal", "category": "2"}],
        "c.jpg": [],
    }
    said = scanned.run("decide", wanted, "--label", "1", "--stack").out
    assert "Decided '1' for 3 leads:" in said and "the list 'National' says 2" in said
    assert "1 decision against what a list says" in said
    unsure = scanned.run("decide", wanted, "--label", "unsure", "--stack").out
    assert "the list" not in unsure
    harmless = scanned.run("decide", wanted, "--label", "not-pertinent", "--stack").out
    assert "says 1" in harmless and "2 decisions against" in harmless


def test_decided_leads_can_be_left_out(scanned: Command, leads: dict[str, dict[str, Any]]) -> None:
    scanned.run("decide", leads["a.jpg"]["id"], "--label", "1", "--stack")
    assert [one["id"] for one in scanned.run("leads", "--undecided", "--json").json] == [
        leads["alone.jpg"]["id"]
    ]
    assert (
        f"Decided '1' for 1 lead:\n  {leads['alone.jpg']['id']}  alone.jpg"
        in scanned.run("decide", leads["alone.jpg"]["id"], "--label", "1").out
    )
    assert scanned.run("leads", "--undecided").out == "No undecided leads.\n"
