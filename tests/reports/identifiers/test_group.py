"""Groups: an invite link and its code are one; common names are many groups'."""

from __future__ import annotations

import pytest

from safelight.reports.report import Kind

from .stating import PERSONAL, SHARED, WEAK, found, none


@pytest.mark.parametrize(
    ("value", "provider"),
    [
        ("SafelightExample", "Discord"),
        ("https://discord.gg/SafelightExample", None),
        ("https://discord.gg/SafelightExample", "Discord Inc."),
        ("discord.com/invite/safelightexample", "Other"),
        ("#safelightexample", "Discord"),
    ],
)
def test_a_link_and_its_code_are_one(value: str, provider: str | None) -> None:
    one = found(Kind.GROUP, value, provider)
    assert (one.key, one.reach) == ("discord:safelightexample", PERSONAL)


def test_a_group_without_its_provider_is_a_hint() -> None:
    assert found(Kind.GROUP, "The Blue Room").reach is WEAK


@pytest.mark.parametrize("value", ["General", "chat", "#lobby", "unknown"])
def test_a_name_that_many_groups_have_links_nobody(value: str) -> None:
    assert found(Kind.GROUP, value, "ChatApp").reach is SHARED


def test_nothing_is_no_group() -> None:
    assert none(Kind.GROUP, " # ")
