"""The people one searches among: their templates in one block of memory, all of one embedder."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from safelight.errors import UsageError
from safelight.persons.compare.search import Places, Scores, longest_of, top
from safelight.persons.protocol import Floats
from safelight.progress import Progress, silent


@dataclass(frozen=True, slots=True)
class Gallery:
    """People in their order, which decides among equal scores: give them sorted by id.

    250,000 people of 128 dimensions take 128 MB; nothing here copies them. Decrypted templates: keep it no longer than
    a search needs, and never on disk.
    """

    ids: tuple[str, ...]
    people: Floats = field(repr=False)
    """`(n, d) float32`, read-only."""
    version: str
    """Of the embedder (`Embedder.version`)."""
    longest: float = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """ValueError where these are no templates of so many different people."""
        if self.people.ndim != 2 or self.people.dtype != np.float32 or len(self.people) != len(self.ids):
            raise ValueError(f"{len(self.ids)} people, but templates {self.people.shape} {self.people.dtype}")
        if len(set(self.ids)) != len(self.ids):
            raise ValueError("a person stands in the gallery twice")
        object.__setattr__(self, "longest", longest_of(self.people))
        self.people.flags.writeable = False

    def __len__(self) -> int:
        """How many people."""
        return len(self.ids)

    @classmethod
    def of_rows(
        cls, rows: Iterable[tuple[str, str, Floats]], count: int, dimensions: int, version: str
    ) -> Gallery:
        """From rows of id, embedder version and template `(dimensions,) float32`, as they come from the store.

        Args:
            rows: at most `count`; each template is written into its place once.
            count: how many people there are at most.
            dimensions: of the embedder.
            version: of the embedder that is in use.

        Raises:
            UsageError: a template was made by another embedder, or another version of it.
            ValueError: more rows than said, or a template of other dimensions.
        """
        people = np.empty((count, dimensions), np.float32)
        ids: list[str] = []
        for person, made_by, template in rows:
            _same(version, made_by, f"The template of {person}")
            if len(ids) == count:
                raise ValueError(f"more than {count} people")
            if template.shape != (dimensions,):
                raise ValueError(f"the template of {person} is {template.shape}, not ({dimensions},)")
            people[len(ids)] = template
            ids.append(person)
        return cls(tuple(ids), people[: len(ids)], version)

    def search(
        self, probes: Floats, version: str, k: int, progress: Progress = silent
    ) -> tuple[Scores, Places]:
        """The `k` nearest people of each probe `(m, d) float32`; see `top`.

        Raises UsageError where the probes were described by another embedder, ValueError as `top` does.
        """
        _same(self.version, version, "The photograph that is searched with")
        return top(probes, self.people, k, progress, longest=self.longest)


def _same(version: str, other: str, what: str) -> None:
    if version != other:
        raise UsageError(
            f"{what} was described by another model ({other}, the gallery by {version}): the two are never compared.",
            "Enrol the photographs again with the model that is in use.",
        )
