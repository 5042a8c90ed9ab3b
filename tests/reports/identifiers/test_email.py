"""E-mail addresses: one key a mailbox, whatever the spelling; functions and placeholders link nobody."""

from __future__ import annotations

import pytest

from safelight.reports.identifiers.email import domain_name, looks_like_email
from safelight.reports.report import Kind

from .stating import PERSONAL, SHARED, WEAK, found, none

SPELLINGS = [
    ("anna@example.org", "Anna@EXAMPLE.org"),
    ("anna@example.org", " anna@example.org "),
    ("anna@example.org", "<anna@example.org>"),
    ("anna@example.org", "Anna Miller <anna@example.org>"),
    ("anna@example.org", "mailto:anna@example.org?subject=x"),
    ("anna@example.org", "anna@example.org."),
    ("anna@example.org", '"anna"@example.org'),
    ("anna@example.org", "anna[at]example[dot]org"),
    ("anna@example.org", "anna (at) example.org"),
    ("anna@example.org", "anna@example[.]org"),
    ("anna@example.org", "ａｎｎａ＠ｅｘａｍｐｌｅ．ｏｒｇ"),
    ("anna@example.org", "an\u200bna@exam\u200bple.org"),
    ("anna@xn--mller-kva.example.org", "anna@Müller.example.org"),
    ("anna@xn--mller-kva.example.org", "anna@XN--MLLER-KVA.example.org"),
    ("anna.b+c@example.org", "Anna.B+c@example.org"),
    ("annab@gmail.com", "anna.b@gmail.com"),
    ("annab@gmail.com", "a.n.n.a.b+holiday@GoogleMail.com"),
    ("anna.b@outlook.com", "anna.b+x@outlook.com"),
    ("anna@icloud.com", "anna+x@me.com"),
    ("anna@icloud.com", "anna@mac.com"),
    ("anna@proton.me", "anna+x@pm.me"),
    ("anna-b@yandex.ru", "anna.b@ya.ru"),
]


@pytest.mark.parametrize(("key", "spelling"), SPELLINGS)
def test_spellings_of_one_mailbox_are_one(key: str, spelling: str) -> None:
    one = found(Kind.EMAIL, spelling)
    assert (one.key, one.reach) == (key, PERSONAL)


def test_what_a_provider_does_not_document_stays_apart() -> None:
    assert found(Kind.EMAIL, "anna.b@example.org").key != found(Kind.EMAIL, "annab@example.org").key
    assert found(Kind.EMAIL, "anna@hotmail.com").key != found(Kind.EMAIL, "anna@outlook.com").key
    assert found(Kind.EMAIL, "anna.b@outlook.com").key != found(Kind.EMAIL, "annab@outlook.com").key


@pytest.mark.parametrize(
    "address",
    [
        "abuse@example.org",
        "info@example.org",
        "postmaster@example.org",
        "Support@example.com",
        "no-reply@example.org",
        "noreply+123@example.org",
        "do.not.reply@example.org",
        "law.enforcement@example.com",
        "legal@example.net",
    ],
)
def test_a_mailbox_by_function_links_nobody(address: str) -> None:
    assert found(Kind.EMAIL, address).reach is SHARED


@pytest.mark.parametrize(
    "address", ["test@example.org", "unknown@example.org", "none@example.com", "no-email@example.org"]
)
def test_a_placeholder_links_nobody(address: str) -> None:
    assert found(Kind.EMAIL, address).reach is SHARED


@pytest.mark.parametrize("address", ["anna@mailinator.com", "anna@yopmail.com", "anna@trashmail.de"])
def test_a_disposable_address_is_a_hint(address: str) -> None:
    one = found(Kind.EMAIL, address)
    assert one.reach is WEAK
    assert one.why


@pytest.mark.parametrize(
    "value",
    [
        "",
        "anna",
        "anna@",
        "@example.org",
        "anna@localhost",
        "anna b@example.org",
        "anna@exa mple.org",
        "anna@192.0.2.1",
        "anna..b@example.org",
        "anna@-example.org",
        "anna@example..org",
        "+@gmail.com",
        "...@gmail.com",
        "a" * 65 + "@example.org",
        "anna@" + "a" * 64 + ".org",
        "anna@" + "a." * 150 + "org",
        "not stated",
    ],
)
def test_what_is_no_address_is_none(value: str) -> None:
    assert none(Kind.EMAIL, value)


def test_a_long_domain_in_another_script_is_refused_before_it_is_encoded() -> None:
    assert domain_name("ü" * 100_000 + ".org") is None


def test_a_glance_tells_what_may_be_an_address() -> None:
    assert looks_like_email("anna@example.org")
    assert not any(map(looks_like_email, ["@anna", "anna", "anna@server", "anna b@example.org c", ""]))
