"""A page of the report taken apart: elements, ids, text."""

from __future__ import annotations

import io
import re
from html.parser import HTMLParser

from safelight.export.html import HtmlExporter
from safelight.export.protocol import ExportOptions, Findings

VOID = {"meta", "wbr", "br", "img", "input", "hr", "link"}


class Page(HTMLParser):
    """The elements, attributes and text of a page; raises where tags do not nest."""

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.ids: list[str] = []
        self.feed(source)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self.ids += [str(value) for name, value in attrs if name == "id"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag
        if tag in ("td", "th"):
            self.text.append(" ")

    def handle_data(self, data: str) -> None:
        if not {"style", "script"} & set(self.open):
            self.text.append(data)

    def said(self) -> str:
        return re.sub(r"\s+", " ", "".join(self.text))


def written(findings: Findings, options: ExportOptions | None = None) -> str:
    out = io.BytesIO()
    HtmlExporter().write(findings, out, options or ExportOptions())
    return out.getvalue().decode("utf-8", "strict")


def section(page: Page, number: int) -> str:
    """What one numbered section says."""
    said = page.said()
    heads = {
        1: "1. Summary", 2: "2. Legal ground", 3: "3. What was examined", 4: "4. Overview in figures",
        5: "5. Leads in detail", 6: "6. Table of leads", 7: "7. Lists that disagree", 8: "8. What could not be read",
        9: "9. What was not examined", 10: "10. What was not computed", 11: "11. Methods and their limits",
        12: "12. Record of actions", 13: "13. Terms", 14: "End of the report",
    }  # fmt: skip
    return said[said.index(heads[number]) : said.index(heads[number + 1])]
