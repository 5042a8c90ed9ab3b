"""The XML of the NCMEC exchange: entries, withdrawals, feedback; no entity is ever expanded."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from safelight.errors import FormatError
from safelight.hashsets.ncmec import NcmecList
from safelight.hashsets.protocol import Rejected

from .lists import digest, read

NS = 'xmlns="https://hashsharing.ncmec.org/hashsharing/v2"'
MD5, SHA1, PDQ, DNA = (digest(name, 1) for name in ("md5", "sha1", "pdq", "photodna"))


def entry(name: str, number: object, inner: str = "", member: int = 42) -> str:
    return (
        f'<{name}><member id="{member}">A member</member><timestamp>2026-01-02T03:04:05Z</timestamp>'
        f"<id>{number}</id>{inner}</{name}>"
    )


def prints(**digests: bytes) -> str:
    inner = "".join(f"<{name}>{value.hex()}</{name}>" for name, value in digests.items())
    return f"<classification>A1</classification><fingerprints>{inner}</fingerprints>"


def document(images: str, videos: str = "", namespace: str = NS) -> str:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<queryResult {namespace}><images count="1">{images}</images>'
        f"<videos>{videos}</videos><paging><next>/v2/entries?start=1</next></paging></queryResult>"
    )


@pytest.mark.parametrize("namespace", [NS, ""])
def test_images_and_videos_are_read(tmp_path: Path, namespace: str) -> None:
    feedback = (
        '<feedback><affirmativeFeedback type="MD5"><members><member id="1"/><member id="2"/></members>'
        '</affirmativeFeedback><negativeFeedback type="MD5"><reasons><reason name="x"/><members>'
        '<member id="3"/></members></reasons></negativeFeedback></feedback>'
    )
    image = prints(md5=MD5, sha1=SHA1, pdna=DNA, pdq=PDQ, netclean=b"ab") + feedback
    data = document(entry("image", "i1", image), entry("video", "v1", prints(md5=MD5)), namespace)
    assert NcmecList().detect(data.encode(), tmp_path / "x")
    (first, second), rejected = read(NcmecList(), tmp_path / "page.xml", data)
    assert first.digests == {"md5": MD5, "sha1": SHA1, "photodna": DNA, "pdq": PDQ}
    assert (first.entry, first.category) == ("i1", "A1")
    assert first.facts == {
        "media": "image",
        "affirmative": 2,
        "negative": 1,
        "member": "42",
        "updated": "2026-01-02T03:04:05Z",
        "other_hashes": {"netclean": "6162"},
    }
    assert (second.entry, second.facts["media"]) == ("v1", "video")
    assert rejected == []


def test_an_entry_withdrawn_further_down_is_left_out_and_one_given_again_is_not(tmp_path: Path) -> None:
    known = prints(md5=MD5)
    images = (
        entry("image", 1, known)
        + entry("image", 2, known)
        + entry("image", 1, known, member=7)
        + entry("deletedImage", 1)
        + entry("deletedImage", 2)
        + entry("image", 2, known)
    )
    records, rejected = read(NcmecList(), tmp_path / "page.xml", document(images))
    assert [(record.entry, record.facts["member"]) for record in records] == [("1", "7"), ("2", "42")]
    assert rejected == []


def test_what_is_no_fingerprint_is_refused_with_the_number_of_its_entry(tmp_path: Path) -> None:
    images = (
        entry("image", 1, prints(md5=MD5, sha1=b"xx"))
        + entry("image", 2)
        + entry("image", 3, prints(md5=b"x"))
    )
    records, rejected = read(NcmecList(), tmp_path / "page.xml", document(images))
    assert [record.entry for record in records] == ["1"]
    assert rejected == [
        Rejected(1, "sha1 has 4 characters, not 40", kept=True),
        Rejected(2, "no digest that is known here"),
        Rejected(3, "md5 has 2 characters, not 32"),
    ]


BOMBS = {
    "laughs": "".join(f'<!ENTITY l{n + 1} "{f"&l{n};" * 20}">' for n in range(9)),
    "parameter": '<!ENTITY % a "aaaaaaaaaa">' + "".join(f'<!ENTITY % p{n} "%a;%a;%a;">' for n in range(50)),
    "outside": '<!ENTITY x SYSTEM "file:///etc/hostname">',
    "plain": "<!ELEMENT a (b)>",
}


@pytest.mark.parametrize("name", BOMBS)
@pytest.mark.parametrize("use", ["&l9;", "&x;", '<a b="&l9;"/>', ""])
def test_a_document_type_is_refused_before_it_does_anything(tmp_path: Path, name: str, use: str) -> None:
    head = f'<!DOCTYPE q [<!ENTITY l0 "lol">{BOMBS[name]}]>'
    data = document(entry("image", use or 1, prints(md5=MD5)))
    data = data.replace("<queryResult", head + "<queryResult", 1)
    started = time.monotonic()
    with pytest.raises(FormatError):
        read(NcmecList(), tmp_path / "page.xml", data)
    assert time.monotonic() - started < 5


@pytest.mark.parametrize(
    "data",
    [
        "<queryResult><images><image><id>1</id>",
        "",
        "<a>" * 5000,
        document(entry("image", 1, "<x/>" * 20_000)),
        document("<image><id>" + "x" * (12 << 20) + "</id></image>"),
    ],
    ids=["cut off", "empty", "deep", "many parts", "long text"],
)
def test_broken_and_hostile_documents_are_errors(tmp_path: Path, data: str) -> None:
    with pytest.raises(FormatError):
        read(NcmecList(), tmp_path / "page.xml", data)


def test_other_xml_is_not_taken_for_a_list(tmp_path: Path) -> None:
    assert not NcmecList().detect(
        b"<?xml version='1.0'?><report><reportId>1</reportId></report>", tmp_path / "x"
    )
