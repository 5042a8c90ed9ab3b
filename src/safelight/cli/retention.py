"""`safelight retention`: what is due for destruction, and destroying it."""

from __future__ import annotations

from safelight.cli.common import command, count, group, say, show, table, workspace

app = group("retention", "What is to be destroyed when, and destroying it.")


@command(app, "plan")
def plan() -> None:
    """What is scheduled, over all cases: of people who are home or withdrawn, and photographs searched with."""
    with workspace() as opened:
        found = opened.retention_plan()
    show(
        found,
        lambda: table(
            "To be destroyed",
            ("on", "what", "number", "of", "case", ""),
            [
                (
                    one["due"],
                    one["what"],
                    one.get("person_id", ""),
                    one["person"],
                    one.get("case_name", one["case"]),
                    "due" if one["is_due"] else "",
                )
                for one in found
            ],
        ),
    )


@command(app, "run")
def run() -> None:
    """Destroy what is due: the key, and what it sealed. It cannot be undone."""
    with workspace() as opened:
        gone = opened.retention_run()
    probes = sum(one["what"] == "photograph searched with" for one in gone)
    people, searched = count(len(gone) - probes, "person", "people"), count(probes, "photograph")
    show(
        gone,
        lambda: say(
            f"Destroyed the face templates and pictures of {people}, and {searched} that were searched with."
        ),
    )
