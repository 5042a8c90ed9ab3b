"""The order's scope (rules are judged before anything is opened) and names as people see them."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safelight.errors import EvidenceError, UsageError
from safelight.evidence.found import Found
from safelight.evidence.names import join_path, raw, sayable, show, shown_trail
from safelight.evidence.protocol import Kind, Node, Source
from safelight.evidence.scope import Scope, kind_by_name
from safelight.evidence.source import BytesSource
from safelight.evidence.walk import walk
from safelight.model import Place, State, Times, Timestamp
from tests.evidence import images

NO_TIMES = Times()


def allowed(path: str, *, only: tuple[str, ...] = (), exclude: tuple[str, ...] = ()) -> bool:
    return Scope.parse(only, exclude).allows([path], path.rpartition("/")[2], NO_TIMES)


@pytest.mark.parametrize(
    ("rule", "path", "matches"),
    [
        ("*.jpg", "deep/er/A.JPG", True),
        ("*.jpg", "a.jpg/b.txt", False),
        ("Users/*/Pictures/**", "users/ann/pictures/x/y.png", True),
        ("Users/*/Pictures/**", "Users/ann/sub/Pictures/y.png", False),
        ("Users/ann", "Users/ann/x.txt", True),
        ("Users/ann", "Users/anne/x.txt", False),
        ("DCIM/", "DCIM/100/a.jpg", True),
        ("**/DCIM/*", "DCIM/a.jpg", True),
        ("**/DCIM/*", "x/y/DCIM/a.jpg", True),
        ("**/DCIM/*", "x/DCIM/y/a.jpg", False),
        ("IMG_[0-9]?.jpg", "IMG_12.jpg", True),
        ("IMG_[!0-9]?.jpg", "IMG_12.jpg", False),
        ("path:modified:x", "modified:x", True),
        ("a.b", "axb", False),
        ("Cafe\u0301/", "caf\u00e9/x", True),
    ],
)
def test_a_path_rule_matches_like_a_shell_that_knows_two_stars(rule: str, path: str, matches: bool) -> None:
    assert allowed(path, only=(rule,)) is matches
    assert allowed(path, exclude=(rule,)) is not matches


def test_rules_of_one_type_widen_and_those_of_different_types_narrow() -> None:
    scope = Scope.parse(["a/**", "b/**", "modified:2024"])
    in_2024 = Times(modified=Timestamp("2024-07-01T00:00:00Z", "posix", "utc"))
    assert scope.allows(["b/x"], "x", in_2024)
    assert not scope.allows(["c/x"], "x", in_2024)
    assert not scope.allows(["a/x"], "x", NO_TIMES)


@pytest.mark.parametrize(
    ("rule", "value", "matches"),
    [
        ("modified:2024-06", "2024-06-30T23:59:59Z", True),
        ("modified:2024-06", "2024-07-01T00:00:00Z", False),
        ("modified:..2024-06-30", "2024-06-30T23:59:59.5Z", True),
        ("modified:2024-06-30T12:00..", "2024-06-30T11:59:59", False),
        ("modified:2024-06-30T12:00..", "2024-06-30T12:00:00", True),
    ],
)
def test_both_ends_of_a_span_are_inclusive_and_as_precise_as_written(
    rule: str, value: str, matches: bool
) -> None:
    times = Times(modified=Timestamp(value, "test", "utc"))
    assert Scope.parse([rule]).allows(["x"], "x", times) is matches


@pytest.mark.parametrize(
    "rule",
    ["", " ", "kind:picture", "modified:june", "modified:..", "modified:2024..2023", "size:1", "/", "**/["],
)
def test_a_rule_that_means_nothing_is_refused(rule: str) -> None:
    if rule == "**/[":  # a bracket that is never closed is itself
        assert allowed("x/[", only=(rule,))
        return
    with pytest.raises(UsageError):
        Scope.parse([rule])


def test_kinds_are_told_by_extension_because_nothing_may_be_opened() -> None:
    assert kind_by_name("A.JPEG") == "image"
    assert kind_by_name("x.tar") == "archive"
    assert kind_by_name("noext") is None


@given(st.binary(max_size=40))
def test_every_name_is_shown_as_strict_unicode_and_found_again(name: bytes) -> None:
    shown = show(name)
    shown.encode("utf-8")
    assert not any(ord(letter) < 32 or 0x7F <= ord(letter) < 0xA0 for letter in shown)
    assert raw(shown) == name


@given(st.text(max_size=20))
def test_text_is_shown_and_found_again(name: str) -> None:
    encoded = name.encode("utf-8", "surrogatepass")
    assert raw(show(encoded)) == encoded


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        (b"a\nb", r"a\x0ab"),
        (b"\xff.jpg", r"\xff.jpg"),
        (b"C:\\new", r"C:\new"),
        (b"\\x41", r"\x5cx41"),
        ("\u202egpj.exe".encode(), r"\xe2\x80\xaegpj.exe"),
        ("größe.png".encode(), "größe.png"),
    ],
)
def test_what_must_not_be_shown_is_escaped(name: bytes, shown: str) -> None:
    assert show(name) == shown


def test_trails_read_as_the_contract_says() -> None:
    assert join_path((b"a.zip", b"deep/in.zip", b"p.png"), ("file", "member", "member")) == (
        "a.zip//deep/in.zip//p.png"
    )
    trail, layers = (b"disk.E01", b"p2", b"Users/x/a.zip", b"b.jpg"), ("file", "partition", "file", "member")
    assert join_path(trail, layers) == "disk.E01//p2/Users/x/a.zip//b.jpg"
    assert shown_trail(trail, layers) == ["disk.E01", "partition 2", "/Users/x/a.zip", "b.jpg"]


def test_a_stream_is_left_out_and_let_in_with_the_file_it_belongs_to() -> None:
    def examined(*, only: tuple[str, ...] = (), exclude: tuple[str, ...] = ()) -> set[str]:
        scope = Scope.parse(only, exclude)
        found = [
            one for one in walk(images.ntfs_whole(), scope=scope) if one.kind is Kind.FILE and one.examined
        ]
        names = {one.place.trail[-1].decode() for one in found}
        return names & {"small.txt", "Pictures/one.jpg", *images.NTFS_STREAMS}

    assert examined() == {"small.txt", "Pictures/one.jpg", *images.NTFS_STREAMS}
    assert examined(exclude=("*.txt",)) == {"Pictures/one.jpg", "Pictures/one.jpg:note"}
    assert examined(exclude=("kind:image",)) == {"small.txt", "small.txt:secret"}
    assert examined(exclude=("*:note", "/small.txt")) == {"Pictures/one.jpg"}
    assert examined(only=("*.jpg",)) == {"Pictures/one.jpg", "Pictures/one.jpg:note"}
    assert examined(only=("*:secret",)) == {"small.txt:secret"}


def test_a_resource_fork_is_left_out_with_its_file(shared: Path) -> None:
    for image in ("hfsplus.raw", "apfs.raw"):
        found = list(walk(shared / "evidence" / image, scope=Scope.parse((), ["*resource*"])))
        forks = [one for one in found if one.place.layers and one.place.layers[-1] == "stream"]
        assert forks
        assert not any(one.examined for one in forks), image


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("plain – “ü”", "plain – “ü”"),
        ("“\udcbd” is not expected", r"“\xbd” is not expected"),
        ("half \ud83d of one", r"half \ud83d of one"),
    ],
)
def test_what_is_said_of_evidence_is_valid_unicode(text: str, said: str) -> None:
    assert sayable(text) == said
    source = BytesSource(b"content")
    node = Node(b"x", Kind.FILE, open=lambda: source, error=text, note=text)
    found = Found(Place((b"x",), ("file",), State.ALLOCATED, None), node)
    assert (found.error, found.node.note) == (said, said)


def test_what_a_reader_throws_is_valid_unicode_too() -> None:
    def fails() -> Source:
        raise EvidenceError("quoted: \udcff")

    found = Found(Place((b"x",), ("file",), State.ALLOCATED, None), Node(b"x", Kind.FILE, open=fails))
    with pytest.raises(EvidenceError):
        found.head()
    assert found.error == r"quoted: \xff"
