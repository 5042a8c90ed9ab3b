"""Addresses on the web: one spelling a page, and profiles as the accounts they show."""

from __future__ import annotations

import pytest

from safelight.reports.report import Kind

from .stating import PERSONAL, SHARED, WEAK, found, none

HANDLE = "safelight_example_only"  # made up: profiles of people have no place here

PAGES = [
    ("example.org/a/b", "http://example.org/a/b"),
    ("example.org/a/b", "https://www.example.org/a/b/"),
    ("example.org/a/b", "HTTPS://EXAMPLE.ORG:443/a/b"),
    ("example.org/a/b", "example.org/a/b"),
    ("example.org/a/b", "//example.org/a/b"),
    ("example.org/a/b", "m.example.org/a/b"),
    ("example.org/a/b", "https://mobile.example.org/a/b"),
    ("example.org/a/b", "https://user:secret@example.org/a/b"),
    ("example.org/a/b", "https://example.org/a/./x/../b"),
    ("example.org/a/b", "https://example.org/%61/b#part"),
    ("example.org/a/b", "https://example.org/a/b?utm_source=x&fbclid=y&igsh=z"),
    ("example.org/a/b", "hxxps://example[.]org/a/b"),
    ("example.org/a/b", "hxxp://example(dot)org/a/b"),
    ("example.org/a/b", "<https://example.org/a/b>,"),
    ("example.org/a/b", "https:\\\\example.org\\a\\b"),
    ("example.org/A/b", "https://example.org/A/b"),
    ("example.org/a?x=1&y=2", "https://example.org/a?y=2&x=1&utm_medium=z"),
    ("example.org/%C3%BC", "https://example.org/ü"),
    ("example.org/%C3%BC", "https://example.org/%c3%bc"),
    ("example.org/a%2Fb", "https://example.org/a%2fb"),
    ("example.org/a%20b", "https://example.org/a b"),
    ("example.org:8080/a", "http://example.org:8080/a"),
    ("xn--mller-kva.example.org/a", "https://müller.example.org/a"),
    ("192.0.2.1/a", "http://192.0.2.1/a"),
    ("[2001:db8::1]/a", "http://[2001:DB8:0::1]/a"),
    ("ftp://example.org/a", "ftp://example.org/a"),
    ("mega.nz#F!abcd", "https://mega.nz/#F!abcd!secretkey"),
    ("mega.nz/folder/abcd", "https://mega.nz/folder/abcd#secretkey"),
]


@pytest.mark.parametrize(("key", "spelling"), PAGES)
def test_spellings_of_one_page_are_one(key: str, spelling: str) -> None:
    one = found(Kind.URL, spelling)
    assert (one.kind, one.key, one.reach) == (Kind.URL, key, PERSONAL)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://example.org/a", "https://example.org/A"),
        ("https://example.org/a", "https://example.net/a"),
        ("https://example.org/a?id=1", "https://example.org/a?id=2"),
        ("https://example.org/a%2Fb", "https://example.org/a/b"),
        ("https://example.org/a", "https://example.org:8443/a"),
    ],
)
def test_different_pages_stay_apart(one: str, other: str) -> None:
    assert found(Kind.URL, one).key != found(Kind.URL, other).key


@pytest.mark.parametrize(
    "value",
    [
        "example.org",
        "https://www.example.org/",
        "https://example.org/?utm_source=x",
        "https://www.instagram.com/",
        "facebook.com",
    ],
)
def test_a_home_page_links_nobody(value: str) -> None:
    assert found(Kind.URL, value).reach is SHARED


@pytest.mark.parametrize(
    "value", ["https://example.org/login", "https://example.org/help/contact", "https://t.me/"]
)
def test_a_page_that_everybody_sees_links_nobody(value: str) -> None:
    assert found(Kind.URL, value).reach is SHARED


S, A, G, P = Kind.SCREEN_NAME, Kind.ACCOUNT, Kind.GROUP, Kind.PAYMENT
PROFILES = [
    (S, f"instagram:{HANDLE}", f"https://www.instagram.com/{HANDLE}/?igshid=abc&hl=en"),
    (S, f"instagram:{HANDLE}", f"instagram.com/{HANDLE.upper()}"),
    (S, f"instagram:{HANDLE}", f"https://www.threads.net/@{HANDLE}"),
    (S, f"instagram:{HANDLE}", f"https://instagram.com/stories/{HANDLE}"),
    (A, "facebook:100000000000000", "https://m.facebook.com/profile.php?id=100000000000000&ref=x"),
    (A, "facebook:100000000000000", "https://www.facebook.com/100000000000000"),
    (S, "facebook:safelightexampleonly", "https://de-de.facebook.com/safelight.example.only"),
    (G, "facebook:safelightexample", "https://www.facebook.com/groups/SafelightExample/"),
    (S, f"tiktok:{HANDLE}", f"https://www.tiktok.com/@{HANDLE}?_t=x&_r=1"),
    (S, f"snapchat:{HANDLE}", f"https://www.snapchat.com/add/{HANDLE}"),
    (S, "x:safelight_ex", "https://twitter.com/safelight_ex"),
    (S, "x:safelight_ex", "https://mobile.x.com/Safelight_Ex/"),
    (S, f"youtube:{HANDLE}", f"https://www.youtube.com/@{HANDLE}"),
    (A, "google:uc" + "x" * 22, "https://youtube.com/channel/UC" + "x" * 22),
    (S, f"telegram:{HANDLE}", f"https://t.me/{HANDLE}"),
    (S, f"telegram:{HANDLE}", f"https://t.me/s/{HANDLE}/12"),
    (S, f"telegram:{HANDLE}", f"tg://resolve?domain={HANDLE}"),
    (G, "telegram:abcdefghijklmnop", "https://t.me/joinchat/AbCdEfGhIjKlMnOp"),
    (G, "telegram:abcdefghijklmnop", "https://t.me/+AbCdEfGhIjKlMnOp"),
    (G, "whatsapp:abcdefghijklmnopqrstuv", "https://chat.whatsapp.com/AbCdEfGhIjKlMnOpQrStUv"),
    (Kind.PHONE, "+12025550123", "https://wa.me/12025550123?text=x"),
    (Kind.PHONE, "+12025550123", "https://api.whatsapp.com/send?phone=12025550123&text=x"),
    (Kind.PHONE, "+12025550123", "https://t.me/+12025550123"),
    (G, "discord:safelightexample", "https://discord.gg/SafelightExample"),
    (G, "discord:safelightexample", "https://discord.com/invite/safelightexample"),
    (A, "discord:000000000000000000", "https://discord.com/users/000000000000000000"),
    (A, "vk:1234567890", "https://vk.com/id1234567890"),
    (S, f"vk:{HANDLE}", f"https://m.vk.com/{HANDLE}"),
    (S, "tumblr:safelight-example", "https://safelight-example.tumblr.com/"),
    (S, "tumblr:safelight-example", "https://www.tumblr.com/safelight-example"),
    (S, f"reddit:{HANDLE[:20]}", f"https://old.reddit.com/user/{HANDLE[:20]}/comments/"),
    (S, f"steam:{HANDLE}", f"https://steamcommunity.com/id/{HANDLE}/"),
    (A, "steam:70000000000000000", "https://steamcommunity.com/profiles/70000000000000000"),
    (A, "roblox:0000001", "https://www.roblox.com/users/0000001/profile"),
    (S, "matrix:safelight:example.org", "https://matrix.to/#/@safelight:example.org"),
    (P, "paypal:safelightexample", "https://paypal.me/SafelightExample/20"),
    (P, "paypal:safelightexample", "https://www.paypal.com/paypalme/safelightexample"),
    (P, "cashapp:safelightexample", "https://cash.app/$SafelightExample"),
    (P, "venmo:safelight-example", "https://venmo.com/u/Safelight-Example"),
]


@pytest.mark.parametrize(("kind", "key", "value"), PROFILES)
def test_a_profile_is_the_account_it_shows(kind: Kind, key: str, value: str) -> None:
    one = found(Kind.URL, value)
    assert (one.kind, one.key) == (kind, key)


def test_a_profiles_address_and_the_screen_name_join() -> None:
    page = found(Kind.URL, f"https://www.instagram.com/{HANDLE}/")
    name = found(Kind.SCREEN_NAME, f"@{HANDLE}", "Instagram, LLC")
    assert (page.kind, page.key) == (name.kind, name.key)


def test_an_address_stated_as_a_screen_name_is_read_as_one() -> None:
    assert (
        found(Kind.SCREEN_NAME, f"https://www.instagram.com/{HANDLE}", "Facebook").key
        == f"instagram:{HANDLE}"
    )


@pytest.mark.parametrize(
    "value",
    [
        "https://www.instagram.com/p/AbCdEf/",
        "https://www.youtube.com/watch?v=abcdef",
        f"https://x.com/{HANDLE[:15]}/status/1",
        "https://www.tiktok.com/tag/example",
        "https://www.facebook.com/watch?v=123",
    ],
)
def test_a_post_of_a_large_service_is_a_hint_only(value: str) -> None:
    one = found(Kind.URL, value)
    assert (one.kind, one.reach) == (Kind.URL, WEAK)


def test_a_name_that_is_the_services_own_is_nobodys_profile() -> None:
    assert found(Kind.URL, "https://www.instagram.com/explore/").kind is Kind.URL
    assert found(Kind.URL, "https://help.tumblr.com/").kind is Kind.URL


def test_an_address_of_another_scheme_is_what_it_states() -> None:
    assert found(Kind.URL, "mailto:anna@example.org").kind is Kind.EMAIL
    assert found(Kind.URL, "tel:+12025550123").key == "+12025550123"
    assert found(Kind.URL, "anna@example.org").kind is Kind.EMAIL


@pytest.mark.parametrize(
    "value",
    [
        "",
        "anna",
        "http://",
        "https:///path",
        "http://[broken",
        "javascript:alert(1)",
        "data:text/plain,x",
        "http://localhost/x",
        "file:///etc/passwd",
        "http://999.1.1.1/x",
        "http://-/x",
        "not an address",
        "http://" + "a" * 300 + ".org/",
    ],
)
def test_what_leads_nowhere_is_none(value: str) -> None:
    assert none(Kind.URL, value)


@pytest.mark.parametrize(
    "value", ["http://example.org:99999/x", "http://example.org:port/x", "http://example.org:/x"]
)
def test_a_port_that_is_none_costs_only_the_port(value: str) -> None:
    assert found(Kind.URL, value).key == "example.org/x"
