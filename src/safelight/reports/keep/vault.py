"""Parquet files under a case's key: Parquet Modular Encryption, whole file, keys wrapped by the case's own.

Nothing is ever spilled: what works on columns holds them in memory. A file belongs to its place: its key is wrapped
with the case and its name, so that a file moved to another case or name does not open.
"""

from __future__ import annotations

import base64
import os
import secrets
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq
import pyarrow.parquet.encryption as pe

from safelight.errors import IntegrityError
from safelight.store.keys import Sealer

_ABANDONED = 600.0
"""Seconds after which a half-written file is nobody's any more."""
Columns = dict[str, npt.NDArray[Any]]
"""Arrays of one length by name."""


class _CaseKey(pe.KmsClient):  # type: ignore[misc]  # pyarrow has no types
    """Wraps the key of one file under the case's key; the master key's name is `case/file`, and is no other."""

    def __init__(self, sealer: Sealer, expected: str) -> None:
        pe.KmsClient.__init__(self)
        self._sealer, self._expected = sealer, expected

    def wrap_key(self, key_bytes: bytes, master_key_identifier: str) -> str:
        return base64.b64encode(self._sealer.seal(key_bytes, _context(master_key_identifier))).decode()

    def unwrap_key(self, wrapped_key: str, master_key_identifier: str) -> bytes:
        if master_key_identifier != self._expected:
            raise ValueError("the file was moved here from another place")
        return self._sealer.unseal(base64.b64decode(wrapped_key), _context(master_key_identifier))


def _context(name: str) -> bytes:
    return f"reports/{name}".encode()


class Vault:
    """The folder of one case's report columns, and the key that opens them."""

    def __init__(self, folder: Path, case_id: str, sealer: Sealer) -> None:
        self.folder, self.case_id = folder / case_id, case_id
        self._sealer = sealer
        self._kms = pe.KmsConnectionConfig()

    def _factory(self, name: str) -> pe.CryptoFactory:
        return pe.CryptoFactory(lambda _config: _CaseKey(self._sealer, f"{self.case_id}/{name}"))

    def path(self, name: str) -> Path:
        """Where a file of that name lies."""
        return self.folder / f"{name}.parquet"

    def write(self, name: str, columns: Columns | pa.Table, *, compression: str = "zstd") -> int:
        """Write columns as `name`, whole or not at all, and on the disk before it returns. Returns its bytes."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        table = columns if isinstance(columns, pa.Table) else pa.table(columns)
        config = pe.EncryptionConfiguration(
            footer_key=f"{self.case_id}/{name}",
            uniform_encryption=True,
            double_wrapping=False,
            data_key_length_bits=256,
            encryption_algorithm="AES_GCM_V1",
        )
        factory = self._factory(name)
        properties = factory.file_encryption_properties(self._kms, config)
        path = self.path(name)
        temporary = path.with_suffix(
            f".{secrets.token_hex(4)}.new"
        )  # two people may bring the order up to date
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            with pq.ParquetWriter(
                file,
                table.schema,
                encryption_properties=properties,
                compression=compression,
                use_dictionary=False,
                write_statistics=False,
            ) as writer:
                writer.write_table(table, row_group_size=max(1, table.num_rows))
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
        return path.stat().st_size

    def read(self, name: str, columns: Sequence[str] | None = None) -> pa.Table:
        """The columns of a file. IntegrityError where it was altered, moved, or is not there."""
        with self._guarded(name):
            return self._open(name).read(list(columns) if columns is not None else None, use_threads=False)

    def columns(self, name: str, columns: Sequence[str]) -> Columns:
        """Numeric columns of a file as arrays; those it does not have (it is older) are left out."""
        with self._guarded(name):
            opened = self._open(name)
            wanted = [one for one in columns if one in opened.schema_arrow.names]
            table = opened.read(wanted, use_threads=False)
        return {one: table.column(one).to_numpy() for one in wanted}

    def _open(self, name: str) -> pq.ParquetFile:
        factory = self._factory(name)  # must live as long as the file is being opened
        properties = factory.file_decryption_properties(self._kms, pe.DecryptionConfiguration())
        return pq.ParquetFile(self.path(name), decryption_properties=properties, memory_map=True)

    @contextmanager
    def _guarded(self, name: str) -> Iterator[None]:
        try:
            yield
        except (OSError, pa.ArrowException, ValueError) as error:
            raise IntegrityError(
                f"A file of the report columns cannot be read: {self.path(name).name}.",
                "Restore the workspace from its backup.",
            ) from error

    def remove(self, name: str) -> None:
        """Take a file away; nothing where it is not there."""
        self.path(name).unlink(missing_ok=True)

    def tidy(self, keep: set[str]) -> None:
        """Remove what a killed run left half-written or never committed."""
        if self.folder.is_dir():
            for path in self.folder.iterdir():
                left = path.suffix == ".new" and time.time() - path.stat().st_mtime > _ABANDONED
                if left or (path.suffix == ".parquet" and path.stem not in keep):
                    path.unlink(missing_ok=True)
