"""Cellebrite reports (`.ufdr`): a ZIP with `report.xml`, which says where each file lay on the phone.

Files get their original path, times, state and what a message states of them; members that the report does not name
follow under their names in the ZIP.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from safelight.errors import EvidenceError
from safelight.evidence.messengers.app import raw_name
from safelight.evidence.phone import ufdr_report
from safelight.evidence.phone.ufdr_report import File
from safelight.evidence.protocol import Kind, Limits, Node, Source
from safelight.evidence.zip_ import ZipReader
from safelight.model import State, Times

_REPORT = b"report.xml"
_TAIL = 1 << 16
_HEAD = 1 << 14
_MOST = 2_000_000


class UfdrReader:
    """A ZIP with a Cellebrite report in it."""

    name = "ufdr"
    order = 45  # before the plain ZIP
    formats = frozenset(("zip",))
    lasting = True
    is_device = True

    def detect(self, head: bytes, source: Source) -> bool:
        """Is there a `report.xml` among its first or last members, or is it named so; and is that Cellebrite's?"""
        if not head.startswith(b"PK\3\4"):
            return False
        may_be = source.name.lower().endswith(".ufdr") or _REPORT in head[:_HEAD]
        if not may_be and _REPORT not in source.read_at(max(0, source.size - _TAIL), _TAIL):
            return False
        for node in ZipReader().walk(source, Limits()):
            if node.name == _REPORT:
                return node.open is not None and _is_cellebrite(node.open())
        return False

    def walk(self, source: Source, limits: Limits) -> Iterator[Node]:
        """Yield the files of the phone, then the other members. Raises EvidenceError."""
        nodes: dict[bytes, Node] = {}
        others: list[Node] = []
        for node in ZipReader().walk(source, limits):
            if len(nodes) + len(others) >= _MOST:
                raise EvidenceError(f"a Cellebrite report of more than {_MOST:,} members")
            if node.kind is Kind.FINDING or node.name in nodes:
                others.append(node)
            else:
                nodes[node.name] = replace(node, address={})
        report = nodes.get(_REPORT)
        claimed: set[bytes] = set()
        if report is not None and report.open is not None and _is_cellebrite(report.open()):
            yield from self._files(report, nodes, claimed)
        for name, node in nodes.items():
            if name not in claimed:
                yield node
        yield from others

    def _files(self, report: Node, nodes: dict[bytes, Node], claimed: set[bytes]) -> Iterator[Node]:
        assert report.open is not None
        notes = ufdr_report.notes(report.open())
        try:
            for number, file in enumerate(ufdr_report.files(report.open()), 1):
                local = raw_name(file.local)
                member = nodes.get(local)
                if member is not None:
                    claimed.add(local)
                yield _node(file, number, member, notes.get(file.id) or notes.get(file.local))
        except EvidenceError as error:
            yield Node(
                b"",
                Kind.FINDING,
                error=f"{error}; members that it does not name come under their names in the ZIP",
            )


def _is_cellebrite(report: Source) -> bool:
    return ufdr_report.NAMESPACE in report.read_at(0, 4096)


def _node(file: File, number: int, member: Node | None, note: str | None) -> Node:
    times = file.times
    if file.state != "deleted" and (state := ufdr_report.said_of(file.state)) is not None:
        note = f"{note}; it {state}" if note else f"it {state}"
    node = Node(
        raw_name(file.path.replace("\\", "/").lstrip("/") or file.local or f"unnamed {number}"),
        Kind.FILE,
        State.DELETED if file.state == "deleted" else State.ALLOCATED,
        file.size if member is None else member.size,
        Times(
            created=times.get("CreationTime"),
            modified=times.get("ModifyTime"),
            accessed=times.get("AccessTime"),
            changed=times.get("ChangeTime"),
        ),
        {"member": number},
        "member",
        digests=file.digests,
        note=note,
    )
    if member is None or member.open is None:
        why = member.error if member is not None else None
        node.error = why or "its content is not in the report"
    else:
        node.open, node.error = partial(_content, member), member.error
    return node


def _content(member: Node) -> Source:
    assert member.open is not None
    return member.open()
