"""Every table of the workspace. Ids, digests and states are in clear; what names people or places is sealed.

A column called `sealed` is AES-256-GCM under the case's key (or a subject's), see `keys.py`.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
)

metadata = MetaData()

info = Table(
    "info",
    metadata,
    Column("name", String, primary_key=True),
    Column("value", String, nullable=False),
)

key = Table(
    "key",
    metadata,
    Column("id", String, primary_key=True),
    Column("parent", String, nullable=False),  # "workspace", or the id of the key that wraps this one
    Column("wrapped", LargeBinary, nullable=False),
)

# People who may act under a name that is not the login: what proves who they are (governance/users.py).
user = Table(
    "user",
    metadata,
    Column("name", String, primary_key=True),
    Column("public_key", LargeBinary(32), nullable=False),
    Column("salt", LargeBinary(16)),  # of the passphrase the private key is derived from; null: a key file
    Column("added_by", String, nullable=False),
    Column("added_at", String, nullable=False),
)

# The audit log: `body` is the only truth, the columns beside it are views that `audit verify` derives again.
log_event = Table(
    "log_event",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("body", LargeBinary, nullable=False),
    Column("time", String, nullable=False),
    Column("actor", String, nullable=False),
    Column("verb", String, nullable=False),
    Column("phase", String, nullable=False),
    Column("case_id", String),
    Column("operation", String),
    Index("log_event_by_case", "case_id", "seq"),
    Index("log_event_by_operation", "operation"),
)
log_head = Table(
    "log_head",
    metadata,
    Column("id", Integer, primary_key=True),  # always 1
    Column("size", BigInteger, nullable=False),
    Column(
        "frontier", LargeBinary, nullable=False
    ),  # roots of the perfect subtrees, largest first, 32 bytes each
    Column("checkpoint", LargeBinary, nullable=False),  # signed note of this size
)

case_file = Table(
    "case_file",
    metadata,
    Column("id", String, primary_key=True),
    Column("opened_at", String, nullable=False),
    Column("closed_at", String),
    Column("sealed", LargeBinary, nullable=False),
)

exhibit = Table(
    "exhibit",
    metadata,
    Column("id", String, primary_key=True),
    Column("case_id", ForeignKey("case_file.id"), nullable=False),
    Column("kind", String, nullable=False),
    Column("sha256", String),
    Column("verified", Integer),
    Column("state", String, nullable=False),  # begun, read, failed
    Column("sealed", LargeBinary, nullable=False),  # path, digests stored in the container, scope
    Index("exhibit_by_case", "case_id"),
)

# Everything read from an exhibit, in sealed and compressed pages (pipeline/inventory.py): one page a batch.
inventory = Table(
    "inventory",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("exhibit_id", ForeignKey("exhibit.id"), nullable=False),
    Column("count", Integer, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Index("inventory_by_exhibit", "exhibit_id"),
)

item = Table(
    "item",
    metadata,
    Column("case_id", String, primary_key=True),
    Column("sha256", LargeBinary(32), primary_key=True),
    Column("md5", LargeBinary(16), nullable=False),
    Column("sha1", LargeBinary(20), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("format", String, nullable=False),
    Column("width", Integer),
    Column("height", Integer),
    Column("damaged", String),  # why it is not whole
    Column("error", String),  # why it could not be decoded at all
    Column("thumbnail", String),  # blob id, and an HMAC that binds it to the item
)

place = Table(
    "place",
    metadata,
    Column("page", ForeignKey("inventory.id"), primary_key=True),
    Column("number", Integer, primary_key=True),  # position within the page
    Column("case_id", String, nullable=False),
    Column("sha256", LargeBinary(32), nullable=False),
    Index("place_by_item", "case_id", "sha256"),
)

signal = Table(
    "signal",
    metadata,
    Column("case_id", String, primary_key=True),
    Column("sha256", LargeBinary(32), primary_key=True),
    Column("name", String, primary_key=True),
    Column("version", String, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
)

# The hashes of the signal `pdq`, in clear as every digest is: what is searched for in lists.
pdq = Table(
    "pdq",
    metadata,
    Column("case_id", String, primary_key=True),
    Column("sha256", LargeBinary(32), primary_key=True),
    Column("frame", Integer, primary_key=True),  # from 0; a still picture has one
    Column("trimmed", Integer, primary_key=True),  # 1: of what lies inside a uniform border, beside the 0
    Column("hash", LargeBinary(32), nullable=False),
    Column("quality", Integer, nullable=False),
    Column("mirrored", LargeBinary(96)),  # mirrored left-right, upside down, both; null below a quality of 50
    Column("position", Float),  # of a film's or animation's frame: the second at which it is shown
)

hash_set = Table(
    "hash_set",
    metadata,
    Column("id", String, primary_key=True),
    Column("name", String, nullable=False),  # of one set that is in use, and of those it replaced
    Column("kind", String, nullable=False),
    Column("format", String, nullable=False),
    Column("scheme", String),
    Column("records", BigInteger, nullable=False),
    Column("source_sha256", String, nullable=False),
    Column("imported_at", String, nullable=False),
    Column("folder", String, nullable=False),  # below hashsets/ in the workspace
    Column("retired_at", String),  # when it was replaced or removed; kept while matches of a case cite it
)

match = Table(
    "match",
    metadata,
    Column("case_id", String, primary_key=True),
    Column("sha256", LargeBinary(32), primary_key=True),
    Column("hash_set_id", String, primary_key=True),
    Column("entry", String, primary_key=True),
    Column("by", String, nullable=False),
    Column("distance", Integer, nullable=False),
    Column("category", String),
    Column("form", String, nullable=False, server_default="identity"),  # how it is turned, see model.py
    Column("of_item", Integer),  # of films: percent of the item's frames that lie near one of the entry's
    Column("of_entry", Integer),  # and the reverse
    Column("begins", Float),  # of films: seconds of the item's first frame that is near one of the entry's
    Column("ends", Float),  # and of the last
)

lead = Table(
    "lead",
    metadata,
    Column("id", String, primary_key=True),  # follows from the item: the same in every case that has it
    Column("case_id", String, primary_key=True),
    Column("kind", String, nullable=False),
    Column("sha256", LargeBinary(32), nullable=False),
    Column("priority", Float, nullable=False),
    Column("band", String, nullable=False),
    Column("stack", String, nullable=False),
    Column("sealed", LargeBinary, nullable=False),  # reasons
    Index("lead_by_priority", "case_id", "priority"),
)

decision = Table(
    "decision",
    metadata,
    Column("id", String, primary_key=True),
    Column("case_id", String, nullable=False),
    Column("lead_id", String, nullable=False),
    Column("label", String, nullable=False),
    Column("decided_by", String, nullable=False),
    Column("decided_at", String, nullable=False),
    Column("sealed", LargeBinary, nullable=False),  # note, members of the stack
    Index("decision_by_lead", "case_id", "lead_id"),
)

# The report desk: columns lie in encrypted files beside the store (reports/keep/), here is what they hang on.
report_segment = Table(
    "report_segment",
    metadata,
    Column("case_id", String, primary_key=True),
    Column("number", Integer, primary_key=True),  # of the files of columns, from 0
    Column("first", BigInteger, nullable=False),  # number of its first report
    Column("count", Integer, nullable=False),
    Column("sealed", LargeBinary, nullable=False),  # what `first` and `count` say, and the time
)
report_source = Table(
    "report_source",
    metadata,
    Column("case_id", String, primary_key=True),
    Column("id", String, primary_key=True),  # HMAC of the path
    Column("state", String, nullable=False),  # begun, read
    Column("position", BigInteger, nullable=False),  # parts of it that are stored
    Column("sealed", LargeBinary, nullable=False),  # path, fingerprint, counts
)
report_finding = Table(
    "report_finding",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("case_id", String, nullable=False),
    Column("source_id", String, nullable=False),
    Column("count", Integer, nullable=False),
    Column("sealed", LargeBinary, nullable=False),  # where, reason
    Index("report_finding_by_source", "case_id", "source_id"),
)
# What people do at the desk: links cut or joined, reports held, samples drawn, weights accepted.
report_act = Table(
    "report_act",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("case_id", String, nullable=False),
    Column("kind", String, nullable=False),  # cut, join, hold, release, sample, weights
    Column("report", String, nullable=False),  # the report's id, or empty
    Column("made_by", String, nullable=False),
    Column("made_at", String, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Index("report_act_by_kind", "case_id", "kind"),
)
# Which files of which report were looked at, by the item they are.
report_medium = Table(
    "report_medium",
    metadata,
    Column("case_id", String, primary_key=True),
    Column("report", String, primary_key=True),
    Column("sha256", LargeBinary(32), primary_key=True),
    Column("sealed", LargeBinary, nullable=False),  # its name in the report
)

# Missing and found people (persons/keep/). What names or shows a person is sealed under that person's own key.
person = Table(
    "person",
    metadata,
    Column("case_id", String, primary_key=True),
    Column("id", String, primary_key=True),  # HMAC of register and number: the same when enrolled again
    Column("status", String, nullable=False),
    Column("sealed", LargeBinary, nullable=False),  # number, facts, and the status again
    Index("person_by_status", "case_id", "status"),
)
person_photo = Table(
    "person_photo",
    metadata,
    Column("case_id", String, primary_key=True),
    Column("person_id", String, primary_key=True),
    Column("sha256", LargeBinary(32), primary_key=True),
    Column("state", String, nullable=False),  # enrolled, or why it was not
    Column("sealed", LargeBinary, nullable=False),  # name, quality, box, blob of the face
    Index("person_photo_by_file", "case_id", "sha256"),
)
# Biometric templates, each under a key of its own below the person's, which is destroyed on schedule.
person_template = Table(
    "person_template",
    metadata,
    Column("case_id", String, primary_key=True),
    Column("person_id", String, primary_key=True),
    Column("sha256", LargeBinary(32), primary_key=True),
    Column("version", String, primary_key=True),  # of the embedder
    Column("sealed", LargeBinary, nullable=False),
)
person_history = Table(
    "person_history",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("case_id", String, nullable=False),
    Column("person_id", String, nullable=False),
    Column("kind", String, nullable=False),  # enrolled, corrected, status, withdrawn, …
    Column("made_by", String, nullable=False),
    Column("made_at", String, nullable=False),
    Column("sealed", LargeBinary, nullable=False),  # before, after, why
    Index("person_history_by_person", "case_id", "person_id"),
)
# Two people who may be one. `sealed` needs the keys of both.
candidate = Table(
    "candidate",
    metadata,
    Column("case_id", String, primary_key=True),
    Column("id", String, primary_key=True),  # HMAC of the two: the same when compared again
    Column("probe", String, nullable=False),
    Column("person", String, nullable=False),
    Column("sealed", LargeBinary, nullable=False),  # rank, scores, what speaks for and against
    Index("candidate_by_probe", "case_id", "probe"),
    Index("candidate_by_person", "case_id", "person"),
)
# What one decider said of one candidate, in ink that only the count of verdicts opens to others.
verdict = Table(
    "verdict",
    metadata,
    Column("id", String, primary_key=True),
    Column("case_id", String, nullable=False),
    Column("candidate_id", String, nullable=False),
    Column("made_by", String, nullable=False),
    Column("made_at", String, nullable=False),
    Column("sealed", LargeBinary, nullable=False),  # the verdict, a note
    Index("verdict_by_candidate", "case_id", "candidate_id"),
)
# What else is done about a candidate or a person: held for somebody, next steps, how it came out.
person_act = Table(
    "person_act",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("case_id", String, nullable=False),
    Column("kind", String, nullable=False),  # hold, step, outcome, link, schedule
    Column("subject", String, nullable=False),
    Column("made_by", String, nullable=False),
    Column("made_at", String, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Index("person_act_by_kind", "case_id", "kind"),
)
