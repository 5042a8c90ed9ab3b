"""Pages of the missing-children desk: pages like those of the report desk, with photographs and words of their own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from safelight.export import desk_phrases, person_phrases
from safelight.export.desk_page import DeskPage


class PersonPage(DeskPage):
    """One page, made of a template in `templates/person/` and what it shows. No script; nothing lies elsewhere."""

    folder = "person"
    styles: ClassVar[tuple[str, ...]] = ("report.css", "desk.css", "person.css")
    filters: ClassVar[Mapping[str, Any]] = {**desk_phrases.FILTERS, **person_phrases.FILTERS}
