"""JSON values under a case's key: what the columns called `sealed` hold."""

from __future__ import annotations

from typing import Any

import orjson

from safelight.store.keys import Sealer


def seal(sealer: Sealer, value: Any, context: str) -> bytes:
    """Encrypt a JSON-able value; `context` binds it to its table and row."""
    return sealer.seal(orjson.dumps(value), context.encode())


def unseal(sealer: Sealer, sealed: bytes, context: str) -> Any:
    """Decrypt what `seal` made. Raises IntegrityError when it was altered or moved."""
    return orjson.loads(sealer.unseal(sealed, context.encode()))
