"""Free text: HTML goes, and only HTML; whatever said something is kept."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import Environment, select_autoescape

from safelight.reports.plain import LONGEST, line, plain, taken_out


@pytest.mark.parametrize(
    "said",
    [
        "User wrote to <mila.k@kasten.example> : <he lives with the child and plans to harm it on Friday> end",
        "<Anna> hello <Mark> hi <Time> later",
        "<a man lives with the child>",
        "<b and c>",
        "it is <3 and 4 < 5 and 6 > 5",
        "<message>hello</message>",
        "<https://example.org/a?b=1>",
        "<source> says so",
        "<!-- open, and never closed",
        "<p he is there>",
    ],
)
def test_what_is_in_angle_brackets_and_is_no_html_stays(said: str) -> None:
    assert plain(said) == said
    assert taken_out(said) == []


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ("<p class='x'>Hello<br/>world &amp; <b>you</b></p>", "Hello\nworld & you"),
        ("<mark>seen</mark> <time datetime=x>now</time>", "seen now"),
        ("&lt;p&gt;escaped once more&lt;/p&gt;", "escaped once more"),
        ("<![CDATA[he <b>lives</b> here]]>", "he lives here"),
        ("<!DOCTYPE html><html><body bgcolor=red>x</body></html>", "x"),
        ("<td style='a'width=5 nowrap>x</td><o:p></o:p>", "x"),
        ("<link rel='stylesheet' type=\"text/css\"/>x", "x"),
        ("<P>LOUD</P >", "LOUD"),
    ],
)
def test_html_goes(said: str, read: str) -> None:
    assert plain(said) == read


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("a <!-- he lives with the child --> b", ["he lives with the child"]),
        ("a <!--[if mso]><p>for one program</p><![endif]--> b", ["for one program"]),
        ("a <script>he lives there</script> b", ["he lives there"]),
        ("a <style>he lives there</style> b", ["he lives there"]),
        ("a <a href='https://example.org/x?y=1' class='he'>b</a>", ["https://example.org/x?y=1"]),
        ("a <img alt='the child &amp; he' src=x.png> b", ["the child & he", "x.png"]),
        ("a &lt;!-- hidden twice --&gt; b", ["hidden twice"]),
        ("a <style>p { color: red }</style><!-- --><!-- * --> b", []),
    ],
)
def test_what_is_taken_out_and_says_something_can_be_kept(said: str, kept: list[str]) -> None:
    assert plain(said) == "a b"
    assert taken_out(said) == kept


def test_a_short_field_keeps_what_is_in_angle_brackets() -> None:
    assert line("Mila <mila.k@kasten.example>") == "Mila <mila.k@kasten.example>"
    assert line("<p>one</p><p>two</p>") == "one two"
    assert line("<p>null</p>") is None


def test_what_looks_like_markup_reaches_a_page_as_text() -> None:
    said = plain("<script he lives here>alert(1)</script> &amp;lt;img src=x&amp;gt; <he>")
    page = (
        Environment(autoescape=select_autoescape(default=True))
        .from_string("<p>{{ said }}</p>")
        .render(said=said)
    )
    assert "<" not in page.removeprefix("<p>").removesuffix("</p>")


@pytest.mark.parametrize("said", ["x" * (LONGEST + 1), "<b>" * LONGEST * 2 + "x"])
def test_what_is_cut_says_so(said: str) -> None:
    assert plain(said).endswith("[…]")


@given(st.text(st.sampled_from("<>/!-[]&;='\" abpx:"), max_size=80))
def test_no_word_is_lost(said: str) -> None:
    """But names of elements and of attributes, and how they look."""
    kept = plain(f"zz {said} zz") + " ".join(taken_out(f"zz {said} zz"))
    outside = re.sub(r"<[^<>]*>|&[^;\s]*;?", " ", re.sub(r"<!--|-->|<!\[CDATA\[|\]\]>", " ", said))
    if "<" not in outside and ">" not in outside:
        for word in re.findall("[abpx]+", outside):
            assert word in kept


@given(st.text(max_size=300))
def test_any_text_is_read_and_reading_it_again_adds_nothing(said: str) -> None:
    assert len(plain(said)) <= max(len(said), 1) * 2
    taken_out(said)


@pytest.mark.parametrize(
    "piece",
    ["<", "<!--", "<script>", "<a ", "<![CDATA[", "<b>", "<a x=", "<mark>", "<style>", "&lt;", "<a x=1 >"],
)
def test_nothing_hangs(piece: str) -> None:
    begun = time.process_time()
    plain(piece * (800_000 // len(piece)))
    assert time.process_time() - begun < 5
