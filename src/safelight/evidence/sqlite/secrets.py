"""Keys and tokens that databases of phones and browsers hold: said, never read, never used."""

from __future__ import annotations

from collections.abc import Iterator

from safelight.evidence.sqlite.tree import Database

_KNOWN: tuple[tuple[tuple[str, ...], str | None, str], ...] = (
    (("genp", "inet", "cert", "keys"), None, "keychain of iOS or macOS: keys, passwords and access tokens"),
    (("accounts", "authtokens"), None, "accounts of Android: access tokens"),
    (("logins",), "password_value", "passwords of a browser (encrypted)"),
    (("cookies",), "encrypted_value", "cookies of a browser: access tokens of sessions"),
    (("moz_cookies",), None, "cookies of Firefox: access tokens of sessions"),
    (("identity_store",), None, "store of identity keys"),
    (("zgenericaccount", "zaccount"), None, "accounts: access tokens"),
)


def secrets_in(database: Database) -> Iterator[str]:
    """One sentence for each kind of keys or tokens that the tables show."""
    for tables, column, what in _KNOWN:
        found = [database.tables.get(table) for table in tables]
        if all(table is not None for table in found) and (
            column is None or any(table is not None and table.column(column) is not None for table in found)
        ):
            yield f"holds keys or tokens ({what}); not used"
