"""Which media a scan still has to look at: by the signals that they have, and by what the lists say of them."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from safelight.evidence.sniff import MEDIA, is_media
from safelight.matching.match import Matcher
from safelight.model import Digests, HashSetKind
from safelight.pipeline import looking
from safelight.pipeline.matched import exact
from safelight.store.tables import item, signal

_GOOD = {HashSetKind.KNOWN_GOOD}


class Wanted:
    """The looks of one run over a case; what is `taken` is under way, and not wanted a second time."""

    def __init__(self, case_id: str, matcher: Matcher, media_bytes: int) -> None:
        """Media of more than `media_bytes` are not looked at; nothing is wanted before `prepare`."""
        self.versions: dict[str, str] = {}
        """Of each signal that is wanted."""
        self.missing = False
        """Did an earlier run leave media of the case without some signal?"""
        self._case_id, self._matcher, self._media_bytes = case_id, matcher, media_bytes
        self._looked: dict[bytes, set[str]] = {}

    def prepare(self, connection: sa.Connection, names: Sequence[str]) -> None:
        """Learn which items have which signals already, in the versions of now."""
        self.versions = looking.versions(names)
        rows = connection.execute(
            sa.select(item.c.sha256, signal.c.name, signal.c.version)
            .outerjoin(signal, (signal.c.case_id == item.c.case_id) & (signal.c.sha256 == item.c.sha256))
            .where(item.c.case_id == self._case_id)
        )
        for row in rows:
            have = self._looked.setdefault(row.sha256, set())
            if row.name is not None and self.versions.get(row.name) == row.version:
                have.add(row.name)
        lacking = [sha256 for sha256, have in self._looked.items() if have < self.versions.keys()]
        self.missing = any(self._is_for_looking(connection, sha256) for sha256 in lacking)

    def _is_for_looking(self, connection: sa.Connection, sha256: bytes) -> bool:
        """Is the item a medium that is looked at: not known good, not too large?"""
        of_item = (item.c.case_id == self._case_id) & (item.c.sha256 == sha256)
        row = connection.execute(
            sa.select(item.c.md5, item.c.sha1, item.c.size, item.c.format).where(of_item)
        ).one()
        if not is_media(row.format) or row.size > self._media_bytes:
            return False
        return self._kinds(Digests(row.md5, row.sha1, sha256)) != _GOOD

    def _kinds(self, digests: Digests) -> set[HashSetKind]:
        """What the lists say of exactly this content."""
        return {one.kind for one in exact(self._matcher, [digests])[0]} if self._matcher else set()

    def lacks(self, sha256: bytes) -> bool:
        """Does the item lack a signal that is wanted, and is its look not under way?"""
        have = self._looked.get(sha256)
        return have is None or not have >= self.versions.keys()

    def taken(self, digests: Digests) -> set[HashSetKind]:
        """Take an item as looked at from now on; returns what the lists say of it."""
        kinds = self._kinds(digests)
        self._looked[digests.sha256] = set(self.versions)
        return kinds

    def not_looked_at(self, connection: sa.Connection) -> set[bytes]:
        """Media of the case that wait for their look: not known good, not too large, without any signal."""
        seen = sa.select(signal.c.sha256).where(signal.c.case_id == self._case_id)
        rows = connection.execute(
            sa.select(item.c.md5, item.c.sha1, item.c.sha256).where(
                item.c.case_id == self._case_id,
                item.c.format.in_(sorted(MEDIA)),
                item.c.size <= self._media_bytes,
                item.c.sha256.not_in(seen),
            )
        )
        asked = [Digests(row.md5, row.sha1, row.sha256) for row in rows]
        said = exact(self._matcher, asked) if self._matcher else [[] for _ in asked]
        return {
            one.sha256 for one, found in zip(asked, said, strict=True) if {at.kind for at in found} != _GOOD
        }
