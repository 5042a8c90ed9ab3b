"""What tables of registers and hotlines state alike: the order of dates, names of months, the texts of a mapping."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import StrEnum

from safelight.errors import UsageError


class Order(StrEnum):
    """Which comes first in a date of three numbers whose year is the last of them."""

    DAY_FIRST = "day-first"
    MONTH_FIRST = "month-first"


def says(first: int, second: int, mark: str) -> Order | None:
    """What two numbers before a year, and the mark between them, say themselves of their order."""
    if first > 12 or mark == ".":
        return Order.DAY_FIRST
    return Order.MONTH_FIRST if second > 12 else None


def months(languages: tuple[str, ...], spelt: Callable[[str], str]) -> dict[str, int]:
    """Names of months in some languages (CLDR), as `spelt`; one that means two months in two of them is left out."""
    from babel import Locale

    found: dict[str, set[int]] = {}
    for language in languages:
        named = Locale.parse(language).months
        for form in ("format", "stand-alone"):
            for width in ("wide", "abbreviated"):
                for number, name in named[form][width].items():
                    found.setdefault(spelt(name).strip("."), set()).add(number)
    return {name: numbers.pop() for name, numbers in found.items() if len(numbers) == 1}


def order_of(said: object) -> Order | None:
    """The order that a mapping gives its dates. Raises UsageError where it is none."""
    if said is None:
        return None
    try:
        return Order(str(said))
    except ValueError:
        raise UsageError(f"'{said}' is no order of dates.", f"Use one of: {', '.join(Order)}.") from None


def texts(name: str, said: object) -> Iterator[str]:
    """The texts, one or several, that a mapping gives to a field. Raises UsageError where one is none."""
    for one in said if isinstance(said, list) else [said]:
        if not isinstance(one, str) or not one.strip():
            raise UsageError(
                f"What the mapping gives to '{name}' is no text.",
                f'Write {name} = "…" or {name} = ["…", "…"].',
            )
        yield one
