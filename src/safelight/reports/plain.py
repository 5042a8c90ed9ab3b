"""Free text as people wrote it: HTML removed, control characters gone, cut at a length that is said.

Only what is HTML goes: chat exports, mail and people put names, addresses and whole sentences into angle brackets.
"""

from __future__ import annotations

import html
import re

LONGEST = 200_000
"""Characters kept of one free text; more is cut, and the text says so."""
_LONGEST_ASIDE = 20_000

_CUT = " […]"


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_BREAKS = _set(
    """
    br p div li tr h1 h2 h3 h4 h5 h6 hr blockquote pre dt dd
    """
)
_ELEMENTS = _BREAKS | _set(
    """
    a abbr acronym b body caption center col colgroup del dl em font head html i iframe img ins nobr ol s script
    small span strike strong style sub sup svg table tbody td tfoot th thead tt u ul wbr xml
    """
)
"""Elements of HTML whose names nobody puts into angle brackets to say something else."""
_WORDS = _set(
    """
    address applet article aside audio big button canvas cite code data datalist details dfn dialog dir fieldset
    figcaption figure footer form frameset header kbd label legend main map mark marquee menu meter nav noframes
    noscript object optgroup option output picture progress q rp rt ruby samp section select slot summary
    template textarea time title var video
    """
)
"""Elements whose names are words, or names of people: HTML only where they are closed again."""
_VOID = _set(
    """
    area base embed frame input keygen link meta param source track
    """
)
"""Elements that are never closed, and say all in attributes."""
_OFFICE = ("o:", "v:", "w:", "m:", "x:", "st1:")
"""Elements of word processors within HTML."""
_BARE = _set(
    """
    allowfullscreen async autofocus autoplay checked compact controls default defer disabled hidden ismap
    itemscope loop multiple muted nohref noshade novalidate nowrap open readonly required reversed selected
    """
)
"""Attributes that may stand without a value. Other words without one are a sentence."""
_LOOKS = _set(
    """
    align axis background bgcolor border cellpadding cellspacing class clear color cols colspan dir face frame
    height hspace id lang language media rel role rows rowspan rules scope size span style tabindex target type
    valign vlink vspace width
    """
)
"""Attributes that tell how something looks, not what it says."""

_MARKUP = re.compile(
    r"<(?:(?P<comment>!--)|(?P<cdata>!\[CDATA\[)"
    r"|(?P<rule>!DOCTYPE\b[^<>]{0,2000}|!\[(?:if|endif)\b[^<>]{0,200}|\?xml\b[^<>]{0,2000})>"
    r"|(?P<closing>/?)(?P<name>(?:[a-z][a-z0-9]{0,3}:)?[a-z][a-z0-9]{0,30})(?P<rest>(?:[\s/][^<>]{0,4000})?)>)",
    re.IGNORECASE,
)
_ATTRIBUTE = re.compile(
    r"""(?:[\s/]++|(?<=["']))([a-z_:@][\w:.-]{0,60}+)(?:\s*+=\s*+("[^"]*+"|'[^']*+'|[^\s"']++))?+""",
    re.IGNORECASE,
)
_CONDITION = re.compile(r"^\[if\b[^<>]{0,200}>|<!\[endif\]$", re.IGNORECASE)
"""Around a comment that only some programs show."""
_SCRIPT_END = re.compile(r"</script\s{0,99}>", re.IGNORECASE)
_STYLE_END = re.compile(r"</style\s{0,99}>", re.IGNORECASE)
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
_ENTITY = re.compile(r"&[#\w]")
_SPACES = re.compile(r"[ \t\r\xa0]+")
_LINES = re.compile(r" ?\n[ \n]*")


def plain(text: str) -> str:
    """The text without HTML, entities resolved, spaces folded, line ends kept; empty where nothing is left.

    What is in angle brackets and is not HTML (`<he lives with the child>`, `<someone@example.org>`) stays as it is.
    So the result may hold what looks like markup: whoever puts it on a page escapes it.
    """
    if _ordinary(text):
        return text.strip(" ")
    return _read(text, [])


def taken_out(text: str) -> list[str]:
    """What `plain` takes out of a text and says something all the same: comments, scripts, addresses behind links.

    A reader keeps it with what has no place: nothing that was written is lost.
    """
    aside: list[str] = []
    if "<" in text or "&" in text:
        _read(text, aside)
    return list(dict.fromkeys(aside))


def line(text: str | None) -> str | None:
    """One line of a short field: as `plain`, without line ends; None where it is empty or a word for nothing."""
    if not text:
        return None
    # Asked for every field of every report: what `_ordinary` tells is looked at here.
    if text.isprintable() and "<" not in text and "&" not in text and "  " not in text and len(text) <= _LINE:
        said = text.strip(" ")
    else:
        said = plain(text[:_LINE]).replace("\n", " ")
    return None if len(said) < _LONGEST_NOTHING and said.casefold() in _NOTHING else said


def _ordinary(text: str) -> bool:
    """Is there nothing in it that would be changed?"""
    return (
        text.isprintable()
        and "<" not in text
        and "&" not in text
        and "  " not in text
        and len(text) <= LONGEST
    )


def _read(text: str, aside: list[str]) -> str:
    cut = len(text) > LONGEST * 4
    text = text[: LONGEST * 4]
    if "<" in text:
        text = _without_html(text, aside)
    if "&" in text and _ENTITY.search(text):
        text = html.unescape(text)
        if "<" in text:  # markup that was escaped once more, as exports do
            text = _without_html(text, aside)
    text = _folded(text)
    return text if len(text) <= LONGEST and not cut else text[:LONGEST] + _CUT


def _folded(text: str) -> str:
    if not text.isprintable():
        text = _LINES.sub("\n", _SPACES.sub(" ", _CONTROL.sub(" ", text).replace("\u2028", "\n")))
    elif "  " in text:
        text = _SPACES.sub(" ", text)
    return text.strip()


def _without_html(text: str, aside: list[str]) -> str:
    """The text without HTML; what that said beside its looks is added to `aside`."""
    out: list[str] = []
    low = text.casefold() if text.isascii() else text.lower()
    at = 0
    unclosed: set[str] = set()
    closed: dict[str, bool] = {}
    while (found := _MARKUP.search(text, at)) is not None:
        out.append(text[at : found.start()])
        at = found.end()
        if found["comment"] or found["cdata"]:
            mark = "-->" if found["comment"] else "]]>"
            end = text.find(mark, at) if mark not in unclosed else -1
            if end < 0:  # it hides nothing: what follows is read
                unclosed.add(mark)
                out.append(found[0])
                continue
            inner = text[at:end]
            at = end + len(mark)
            if found["cdata"]:
                out.append(_without_html(inner, aside))
            else:
                out.append(" ")
                _put_aside(_without_html(_CONDITION.sub(" ", inner), aside), aside)
            continue
        if found["rule"]:
            out.append(" ")
            continue
        name = found["name"].casefold()
        if name in _WORDS and name not in closed:
            closed[name] = f"</{name}" in low
        attributes = _attributes(found["rest"])
        if attributes is None or not _is_html(name, found, attributes, closed):
            out.append(found[0])
            continue
        out.append("\n" if name in _BREAKS else " ")
        for key, value in attributes.items():
            if value and key not in _LOOKS and not key.startswith("xmlns"):
                _put_aside(value, aside)
        if name in ("script", "style") and not found["closing"] and name not in unclosed:
            last = (_SCRIPT_END if name == "script" else _STYLE_END).search(text, at)
            if last is None:
                unclosed.add(name)
                continue
            inner = text[at : last.start()]
            at = last.end()
            if name == "script" or "{" not in inner:  # rules of style say nothing
                _put_aside(inner, aside)
    out.append(text[at:])
    return "".join(out)


def _is_html(
    name: str, found: re.Match[str], attributes: dict[str, str | None], closed: dict[str, bool]
) -> bool:
    """Is it a tag, rather than words in angle brackets?"""
    if any(value is None and key not in _BARE for key, value in attributes.items()):
        return False
    if name in _VOID:
        return any(value is not None for value in attributes.values()) or found["rest"].endswith("/")
    return name in _ELEMENTS or name.startswith(_OFFICE) or closed.get(name, False)


def _attributes(rest: str) -> dict[str, str | None] | None:
    """What a tag says behind its name; None where it is not written like attributes."""
    found: dict[str, str | None] = {}
    at, rest = 0, rest.rstrip("/ \t\r\n")
    while at < len(rest):
        one = _ATTRIBUTE.match(rest, at)
        if one is None:
            return None
        at = one.end()
        value = one[2]
        found[one[1].casefold()] = value.strip("\"'") if value is not None else None
    return found


def _put_aside(said: str, aside: list[str]) -> None:
    said = _folded(html.unescape(said))
    if any(map(str.isalnum, said)):
        aside.append(said[:_LONGEST_ASIDE])


_LINE = 10_000
_LONGEST_NOTHING = 10

_NOTHING = frozenset({"", "null", "none", "n/a", "na", "nil", "undefined", "-", "--", "[]", "{}"})
