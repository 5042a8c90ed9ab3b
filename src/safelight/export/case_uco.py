"""`export case-uco`: the leads of a case as CASE/UCO JSON-LD, with provenance, tools and authority.

Facts (digests, places, times, EXIF) are facets of files. What a list says, what a model estimated and what a
person decided are annotations of those files, tagged `list-entry`, `assessment` and `decision`: none of them
is a property of the file.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, time
from typing import BinaryIO

import orjson

from safelight.export.case_files import lead_nodes
from safelight.export.case_nodes import CONTEXT, Names, Node, annotation, hashes, moment, ref
from safelight.export.marking import MARK, SENTENCE
from safelight.export.protocol import EventView, ExhibitView, ExportOptions, ExportReport, Findings, ModelView
from safelight.export.text import cleaned, instant


class CaseUcoExporter:
    """One graph, written node by node; a node may come in parts that JSON-LD joins by its IRI."""

    name = "case-uco"
    suffix = ".jsonld"
    marked = True

    def write(self, findings: Findings, out: BinaryIO, options: ExportOptions) -> ExportReport:
        """Write the graph. `records` counts the leads."""
        names = Names(findings.case.id)
        out.write(b'{"@context":' + orjson.dumps(CONTEXT) + b',\n"@graph":[\n')
        out.write(b",\n".join(orjson.dumps(cleaned(node)) for node in _frame(findings, names)))
        leads = 0
        for view in findings.leads():
            leads += 1
            for node in lead_nodes(view, names):
                out.write(b",\n" + orjson.dumps(cleaned(node)))
        for node in _unread(findings, names):
            out.write(b",\n" + orjson.dumps(cleaned(node)))
        out.write(b"\n]}\n")
        return ExportReport(leads, unit="lead")


def _frame(findings: Findings, names: Names) -> Iterator[Node]:
    """Everything around the leads: the investigation, its ground, exhibits, tools, people, actions."""
    yield from _investigation(findings, names)
    yield from _tools(findings, names)
    for exhibit in findings.exhibits:
        yield from _exhibit(exhibit, names)
    yield from _actions(findings, names)


def _investigation(findings: Findings, names: Names) -> Iterator[Node]:
    case, authority = findings.case, findings.case.authority
    described = [f"Case {case.id}. Leads are reasons to look, not findings of fact."]
    investigation: Node = {
        "@id": names.iri("Investigation"),
        "@type": "case-investigation:Investigation",
        "uco-core:name": case.name,
        "uco-core:description": described,
        "case-investigation:investigationForm": "case",
        "uco-core:startTime": moment(case.opened_at),
        "case-investigation:relevantAuthorization": ref(names.iri("Authorization")),
        "uco-core:object": [ref(names.iri("ProvenanceRecord", one.id)) for one in findings.exhibits],
    }
    if findings.audit_checkpoint:
        described.append(f"Checkpoint of the audit log:\n{findings.audit_checkpoint}")
    if findings.evaluation:
        described.insert(0, SENTENCE)
        investigation["uco-core:tag"] = MARK
        investigation["uco-core:objectMarking"] = ref(names.iri("MarkingDefinition"))
        yield _marking(names)
    yield investigation
    allowed = ", ".join(sorted(authority.allows))
    facts = [f"Issued by {authority.issued_by}.", f"Allows {allowed}."]
    facts += [f"Approved by {authority.approved_by}."] if authority.approved_by else []
    facts += [f"Ground for face search: {authority.ground}."] if authority.ground else []
    facts += [f"Offence: {authority.offence}."] if authority.offence else []
    yield {
        "@id": names.iri("Authorization"),
        "@type": "case-investigation:Authorization",
        "case-investigation:authorizationType": authority.basis.value,
        "case-investigation:authorizationIdentifier": authority.reference,
        "uco-core:startTime": moment(datetime.combine(authority.valid_from, time(), UTC)),
        "uco-core:endTime": moment(datetime.combine(authority.valid_until, time(23, 59, 59), UTC)),
        "uco-core:description": facts,
    }


def _marking(names: Names) -> Node:
    return {
        "@id": names.iri("MarkingDefinition"),
        "@type": "uco-marking:MarkingDefinition",
        "uco-marking:definitionType": "statement",
        "uco-marking:definition": {
            "@id": names.iri("StatementMarking"),
            "@type": "uco-marking:StatementMarking",
            "uco-marking:definitionType": "statement",
            "uco-marking:statement": SENTENCE,
        },
    }


def _tools(findings: Findings, names: Names) -> Iterator[Node]:
    """Safelight as it was configured: libraries, settings and lists are entries, models tools of their own."""
    yield {
        "@id": names.iri("Tool", "safelight"),
        "@type": "uco-tool:Tool",
        "uco-core:name": "Safelight",
        "uco-tool:version": findings.software.get("safelight", "unknown"),
    }
    entries = [("software", name, version, "") for name, version in findings.software.items()]
    entries += [("setting", name, value, "") for name, value in findings.settings.items()]
    entries += [
        (
            "hash set",
            one.name if one.retired_at is None else f"{one.name} until {instant(one.retired_at)}",
            one.source_sha256,
            f"{one.kind.value}, {one.format}, {one.records} records, scheme {one.scheme or 'none'}",
        )
        for one in findings.hash_sets
    ]
    entries += [
        ("model", one.name, one.sha256, f"version {one.version}") for one in findings.models if one.used
    ]
    yield {
        "@id": names.iri("Configuration"),
        "@type": "uco-configuration:Configuration",
        "uco-configuration:configurationEntry": [
            {
                "@id": names.iri("ConfigurationEntry", kind, name),
                "@type": "uco-configuration:ConfigurationEntry",
                "uco-configuration:itemType": kind,
                "uco-configuration:itemName": name,
                "uco-configuration:itemValue": value,
                **({"uco-configuration:itemDescription": said} if said else {}),
            }
            for kind, name, value, said in entries
        ],
    }
    yield {
        "@id": names.iri("ConfiguredTool"),
        "@type": "uco-tool:ConfiguredTool",
        "uco-core:name": "Safelight, as configured for this case",
        "uco-tool:version": findings.software.get("safelight", "unknown"),
        "uco-configuration:isConfigurationOf": ref(names.iri("Tool", "safelight")),
        "uco-configuration:usesConfiguration": ref(names.iri("Configuration")),
    }
    for model in findings.models:
        if model.used:
            yield _model(model, names)


def _model(model: ModelView, names: Names) -> Node:
    evaluated = "Evaluated on the agency's own data." if model.evaluated else "unevaluated"
    return {
        "@id": names.iri("AnalyticTool", model.name),
        "@type": "uco-tool:AnalyticTool",
        "uco-core:name": model.name,
        "uco-tool:version": model.version,
        "uco-tool:toolType": "model",
        "uco-core:description": [
            text
            for text in (
                model.purpose,
                f"SHA-256 {model.sha256}",
                f"Licence {model.licence}",
                evaluated,
                *model.limits,
            )
            if text
        ],
    }


def _exhibit(exhibit: ExhibitView, names: Names) -> Iterator[Node]:
    iri = names.iri("ObservableObject", exhibit.id)
    folder = exhibit.kind == "folder"
    content: Node = {
        "@id": names.iri("ContentDataFacet", exhibit.id),
        "@type": "uco-observable:ContentDataFacet",
    }
    if exhibit.size is not None:
        content["uco-observable:sizeInBytes"] = exhibit.size
    if exhibit.sha256:
        content["uco-observable:hash"] = hashes(
            names, [exhibit.id], {"SHA256": bytes.fromhex(exhibit.sha256)}
        )
    verified = {True: "agree with the content", False: "do not agree with the content", None: "none"}
    described = [
        f"Kind: {exhibit.kind}.",
        f"The SHA-256 is of {'the sorted list of files' if folder else 'the decoded content'}.",
        f"Digests stored in the container: {verified[exhibit.verified]}.",
        *(f"Stored {algorithm}: {value}" for algorithm, value in exhibit.stored.items()),
        *(f"Scope of the order, only: {rule}" for rule in exhibit.only),
        *(f"Scope of the order, not: {rule}" for rule in exhibit.exclude),
        f"Not examined by order: {exhibit.not_examined}.",
        *(f"{name}: {count}" for name, count in exhibit.counts.items()),
    ]
    yield {
        "@id": iri,
        "@type": "uco-observable:ObservableObject",
        "uco-core:name": exhibit.id,
        "uco-core:description": described,
        "uco-core:hasFacet": [
            {
                "@id": names.iri("FileFacet", exhibit.id),
                "@type": "uco-observable:FileFacet",
                "uco-observable:filePath": exhibit.path,
                "uco-observable:isDirectory": folder,
            },
            content,
        ],
    }
    yield {
        "@id": names.iri("ProvenanceRecord", exhibit.id),
        "@type": "case-investigation:ProvenanceRecord",
        "case-investigation:exhibitNumber": exhibit.id,
        "uco-core:description": "What was found in this exhibit.",
        "uco-core:object": ref(iri),
    }


def _actions(findings: Findings, names: Names) -> Iterator[Node]:
    """One action a run of a verb, from its events, and this export; the people who did them."""
    people = {findings.generated_by}
    runs: dict[str, list[EventView]] = {}
    for event in findings.events():
        people.add(event.actor)
        if event.phase != "refused":
            runs.setdefault(event.operation or f"event {event.seq}", []).append(event)
    for person in sorted(people):
        yield {
            "@id": names.iri("Identity", person),
            "@type": "uco-identity:Identity",
            "uco-core:name": person,
        }
    for operation, events in runs.items():
        yield _action(operation, events, findings, names)
    yield {
        **_performed(findings.generated_by, names, "export", instant(findings.generated_at)),
        "uco-core:name": "export case-uco",
        "uco-action:startTime": moment(findings.generated_at),
        "uco-action:object": [ref(names.iri("ProvenanceRecord", one.id)) for one in findings.exhibits],
    }


def _action(operation: str, events: list[EventView], findings: Findings, names: Names) -> Node:
    first, last = events[0], events[-1]
    known = {one.id for one in findings.exhibits}
    exhibits = sorted({one for event in events for one in event.exhibits if one in known})
    node = {
        **_performed(first.actor, names, "action", operation),
        "uco-core:name": first.verb,
        "uco-core:description": "; ".join(
            f"{one.phase} {instant(one.time)} (event {one.seq})" for one in events
        ),
        "uco-action:startTime": moment(first.time),
    }
    if last.phase in ("done", "ended", "failed"):
        node["uco-action:endTime"] = moment(last.time)
    if exhibits:
        node["uco-action:object"] = [ref(names.iri("ObservableObject", one)) for one in exhibits]
    if first.verb == "scan" and exhibits:
        node["uco-action:result"] = [ref(names.iri("ProvenanceRecord", one)) for one in exhibits]
        node["uco-action:instrument"] = [
            ref(names.iri("ConfiguredTool")),
            *(ref(names.iri("AnalyticTool", model.name)) for model in findings.models if model.used),
        ]
    return node


def _performed(person: str, names: Names, *key: str) -> Node:
    return {
        "@id": names.iri("InvestigativeAction", *key),
        "@type": "case-investigation:InvestigativeAction",
        "uco-action:performer": ref(names.iri("Identity", person)),
        "uco-action:instrument": ref(names.iri("ConfiguredTool")),
    }


def _unread(findings: Findings, names: Names) -> Iterator[Node]:
    """What could not be read, as a statement about its exhibit."""
    known = {one.id for one in findings.exhibits}
    for number, unread in enumerate(findings.unread()):
        if unread.exhibit in known:
            about = names.iri("ObservableObject", unread.exhibit)
            key = ("unread", str(number), unread.exhibit, unread.path)
            yield annotation(names, key, [about], "not-read", f"Not read: {unread.path}: {unread.reason}")
