"""`export case-uco`: a graph that the community's validator accepts and from which each finding is traced."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from safelight.export.case_uco import CaseUcoExporter
from safelight.export.protocol import ExportOptions, Findings
from safelight.model import SignalValue, Times, Timestamp

from .parts import NASTY, digests
from .sample import empty, evaluation, large, rich

Node = dict[str, Any]


def written(findings: Findings) -> bytes:
    out = io.BytesIO()
    CaseUcoExporter().write(findings, out, ExportOptions())
    return out.getvalue()


def graph(findings: Findings) -> list[Node]:
    return list(json.loads(written(findings))["@graph"])


def of_type(nodes: list[Node], kind: str) -> list[Node]:
    return [node for node in nodes if str(node.get("@type", "")).endswith(f":{kind}")]


def facet(node: Node, kind: str) -> Node:
    return next(one for one in node["uco-core:hasFacet"] if one["@type"].endswith(f":{kind}"))


@pytest.fixture(scope="module")
def nodes() -> list[Node]:
    return graph(rich())


@pytest.mark.parametrize("findings", [evaluation(), empty()], ids=["evaluation", "empty"])
def test_case_validate_accepts_it(findings: Findings, tmp_path: Path) -> None:
    path = tmp_path / "case.jsonld"
    path.write_bytes(written(findings))
    command = [str(Path(sys.executable).with_name("case_validate")), str(path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    assert "Conforms: True" in done.stdout


def test_every_reference_has_a_node(nodes: list[Node]) -> None:
    named: set[str] = set()
    referred: set[str] = set()

    def walk(value: object) -> None:
        if isinstance(value, dict):
            if "@id" in value:
                (named if "@type" in value else referred).add(value["@id"])
            for item in value.values():
                walk(item)
        elif isinstance(value, list):
            for item in value:
                walk(item)

    walk(nodes)
    assert referred <= named


def test_every_file_carries_three_digests(nodes: list[Node]) -> None:
    files = of_type(nodes, "File")
    assert len(files) == sum(len(view.places) for view in rich().leads())
    found = {
        one["uco-types:hashMethod"]: one["uco-types:hashValue"]["@value"]
        for one in facet(files[0], "ContentDataFacet")["uco-observable:hash"]
    }
    known = digests("known")
    assert found == {
        "MD5": known.md5.hex().upper(),
        "SHA1": known.sha1.hex().upper(),
        "SHA256": known.sha256.hex().upper(),
    }


def test_a_file_is_traced_to_exhibit_trail_and_offset(nodes: list[Node]) -> None:
    file = of_type(nodes, "File")[0]
    (relation,) = [
        node
        for node in of_type(nodes, "ObservableRelationship")
        if node["uco-core:source"]["@id"] == file["@id"]
    ]
    assert facet(relation, "PathRelationFacet")["uco-observable:path"] == (
        "laptop.E01 › partition 2 › /Users/anna/Pictures/a.jpg"
    )
    assert facet(relation, "DataRangeFacet")["uco-observable:rangeOffset"] == 1_060_864
    target = relation["uco-core:target"]["@id"]
    records = [
        node
        for node in of_type(nodes, "ProvenanceRecord")
        if node["uco-core:object"]["@id"] == target and node["case-investigation:exhibitNumber"] == "x1"
    ]
    assert len(records) == 1


def test_exif_and_picture_size_are_facets(nodes: list[Node]) -> None:
    file = of_type(nodes, "File")[0]
    entries = facet(file, "EXIFFacet")["uco-observable:exifData"]["uco-types:entry"]
    assert {"Make": "Canon", "Model": "EOS 80D"}.items() <= {
        one["uco-types:key"]: one["uco-types:value"] for one in entries
    }.items()
    assert facet(file, "RasterPictureFacet")["uco-observable:pictureWidth"] == 4032


def test_local_times_stay_without_a_zone(nodes: list[Node]) -> None:
    times = [
        facet(node, "FileFacet")["uco-observable:modifiedTime"]["@value"]
        for node in of_type(nodes, "File")[:3]
    ]
    assert times == ["2024-01-04T13:21:00Z", "2024-01-04T13:21:00Z", "2023-07-11T17:30:00"]


def test_a_time_that_is_none_is_left_out_of_the_facet_and_kept_in_words() -> None:
    findings = rich()
    view = next(findings.leads())
    times = Times(modified=Timestamp("1980-00-00T00:00:00", "fat", "local"))
    view = replace(view, places=(replace(view.places[0], times=times),))
    (file,) = of_type(graph(replace(findings, lead_views=[view])), "File")
    assert "uco-observable:modifiedTime" not in facet(file, "FileFacet")
    assert "Time modified: 1980-00-00T00:00:00 local (source fat)." in file["uco-core:description"]


def test_a_scan_names_performer_tools_object_and_result(nodes: list[Node]) -> None:
    scans = [node for node in of_type(nodes, "InvestigativeAction") if node["uco-core:name"] == "scan"]
    assert len(scans) == 2
    finished, open_ended = scans
    assert finished["uco-action:endTime"]["@value"] == "2026-03-02T10:00:00Z"
    assert "uco-action:endTime" not in open_ended
    named = {node["@id"]: node for node in nodes if "@type" in node}
    tools = [named[one["@id"]] for one in finished["uco-action:instrument"]]
    assert [(one["uco-core:name"], one["uco-tool:version"]) for one in tools] == [
        ("Safelight, as configured for this case", "0.1.0"),
        ("opennsfw", "1+7f3a9c0d1e22"),
        ("age-v1", "2+e376cf6b168d"),
    ]
    assert named[finished["uco-action:performer"]["@id"]]["uco-core:name"] == "m.brandt"


def test_a_model_that_was_not_evaluated_says_so(nodes: list[Node]) -> None:
    (model,) = [node for node in of_type(nodes, "AnalyticTool") if node["uco-core:name"] == "opennsfw"]
    assert "unevaluated" in model["uco-core:description"]


def test_a_score_is_only_ever_an_assessment(nodes: list[Node]) -> None:
    with_score = [node for node in nodes if "score 0.91" in json.dumps(node)]
    assert with_score
    assert {node["uco-core:tag"] for node in with_score} == {"assessment"}
    assert all(node["uco-core:statement"][0].startswith("Assessment") for node in with_score)


def test_a_near_match_is_an_assessment_and_an_exact_one_an_entry(nodes: list[Node]) -> None:
    tags = {
        node["uco-core:statement"][0].rpartition(": ")[2]: node["uco-core:tag"]
        for node in of_type(nodes, "Annotation")
    }
    assert tags["National list, March#4711 by md5 distance 0 category 1"] == "list-entry"
    assert tags["National list, March#4712 by pdq distance 14 category 2"] == "assessment"


def test_decisions_name_the_person_and_the_time(nodes: list[Node]) -> None:
    decisions = [node for node in of_type(nodes, "Annotation") if node["uco-core:tag"] == "decision"]
    named = {node["@id"]: node.get("uco-core:name") for node in of_type(nodes, "Identity")}
    assert [
        (named[one["uco-core:createdBy"]["@id"]], one["uco-core:objectCreatedTime"]["@value"])
        for one in decisions
    ] == [
        ("k.weber", "2026-03-02T13:00:00Z"),
        ("k.weber", "2026-03-02T14:00:00Z"),
        ("m.brandt", "2026-03-02T12:00:00Z"),
    ]


def test_what_could_not_be_read_is_said(nodes: list[Node]) -> None:
    said = [
        node["uco-core:statement"][0]
        for node in of_type(nodes, "Annotation")
        if node["uco-core:tag"] == "not-read"
    ]
    assert len(said) == 3
    assert said[0].endswith("locked.zip: encrypted: a password is needed")


def test_the_authority_is_there(nodes: list[Node]) -> None:
    (authority,) = of_type(nodes, "Authorization")
    assert authority["case-investigation:authorizationType"] == "warrant"
    assert authority["case-investigation:authorizationIdentifier"] == "Gs 1234/26"
    assert authority["uco-core:endTime"]["@value"] == "2026-08-20T23:59:59Z"


def test_names_come_through_as_they_are(nodes: list[Node]) -> None:
    paths = [facet(node, "FileFacet")["uco-observable:filePath"] for node in of_type(nodes, "File")]
    assert all(any(path.endswith(name) for path in paths) for name in NASTY)


def test_what_recognises_a_face_never_gets_out() -> None:
    findings = rich()
    face = {"below_18": 0.2, "template": "c2VjcmV0" * 20, "age": [0.01] * 101}
    views = [
        replace(view, signals={"faces": SignalValue("faces", "2+a", [face])}) for view in findings.leads()
    ]
    assert b"c2VjcmV0" not in written(replace(findings, lead_views=views))


def test_only_an_evaluation_is_marked_as_one() -> None:
    (investigation,) = of_type(graph(evaluation()), "Investigation")
    assert investigation["uco-core:tag"] == "EVALUATION"
    assert b"EVALUATION" not in written(rich())


def test_a_large_case_is_one_document() -> None:
    assert len(of_type(graph(large(50_000)), "File")) == 500


def test_the_same_findings_give_the_same_bytes() -> None:
    assert written(rich()) == written(rich())
