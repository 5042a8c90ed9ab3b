"""Pages: pictures that are written into them come out byte for byte."""

from __future__ import annotations

import base64
import subprocess
import time
from pathlib import Path

from safelight.evidence.documents.html import HtmlReader
from safelight.evidence.protocol import Limits
from safelight.evidence.source import BytesSource
from tests.evidence.opened import look, photo


def written(data: bytes, kind: str = "image/jpeg") -> str:
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"


def test_pictures_of_a_saved_page(tmp_path: Path) -> None:
    first, second = photo(1), photo(2, "PNG")
    page = f"""<!DOCTYPE html><html><head><style>@font-face {{ src: url({written(bytes(900), "font/woff2")}) }}
     div {{ background: url("{written(second, "image/png;charset=utf-8")}") }}</style></head>
     <body><img src='{written(first)}'><img src="{written(b"icon")}"></body></html>"""
    (tmp_path / "page.html").write_text(page)
    assert look(tmp_path / "page.html").content == {"picture 1.png": second, "picture 2.jpg": first}


def test_what_another_program_encodes_in_lines(tmp_path: Path) -> None:
    (tmp_path / "p.jpg").write_bytes(photo())
    lines = subprocess.run(["base64", tmp_path / "p.jpg"], check=True, capture_output=True, text=True).stdout
    (tmp_path / "a.svg").write_text(f'<svg xmlns="x"><image href="data:image/jpeg;base64,{lines}"/></svg>')
    assert look(tmp_path / "a.svg").content == {"picture 1.jpg": photo()}


def test_one_that_goes_on_in_another_way_or_breaks_off_says_so(tmp_path: Path) -> None:
    data = written(photo())
    (tmp_path / "a.html").write_text(f'<html><img src="{data[:1000]}%2B{data[1001:]}"></html>')
    seen = look(tmp_path / "a.html")
    assert "written as numbers" in seen.errors["picture 1.jpg"]
    assert seen.content["picture 1.jpg"] == photo()[: len(seen.content["picture 1.jpg"])]
    (tmp_path / "a.html").write_text(f'<html><img src="{data[:1000]}')
    (content,) = look(tmp_path / "a.html").content.values()
    assert content == photo()[: len(content)]


def test_pages_that_are_made_to_take_long_do_not() -> None:
    begun = time.process_time()
    for piece in (
        b"data:image/png;base64,",
        b"data:image/png;base64," + b"A" * 299 + b"!",
        b"data:" + b"a" * 19 + b"/",
    ):
        assert (
            list(HtmlReader().walk(BytesSource(b"<html>" + piece * (4_000_000 // len(piece))), Limits()))
            == []
        )
    assert time.process_time() - begun < 5
