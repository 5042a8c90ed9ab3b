"""The order's scope: rules of `--only` and `--exclude`, judged before anything is opened.

A rule is one of

* `path:GLOB`, or just `GLOB`. With a slash it is a path from the exhibit's root, or from the root of a file
  system in it (`Users/*/Pictures/**`); without, a file name at any depth (`*.jpg`). `*` and `?` stop at
  slashes, `**` does not, `[a-z]` is a set. A path whose last part has no wildcard also covers what lies below
  it; so does a trailing slash. Letters match in both cases, composed and decomposed.
* `modified:FROM..TO`, and alike `created:`, `accessed:`, `changed:`. Either end may be left open; one date
  alone is that day (or month, or year). Both ends are inclusive, and as precise as they are written:
  `2024-06` ends with June. Compared with the time as the evidence states it (UTC or local). A file without
  that time does not match.
* `kind:image|video|audio|document|archive|mail|disk`: by the extension of the name, because opening the file
  to look is what the order forbids. A renamed picture is therefore missed by `--only kind:image`.

Several `--only` of one type widen it (this folder or that), of different types narrow it (this folder *and*
these dates). Any `--exclude` excludes. An alternate data stream or resource fork (`memo.docx:hidden`) is judged by
its own name and by that of its file: left out with it, and let in with it. Members of an archive are judged by
their own path, times and name, and only where the archive itself is within the scope: add `--only kind:archive` to
look into them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from safelight.errors import UsageError
from safelight.model import Times, Timestamp

_TIMES = ("created", "modified", "accessed", "changed")
_MOMENT = re.compile(r"\d{4}(-\d{2}(-\d{2}([T ]\d{2}(:\d{2}(:\d{2})?)?Z?)?)?)?")
_WILD = re.compile(r"[*?\[]")

FileKind = Literal["image", "video", "audio", "document", "archive", "mail", "disk"]
_EXTENSIONS: dict[FileKind, str] = {
    "image": "jpg jpeg jpe jfif png gif webp bmp dib tif tiff heic heics heif heifs hif avif avifs ico icns "
    "psd jxl jp2 j2k svg dng cr2 cr3 crw nef nrw arw srf sr2 raf orf rw2 pef srw raw 3fr erf kdc mrw x3f",
    "video": "mp4 m4v mov qt mkv webm avi 3gp 3g2 mpg mpeg mpe m2v vob ts m2ts mts wmv asf flv f4v ogv rm rmvb divx",
    "audio": "mp3 m4a wav flac ogg oga opus amr aac wma aif aiff mid caf",
    "document": "pdf doc docx docm dot dotx xls xlsx xlsm ppt pptx pptm pps odt ods odp odg rtf txt md csv tsv "
    "html htm mht xml json epub mobi pages numbers key one xps djvu tex",
    "archive": "zip zipx 7z rar tar tgz gz tbz tbz2 bz2 txz xz lzma tzst zst z cab cpio lzh lha arj ace jar apk ipa",
    "mail": "eml emlx msg pst ost mbox mbx nsf dbx",
    "disk": "e01 ex01 s01 l01 001 000 dd raw img ima bin iso dmg qcow qcow2 vmdk vhd vhdx vdi hdd hds aff aff4",
}
_KIND_OF: dict[str, FileKind] = {
    extension: kind for kind, extensions in reversed(_EXTENSIONS.items()) for extension in extensions.split()
}
"""`raw` is a camera's picture before it is a disk image."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What a rule looks at: the paths (from each root that counts), the own name, the times."""

    paths: tuple[str, ...]
    name: str
    times: Times


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule as it was written, its type (`path`, `kind`, `modified` …) and its test."""

    text: str
    type: str
    matches: Callable[[Subject], bool]


@dataclass(frozen=True, slots=True)
class Scope:
    """What an order allows to be examined. Empty: everything."""

    only: tuple[Rule, ...] = ()
    exclude: tuple[Rule, ...] = ()

    @classmethod
    def parse(cls, only: Sequence[str] = (), exclude: Sequence[str] = ()) -> Scope:
        """Make a scope of rules as given on the command line. Raises UsageError."""
        return cls(tuple(map(_parse, only)), tuple(map(_parse, exclude)))

    @classmethod
    def just(cls, paths: Iterable[str], text: str) -> Scope:
        """A scope of single places, by their shown paths from the exhibit's root; `text` says what they are."""
        places = frozenset(map(_fold, paths))
        return cls((Rule(text, "path", lambda subject: not places.isdisjoint(subject.paths)),))

    def __bool__(self) -> bool:
        return bool(self.only or self.exclude)

    def allows(
        self, paths: Sequence[str], name: str, times: Times, *others: tuple[Sequence[str], str]
    ) -> bool:
        """May the file be opened? `paths` are its shown path from each root, `name` its own name.

        `others` are further paths and names it goes by: those of the file that a stream belongs to.
        """
        subjects = [
            Subject(tuple(map(_fold, known)), _fold(called), times)
            for known, called in ((paths, name), *others)
        ]
        if any(rule.matches(subject) for rule in self.exclude for subject in subjects):
            return False
        types: dict[str, bool] = {}
        for rule in self.only:
            types[rule.type] = types.get(rule.type, False) or any(map(rule.matches, subjects))
        return all(types.values())

    def texts(self) -> dict[str, list[str]]:
        """The rules as they were written, for the event: `{"only": […], "exclude": […]}`."""
        return {"only": [rule.text for rule in self.only], "exclude": [rule.text for rule in self.exclude]}


EVERYTHING = Scope()


def _fold(text: str) -> str:
    return text.lower() if text.isascii() else unicodedata.normalize("NFC", text).casefold()


def _parse(text: str) -> Rule:
    head, colon, rest = text.partition(":")
    if not text.strip():
        raise UsageError("a rule is empty", _HINT)
    if colon and head in _TIMES:
        return Rule(text, head, _time_rule(text, head, rest.strip()))
    if colon and head == "kind":
        return Rule(text, head, _kind_rule(text, rest.strip()))
    if colon and head == "path":
        return Rule(text, head, _path_rule(text, rest))
    if colon and re.fullmatch(r"[a-z]{2,}", head) and not rest.startswith("/"):
        raise UsageError(f"“{text}”: there is no rule “{head}:”", _HINT)
    return Rule(text, "path", _path_rule(text, text))


_HINT = (
    "Rules: a path pattern (Users/*/Pictures/**, *.jpg, path:…), modified:2024-01-01..2024-06-30, kind:image."
)


def _kind_rule(text: str, kind: str) -> Callable[[Subject], bool]:
    if kind not in get_args(FileKind):
        raise UsageError(f"“{text}”: the kinds are {', '.join(get_args(FileKind))}", _HINT)
    return lambda subject: kind_by_name(subject.name) == kind


def kind_by_name(name: str) -> FileKind | None:
    """What the extension of a name says, or None where it says nothing."""
    return _KIND_OF.get(name.rpartition(".")[2].lower()) if "." in name else None


def _time_rule(text: str, which: str, span: str) -> Callable[[Subject], bool]:
    start, dots, end = span.partition("..")
    if not dots:
        end = start
    for moment in (start, end):
        if moment and not _MOMENT.fullmatch(moment):
            raise UsageError(
                f"“{text}”: “{moment}” is no date (2024, 2024-06, 2024-06-30, 2024-06-30T12:00)", _HINT
            )
    start, end = start.replace(" ", "T").rstrip("Z"), end.replace(" ", "T").rstrip("Z")
    if not (start or end):
        raise UsageError(f"“{text}”: both ends are open", _HINT)
    if start and end and end < start[: len(end)]:
        raise UsageError(f"“{text}”: it ends before it begins", _HINT)

    def matches(subject: Subject) -> bool:
        stamp: Timestamp | None = getattr(subject.times, which)
        if stamp is None:
            return False
        return (not start or stamp.value >= start) and (not end or stamp.value[: len(end)] <= end)

    return matches


def _path_rule(text: str, glob: str) -> Callable[[Subject], bool]:
    glob = _fold(glob.strip())
    if not glob.strip("/"):
        raise UsageError(f"“{text}”: the pattern is empty", _HINT)
    anchored = "/" in glob
    below = glob.endswith("/")
    glob = glob.strip("/")
    if anchored and not _WILD.search(glob.rpartition("/")[2]):
        below = True
    try:
        pattern = re.compile(_regex(glob) + ("(?:/.*)?" if below else ""), re.DOTALL)
    except re.error as error:
        raise UsageError(f"“{text}”: the pattern is wrong: {error}", _HINT) from error
    if not anchored:
        return lambda subject: pattern.fullmatch(subject.name) is not None
    return lambda subject: any(pattern.fullmatch(path.lstrip("/")) for path in subject.paths)


def _regex(glob: str) -> str:
    """Translate a glob: `**/` is any number of folders, `**` anything, `*` and `?` stay within one name."""
    parts = []
    at = 0
    while at < len(glob):
        if glob.startswith("**/", at) and (at == 0 or glob[at - 1] == "/"):
            parts.append("(?:.*/)?")
            at += 3
        elif glob.startswith("**", at):
            parts.append(".*")
            at += 2
        elif glob[at] == "*":
            parts.append("[^/]*")
            at += 1
        elif glob[at] == "?":
            parts.append("[^/]")
            at += 1
        elif glob[at] == "[" and (end := glob.find("]", at + 2)) > 0:
            inside = glob[at + 1 : end].replace("\\", "\\\\").replace("[", "\\[")
            parts.append(f"[^/{inside[1:]}]" if inside[0] in "!^" else f"[{inside}]")
            at = end + 1
        else:
            parts.append(re.escape(glob[at]))
            at += 1
    return "".join(parts)
