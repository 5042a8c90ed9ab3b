"""Documents that LibreOffice writes: one run of it makes all samples of a session."""

from __future__ import annotations

import base64
import os
import shutil
import subprocess
from functools import cache
from pathlib import Path

from tests.evidence.images import folder
from tests.evidence.opened import photo

PYTHON = "/usr/bin/python3"
PICTURES = {"jpeg": photo(1, "JPEG"), "png": photo(2, "PNG")}
_NS = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{where}:1.0"'
    for name, where in (
        ("office", "office"), ("text", "text"), ("draw", "drawing"), ("svg", "svg-compatible"), ("table", "table"),
    )
)  # fmt: skip
_SCRIPT = """
import sys, time, uno, subprocess, os
from com.sun.star.beans import NamedValue, PropertyValue

def named(kind, name, value):
    one = kind()
    one.Name, one.Value = name, value
    return one

folder, profile = sys.argv[1:3]
pipe = "safelight%d" % os.getpid()
office = subprocess.Popen(
    ["soffice", "-env:UserInstallation=file://" + profile, "--headless", "--norestore", "--nologo",
     "--accept=pipe,name=%s;urp;" % pipe], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
resolver = uno.getComponentContext().ServiceManager.createInstance("com.sun.star.bridge.UnoUrlResolver")
for _ in range(300):
    try:
        context = resolver.resolve("uno:pipe,name=%s;urp;StarOffice.ComponentContext" % pipe)
        break
    except Exception:
        time.sleep(0.1)
desktop = context.ServiceManager.createInstanceWithContext("com.sun.star.frame.Desktop", context)
for line in sys.stdin.read().splitlines():
    source, target, kind, password = line.split("\\t")
    document = desktop.loadComponentFromURL("file://" + folder + "/" + source, "_blank", 0,
                                            (named(PropertyValue, "Hidden", True),))
    options = [named(PropertyValue, "FilterName", kind)]
    if password and kind.endswith("XML"):
        pair = (named(NamedValue, "CryptoType", "Standard"), named(NamedValue, "OOXPassword", password))
        options.append(named(PropertyValue, "EncryptionData", uno.Any("[]com.sun.star.beans.NamedValue", pair)))
    elif password:
        options.append(named(PropertyValue, "Password", password))
    document.storeToURL("file://" + folder + "/" + target, tuple(options))
    document.close(True)
try:
    desktop.terminate()
except Exception:
    pass
office.wait(30)
"""
_JOBS = (
    ("text", "plain.doc", "MS Word 97", ""),
    ("spreadsheet", "plain.xls", "MS Excel 97", ""),
    ("presentation", "plain.ppt", "MS PowerPoint 97", ""),
    ("text", "plain.rtf", "Rich Text Format", ""),
    ("text", "plain.docx", "MS Word 2007 XML", ""),
    ("text", "plain.odt", "writer8", ""),
    ("text", "plain.pdf", "writer_pdf_Export", ""),
    ("presentation", "plain.emf", "impress_emf_Export", ""),
    ("presentation", "plain.wmf", "impress_wmf_Export", ""),
    ("text", "locked.doc", "MS Word 97", "secret"),
    ("spreadsheet", "locked.xls", "MS Excel 97", "secret"),
    ("text", "locked.docx", "MS Word 2007 XML", "secret"),
    ("text", "locked.odt", "writer8", "secret"),
)


def is_there() -> bool:
    """Is LibreOffice installed, and can it be scripted?"""
    if shutil.which("soffice") is None or not Path(PYTHON).exists():
        return False
    return subprocess.run([PYTHON, "-c", "import uno"], capture_output=True).returncode == 0


def _frame(name: str, anchored: str) -> str:
    data = base64.b64encode(PICTURES[name]).decode()
    place = f'draw:name="{name}" {anchored} svg:x="1cm" svg:y="1cm" svg:width="4cm" svg:height="3cm"'
    return f"<draw:frame {place}><draw:image><office:binary-data>{data}</office:binary-data></draw:image></draw:frame>"


@cache
def samples() -> Path:
    """The folder with all of them."""
    made = folder() / "office"
    made.mkdir()
    inline = "".join(_frame(name, 'text:anchor-type="as-char"') for name in PICTURES)
    drawn = "".join(_frame(name, "") for name in PICTURES)
    bodies = {
        "text": f"<office:text><text:p>Holiday {inline}</text:p></office:text>",
        "spreadsheet": f'<office:spreadsheet><table:table table:name="A"><table:shapes>{drawn}</table:shapes>'
        "<table:table-row><table:table-cell/></table:table-row></table:table></office:spreadsheet>",
        "presentation": f'<office:presentation><draw:page draw:name="p">{drawn}</draw:page></office:presentation>',
    }
    for kind, body in bodies.items():
        mime = f'office:mimetype="application/vnd.oasis.opendocument.{kind}" office:version="1.2"'
        text = f'<?xml version="1.0"?><office:document {_NS} {mime}><office:body>{body}</office:body></office:document>'
        (made / f"{kind}.xml").write_text(text)
    jobs = "\n".join("\t".join((f"{source}.xml", *rest)) for source, *rest in _JOBS)
    command = [PYTHON, "-c", _SCRIPT, str(made), str(made / "profile")]
    environment = {**os.environ, "HOME": str(made)}
    environment.pop("PYTHONPATH", None)
    subprocess.run(
        command, input=jobs.encode(), check=True, capture_output=True, timeout=180, env=environment
    )
    return made
