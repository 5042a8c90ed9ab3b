"""CyberTipline's `fileDetails`: what a report states of one file."""

from __future__ import annotations

from lxml import etree

from safelight.reports.cybertip_parts import (
    Gathered,
    attribute,
    capture,
    device,
    flag,
    text_of,
    value_of,
    viewed,
)
from safelight.reports.protocol import Annex
from safelight.reports.report import Kind, ReportFile, Stated
from safelight.reports.xml_ import local

MARKS = {
    "animeDrawingVirtualHentai": "drawing",
    "potentialMeme": "meme",
    "viral": "viral",
    "possibleSelfProduction": "self-production",
    "physicalHarm": "harm",
    "violenceGore": "violence",
    "bestiality": "animals",
    "liveStreaming": "live-streaming",
    "infant": "infant",
    "generativeAi": "generated",
}
DIGESTS = {"MD5": "md5", "SHA1": "sha1", "SHA256": "sha256", "PDQ": "pdq", "PHOTODNA": "photodna"}
MOST_EXIF = 500
_SINGLE = frozenset(
    {
        *("reportId", "fileId", "fileName", "originalFileName", "uploadedToEspTimestamp"),
        *("industryClassification", "fileRelevance"),
    }
)


def annex(element: etree._Element, problems: tuple[str, ...] = ()) -> Annex:
    """One `fileDetails` element."""
    found = Gathered(problems=list(problems))
    single: dict[str, str | None] = {}
    is_viewed = is_public = None
    marks: set[str] = set()
    digests: dict[str, str] = {}
    exif: dict[str, str] = {}
    identifiers: list[Stated] = []
    for child in element:
        name = local(child)
        if name in _SINGLE:
            single[name] = value_of(child)
        elif name == "fileViewedByEsp":
            # Two statements that differ mean: not viewed.
            is_viewed = False if is_viewed is False else viewed(child)
        elif name == "publiclyAvailable":
            is_public = flag(child)
        elif name == "originalFileHash":
            _digest(child, digests)
        elif name == "potentialMeme":
            if flag(child):
                marks.add("meme")
        elif name == "fileAnnotations":
            _mark(child, marks, found)
        elif name == "locationOfFile":
            if value := value_of(child):
                identifiers.append(Stated(Kind.URL, value))
        elif name in ("ipCaptureEvent", "deviceId"):
            if one := (capture if name == "ipCaptureEvent" else device)(child, found, "fileDetails"):
                identifiers.append(one)
        elif name == "details":
            _pairs(child, exif, digests)
        elif name == "additionalInfo":
            found.text("fileDetails/additionalInfo", text_of(child))
        elif name:
            found.odd("fileDetails", child)
    read = ReportFile(
        file_id=single.get("fileId"),
        name=single.get("fileName"),
        original_name=single.get("originalFileName"),
        digests=digests,
        viewed=is_viewed,
        public=is_public,
        supplemental="supplemental" in (single.get("fileRelevance") or "").casefold(),
        classification=(single.get("industryClassification") or "").upper() or None,
        annotations=frozenset(marks),
        exif=exif,
        identifiers=tuple(identifiers),
        uploaded=single.get("uploadedToEspTimestamp"),
        texts=tuple(one.text for one in found.texts),
    )
    return Annex(single.get("reportId"), (read,), tuple(found.unknown), tuple(found.problems))


def _mark(element: etree._Element, marks: set[str], found: Gathered) -> None:
    for mark in element:
        name = local(mark)
        known = MARKS.get(name)
        if known is None and name:
            found.odd("fileDetails/fileAnnotations", mark)
        elif known and flag(mark):
            marks.add(known)


def _digest(element: etree._Element, digests: dict[str, str]) -> None:
    algorithm = (attribute(element, "hashType", "type") or "").upper().replace("-", "").replace("_", "")
    if value := value_of(element):
        digests.setdefault(DIGESTS.get(algorithm, algorithm.casefold() or "unknown"), value)


def _pairs(element: etree._Element, exif: dict[str, str], digests: dict[str, str]) -> None:
    kind = (attribute(element, "type") or "").upper()
    for pair in element:
        said = {local(child): value_of(child) for child in pair}
        name, value = said.get("name"), said.get("value")
        if not name or value is None:
            continue
        if (kind or (attribute(pair, "type") or "").upper()) == "HASH":
            digests.setdefault(DIGESTS.get(name.upper().replace("-", ""), name.casefold()), value)
        elif len(exif) < MOST_EXIF:
            exif[name[:200]] = value[:2000]
