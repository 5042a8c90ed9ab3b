"""The parts a made case is put together from: names, times, places, leads, pictures. All invented."""

from __future__ import annotations

import hashlib
import io
from datetime import UTC, date, datetime, timedelta

from PIL import Image

from safelight.export.protocol import (
    MODEL_MISSING,
    Coverage,
    LeadView,
    LogState,
    PlaceView,
)
from safelight.model import (
    Authority,
    Band,
    Basis,
    Capability,
    Case,
    Digests,
    HashSet,
    HashSetKind,
    Lead,
    Pdq,
    Reason,
    SignalValue,
    State,
    Times,
    Timestamp,
)

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)

NASTY = (
    'new\nline, and "quotes".jpg',
    "=cmd|'/c calc'!A1.jpg",
    "@SUM(1+1)*cmd.png",
    "photo\u202egpj.exe",
    "caf\\xe9.jpg",
    "<script>alert(1)</script>.png",
    "</script><!--]]>&amp;.gif",
    "日本語 العربية Ελληνικά 🙂.png",
    "tab\there\x1b[31mred.jpg",
    "x" * 240 + ".jpg",
)


def case() -> Case:
    authority = Authority(
        basis=Basis.WARRANT,
        reference="Gs 1234/26",
        issued_by="Amtsgericht Musterstadt",
        valid_from=date(2026, 2, 20),
        valid_until=date(2026, 8, 20),
        allows=frozenset({Capability.HASH_MATCH, Capability.CLASSIFY, Capability.EXPORT}),
    )
    return Case("c-2026-017", "Operation “Amber & Co” <17>", "m.brandt", NOON, authority, "us")


def digests(seed: str) -> Digests:
    data = seed.encode()
    return Digests(
        hashlib.md5(data, usedforsecurity=False).digest(),
        hashlib.sha1(data, usedforsecurity=False).digest(),
        hashlib.sha256(data).digest(),
    )


def times(day: int, source: str = "ntfs:$STANDARD_INFORMATION") -> Times:
    base = datetime(2024, 1, 1, 8, tzinfo=UTC) + timedelta(days=day, minutes=day * 7 % 600)
    created, modified = (base + timedelta(hours=hours) for hours in (0, 5))
    return Times(
        created=Timestamp(f"{created:%Y-%m-%dT%H:%M:%S}.1234567Z", source, "utc"),
        modified=Timestamp(f"{modified:%Y-%m-%dT%H:%M:%S}Z", source, "utc"),
    )


def place(
    exhibit: str, *trail: str, state: State = State.ALLOCATED, day: int = 0, size: int | None = 120_000
) -> PlaceView:
    container = "laptop.E01" if exhibit == "x1" else "usb"
    return PlaceView(
        exhibit=exhibit,
        path="//".join((container, *trail)).replace("//p2//", "//p2/"),
        trail=(container, "partition 2", f"/{trail[1]}", *trail[2:])
        if trail[0] == "p2"
        else (container, *trail),
        layers=("medium", *["partition" if name in ("p1", "p2") else "file" for name in trail]),
        state=state,
        size=size,
        times=times(day) if exhibit == "x1" else local_times(day),
        address={"partition": 2, "inode": 4000 + day, "offset": 1_048_576 + 4096 * day},
    )


def local_times(day: int) -> Times:
    stamp = datetime(2023, 6, 1, 17, 30) + timedelta(days=day)
    return Times(modified=Timestamp(f"{stamp:%Y-%m-%dT%H:%M:%S}", "fat", "local"))


def signals(seed: int, explicit: float | None = None, faces: bool = False) -> dict[str, SignalValue]:
    found: dict[str, SignalValue] = {
        "exif": SignalValue(
            "exif",
            "1",
            {
                "make": "Canon" if seed % 3 else "Apple",
                "model": "EOS 80D" if seed % 3 else "iPhone 12\n",
                "serial": f"04602{seed:04d}",
                "taken": f"2024-0{1 + seed % 9}-14T09:05:0{seed % 10}",
                "latitude": 48.137154 + seed / 1000,
                "longitude": 11.576124,
            },
        )
        if seed % 2
        else SignalValue("exif", "1", None, "no EXIF in this file"),
        "explicit": SignalValue("explicit", "1+7f3a9c0d1e22", {"score": explicit})
        if explicit is not None
        else SignalValue("explicit", "1+7f3a9c0d1e22", None, "not computed: model not installed"),
    }
    if faces:
        face = {"box": [0.1, 0.2, 0.3, 0.35], "score": 0.97, "below_18": 0.62}
        found["faces"] = SignalValue("faces", "2+e376cf6b168d", [face])
    return found


HASH_SETS = (
    HashSet("h1", "National list, March", HashSetKind.KNOWN_ILLEGAL, "vics", 1_204_331, "a" * 64, "us", NOON),
    HashSet("h2", "NSRL RDS v3 minimal", HashSetKind.KNOWN_GOOD, "nsrl", 38_112_004, "b" * 64, None, NOON),
    HashSet("h3", "Series “Lake”", HashSetKind.WATCH, "pdq", 412, "c" * 64, None, NOON),
)


COVERAGE = (
    Coverage("exif", True, 24_300, 24_611, {"could not be decoded": 311}),
    Coverage("explicit", True, 24_290, 24_611, {"could not be decoded": 311, MODEL_MISSING: 10}),
    Coverage("faces", True, 24_300, 24_611, {"could not be decoded": 311}),
    Coverage("pdq", True, 24_300, 24_611, {"could not be decoded": 311}),
    Coverage("templates", False, 0, 24_611, {"the order does not allow it": 24_611}),
)


LOG = LogState("safelight/sample+f0c8a1d2+AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=", True, 42)


def lead(number: int, seed: str, band: Band, priority: float, stack: str, **rest: object) -> Lead:
    reasons = rest.get("reasons") or (
        Reason(
            "camera-original", "Unknown picture with the traces of a camera: make, model and serial.", 0.35
        ),
        Reason("company", "Lies in a folder with known media (3 of 12).", 0.2),
    )
    return Lead(
        id=f"L{number}",
        kind="media",
        sha256=digests(seed).sha256.hex(),
        priority=priority,
        band=band,
        reasons=reasons,  # type: ignore[arg-type]
        matches=rest.get("matches", ()),  # type: ignore[arg-type]
        stack=stack,
        decided=rest.get("decided"),  # type: ignore[arg-type]
    )


def view(number: int, lead_value: Lead, seed: str, *places: PlaceView, **rest: object) -> LeadView:
    return LeadView(
        lead=lead_value,
        digests=digests(seed),
        size=120_000 + number,
        format=str(rest.pop("format", "jpeg")),
        width=4032,
        height=3024,
        places=places,
        pdq=Pdq(hashlib.sha256(f"pdq{seed}".encode()).digest(), 87),
        **rest,  # type: ignore[arg-type]
    )


def picture(seed: int) -> bytes:
    """A 240 × 180 PNG with a hard pattern of its own: what a blur must destroy."""
    image = Image.new("RGB", (240, 180))
    image.putdata(
        [
            (255 * ((x // 6 + y // 6 + seed) % 2), (x * 3 + seed * 40) % 256, (y * 5) % 256)
            for y in range(180)
            for x in range(240)
        ]
    )
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()
