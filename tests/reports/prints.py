"""Printed reports for tests: PDF documents made by another program (ReportLab) than the one that reads them."""

from __future__ import annotations

import io
from collections.abc import Sequence

from reportlab.lib.pagesizes import LETTER
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfgen.canvas import Canvas

_PRINT = """CyberTipline Report 123456789
Priority Level: E
Received by NCMEC on 01-02-2026 03:04:05 UTC
All dates are displayed as MM-DD-YYYY
Executive Summary
The following is a brief overview of information contained in this CyberTipline report:
Incident Type: Apparent Child Pornography
Total Uploaded Files: 2
Contents
Section A: Reported Information 1
Suspect 1
Section B: Automated Information Added by NCMEC Systems 2
\f
Section A: Reported Information
The following information was submitted to the CyberTipline by the Reporting Person or Reporting ESP.
Reporting Electronic Service Provider (ESP)
Submitter:
Chatter One
Business Address:
1 Sample Street
Incident Information
Incident Type: Child Pornography (possession, manufacture, and distribution)
Incident Time: 12-31-2025 15:45:09 UTC
Description of Incident Time: the time of the upload
Webpage/URL: https://chatter.example.org/room/7
Suspect
Name: Robin Sample
Mobile Phone: +1 202 555 0100 (Verified 01-02-2025)
Date of Birth: 01-01-1980
Approximate Age: 45
Email Address: robin@example.org (Verified)
Screen/User Name: robin_s
ESP User ID: 778899
Profile URL: https://chatter.example.org/robin_s
IP Address: 192.0.2.1 (Login) 12-31-2025 03:04:05 UTC
Additional Information: The account holder says that he looks after children
at weekends.
Uploaded File Information
Number of uploaded files: 2
Filename: one.jpg
MD5: 0123456789abcdef0123456789abcdef
Submittal ID: a1b2c3d4e5
Did Reporting ESP view entire contents of uploaded file? Yes
Did Reporting ESP view the EXIF of uploaded file? (Information Not Provided by Company)
Were entire contents of uploaded file publicly available? No
Image Categorization by ESP: B1 (See Section B for further explanation)
Source Information:
Type Value Event Date/Time
IP Address 192.0.2.7 (Upload) 12-31-2025 02:00:00 UTC
Filename: two.zip
MD5: ffffffffffffffffffffffffffffffff
Submittal ID: f6f7f8f9f0
Did Reporting ESP view entire contents of uploaded file? (Information Not Provided by Company)
\f
Section B: Automated Information Added by NCMEC Systems
Geo-Lookup (Suspect)
Country|Region|City|Lat/Long
DE|Hesse|Kassel|51.31, 9.49
Further Information on Uploaded Files
Number of files not matched by hash: 1
\f
Section C: Additional Information Provided by NCMEC
NCMEC Note #1
The reported person may live with a child.
"""
LINES = _PRINT.split("\n")[:-1]


def printed(
    lines: Sequence[str] = tuple(LINES),
    *,
    password: str | None = None,
    foot: str = "",
    font: str = "Helvetica",
) -> bytes:
    """A PDF with one row a line: `\\f` begins a page, `|` a column."""
    file = io.BytesIO()
    locked = StandardEncryption(password, ownerPassword="owner") if password is not None else None
    canvas = Canvas(file, pagesize=LETTER, encrypt=locked, invariant=True)
    y, page = 750.0, 1

    def end() -> None:
        canvas.setFont("Helvetica", 8)
        canvas.drawString(300, 20, f"{foot} Page {page}" if foot else str(page))
        canvas.showPage()

    for line in lines:
        if line == "\f" or y < 60:
            end()
            y, page = 750.0, page + 1
            if line == "\f":
                continue
        canvas.setFont(font, 10)
        for column, cell in enumerate(line.split("|")):
            canvas.drawString(50 + 120 * column, y, cell)
        y -= 14
    end()
    canvas.save()
    return file.getvalue()


def picture_only() -> bytes:
    """A page that only holds a drawing, as a scan does."""
    file = io.BytesIO()
    canvas = Canvas(file, pagesize=LETTER)
    canvas.rect(50, 50, 400, 600, fill=1)
    canvas.showPage()
    canvas.save()
    return file.getvalue()
