"""What partition tables of all kinds yield: a layer for each partition, and what is carved between them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from safelight.evidence.protocol import Kind, Limits, Node, Source, free_space
from safelight.evidence.volumes.lvm_neighbours import opening


def partition_nodes(
    source: Source,
    partitions: list[tuple[int, int, int]],
    problems: list[str],
    limits: Limits,
    others: list[tuple[int, int]] | None = None,
) -> Iterator[Node]:
    """Yield a layer for each (number, offset, length in bytes), then what lies between them.

    `others` are (offset, length) in bytes of what is no partition and is read otherwise.
    """
    for problem in problems:
        yield Node(b"", Kind.FINDING, error=problem)
    covered = list(others or ())
    inside = [(n, at, min(length, source.size - at)) for n, at, length in partitions if 0 < at < source.size]
    contents = dict(zip([n for n, _, _ in inside], opening(source, inside), strict=True))
    for number, offset, length in partitions:
        name = f"p{number}".encode()
        address = {"offset": offset, "partition": number}
        held = min(length, source.size - offset)
        if held <= 0 or offset == 0:
            where = "outside the medium" if offset else "at the table itself"
            text = f"partition {number} begins {where} (byte {offset:,})"
            yield Node(b"", Kind.FINDING, error=text, address=address)
            continue
        error = None
        if held < length:
            error = f"partition {number} claims {length:,} bytes, the medium holds {held:,} of them"
        covered.append((offset, held))
        content = contents[number]
        yield Node(name, Kind.LAYER, size=held, address=address, layer="partition", open=content, error=error)
    if limits.carve:
        from safelight.evidence.allocation import complement
        from safelight.evidence.carve import carve

        yield free_space(partial(carve, source, list(complement(covered, source.size))))
