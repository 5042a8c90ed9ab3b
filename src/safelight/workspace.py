"""The front door: `safelight.open(...)` gives a `Workspace`; every verb of CLI, HTTP and Python is a method here.

Each public method passes the gate (`governance/gate.py`), which checks the case's authority and writes the
event; the methods themselves only name what they need and hand over to the folder that does it.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from safelight import logs
from safelight.errors import KeyMissingError, UsageError
from safelight.export import deliver, desk_export
from safelight.export.protocol import ExportOptions
from safelight.export.queue import Queue
from safelight.face_model_verbs import FaceModelVerbs
from safelight.governance import authority as rules
from safelight.governance import cases, inspection, users
from safelight.governance.event import Event
from safelight.governance.gate import HOUSE_KEY, Permit, verb
from safelight.governance.log import AuditLog
from safelight.governance.note import Checkpoint
from safelight.hashsets import library
from safelight.hashsets.scheme import scheme as load_scheme
from safelight.matching.pdqindex.lists import index_list
from safelight.model import Authority, Capability, Case, HashSetKind
from safelight.person_verbs import PERSON, PersonVerbs, page_of_person, person_id, with_candidates
from safelight.pipeline import doctor as checkup
from safelight.progress import Progress, silent
from safelight.report_verbs import ReportVerbs, open_desk
from safelight.retention_verbs import RetentionVerbs
from safelight.review import decisions
from safelight.scan_verbs import ScanVerbs
from safelight.settings import Settings, settings
from safelight.signals.models import registry as models
from safelight.store import exhibits
from safelight.store.blobs import BlobStore
from safelight.store.database import Database
from safelight.store.keys import KeyRing, WorkspaceKey
from safelight.store.lock import locked
from safelight.store.tables import info
from safelight.store.whole import no_export_into


class Workspace(ScanVerbs, ReportVerbs, PersonVerbs, FaceModelVerbs, RetentionVerbs):
    """One folder with a store, encrypted blobs and hash sets, and the acting user. Close it when done."""

    def __init__(
        self,
        folder: Path,
        config: Settings,
        *,
        actor: str | None = None,
        proof: Callable[[], users.Proof] | None = None,
        evaluation: bool = False,
        make: bool = True,
    ) -> None:
        """Open the workspace, or make it where there is none. Use `open_workspace`."""
        if not make and not inspection.is_workspace(folder):
            raise UsageError(
                f"There is no workspace at {folder}.",
                "Give its folder with --workspace, or make one with `safelight init`.",
            )
        self.folder = folder
        self.config = config
        self.actor = actor or config.user or users.os_account()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with locked(folder / "opening.lock", wait=True, who=self.actor):
            self.database = Database(sa.URL.create("sqlite", database=str(folder / inspection.STORE)))
            self.database.migrate()
            with self.database.transaction() as connection:
                known = _info(connection)
                new = "id" not in known
                if new:
                    known = {"id": f"W-{secrets.token_hex(6)}", "evaluation": str(int(evaluation))}
                    connection.execute(
                        info.insert(), [{"name": name, "value": value} for name, value in known.items()]
                    )
            self.id = known["id"]
            self.evaluation = known["evaluation"] == "1"
            if evaluation and not self.evaluation:
                raise UsageError(
                    f"{folder} is a workspace for real cases already.",
                    "Choose another folder for --evaluation.",
                )
            with self.database.transaction() as connection:
                registered = users.find(connection, self.actor)
            workspace_key = self._workspace_key()
            self.keys = KeyRing(workspace_key)
            self.log = AuditLog(workspace_key.signer, f"safelight.audit/{self.id}")
            self.blobs = BlobStore(folder / "blobs")
            if not inspection.begun(self.database):
                inspection.write_public_key(folder, self.log.vkey)
                with self.database.transaction() as connection:
                    self._make_house_key(connection)
                self.identity = users.identify(self.actor, None, self.evaluation, None)
                self.init()
                if self.evaluation and not self.identity.problem:
                    self.open_case(cases.STANDING, cases.standing_authority(datetime.now(UTC).date()))
            inspection.check_kind(self.database, self.id, self.evaluation)
            inspection.check_not_cut(self.database, folder)
            inspection.settle(folder)
            with self.database.transaction() as connection:
                self.log.catch_up(connection, folder)
        # A person may take their time to type a passphrase: nothing is locked meanwhile.
        self.identity = users.identify(self.actor, registered, self.evaluation, proof)

    def close(self) -> None:
        """Close the store; safe to call twice."""
        self.database.close()

    def __enter__(self) -> Workspace:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # What the gate asks of a workspace.

    def publish(self, event: Event) -> None:
        """Write the checkpoint of a committed event beside the store."""
        self.log.publish(self.folder, event)

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Hold the workspace's lock for long work. Raises BusyError naming who holds it."""
        with locked(self.folder / "working.lock", wait=False, who=self.actor):
            yield

    # Verbs bound to the workspace only.

    @verb("init", case=False)
    def init(self, permit: Permit) -> dict[str, Any]:
        """Record that this workspace exists; called once, when it is made."""
        permit.detail = {"evaluation": self.evaluation}
        permit.subjects.append(self.id)
        return {"workspace": str(self.folder), "id": self.id, "evaluation": self.evaluation}

    @verb("case open", case=False)
    def open_case(self, permit: Permit, name: str, authority: Authority, *, scheme: str = "us") -> Case:
        """Open a case on an authority. Raises RefusedError where approver, ground or offence is missing."""
        rules.check_new(authority, self.actor, datetime.now(UTC).date())
        load_scheme(scheme)
        with permit.transaction() as connection:
            permit.case = cases.add(connection, self.keys, name, authority, scheme, self.actor)
        permit.subjects.append(permit.case.id)
        permit.personal = {
            "name": name,
            "reference": authority.reference,
            "approved_by": authority.approved_by,
        }
        permit.detail = {"basis": authority.basis, "allows": sorted(authority.allows)}
        return permit.case

    @verb("case list", case=False)
    def list_cases(self, permit: Permit) -> list[Case]:
        """All cases, oldest first."""
        with permit.transaction() as connection:
            return cases.everything(connection, self.keys)

    @verb("hashset import", case=False, long=True)
    def import_hashset(
        self,
        permit: Permit,
        file: Path,
        *,
        name: str,
        kind: HashSetKind,
        format: str = "auto",
        columns: dict[str, str] | None = None,
        scheme: str | None = None,
        progress: Progress = silent,
    ) -> library.Imported:
        """Import a list of known media; a broken file leaves the old set of that name as it was."""
        if scheme is not None:
            load_scheme(scheme)
        made = library.import_list(
            permit,
            self.folder / "hashsets",
            file,
            name,
            kind,
            format,
            columns or {},
            scheme,
            progress,
            index_list,
        )
        permit.detail = {"name": name, "kind": kind, "records": made.records, "added": made.added}
        permit.detail["cited_by"] = made.cited_by
        permit.subjects.append(made.source_sha256)
        return made

    @verb("hashset list", case=False)
    def list_hashsets(self, permit: Permit) -> list[Any]:
        """The hash sets of the workspace, by name."""
        with permit.transaction() as connection:
            return library.everything(connection)

    @verb("hashset export", case=False)
    def export_hashset(self, permit: Permit, name: str, out: Path, *, format: str = "csv") -> int:
        """Write a hash set as a file; returns the number of records."""
        with permit.transaction() as connection:
            no_export_into(out, (self.folder, self.config.key_folder))
            count = library.export_list(permit, connection, self.folder / "hashsets", name, out, format)
        permit.detail = {"name": name, "format": format, "records": count}
        return count

    @verb("hashset remove", case=False)
    def remove_hashset(self, permit: Permit, name: str) -> int:
        """Remove a hash set; returns how many cases have findings with it, which go at their next scan."""
        with permit.transaction() as connection:
            cited_by = library.remove(connection, self.folder / "hashsets", name)
        permit.detail = {"name": name, "cited_by": cited_by}
        return cited_by

    @verb("user add", case=False)
    def add_user(self, permit: Permit, name: str, proof: users.Proof) -> users.User:
        """Register a person who will act under a name that is not the login, by passphrase or key."""
        with permit.transaction() as connection:
            made = users.add(connection, name, proof, self.actor)
        permit.detail = {"name": name, "by": made.by}
        permit.subjects.append(made.fingerprint)
        return made

    @verb("user list", case=False)
    def list_users(self, permit: Permit) -> list[users.User]:
        """The people who may act under a name that is not the login."""
        with permit.transaction() as connection:
            return users.everyone(connection)

    @verb("user remove", case=False)
    def remove_user(self, permit: Permit, name: str) -> None:
        """Take a person off; what they did stays in the log under their name."""
        with permit.transaction() as connection:
            permit.subjects.append(users.remove(connection, name))
        permit.detail = {"name": name}

    @verb("doctor", case=False)
    def doctor(self, permit: Permit) -> list[dict[str, Any]]:
        """What is installed, what is missing, and how to get it."""
        found = checkup.check(self.folder)
        permit.detail = {"checked": len(found), "missing": sum(not one["ok"] for one in found)}
        return found

    @verb("models list", case=False)
    def list_models(self, permit: Permit) -> list[models.ModelState]:
        """Every model with its card: installed, as pinned, evaluated here by whom?"""
        from safelight.persons.desk import trials

        with permit.transaction() as connection:
            return trials.with_trials(connection, self.keys, models.list_models())

    @verb("models verify", case=False)
    def verify_models(self, permit: Permit) -> list[models.ModelState]:
        """Read every model file and compare its digest with the card's."""
        found = models.verify_models()
        permit.detail = {"models": len(found), "usable": sum(state.usable for state in found)}
        return found

    @verb("models add", case=False)
    def add_models(self, permit: Permit, path: Path) -> list[str]:
        """Take model files whose digest a card pins from a folder; returns their names."""
        added = [card.name for card in models.add_model(path)]
        permit.detail = {"models": added}
        return added

    @verb("audit show", case=False)
    def audit_show(
        self, permit: Permit, *, case_id: str | None = None, top: int | None = None
    ) -> list[dict[str, Any]]:
        """The events of the log, newest last; of one case, or the last `top` ones."""
        with permit.transaction() as connection:
            return inspection.show(connection, case_id, top)

    @verb("audit verify", case=False, reads=True)
    def audit_verify(
        self, permit: Permit, *, kept: Sequence[Checkpoint] = (), key: str | None = None
    ) -> dict[str, Any]:
        """Recompute the whole log, and hold it against checkpoints that others kept and the noted public key.

        Raises IntegrityError naming the first bad event.
        """
        found = inspection.verify_folder(self.folder, kept=kept, key=key, live=True)
        permit.detail = {"ok": found["ok"], "events": found["events"], "kept": len(kept)}
        return found

    @verb("audit checkpoint", case=False)
    def audit_checkpoint(self, permit: Permit) -> str:
        """The signed note over the log before this event, to be kept by a second party."""
        with permit.transaction() as connection:
            return inspection.checkpoint(connection)

    @verb("audit prove", case=False)
    def audit_prove(self, permit: Permit, event: int) -> dict[str, Any]:
        """Inclusion proof (RFC 6962) of one event in the log as it stood before this one."""
        with permit.transaction() as connection:
            return inspection.prove(connection, event)

    # Verbs bound to a case.

    @verb("case show")
    def show_case(self, permit: Permit, *, case: str | None = None) -> dict[str, Any]:
        """The case, its authority and the counts of everything found in it; of a closed case, too."""
        with permit.transaction() as connection:
            return deliver.summary(self, connection, permit.the_case)

    @verb("case close")
    def close_case(self, permit: Permit, *, case: str | None = None) -> Case:
        """Close the case: nothing runs in it any more; its findings and its log stay."""
        with permit.transaction() as connection:
            cases.close(connection, self.keys, permit.the_case)
        return permit.the_case

    @verb("leads")
    def leads(
        self,
        permit: Permit,
        *,
        top: int | None = None,
        kind: str | None = None,
        undecided: bool = False,
        lead: str | None = None,
        case: str | None = None,
    ) -> Queue:
        """The queue, best first, with reasons, matches and every place; or one `lead`, with all that is known.

        It stands while a scan runs, too; `unfinished` then says what of the exhibits was not read by now.

        Reports stand among the media by priority where the case allows `report-triage`, candidates of the
        missing-children desk where it allows `face-search`; `kind` gives one of the three.
        """
        with permit.transaction() as connection:
            found = []
            if kind != PERSON:
                found = desk_export.leads(
                    self.keys, lambda: open_desk(self, permit), permit, connection, top, kind, undecided, lead
                )
            if lead is None and kind in (None, PERSON):
                found = with_candidates(self, permit, connection, found, kind, top, undecided)
            queue = Queue(found)
            queue.unfinished = exhibits.unfinished(connection, permit.sealer(connection), permit.the_case.id)
        permit.detail = {"shown": len(found)}
        permit.subjects += [one["id"] for one in found]
        return queue

    @verb("decide")
    def decide(
        self,
        permit: Permit,
        lead: str,
        label: str,
        *,
        stack: bool = False,
        note: str | None = None,
        case: str | None = None,
    ) -> list[decisions.Decided]:
        """Record what the acting user concluded about a lead, or about its whole stack.

        Each decision says where its lead lies, and which lists put it into another category.
        """
        with permit.transaction() as connection:
            made = decisions.decide(
                connection,
                permit.sealer(connection),
                permit.the_case,
                lead,
                label,
                self.actor,
                whole_stack=stack,
                note=note,
            )
        permit.detail = {
            "label": label,
            "leads": len(made),
            "against_lists": sum(bool(one.against) for one in made),
        }
        permit.subjects += [one.lead for one in made]
        permit.personal = {"note": note} if note else {}
        return made

    @verb("export", needs=Capability.EXPORT, reads=True, resolves={"person": person_id})
    def export(
        self,
        permit: Permit,
        format: str,
        out: Path,
        *,
        options: ExportOptions | None = None,
        report: str | None = None,
        cluster: str | None = None,
        desk: bool = False,
        people: int | None = None,
        minutes: float | None = None,
        person: str | None = None,
        case: str | None = None,
    ) -> dict[str, Any]:
        """Write the case's findings in a format, whole or not at all; returns where, how much, its digest.

        With `report`, `cluster` or `desk` it is that page of the report desk, or as CSV the desk's queue, which also
        needs `report-triage`; the desk's state tells with `people` and `minutes` a report what will be seen by when.
        With `person` it is the page of that entry, with photographs, which also needs `face-search`.
        """
        asked = desk_export.Asked(report, cluster, desk, people, minutes, person)
        exporter = desk_export.exporter(lambda: open_desk(self, permit), permit, format, asked)
        with permit.snapshot() as connection:
            if person is not None:
                exporter = page_of_person(self, permit, connection, person)
            findings = deliver.CaseFindings(self, connection, permit.the_case)
            kept = (self.folder, self.config.key_folder)
            written = deliver.write(findings, exporter, out, options or ExportOptions(), kept)
        permit.detail = {"format": format, "records": written["records"], "sha256": written["sha256"]}
        permit.personal = {"file": str(written["file"])}
        return written

    def _make_house_key(self, connection: sa.Connection) -> None:
        try:
            self.keys.sealer(connection, HOUSE_KEY)  # made by an opening that was cut off
        except KeyMissingError:
            self.keys.create(connection, HOUSE_KEY)

    def _workspace_key(self) -> WorkspaceKey:
        folder = self.config.key_folder.absolute()
        if folder.resolve().is_relative_to(self.folder.resolve()):
            raise UsageError(
                f"The key folder {folder} lies in the workspace.", "Set SAFELIGHT_KEY_FOLDER elsewhere."
            )
        passphrase = self.config.passphrase()
        try:
            return WorkspaceKey.load(folder, self.id, passphrase)
        except KeyMissingError:
            if inspection.begun(self.database):
                raise
            return WorkspaceKey.create(folder, self.id, passphrase)


def open_workspace(
    folder: str | os.PathLike[str] | None = None,
    *,
    actor: str | None = None,
    proof: Callable[[], users.Proof] | None = None,
    evaluation: bool = False,
    make: bool = True,
    config: Settings | None = None,
) -> Workspace:
    """Open the workspace in `folder` (default: the setting), making it where there is none.

    With `make` false, a folder that is no workspace stays as it is, and UsageError says so.

    `proof` is asked only where `actor` is a registered user and not the login; without it the settings'
    files are taken.
    """
    config = config or settings()
    logs.configure(config.log_level, config.log_format == "json")
    return Workspace(
        Path(folder) if folder is not None else config.workspace,
        config,
        actor=actor,
        proof=proof or (lambda: users.Proof(config.user_passphrase(), config.user_key)),
        evaluation=evaluation,
        make=make,
    )


def _info(connection: sa.Connection) -> dict[str, str]:
    return {row.name: row.value for row in connection.execute(sa.select(info))}


__all__ = ["Workspace", "open_workspace"]
