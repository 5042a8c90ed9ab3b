"""Proofs that others can check: an event is in the log, and the log of today continues the one of then."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import Connection, select

from safelight.errors import FormatError, IntegrityError, UsageError
from safelight.governance.event import Event, parse
from safelight.governance.leaves import leaves, worker_count
from safelight.governance.log import newest_checkpoint
from safelight.governance.merkle import (
    Frontier,
    consistency_ranges,
    inclusion_ranges,
    leaf_hash,
    node_hash,
    range_roots,
)
from safelight.governance.note import Checkpoint, NoteVerifier
from safelight.store.tables import log_event


def prove_inclusion(connection: Connection, seq: int) -> dict[str, Any]:
    """The RFC 6962 inclusion proof of event `seq` in the log as its newest checkpoint has it.

    `{"leaf", "index", "size", "root", "path": [hex, nearest the leaf first], "body", "checkpoint"}`; hashes
    in hex, the leaf is SHA-256(0x00 || body). Reads the whole log (inner nodes are not kept). UsageError
    for an event that is not there, IntegrityError if the log does not give the root that was signed.
    """
    checkpoint = _signed(connection)
    if not 0 <= seq < checkpoint.size:
        raise UsageError(f"There is no event {seq}.", f"The log holds the events 0 to {checkpoint.size - 1}.")
    ranges = inclusion_ranges(seq, checkpoint.size)
    path = range_roots(_hashes(connection, checkpoint.size), ranges)
    body = connection.scalar(select(log_event.c.body).where(log_event.c.seq == seq))
    if not isinstance(body, bytes) or _fold(leaf_hash(body), seq, ranges, path) != checkpoint.root:
        raise _unproven()
    return {
        "leaf": leaf_hash(body).hex(),
        "index": seq,
        "size": checkpoint.size,
        "root": checkpoint.root.hex(),
        "path": [node.hex() for node in path],
        "body": body.decode(errors="replace"),
        "checkpoint": checkpoint.note().decode(errors="replace"),
    }


def prove_consistency(connection: Connection, first: int, second: int | None = None) -> dict[str, Any]:
    """The RFC 6962 proof that the log of `first` events is the beginning of that of `second` (default: now).

    `{"first", "second", "first_root", "second_root", "path": [hex], "checkpoint"}`; the checkpoint is the
    newest one. UsageError for sizes that the log never had.
    """
    checkpoint = _signed(connection)
    second = checkpoint.size if second is None else second
    if not 0 < first <= second <= checkpoint.size:
        raise UsageError(
            f"There is no proof from {first} to {second} events.", f"The log holds {checkpoint.size} events."
        )
    tree, roots = Frontier(), {}

    def passing() -> Iterator[bytes]:
        for leaf in _hashes(connection, second):
            tree.append(leaf)
            if tree.size in (first, second):
                roots[tree.size] = tree.root()
            yield leaf

    one_pass = passing()
    path = range_roots(one_pass, consistency_ranges(first, second))
    deque(one_pass, maxlen=0)  # to the end: the path may need less
    if second == checkpoint.size and roots[second] != checkpoint.root:
        raise _unproven()
    return {
        "first": first,
        "second": second,
        "first_root": roots[first].hex(),
        "second_root": roots[second].hex(),
        "path": [node.hex() for node in path],
        "checkpoint": checkpoint.note().decode(errors="replace"),
    }


def check_inclusion(proof: Mapping[str, Any], vkey: str) -> Event:
    """The event that an inclusion proof proves, with nothing but the public key of the log.

    UsageError for what is no proof, FormatError for a bad key, IntegrityError where it proves nothing.
    """
    try:
        body, index = str(proof["body"]).encode(), int(proof["index"])
        path = [bytes.fromhex(node) for node in proof["path"]]
        checkpoint = Checkpoint.parse(str(proof["checkpoint"]).encode())
        stated = (int(proof["size"]), bytes.fromhex(proof["root"]), bytes.fromhex(proof["leaf"]))
        ranges = inclusion_ranges(index, checkpoint.size) if 0 <= index < checkpoint.size else []
    except (KeyError, TypeError, ValueError, FormatError) as error:
        raise UsageError(
            "This is not an inclusion proof.", "It is what `safelight audit prove` prints."
        ) from error
    if not checkpoint.signed_by(NoteVerifier(vkey)):
        raise IntegrityError("The checkpoint of the proof is not signed by this key.", "Is it the right key?")
    leaf = leaf_hash(body)
    proven = 0 <= index < checkpoint.size and len(ranges) == len(path)
    if not proven or _fold(leaf, index, ranges, path) != checkpoint.root:
        raise IntegrityError(f"The proof does not show that event {index} is in the log as it was signed.")
    event = parse(body)
    if stated != (checkpoint.size, checkpoint.root, leaf) or event.seq != index:
        raise IntegrityError("The proof says of itself what does not follow from its event and checkpoint.")
    return event


def _signed(connection: Connection) -> Checkpoint:
    note = newest_checkpoint(connection)
    if note is None:
        raise UsageError("The audit log is empty.")
    return Checkpoint.parse(note)


def _hashes(connection: Connection, size: int) -> Iterator[bytes]:
    for chunk in leaves(connection, 0, size, worker_count(), check=False):
        yield from chunk.hashes
        if chunk.problem is not None:
            raise _unproven()


def _fold(leaf: bytes, index: int, ranges: list[tuple[int, int]], path: list[bytes]) -> bytes:
    """The root that an inclusion path leads to."""
    for (start, _), node in zip(ranges, path, strict=True):
        leaf = node_hash(node, leaf) if start < index else node_hash(leaf, node)
    return leaf


def _unproven() -> IntegrityError:
    return IntegrityError(
        "The audit log does not give the root that was signed, so nothing can be proven from it.",
        "Run `safelight audit verify`: it names the first bad event.",
    )
