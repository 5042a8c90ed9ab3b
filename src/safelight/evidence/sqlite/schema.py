"""What tables a SQLite database has: names, columns and roots, out of `sqlite_master`.

Only as much SQL is read as `CREATE TABLE` needs: names, which column is the row id, what is not stored.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

_TOKEN = re.compile(
    r"""\s+|--[^\n]*|/\*.*?(?:\*/|\Z)|(?P<quoted>"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\]|'(?:[^']|'')*')"""
    r"""|(?P<word>[^\s"'`\[\](),;]+)|(?P<mark>[(),;])|.""",
    re.DOTALL,
)
_CONSTRAINTS = frozenset(("CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN"))
MOST_COLUMNS = 32_767
_LONGEST = 1 << 20


@dataclass(frozen=True, slots=True)
class Table:
    """A table: its columns in the order they are stored, and which of them is the row id itself."""

    name: str
    root: int
    columns: tuple[str, ...]
    rowid_column: int | None = None
    has_rowid: bool = True

    def column(self, name: str) -> int | None:
        """The place of a column, whatever the case of its name is written in."""
        wanted = name.lower()
        return next((number for number, own in enumerate(self.columns) if own.lower() == wanted), None)


def parse(name: str, root: int, sql: str) -> Table:
    """Read a `CREATE TABLE` statement; columns that cannot be made out are left out."""
    tokens = _tokens(sql[:_LONGEST])
    start = next((at for at, (kind, text) in enumerate(tokens) if text == "(" and kind == "mark"), None)
    if start is None:
        return Table(name, root, ())
    parts: list[list[tuple[str, str]]] = [[]]
    depth, at = 1, start + 1
    while at < len(tokens) and depth:
        kind, text = tokens[at]
        if kind == "mark":
            depth += (text == "(") - (text == ")")
            if text == "," and depth == 1:
                parts.append([])
                at += 1
                continue
        if depth:
            parts[-1].append((kind, text))
        at += 1
    after = [text.upper() for _, text in tokens[at:]]
    has_rowid = not any(one == "WITHOUT" and other == "ROWID" for one, other in pairwise(after))
    columns: list[str] = []
    rowid, types, keys = None, [], []
    for part in parts[:MOST_COLUMNS]:
        if not part:
            continue
        words = [text.upper() if kind != "quoted" else "" for kind, text in part]
        if words[0] in _CONSTRAINTS:
            keys.append((words, part))
            continue
        if _is_computed(words):
            continue
        if len(words) > 1 and words[1] == "INTEGER" and _is_key(words):
            rowid = len(columns)
        columns.append(part[0][1])
        types.append(words[1] if len(words) > 1 else "")
    for words, part in keys:
        named = _only_key(words, part)
        number = next(
            (n for n, one in enumerate(columns) if named is not None and one.lower() == named), None
        )
        if number is not None and types[number] == "INTEGER":
            rowid = number
    return Table(name, root, tuple(columns), rowid if has_rowid else None, has_rowid)


def _tokens(sql: str) -> list[tuple[str, str]]:
    found = []
    for match in _TOKEN.finditer(sql):
        if match.lastgroup is None:
            continue
        text = match[0]
        if match.lastgroup == "quoted":
            quote = text[-1]
            text = text[1:-1] if quote == "]" else text[1:-1].replace(quote * 2, quote)
        found.append((match.lastgroup, text))
    return found


def _is_key(words: list[str]) -> bool:
    for at in range(2, len(words) - 1):
        if words[at] == "PRIMARY" and words[at + 1] == "KEY":
            return words[at + 2 : at + 3] != ["DESC"]
    return False


def _is_computed(words: list[str]) -> bool:
    """Is it a column that is computed when read, and so not stored?"""
    return any(one == "AS" and other == "(" for one, other in pairwise(words[1:])) and ("STORED" not in words)


def _only_key(words: list[str], part: list[tuple[str, str]]) -> str | None:
    """The one column of a `PRIMARY KEY (…)`; None where it has several or is another constraint."""
    for at in range(len(words) - 2):
        if words[at] == "PRIMARY" and words[at + 1] == "KEY" and words[at + 2] == "(":
            inside = part[at + 3 :]
            end = next((n for n, (kind, text) in enumerate(inside) if kind == "mark" and text == ")"), 0)
            names = inside[:end]
            if any(kind == "mark" and text == "," for kind, text in names) or not names:
                return None
            return names[0][1].lower()
    return None
