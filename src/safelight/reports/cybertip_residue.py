"""What CyberTipline's schema has no place for, carried by a processing instruction that our writer puts into its XML.

Other readers pass it over, the schema allows it everywhere, and unlike a text it cannot be slipped in by what a report
quotes. It holds, by name, the values that a reader of the XML alone would get wrong.
"""

from __future__ import annotations

import re
from dataclasses import fields, replace
from functools import cache
from typing import Any

import orjson
from lxml import etree
from pydantic import TypeAdapter, ValidationError

from safelight.reports.body import pack, sayable
from safelight.reports.protocol import Annex
from safelight.reports.report import Report, ReportFile

TARGET = "safelight-residue"
_LARGEST = 16 << 20
_NO_XML = re.compile("[<>\ufffe\uffff]")
"""Characters that XML cannot hold, or takes for markup; in JSON they can be said in another way."""
_UNUSED = "what its writer added for our own readers cannot be used"


def instruction(said: dict[str, Any]) -> etree._Element:
    """The instruction that says it, as the last child of what it is about."""
    text = orjson.dumps(sayable(said)).decode()
    return etree.ProcessingInstruction(TARGET, _NO_XML.sub(lambda found: f"\\u{ord(found[0]):04x}", text))


@cache
def _reports() -> TypeAdapter[Report]:
    return TypeAdapter(Report)


@cache
def _files() -> TypeAdapter[ReportFile]:
    return TypeAdapter(ReportFile)


def restored(report: Report, element: etree._Element) -> Report:
    """The report with the values that its XML could not hold, where our writer left them."""
    said = _said(element)
    if said is None:
        return report
    known = {one.name for one in fields(Report)}
    whole = orjson.loads(pack(report)) | {name: value for name, value in said.items() if name in known}
    try:
        return _reports().validate_json(orjson.dumps(whole), strict=True)
    except (ValidationError, orjson.JSONEncodeError):
        return replace(report, problems=(*report.problems, _UNUSED))


def restored_annex(annex: Annex, element: etree._Element) -> Annex:
    """The same for the details of a file."""
    said = _said(element)
    if said is None:
        return annex
    report_id = said.get("report_id")
    try:
        if "file" in said:
            file = _files().validate_json(orjson.dumps(said["file"]), strict=True)
            annex = replace(annex, files=(file,), unknown=())
    except (ValidationError, orjson.JSONEncodeError):
        return replace(annex, problems=(*annex.problems, _UNUSED))
    return replace(annex, report_id=report_id) if isinstance(report_id, str) else annex


def _said(element: etree._Element) -> dict[str, Any] | None:
    if not len(element) or element[-1].tag is not etree.ProcessingInstruction:
        return None
    last = element[-1]
    text = last.text or ""
    if getattr(last, "target", "") != TARGET or len(text) > _LARGEST:
        return None
    try:
        said = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    return said if isinstance(said, dict) else None
