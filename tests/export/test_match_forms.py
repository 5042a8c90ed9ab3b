"""Exports and screens say in which form a picture is like the listed one, and nothing where it stands as that does."""

from __future__ import annotations

from dataclasses import replace

import pytest

from safelight.cli.leads import _matches
from safelight.cli.screen import _said
from safelight.export import page
from safelight.export.csv_ import match_text
from safelight.export.vics import _tags
from safelight.matching.match import match_json
from safelight.model import Band, HashSetKind, Match
from tests.export.parts import lead, place, view

TURNED = Match("list", HashSetKind.KNOWN_ILLEGAL, "7", "pdq", 12, "1", "trimmed, turned 90")
AS_IT_IS = replace(TURNED, form="identity")


def texts(match: Match) -> dict[str, str]:
    """What each way of telling says of a match."""
    found = lead(1, "a", Band.HIGH, 0.8, "S1", matches=(match,))
    lines = page.environment().get_template("parts/lead_parts.html.j2").module
    return {
        "csv": match_text(match),
        "vics": " ".join(_tags(view(1, found, "a", place("E1", "a.jpg")))),
        "html": str(lines.match_line(match)),  # type: ignore[attr-defined]
        "leads": " ".join(_matches([match_json(match)])),
        "screen": _said(match_json(match)),
    }


@pytest.mark.parametrize("way", ["csv", "vics", "html", "leads", "screen"])
def test_the_form_is_told_beside_the_distance(way: str) -> None:
    turned, plain = texts(TURNED)[way], texts(AS_IT_IS)[way]
    assert "12" in turned
    assert "12" in plain
    assert "turned" in turned
    assert "border" in turned or "trimmed" in turned
    assert not any(word in plain for word in ("turned", "trimmed", "border", "identity"))


def test_scripts_always_get_the_form() -> None:
    assert match_json(TURNED)["form"] == "trimmed, turned 90"
    assert match_json(AS_IT_IS)["form"] == "identity"
