"""The small pieces of a CASE/UCO graph: names for nodes, typed literals, facets, relationships.

A node is a JSON-LD object; its IRI ends in a UUID that follows from the case and what the node is about, so
two exports of the same findings are the same graph. CASE 1.x / UCO 1.x, https://caseontology.org.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from safelight.export.text import instant
from safelight.model import Timestamp

Node = dict[str, Any]

CONTEXT = {
    "kb": "urn:safelight:kb:",
    "case-investigation": "https://ontology.caseontology.org/case/investigation/",
    "uco-action": "https://ontology.unifiedcyberontology.org/uco/action/",
    "uco-configuration": "https://ontology.unifiedcyberontology.org/uco/configuration/",
    "uco-core": "https://ontology.unifiedcyberontology.org/uco/core/",
    "uco-identity": "https://ontology.unifiedcyberontology.org/uco/identity/",
    "uco-marking": "https://ontology.unifiedcyberontology.org/uco/marking/",
    "uco-observable": "https://ontology.unifiedcyberontology.org/uco/observable/",
    "uco-tool": "https://ontology.unifiedcyberontology.org/uco/tool/",
    "uco-types": "https://ontology.unifiedcyberontology.org/uco/types/",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
_NAMESPACE = uuid.UUID("0d6f6f0e-58f5-5d5c-8f0c-3b0f1f7f5a11")
_DATE_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?")


class Names:
    """IRIs of one case."""

    def __init__(self, case_id: str) -> None:
        self._space = uuid.uuid5(_NAMESPACE, case_id)

    def iri(self, kind: str, *key: str) -> str:
        """`kb:File-…` for what `key` names; the same key gives the same IRI."""
        name = uuid.uuid5(self._space, "\x1f".join((kind, *key)).encode("utf-8", "surrogatepass").hex())
        return f"kb:{kind}-{name}"


def ref(iri: str) -> Node:
    """A reference to a node."""
    return {"@id": iri}


def moment(value: datetime) -> Node:
    """One of our own times."""
    return {"@type": "xsd:dateTime", "@value": instant(value)}


def recorded(time: Timestamp | None) -> Node | None:
    """A time of the evidence; without a zone where it states none, None where it is no calendar time."""
    if time is None or not _DATE_TIME.fullmatch(time.value):
        return None
    zone = {"utc": "Z", "local": ""}.get(time.zone, time.zone)
    value = time.value if time.value.endswith(("Z", zone or "Z")) else f"{time.value}{zone}"
    try:
        datetime.fromisoformat(re.sub(r"\.(\d{1,6})\d*", r".\1", value))
    except ValueError:
        return None
    return {"@type": "xsd:dateTime", "@value": value}


def hashes(names: Names, key: Sequence[str], digests: Mapping[str, bytes]) -> list[Node]:
    """`MD5`, `SHA1`, `SHA256` → raw digest, as hash nodes."""
    return [
        {
            "@id": names.iri("Hash", *key, method),
            "@type": "uco-types:Hash",
            "uco-types:hashMethod": method,
            "uco-types:hashValue": {"@type": "xsd:hexBinary", "@value": digest.hex().upper()},
        }
        for method, digest in digests.items()
    ]


def annotation(names: Names, key: Sequence[str], about: Sequence[str], tag: str, *statements: str) -> Node:
    """A statement about nodes, with the word that says what sort of statement it is."""
    return {
        "@id": names.iri("Annotation", *key),
        "@type": "uco-core:Annotation",
        "uco-core:object": [ref(iri) for iri in about],
        "uco-core:tag": tag,
        "uco-core:statement": list(statements),
    }


def contained(names: Names, inner: str, outer: str, path: str, offset: int | None, size: int | None) -> Node:
    """Where one thing lies in another: its whole trail and, where known, its byte range in the medium."""
    facets: list[Node] = [
        {
            "@id": names.iri("PathRelationFacet", inner, outer),
            "@type": "uco-observable:PathRelationFacet",
            "uco-observable:path": path,
        }
    ]
    if offset is not None:
        place: Node = {
            "@id": names.iri("DataRangeFacet", inner, outer),
            "@type": "uco-observable:DataRangeFacet",
            "uco-observable:rangeOffset": offset,
            "uco-observable:rangeOffsetType": "bytes from the start of the decoded medium",
        }
        if size is not None:
            place["uco-observable:rangeSize"] = size
        facets.append(place)
    return {
        "@id": names.iri("Relationship", inner, outer),
        "@type": "uco-observable:ObservableRelationship",
        "uco-core:source": ref(inner),
        "uco-core:target": ref(outer),
        "uco-core:kindOfRelationship": "Contained_Within",
        "uco-core:isDirectional": True,
        "uco-core:hasFacet": facets,
    }
