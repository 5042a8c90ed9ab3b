"""Measure the audit log: appending as it grows, verifying it whole, sealing small records.

    python bench/audit_log.py --events 1000000            # one million, all checkpoints beside the store
    python bench/audit_log.py --events 10000000 --folder /var/tmp   # 10 GB of disk, 15 minutes to make it
    python bench/audit_log.py --events 10000000 --every 10          # 4 minutes to make it
    python bench/audit_log.py --sealing

The log is made in bulk by the same parts that `AuditLog.append` uses (so that ten million take minutes), with
a signed checkpoint for every event beside it unless told otherwise. The peer of verifying is the least that
anyone must do: read every body from SQLite and hash it once, on one core, in the same run. The peer of sealing
is AES-256-GCM alone.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import os
import resource
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from safelight.governance.checkpoints import FILE_NAME, CheckpointFile
from safelight.governance.event import NewEvent, canonical
from safelight.governance.log import AuditLog
from safelight.governance.merkle import Frontier, leaf_hash
from safelight.governance.note import NoteSigner, sign_checkpoint
from safelight.governance.proofs import prove_inclusion
from safelight.governance.verify import verify
from safelight.store.database import Database
from safelight.store.sealing import Sealer
from safelight.store.tables import metadata

ORIGIN = "safelight.bench/W-1"


def an_event(number: int) -> NewEvent:
    """About 450 bytes, as a verb of a case writes it."""
    return NewEvent(
        actor=f"examiner{number % 12}",
        os_account="lab",
        host="station-4",
        proven=True,
        verb=("scan", "leads", "decide", "export")[number % 4],
        case=f"C-{number % 50:010x}",
        authority=f"{number % 50:064x}",
        operation=f"{number // 2:024x}",
        subject=(f"{number:064x}",),
        detail={"files": number % 9973, "leads": number % 17},
        sealed=bytes(60),
    )


def build(database: Database, folder: Path, signer: NoteSigner, events: int, every: int) -> None:
    """Fill the log in bulk, with a checkpoint for every `every`-th event beside it."""
    tree = Frontier()
    raw = sqlite3.connect(database.engine.url.database or "")
    raw.execute("PRAGMA synchronous=OFF")
    with (folder / FILE_NAME).open("wb", buffering=1 << 20) as beside:

        def rows() -> Iterator[tuple[object, ...]]:
            for seq in range(events):
                new = an_event(seq)
                body = canonical(seq, new)
                tree.append(leaf_hash(body))
                if not tree.size % every or tree.size == events:
                    beside.write(sign_checkpoint(signer, tree.size, tree.root()) + b"\n")
                stamp = body[body.index(b'"time":"') + 8 :][:27].decode()
                yield seq, body, stamp, new.actor, new.verb, "done", new.case, new.operation

        raw.executemany("INSERT INTO log_event VALUES (?,?,?,?,?,?,?,?)", rows())
    note = sign_checkpoint(signer, tree.size, tree.root())
    raw.execute("INSERT INTO log_head VALUES (1, ?, ?, ?)", (tree.size, tree.to_bytes(), note))
    raw.commit()
    raw.close()
    database.shrink_wal()


def timed(work: Callable[[], object]) -> tuple[float, object]:
    """Seconds that `work` takes, and what it returns."""
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result


def appending(database: Database, log: AuditLog, folder: Path, first: int, count: int = 200) -> float:
    """The median time of one event: transaction, append, commit, publish; in milliseconds."""
    taken = []
    for number in range(first, first + count):
        start = time.perf_counter()
        with database.transaction() as connection:
            event = log.append(connection, an_event(number))
        log.publish(folder, event)
        taken.append(time.perf_counter() - start)
    return statistics.median(taken) * 1e3


def least(path: Path) -> int:
    """The peer: read every body and hash it, nothing else."""
    raw = sqlite3.connect(path)
    count = 0
    for (body,) in raw.execute("SELECT body FROM log_event ORDER BY seq"):
        hashlib.sha256(b"\0" + body).digest()
        count += 1
    raw.close()
    return count


def log_bench(events: int, every: int, parent: Path | None) -> None:
    """Print what appending and verifying cost at this size."""
    with tempfile.TemporaryDirectory(dir=parent) as name:
        folder = Path(name)
        database = Database(f"sqlite:///{folder / 'safelight.db'}")
        metadata.create_all(database.engine)
        private = Ed25519PrivateKey.generate()
        log = AuditLog(private, ORIGIN)
        empty = appending(database, log, folder, 0)
        with database.transaction() as connection:
            connection.execute(sa.text("DELETE FROM log_event"))
            connection.execute(sa.text("DELETE FROM log_head"))
        (folder / FILE_NAME).unlink()
        seconds, _ = timed(lambda: build(database, folder, NoteSigner(ORIGIN, private), events, every))
        print(f"built {events:,} events in {seconds:.0f} s")
        for path in sorted(folder.iterdir()):
            print(f"  {path.name}: {path.stat().st_size / 1e6:,.0f} MB")
        full = appending(database, AuditLog(private, ORIGIN), folder, events)
        print(f"append: {full:.2f} ms at {events:,} events, {empty:.2f} ms at none: ratio {full / empty:.2f}")
        peer, _ = timed(lambda: least(folder / "safelight.db"))
        engine = sa.create_engine(f"sqlite:///{folder / 'safelight.db'}")
        with engine.connect() as connection:
            beside = CheckpointFile(folder / FILE_NAME)
            before = sum(os.times()[:4])
            seconds, found = timed(lambda: verify(connection, log.vkey, beside))
            used = sum(os.times()[:4]) - before
            assert getattr(found, "ok", False), found
            each = seconds / events * 1e6
            print(
                f"verify: {seconds:.1f} s, {each:.2f} µs an event, {seconds / peer:.2f} × reading and hashing "
                f"every body on one core ({peer:.1f} s)"
            )
            print(f"  CPU time of all processes: {used:.1f} s (what a busy machine cannot falsify)")
            proving, _ = timed(lambda: prove_inclusion(connection, events // 2))
            print(f"prove: {proving:.1f} s")
        database.close()
        middle = events // 2
        raw = sqlite3.connect(folder / "safelight.db")
        raw.execute(
            "UPDATE log_event SET body = replace(body, '\"files\":', '\"Files\":') WHERE seq = ?", (middle,)
        )
        raw.execute("UPDATE log_event SET body = CAST(body AS BLOB) WHERE seq = ?", (middle,))
        raw.commit()
        raw.close()
        with engine.connect() as connection:
            seconds, found = timed(lambda: verify(connection, log.vkey, beside))
        engine.dispose()
        print(
            f"tampered in the middle: first bad {getattr(found, 'first_bad', None)} of {middle} in {seconds:.1f} s"
        )
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    child = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"memory: {own:.0f} MB here, {child:.0f} MB in the largest worker")


def sealing_bench(rounds: int = 100_000) -> None:
    """Print what sealing a record of 200 bytes costs beside AES-256-GCM alone."""
    sealer, plain, gcm = Sealer(os.urandom(32)), os.urandom(200), AESGCM(os.urandom(32))

    def each(work: Callable[[], object]) -> float:
        return min(timed(lambda: [work() for _ in range(rounds)])[0] for _ in range(3)) / rounds * 1e6

    seal = each(lambda: sealer.seal(plain, b"lead:1"))
    sealed = sealer.seal(plain, b"lead:1")
    unseal = each(lambda: sealer.unseal(sealed, b"lead:1"))
    peer = each(lambda: gcm.encrypt(os.urandom(12), plain, b"lead:1"))
    print(
        f"seal {seal:.2f} µs, unseal {unseal:.2f} µs; AES-256-GCM alone {peer:.2f} µs: ratio {seal / peer:.2f}"
    )
    print(f"base64 of it {each(lambda: base64.b64encode(sealed)):.2f} µs")


def main() -> None:
    """Read the options and measure."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument(
        "--folder", type=Path, default=None, help="where the log is made (default: the temporary folder)"
    )
    parser.add_argument(
        "--every", type=int, default=1, help="events a checkpoint beside the store (1: as in use)"
    )
    parser.add_argument("--sealing", action="store_true", help="measure sealing instead")
    options = parser.parse_args()
    if options.sealing:
        sealing_bench()
    else:
        log_bench(options.events, options.every, options.folder)


if __name__ == "__main__":
    main()
