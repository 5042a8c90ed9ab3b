"""Reports of every shape for property tests: what any reader could give."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st

from safelight.reports.report import (
    Annotation,
    FreeText,
    Kind,
    Party,
    Report,
    ReportFile,
    Role,
    Spot,
    Stated,
)

WORDS = st.one_of(
    st.sampled_from(
        ["a", "robin_s", "Robin Sample", "12", "2026-01-02T03:04:05Z", "<b>&amp;", "é ü 中", "]]>", "?>"]
    ),
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12),
)
MAYBE = st.none() | WORDS
NOTES = st.dictionaries(
    st.sampled_from(["type", "verified", "proxy", "said", "extension"]), WORDS, max_size=2
)
STATED = st.builds(
    Stated,
    kind=st.sampled_from(Kind),
    value=WORDS,
    provider=MAYBE,
    time=MAYBE,
    port=st.none() | st.integers(0, 65535),
    event=st.none() | st.sampled_from(["Login", "Upload", "seen"]),
    note=NOTES,
)
DEGREES = st.none() | st.floats(-90, 90, allow_nan=False)
SPOTS = st.builds(
    Spot,
    source=st.sampled_from(["address", "estimated", "gps", "incident", "stated"]),
    country=st.none() | st.sampled_from(["DE", "US", "Utopia"]),
    region=st.none() | st.sampled_from(["CA", "Hesse"]),
    city=MAYBE,
    text=MAYBE,
    latitude=DEGREES,
    longitude=DEGREES,
)
PARTIES = st.builds(
    Party,
    role=st.sampled_from(Role),
    identifiers=st.lists(STATED, max_size=4).map(tuple),
    age=st.none() | st.sampled_from(["12", "8-10", "unknown"]),
    birth_date=st.none() | st.sampled_from(["1980-02-03", "1980", "0000-00-00"]),
    spots=st.lists(SPOTS, max_size=2).map(tuple),
    facts=st.dictionaries(
        st.sampled_from(
            ["gender", "vehicle", "school", "compromised", "disabled", "prior-reports", "all-emails"]
        ),
        st.sampled_from(["yes", "no", "temporarily", "123 456", "other words"]),
        max_size=3,
    ),
)
FILES = st.builds(
    ReportFile,
    file_id=MAYBE,
    name=MAYBE,
    original_name=MAYBE,
    digests=st.dictionaries(st.sampled_from(["md5", "sha1", "pdq", "photodna"]), WORDS, max_size=2),
    viewed=st.none() | st.booleans(),
    public=st.none() | st.booleans(),
    supplemental=st.booleans(),
    classification=st.none() | st.sampled_from(["A1", "B2", "C"]),
    annotations=st.frozensets(st.sampled_from(["infant", "meme", "generated", "other"]), max_size=3),
    exif=st.dictionaries(WORDS, WORDS, max_size=2),
    identifiers=st.lists(STATED, max_size=3).map(tuple),
    uploaded=MAYBE,
    texts=st.lists(WORDS, max_size=2, unique=True).map(tuple),
)


# Two files that no id tells apart and that bear one name or digest are one when they are put together.
SEVERAL_FILES = st.lists(FILES, max_size=1) | st.lists(
    st.builds(replace, FILES, file_id=WORDS), max_size=3, unique_by=lambda file: file.file_id
)
PLACES = st.sampled_from(
    [
        *(
            "additionalInfo",
            "chatImIncident/content",
            "chatImIncident/program",
            "webPageIncident/additionalInfo",
        ),
        *("personOrUserReported/profileBio", "victim/additionalInfo", "reporter/termsOfService", "body"),
    ]
)
REPORTS = st.builds(
    Report,
    report_id=st.one_of(st.from_regex(r"[1-9][0-9]{0,8}", fullmatch=True), WORDS),
    format=st.sampled_from(["cybertip", "json", "hotline", "pdf"]),
    provider=MAYBE,
    service=MAYBE,
    received=MAYBE,
    incident=st.none() | st.sampled_from(["Child Sex Trafficking", "grooming", "?"]),
    occurred=MAYBE,
    escalation=st.none() | st.sampled_from(["", "true", "no", "a meeting is planned"]),
    annotations=st.frozensets(st.sampled_from(Annotation), max_size=3),
    parties=st.lists(PARTIES, max_size=4).map(tuple),
    files=SEVERAL_FILES.map(tuple),
    texts=st.lists(st.builds(FreeText, where=PLACES, text=WORDS), max_size=4).map(tuple),
    spots=st.lists(SPOTS, max_size=2).map(tuple),
    groups=st.lists(STATED, max_size=4).map(tuple),
    related=st.lists(WORDS, max_size=2).map(tuple),
    unknown=st.lists(
        st.tuples(st.sampled_from(["lawEnforcement/agencyName", "report/odd"]), WORDS), max_size=2
    ).map(tuple),
    problems=st.lists(WORDS, max_size=1).map(tuple),
)
