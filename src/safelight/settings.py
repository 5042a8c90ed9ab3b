"""All configuration in one typed class: environment (`SAFELIGHT_*`) and an optional TOML file."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import Literal

from platformdirs import user_config_path, user_data_path
from pydantic import Field, ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from safelight.errors import UsageError


class Settings(BaseSettings):
    """What an operator may set. Every field is `SAFELIGHT_<NAME>` in the environment."""

    model_config = SettingsConfigDict(env_prefix="SAFELIGHT_", extra="ignore")

    workspace: Path = user_data_path("safelight") / "workspace"
    """The workspace folder."""
    user: str = ""
    """The acting user; empty: the login name."""
    user_passphrase_file: Path | None = None
    """A file holding the acting user's own passphrase, where the acting user is not the login."""
    user_key: Path | None = None
    """The acting user's own Ed25519 key file, where the acting user is not the login."""
    key_folder: Path = user_config_path("safelight") / "keys"
    """Where workspace keys lie: outside every workspace."""
    passphrase_file: Path | None = None
    """A file holding the passphrase of the workspace key, where one is used."""
    models: Path = user_data_path("safelight") / "models"
    """Converted and added model files."""
    workers: int = 0
    """Decoding processes; 0: one a core."""
    worker_memory: int = 3 << 30
    """Address-space limit of one decoding worker, in bytes."""
    seconds_per_item: float = 60.0
    """Time limit for one item in a worker."""
    media_bytes: int = 512 << 20
    """The largest medium that is decoded (in memory); larger ones are digested and listed as not decoded."""
    log_level: Literal["debug", "info", "warning", "error", "off"] = "warning"
    """Level of the operational log on standard error; only `debug` shows names and paths of evidence."""
    log_format: Literal["text", "json"] = "text"
    """Form of the operational log: lines for people, or one JSON object a line."""
    weights: Path | None = None
    """A TOML file that replaces weights of the triage table."""
    report_weights: Path | None = None
    """A TOML file that replaces weights of the report desk's table."""
    report_clocks: Path | None = None
    """A TOML file of legal clocks, instead of the delivered ones."""
    report_routing: Path | None = None
    """A TOML file of rules which unit a report goes to, instead of the delivered ones."""

    face_embedder: str = "dlib-mirrored"
    """What describes faces at the missing-children desk; another one means to enrol again."""
    face_template_days: int = Field(default=30, ge=0, le=3650)
    """Days after which the template of somebody who is home or withdrawn is destroyed."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments first, then the environment, then the TOML file."""
        toml = user_config_path("safelight") / "safelight.toml"
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, toml_file=toml)

    def passphrase(self) -> str | None:
        """The passphrase of the workspace key; None where no file is set. UsageError if it cannot be read."""
        return read_secret(self.passphrase_file)

    def user_passphrase(self) -> str | None:
        """The acting user's own passphrase; None where no file is set. UsageError if it cannot be read."""
        return read_secret(self.user_passphrase_file)

    def worker_count(self) -> int:
        """How many workers to start: the setting, else one a core this process may use."""
        return self.workers or len(os.sched_getaffinity(0))


def read_secret(file: Path | None) -> str | None:
    """The first line of a file that holds a passphrase; None without a file. UsageError if it cannot be read."""
    if file is None:
        return None
    try:
        with file.open(encoding="utf-8") as opened:
            return opened.readline(4096).rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise UsageError(f"The passphrase file {file} cannot be read: {why}.") from error


@cache
def settings() -> Settings:
    """The settings of this process, read once. UsageError naming what makes no sense."""
    try:
        return Settings()
    except ValidationError as error:
        wrong = [
            f"SAFELIGHT_{'_'.join(map(str, one['loc'])).upper()}: {one['msg']}" for one in error.errors()
        ]
        raise UsageError("; ".join(wrong), "Correct the environment or safelight.toml.") from error
