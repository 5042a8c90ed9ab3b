"""Draw progress on a terminal: files, bytes, rate, time left, unreadable; silent where nobody looks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

from safelight.cli.common import colour, state
from safelight.progress import Progress, Progressed, silent


@contextmanager
def drawn() -> Iterator[Progress]:
    """A progress callback that draws one line on standard error while the block runs."""
    if not colour() or state.json:
        yield silent
        return
    from rich.console import Console
    from rich.live import Live
    from rich.text import Text

    begun: dict[str, float] = {}
    with Live(Text("starting …"), console=Console(stderr=True), refresh_per_second=5, transient=True) as live:

        def draw(at: Progressed) -> None:
            seconds = monotonic() - begun.setdefault(at.stage, monotonic())
            live.update(Text(_line(at, seconds)))

        yield draw


def _line(at: Progressed, seconds: float) -> str:
    parts = [at.stage]
    if at.done:
        of = f" of {at.total:,}" if at.total else ""
        parts.append(f"{at.done:,}{of} ({at.done / seconds:,.0f}/s)" if seconds > 1 else f"{at.done:,}{of}")
    if at.bytes:
        rate = f" ({_size(at.bytes / seconds)}/s)" if seconds > 1 else ""
        parts.append(f"{_size(at.bytes)}{rate}")
    share = at.bytes / at.total_bytes if at.total_bytes else at.done / at.total if at.total else 0
    if share > 0.01 and seconds > 2:
        left = seconds * (1 - share) / share
        parts.append(f"{left / 60:.0f} min left" if left > 90 else f"{left:.0f} s left")
    if at.unreadable:
        parts.append(f"{at.unreadable:,} unreadable")
    return "  ·  ".join(parts)


def _size(count: float) -> str:
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1_000:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1_000
    return f"{count:.1f} TB"
