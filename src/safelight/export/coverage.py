"""For how many pictures and videos of a case each signal was computed: counted in the store, nothing unsealed."""

from __future__ import annotations

from collections import Counter, defaultdict

import sqlalchemy as sa

from safelight.evidence.sniff import MEDIA
from safelight.export.protocol import MODEL_MISSING, NOT_LOOKED_AT, Coverage
from safelight.model import Case
from safelight.plugins import load
from safelight.store.tables import item, signal

NOT_ALLOWED = "the order does not allow it"
UNDECODED = "could not be decoded"


def coverage(connection: sa.Connection, case: Case) -> list[Coverage]:
    """Each signal by name, over all items of the case that are media by content, leads or not."""
    media = (item.c.case_id == case.id) & item.c.format.in_(sorted(MEDIA))
    total = connection.scalar(sa.select(sa.func.count()).select_from(item).where(media)) or 0
    undecoded = item.c.error.is_not(None)
    rows = connection.execute(
        sa.select(
            signal.c.name, signal.c.version, undecoded.label("undecoded"), sa.func.count().label("media")
        )
        .select_from(
            item.join(signal, (signal.c.case_id == item.c.case_id) & (signal.c.sha256 == item.c.sha256))
        )
        .where(media)
        .group_by(signal.c.name, signal.c.version, undecoded)
    )
    computed: Counter[str] = Counter()
    missing: dict[str, Counter[str]] = defaultdict(Counter)
    for row in rows:
        if row.undecoded:
            missing[row.name][UNDECODED] += row.media
        elif row.version.endswith("missing"):
            missing[row.name][MODEL_MISSING] += row.media
        else:
            computed[row.name] += row.media
    found = []
    for name, made in sorted(load("signals").items()):
        allowed = made.capability in case.authority.allows
        rest = total - computed[name] - missing[name].total()
        if rest:
            missing[name][NOT_LOOKED_AT if allowed else NOT_ALLOWED] += rest
        found.append(Coverage(name, allowed, computed[name], total, dict(missing[name])))
    return found
