"""Proofs of the log hold under implementations that are not ours, and only for what they say."""

from __future__ import annotations

import base64
import json
from hashlib import sha256

import pytest
from pymerkle import InmemoryTree
from pymerkle.proof import InclusionProof, InvalidProof, verify_inclusion
from sqlalchemy import create_engine

from safelight.errors import IntegrityError, UsageError
from safelight.governance.note import Checkpoint, NoteVerifier
from safelight.governance.proofs import prove_consistency, prove_inclusion
from tests.governance.conftest import Lab, an_event
from tests.governance.rfc6962 import consistent, included


def proof_of(lab: Lab, seq: int) -> dict[str, object]:
    engine = create_engine(f"sqlite:///{lab.database}")
    with engine.connect() as connection:
        found = json.loads(json.dumps(prove_inclusion(connection, seq)))
    engine.dispose()
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize("seq", range(24))
def test_an_inclusion_proof_verifies_with_pymerkle_and_by_the_rfc(written: Lab, seq: int) -> None:
    proof = proof_of(written, seq)
    leaf = sha256(b"\0" + str(proof["body"]).encode()).digest()
    assert leaf.hex() == proof["leaf"]
    path = [bytes.fromhex(one) for one in proof["path"]]  # type: ignore[attr-defined]
    signed = Checkpoint.parse(str(proof["checkpoint"]).encode())
    assert signed.signed_by(NoteVerifier(written.log.vkey))
    assert (signed.size, signed.root.hex()) == (proof["size"], proof["root"])
    assert included(leaf, seq, signed.size, signed.root, path)
    assert not included(leaf, seq + 1, signed.size, signed.root, path)

    peer = InmemoryTree(algorithm="sha256")
    for number in range(24):
        peer.append_entry(b"%d" % number)
    rule = peer.prove_inclusion(seq + 1, 24).rule  # the shape alone: it does not depend on the leaves
    theirs = InclusionProof("sha256", True, 24, seq + 1, rule, [leaf, *path])
    verify_inclusion(leaf, signed.root, theirs, index=seq + 1, size=24)
    with pytest.raises(InvalidProof):
        verify_inclusion(leaf, bytes(32), theirs)


@pytest.mark.parametrize(("first", "second"), [(1, 24), (8, 24), (13, 21), (23, 24), (24, 24), (16, None)])
def test_a_consistency_proof_ties_an_old_checkpoint_to_a_new_one(
    written: Lab, first: int, second: int | None
) -> None:
    engine = create_engine(f"sqlite:///{written.database}")
    with engine.connect() as connection:
        proof = prove_consistency(connection, first, second)
    engine.dispose()
    kept = {one.size: one.root for one in written.beside if one is not None}
    path = [bytes.fromhex(one) for one in proof["path"]]
    assert proof["second"] == (second or 24)
    assert consistent(first, proof["second"], kept[first], kept[proof["second"]], path)
    assert (proof["first_root"], proof["second_root"]) == (kept[first].hex(), kept[proof["second"]].hex())


@pytest.mark.parametrize("seq", [-1, 24])
def test_there_is_no_proof_of_an_event_that_is_not_there(written: Lab, seq: int) -> None:
    with pytest.raises(UsageError, match="no event"):
        proof_of(written, seq)


def test_an_empty_log_proves_nothing(lab: Lab) -> None:
    with pytest.raises(UsageError, match="empty"):
        proof_of(lab, 0)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE log_event SET body = replace(body, 'lab', 'Lab') WHERE seq = 2",
        "DELETE FROM log_event WHERE seq = 3",
        "UPDATE log_event SET body = NULL WHERE seq = 2",
    ],
)
def test_an_altered_log_proves_nothing(lab: Lab, statement: str) -> None:
    for number in range(5):
        lab.append(an_event(number))
    lab.tamper(("PRAGMA writable_schema = ON", ()), (SOFT, ()))
    lab.tamper((statement, ()))
    with pytest.raises(IntegrityError, match="proven"):
        proof_of(lab, 1)


SOFT = "UPDATE sqlite_schema SET sql = replace(sql, 'NOT NULL', '') WHERE name = 'log_event'"


def test_the_signature_line_names_the_key_as_c2sp_says(written: Lab) -> None:
    name, identity, material = written.log.vkey.split("+", 2)
    expected = sha256(name.encode() + b"\n" + base64.b64decode(material)).hexdigest()[:8]
    assert identity == expected
    line = str(proof_of(written, 0)["checkpoint"]).splitlines()[-1]
    assert line.startswith(f"— {name} ")
    assert base64.b64decode(line.split(" ")[2])[:4].hex() == identity
