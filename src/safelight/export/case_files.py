"""A lead in CASE/UCO: a file for each place, and annotations for what is said about it."""

from __future__ import annotations

from collections.abc import Iterator

from safelight.export.case_nodes import Names, Node, annotation, contained, hashes, moment, recorded, ref
from safelight.export.csv_ import match_text, reason_text
from safelight.export.exif_names import exif_properties
from safelight.export.media_kinds import PICTURE, media_kind, mime_type
from safelight.export.phrases import is_assessment, said
from safelight.export.protocol import LeadView, PlaceView
from safelight.export.text import TRAIL, time_text

_TIMES = {
    "created": "uco-observable:observableCreatedTime",
    "modified": "uco-observable:modifiedTime",
    "accessed": "uco-observable:accessedTime",
    "changed": "uco-observable:metadataChangeTime",
}


def lead_nodes(view: LeadView, names: Names) -> Iterator[Node]:
    """Yield the files of a lead, where they lie, and what lists, models and people say about them."""
    files = []
    for place in view.places:
        iri = names.iri("File", place.exhibit, place.path, place.state, _where(place))
        if iri in files:
            continue
        files.append(iri)
        exhibit = names.iri("ObservableObject", place.exhibit)
        trail = TRAIL.join(place.trail)
        yield _file(view, place, iri, names)
        yield contained(names, iri, exhibit, trail, place.address.get("offset"), place.size)
        yield {"@id": names.iri("ProvenanceRecord", place.exhibit), "uco-core:object": ref(iri)}
    yield from _statements(view, files or [names.iri("Investigation")], names)


def _where(place: PlaceView) -> str:
    return " ".join(f"{name}={number}" for name, number in sorted(place.address.items()))


def _file(view: LeadView, place: PlaceView, iri: str, names: Names) -> Node:
    described = [f"Lead {view.lead.id}.", f"State: {place.state.value}."]
    if place.address:
        described.append(f"Address: {_where(place)}.")
    for name in _TIMES:
        time = getattr(place.times, name)
        if time:
            described.append(f"Time {name}: {time_text(time)} (source {time.source}).")
    if view.pdq:
        described.append(f"PDQ {view.pdq.hash.hex()}, quality {view.pdq.quality} of 100.")
    if view.damaged:
        described.append(f"Damaged: {view.damaged}")
    if view.error:
        described.append(f"Not decoded: {view.error}")
    return {
        "@id": iri,
        "@type": "uco-observable:File",
        "uco-core:description": described,
        "uco-core:hasFacet": list(_facets(view, place, iri, names)),
    }


def _facets(view: LeadView, place: PlaceView, iri: str, names: Names) -> Iterator[Node]:
    size = view.size if place.size is None else place.size
    file: Node = {
        "@id": names.iri("FileFacet", iri),
        "@type": "uco-observable:FileFacet",
        "uco-observable:fileName": place.trail[-1].rpartition("/")[2] or place.trail[-1],
        "uco-observable:filePath": place.path,
        "uco-observable:sizeInBytes": size,
        "uco-observable:allocationStatus": place.state.value,
    }
    for name, term in _TIMES.items():
        time = recorded(getattr(place.times, name))
        if time:
            file[term] = time
    yield file
    digests = view.digests
    yield {
        "@id": names.iri("ContentDataFacet", iri),
        "@type": "uco-observable:ContentDataFacet",
        "uco-observable:mimeType": mime_type(view.format),
        "uco-observable:sizeInBytes": view.size,
        "uco-observable:hash": hashes(
            names, [iri], {"MD5": digests.md5, "SHA1": digests.sha1, "SHA256": digests.sha256}
        ),
    }
    if media_kind(view.format) == PICTURE and view.width and view.height:
        yield {
            "@id": names.iri("RasterPictureFacet", iri),
            "@type": "uco-observable:RasterPictureFacet",
            "uco-observable:pictureType": view.format,
            "uco-observable:pictureWidth": view.width,
            "uco-observable:pictureHeight": view.height,
        }
    exif = exif_properties(view)
    if exif:
        yield {
            "@id": names.iri("EXIFFacet", iri),
            "@type": "uco-observable:EXIFFacet",
            "uco-observable:exifData": {
                "@id": names.iri("ControlledDictionary", iri),
                "@type": "uco-types:ControlledDictionary",
                "uco-types:entry": [
                    {
                        "@id": names.iri("ControlledDictionaryEntry", iri, key),
                        "@type": "uco-types:ControlledDictionaryEntry",
                        "uco-types:key": key,
                        "uco-types:value": value,
                    }
                    for key, value in exif
                ],
            },
        }


def _statements(view: LeadView, files: list[str], names: Names) -> Iterator[Node]:
    lead = view.lead
    yield annotation(
        names,
        ("lead", lead.id),
        files,
        "assessment",
        f"Assessment, not a fact: lead {lead.id}, priority {lead.priority:.4f}, {lead.band.value}, "
        f"stack {lead.stack} of {view.stack_size}.",
        *(reason_text(reason) for reason in lead.reasons),
    )
    for number, match in enumerate(lead.matches):
        exact = match.distance == 0 and not match.is_perceptual
        yield annotation(
            names,
            ("match", lead.id, str(number)),
            files,
            "list-entry" if exact else "assessment",
            f"{'Exactly' if exact else 'Assessment, not a fact: near'} an entry of a list "
            f"({match.kind.value}): {match_text(match)}",
        )
    for name, signal in sorted(view.signals.items()):
        if is_assessment(signal):
            version = f", version {signal.version}" if signal.version else ""
            statement = f"Assessment by a model, not a fact: {name}{version}: {said(signal)}"
            yield annotation(names, ("signal", lead.id, name), files, "assessment", statement)
        elif signal.absent is not None:
            yield annotation(
                names, ("signal", lead.id, name), files, "not-computed", f"{name}: {said(signal)}"
            )
    for decision in view.decisions:
        note = f" Note: {decision.note}" if decision.note else ""
        node = annotation(
            names, ("decision", decision.id), files, "decision", f"Decided: {decision.label}.{note}"
        )
        person = names.iri("Identity", decision.by)
        yield {"@id": person, "@type": "uco-identity:Identity", "uco-core:name": decision.by}
        yield {**node, "uco-core:createdBy": ref(person), "uco-core:objectCreatedTime": moment(decision.at)}
