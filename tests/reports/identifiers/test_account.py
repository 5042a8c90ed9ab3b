"""Accounts and names: one person's only with their provider; default names are everybody's."""

from __future__ import annotations

import pytest

from safelight.reports.identifiers.providers import of_host, provider_key
from safelight.reports.report import Kind

from .stating import PERSONAL, SHARED, WEAK, found, none

PROVIDERS = [
    ("facebook", ["Facebook", "facebook", "FACEBOOK, INC.", "Facebook Inc", "FB", "Meta Platforms, Inc."]),
    ("facebook", ["facebook.com", "https://www.facebook.com/", "m.facebook.com"]),
    ("instagram", ["Instagram", "Instagram, LLC", "instagram.com", "m.instagram.com", "Threads"]),
    ("x", ["X", "X Corp.", "Twitter", "Twitter, Inc.", "twitter.com", "Twitter, Inc. / Vine.co"]),
    ("google", ["Google", "Google LLC", "Gmail", "Google - Gmail", "Google Drive"]),
    ("youtube", ["YouTube", "You Tube", "youtube.com"]),
    ("snapchat", ["Snapchat", "Snap Inc.", "Snap, Inc."]),
    ("kik", ["Kik", "Kik (MediaLab)", "MediaLab/Kik", "Kik Interactive Inc."]),
    ("vk", ["VK", "VKontakte", "ВКонтакте", "vk.com"]),
    ("wechat", ["WeChat", "微信", "Weixin"]),
    ("microsoft", ["Microsoft", "Microsoft - Online Operations", "Microsoft Corporation", "OneDrive"]),
    ("chatapp", ["ChatApp", "Chat App", "chat-app", "ChatApp GmbH", "CHATAPP, Inc.", "chatapp.com", "ＣｈａｔＡｐｐ"]),
]  # fmt: skip


@pytest.mark.parametrize(("key", "name"), [(key, name) for key, names in PROVIDERS for name in names])
def test_every_name_of_a_provider_gives_its_one_key(key: str, name: str) -> None:
    assert provider_key(name) == key


@pytest.mark.parametrize("name", [None, "", "  ", "---", "a" * 301])
def test_no_name_gives_no_provider(name: str | None) -> None:
    assert provider_key(name) is None


def test_a_host_belongs_to_its_service_only_as_a_whole_name() -> None:
    known = of_host("de-de.facebook.com")
    assert known is not None
    assert known.key == "facebook"
    assert of_host("notfacebook.com") is None
    assert of_host("facebook.com.example.org") is None


SPELLINGS = [
    ("chatapp:anna_92", "Anna_92", "ChatApp"),
    ("chatapp:anna_92", "@anna_92", "chatapp.com"),
    ("chatapp:anna_92", " ＡＮＮＡ_92 ", "ChatApp, Inc."),
    ("chatapp:müller", "MU\u0308LLER", "ChatApp"),
    ("chatapp:strasse", "Straße", "ChatApp"),
    ("discord:anna", "anna#0", "Discord"),
    ("discord:anna#1234", "Anna#1234", "Discord"),
    ("facebook:annam", "anna.m", "Facebook"),
    ("instagram:anna.m", "anna.m", "Instagram"),
    ("instagram:anna.m", "instagram:anna.m", None),
]


@pytest.mark.parametrize(("key", "value", "provider"), SPELLINGS)
def test_spellings_of_one_screen_name_are_one(key: str, value: str, provider: str | None) -> None:
    one = found(Kind.SCREEN_NAME, value, provider)
    assert (one.key, one.reach) == (key, PERSONAL)


def test_the_same_name_at_two_providers_is_two() -> None:
    assert found(Kind.SCREEN_NAME, "anna", "ChatApp").key != found(Kind.SCREEN_NAME, "anna", "OtherApp").key


def test_a_name_without_its_provider_is_a_hint() -> None:
    one = found(Kind.SCREEN_NAME, "anna_92")
    assert (one.key, one.reach) == ("anna_92", WEAK)


def test_accounts_of_one_company_are_one_where_it_has_one_account_for_all() -> None:
    assert (
        found(Kind.ACCOUNT, "12345678901", "YouTube").key
        == found(Kind.ACCOUNT, "12345678901", "Google LLC").key
    )
    assert (
        found(Kind.ACCOUNT, "12345678901", "Instagram").key
        != found(Kind.ACCOUNT, "12345678901", "Facebook").key
    )


@pytest.mark.parametrize(
    "value", ["+1 202 555 0123", "12025550123", "12025550123@s.whatsapp.net", "0012025550123"]
)
def test_an_account_that_is_a_number_is_written_as_one(value: str) -> None:
    assert found(Kind.ACCOUNT, value, "WhatsApp").key == "whatsapp:+12025550123"


DEFAULTS = [
    "user12345", "User_123", "guest", "Guest 42", "unknown", "null", "N/A", "n.a.", "deleted", "Deleted User",
    "test", "anonymous", "iPhone", "iphone", "Instagram User", "none", "[deleted]", "Пользователь", "匿名",
    "مجهول", "player1", "Gast", "not provided",
]  # fmt: skip


@pytest.mark.parametrize("value", DEFAULTS)
@pytest.mark.parametrize("kind", [Kind.SCREEN_NAME, Kind.ACCOUNT, Kind.DISPLAY_NAME])
def test_a_name_that_programs_give_links_nobody(kind: Kind, value: str) -> None:
    assert found(kind, value, "ChatApp").reach is SHARED


@pytest.mark.parametrize(
    "value", ["user8273645123", "testarossa", "guesthouse", "nullpunkt", "deleted_scenes_7", "userin99"]
)
def test_a_name_that_only_resembles_one_is_somebodys(value: str) -> None:
    assert found(Kind.SCREEN_NAME, value, "ChatApp").reach is PERSONAL


@pytest.mark.parametrize("value", ["0", "-1", "00000000-0000-0000-0000-000000000000"])
def test_an_id_that_means_no_account_links_nobody(value: str) -> None:
    assert found(Kind.ACCOUNT, value, "ChatApp").reach is SHARED


def test_a_display_name_is_only_ever_a_hint() -> None:
    one = found(Kind.DISPLAY_NAME, "  Anna \n Miller ", "ChatApp")
    assert (one.key, one.reach) == ("anna miller", WEAK)


def test_signs_alone_are_a_hint() -> None:
    assert found(Kind.SCREEN_NAME, "🙂🙂", "ChatApp").reach is WEAK


@pytest.mark.parametrize("value", ["", " ", "@", "\u200b\u202e"])
def test_nothing_is_no_name(value: str) -> None:
    assert none(Kind.SCREEN_NAME, value)
    assert none(Kind.ACCOUNT, value)


def test_what_people_are_shown_is_what_was_stated() -> None:
    assert found(Kind.SCREEN_NAME, "@Anna_92", "ChatApp").shown == "@Anna_92"
