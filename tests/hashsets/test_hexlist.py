"""Plain lists of digests: every line end, case and oddity, and nothing lost without a word."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from safelight.errors import FormatError
from safelight.hashsets import hexlist
from safelight.hashsets.hexlist import HexList

from .lists import digest, read

MD5, SHA1, SHA256 = digest("md5", 1), digest("sha1", 1), digest("sha256", 1)


def digests(data: bytes | str, path: Path) -> list[tuple[str, bytes]]:
    records, _ = read(HexList(), path, data)
    return sorted(pair for record in records for pair in record.digests.items())


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("last", [True, False])
def test_mixed_digests_are_told_by_their_length(tmp_path: Path, end: str, last: bool) -> None:
    lines = [
        MD5.hex(),
        SHA1.hex().upper(),
        "",
        "# a comment",
        SHA256.hex(),
        "  " + digest("md5", 2).hex() + "  ",
    ]
    data = end.join(lines) + end * last
    found = digests(data, tmp_path / "list.txt")
    assert ("md5", MD5) in found and ("sha1", SHA1) in found and ("sha256", SHA256) in found
    assert ("md5", digest("md5", 2)) in found


def test_what_is_no_digest_is_refused_with_its_line(tmp_path: Path) -> None:
    data = f"# head\n{MD5.hex()}\nrubbish\n\n{'z' * 32}\n{SHA1.hex()}\n{MD5.hex()}0\n"
    records, rejected = read(HexList(), tmp_path / "list.txt", data)
    assert len(records) == 2
    assert [one.line for one in sorted(rejected, key=lambda one: one.line)] == [3, 5, 7]
    assert "not hexadecimal" in next(one.reason for one in rejected if one.line == 5)


def test_the_output_of_md5sum_and_sha256sum_is_a_list(tmp_path: Path) -> None:
    data = f"{MD5.hex()}  a file.jpg\n{digest('md5', 2).hex()} *b.jpg\n"
    assert HexList().detect(data.encode(), tmp_path / "x")
    assert digests(data, tmp_path / "list.txt") == sorted([("md5", MD5), ("md5", digest("md5", 2))])


def test_a_header_that_names_the_digest_is_no_rejected_line(tmp_path: Path) -> None:
    data = f"SHA-256\n{SHA256.hex()}\nnot one\n"
    assert HexList().detect(data.encode(), tmp_path / "x")
    records, rejected = read(HexList(), tmp_path / "list.txt", data)
    assert records[0].digests == {"sha256": SHA256}
    assert [one.line for one in rejected] == [3]


def test_few_64_digit_lines_are_held_as_sha256_and_as_pdq(tmp_path: Path) -> None:
    (record,), _ = read(HexList(), tmp_path / "list.txt", SHA256.hex())
    assert record.digests == {"sha256": SHA256, "pdq": SHA256}


def test_many_64_digit_lines_are_told_apart_by_their_bits(tmp_path: Path) -> None:
    hashes = [digest("sha256", number).hex() for number in range(200)]
    assert {name for name, _ in digests("\n".join(hashes), tmp_path / "list.txt")} == {"sha256"}
    half = [("f0" * 32)[number:] + ("f0" * 32)[:number] for number in range(60)]
    assert {name for name, _ in digests("\n".join(half), tmp_path / "list.txt")} == {"pdq"}
    assert {name for name, _ in digests("\n".join(hashes), tmp_path / "pdq.txt")} == {"pdq"}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.sampled_from(["md5", "sha1", "sha256"]).flatmap(
            lambda name: st.tuples(st.just(name), st.integers(0, 9), st.booleans())
        )
        | st.sampled_from(["", "# c", "rubbish", "g" * 40, " "]),
        max_size=20,
    ),
    st.sampled_from(["\n", "\r\n"]),
    st.integers(1, 200),
)
def test_every_line_is_a_digest_a_comment_or_refused(
    tmp_path: Path, lines: list[str | tuple[str, int, bool]], end: str, size: int
) -> None:
    written, wanted, refused = [], [], []
    for number, line in enumerate(lines, 1):
        if isinstance(line, str):
            written.append(line)
            refused += [number] if line.strip() and not line.startswith("#") else []
        else:
            text = digest(line[0], line[1]).hex()
            written.append(text.upper() if line[2] else text)
            wanted.append((line[0], digest(line[0], line[1])))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(hexlist, "CHUNK", size)
        records, rejected = read(HexList(), tmp_path / "list.txt", end.join(written))
    found = [("sha256" if "sha256" in one.digests else next(iter(one.digests))) for one in records]
    assert sorted(found) == sorted(name for name, _ in wanted)
    assert sorted(value for one in records for value in set(one.digests.values())) == sorted(
        v for _, v in wanted
    )
    assert sorted(one.line for one in rejected) == refused


@given(st.binary(max_size=300))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_bytes_do_worse_than_an_error(tmp_path: Path, data: bytes) -> None:
    HexList().detect(data, tmp_path / "x")
    read(HexList(), tmp_path / "list.txt", data)


def test_a_file_without_line_ends_is_given_up_at_bounded_memory(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="longer than 1 MiB"):
        read(HexList(), tmp_path / "list.txt", b"a" * (3 << 20))
