"""JSON values under a case's key: what the columns called `sealed` hold."""

from __future__ import annotations

from typing import Any

import orjson

from safelight.errors import IntegrityError
from safelight.store.keys import Sealer


def dumps(value: Any) -> bytes:
    r"""JSON of a value; what is no Unicode in its texts (a name of another encoding) becomes `\xNN`."""
    try:
        return orjson.dumps(value)
    except TypeError:
        return orjson.dumps(_sayable(value))


def _sayable(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    if isinstance(value, list | tuple):
        return [_sayable(one) for one in value]
    if isinstance(value, dict):
        return {_sayable(key): _sayable(one) for key, one in value.items()}
    return value


def seal(sealer: Sealer, value: Any, context: str) -> bytes:
    """Encrypt a JSON-able value; `context` binds it to its table and row."""
    return sealer.seal(dumps(value), context.encode())


def unseal(sealer: Sealer, sealed: bytes, context: str) -> Any:
    """Decrypt what `seal` made. Raises IntegrityError when it was altered or moved."""
    return orjson.loads(sealer.unseal(sealed, context.encode()))


def decision_context(decision_id: str) -> str:
    """What a sealed decision is bound to."""
    return f"decision:{decision_id}"


def sealed_decision(sealer: Sealer, row: Any) -> dict[str, Any]:
    """The sealed part of a decision. Raises IntegrityError where the columns beside it say something else."""
    stated: dict[str, Any] = unseal(sealer, row.sealed, decision_context(row.id))
    if stated.get("said") != [row.lead_id, row.label, row.decided_by, row.decided_at]:
        raise IntegrityError(
            f"The store says of decision {row.id} something else than was decided: it was altered.",
            "Restore the store from a backup; `safelight audit show` says who decided what.",
        )
    return stated
