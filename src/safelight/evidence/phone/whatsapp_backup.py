"""WhatsApp's own backups (`msgstore.db.crypt14` and alike): named as locked, with what would open them.

Nothing in their bytes tells them from noise, so that the name has to: `.crypt` and a number.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from safelight.evidence.protocol import Limits, Node, Source
from safelight.evidence.unlock import LockedError

_NAMED = re.compile(r"\.(crypt(?:1|5|6|7|8|9|10|11|12|13|14|15))\Z", re.IGNORECASE)


class WhatsappBackupReader:
    """Recognised by its name alone."""

    name = "whatsapp-backup"
    order = 58
    formats = frozenset((None,))

    def detect(self, head: bytes, source: Source) -> bool:
        """By its name."""
        return source.size > 0 and _NAMED.search(source.name) is not None

    def walk(self, source: Source, limits: Limits) -> Iterator[Node]:
        """Raise LockedError: this version does not open it."""
        found = _NAMED.search(source.name)
        what = f"backup of WhatsApp (its name ends in .{found[1].lower() if found is not None else 'crypt'})"
        opens = "the file `key` of the app, or its 64-digit key; decrypt it first, this version does not"
        raise LockedError(what, limits.keys, opens=opens, tried=0)
        yield  # a generator, as every reader's walk is
