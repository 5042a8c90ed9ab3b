"""Whatever is stated: no normaliser raises, none is slow, and the normal form of a normal form is itself."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from safelight.reports.identifiers.identifier import Identifier
from safelight.reports.identifiers.normal import normalise
from safelight.reports.identifiers.providers import provider_key
from safelight.reports.report import Kind, Stated

KINDS = list(Kind)
PROVIDERS = [
    None,
    "Instagram, LLC",
    "Facebook",
    "Discord",
    "WhatsApp",
    "ChatApp",
    "YouTube",
    "PayPal",
    "Venmo",
    "Steam",
]
ANY_TEXT = st.text(st.characters(exclude_categories=[]), max_size=60)
PIECES = [
    "anna", "Müller", "@", ".", "+", "://", "http", "hxxps", "example.org", "/", "?", "=", "&", "#",
    "#0", ":", "|", " ", "[", "]", "(", ")", "%", "%41", "%2f", "..", "-", "_", "'", '"', "<", ">", ",",
    ";", "$", "mailto:", "tel:", "00", "49", "1512345678", "2025550123", "0151", "gmail.com", "t.me",
    "instagram.com", "facebook.com", "profile.php?id=1234567", "discord.gg", "192.0.2.1", "2001:db8::1",
    "2024-03-01T10", "imei", "356938035643809", "0x", "ab" * 20, "00:1a:2b:3c:4d:5e", "bc1q",
    "DE89370400440532013000", "iban", "card:", "****", "1234", "王小明", "Иван", "محمد", "é", "e\u0301",
    "ß", "İ", "ﬁ", "\u200b", "\u202e", "\ud800", "\x00", "\n", "🙂",
]  # fmt: skip
PIECED = st.lists(st.sampled_from(PIECES), max_size=7).map("".join)
VALUES = ANY_TEXT | PIECED


def again(found: Identifier, provider: str | None) -> Identifier | None:
    """The normal form of a normal form, with the provider that was stated, whose key stands before the name."""
    key = provider_key(provider)
    if (
        key is not None
        and found.key.startswith(f"{key}:")
        and found.kind not in (Kind.URL, Kind.DISPLAY_NAME)
    ):
        return normalise(Stated(found.kind, found.key.removeprefix(f"{key}:"), provider))
    return normalise(Stated(found.kind, found.key))


@given(
    st.sampled_from(KINDS),
    VALUES,
    st.sampled_from(PROVIDERS) | ANY_TEXT,
    ANY_TEXT | st.datetimes().map(str) | st.none(),
    st.integers(-5, 99999) | st.none(),
    st.dictionaries(st.sampled_from(["type", "proxy", "country"]), ANY_TEXT),
    st.sampled_from([None, "DE", "US", "XX", "de", ""]),
)
@settings(max_examples=400, deadline=None)
def test_nothing_that_is_stated_makes_a_normaliser_raise(
    kind: Kind,
    value: str,
    provider: str | None,
    moment: str | None,
    port: int | None,
    note: dict[str, str],
    country: str | None,
) -> None:
    found = normalise(Stated(kind, value, provider, moment, port, None, note), country)
    assert found is None or (found.key and found.key.isprintable())


@given(st.sampled_from(KINDS), VALUES, st.sampled_from(PROVIDERS))
@settings(max_examples=600, deadline=None)
def test_the_normal_form_of_a_normal_form_is_itself(kind: Kind, value: str, provider: str | None) -> None:
    found = normalise(Stated(kind, value, provider))
    if found is not None:
        once_more = again(found, provider)
        assert once_more is not None
        assert (once_more.kind, once_more.key) == (found.kind, found.key)


WRITTEN = [
    (Kind.EMAIL, "anna.miller@example.org", None),
    (Kind.SCREEN_NAME, "anna_miller", "ChatApp"),
    (Kind.ACCOUNT, "ab12cd34", "ChatApp"),
    (Kind.DISPLAY_NAME, "anna miller", None),
    (Kind.NAME, "anna miller", None),
    (Kind.GROUP, "the blue room", "ChatApp"),
    (Kind.VEHICLE, "bxy1234", None),
    (Kind.PAYMENT, "anna_miller", "Venmo"),
    (Kind.MD5, "0123456789abcdef0123456789abcdef", None),
    (Kind.DEVICE, "6d92078a-8246-4ba4-ae5b-76104861e7dc", None),
]


@pytest.mark.parametrize(("kind", "value", "provider"), WRITTEN)
@given(data=st.data())
@settings(max_examples=40, deadline=None)
def test_case_blanks_width_and_hidden_characters_change_nothing(
    kind: Kind, value: str, provider: str | None, data: st.DataObject
) -> None:
    upper = data.draw(st.lists(st.booleans(), min_size=len(value), max_size=len(value)))
    wide = data.draw(st.integers(0, len(value) - 1))
    hidden = data.draw(st.integers(0, len(value)))
    around = data.draw(st.sampled_from(["", " ", "\t", "\n ", "\u00a0"]))
    letters = [c.upper() if up else c for c, up in zip(value, upper, strict=True)]
    if "a" <= letters[wide].lower() <= "z":
        letters[wide] = chr(ord(letters[wide]) + 0xFEE0)
    letters.insert(hidden, data.draw(st.sampled_from(["", "\u200b", "\u2060", "\ufeff"])))
    said = normalise(Stated(kind, around + "".join(letters) + around, provider))
    plain = normalise(Stated(kind, value, provider))
    assert said is not None
    assert plain is not None
    assert said.key == plain.key


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "piece",
    ["a", "1", "@", ".", "/", "a.", "%41", "é", "[", "(", " ", "a-", "1:", "王", "*", "#", "|", "&a="],
)
def test_a_value_of_a_megabyte_costs_no_time(kind: Kind, piece: str) -> None:
    """Both far over the limit on lengths and just below it, where a careless pattern would go quadratic."""
    normalise(Stated(kind, "anna"))  # what is read once
    begun = time.perf_counter()
    for length in (1_000_000, 4_000, 250, 190):
        value = piece * (length // len(piece))
        normalise(Stated(kind, value, "ChatApp"))
        normalise(Stated(kind, f"http://{value}", None, value, 1, None, {"type": value}), value)
    assert time.perf_counter() - begun < 0.5
