"""All configuration in one typed class: environment (`SAFELIGHT_*`) and an optional TOML file."""

from __future__ import annotations

import getpass
import os
from functools import cache
from pathlib import Path

from platformdirs import user_config_path, user_data_path
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)


class Settings(BaseSettings):
    """What an operator may set. Every field is `SAFELIGHT_<NAME>` in the environment."""

    model_config = SettingsConfigDict(env_prefix="SAFELIGHT_", extra="ignore")

    workspace: Path = user_data_path("safelight") / "workspace"
    """The workspace folder."""
    user: str = ""
    """The acting user; empty: the login name."""
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
    log_level: str = "warning"
    """Level of the operational log on standard error."""
    weights: Path | None = None
    """A TOML file that replaces weights of the triage table."""

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

    def worker_count(self) -> int:
        """How many workers to start: the setting, else one a core this process may use."""
        return self.workers or len(os.sched_getaffinity(0))

    def acting_user(self) -> str:
        """The name events carry: the setting, else the login name."""
        return self.user or getpass.getuser()


@cache
def settings() -> Settings:
    """The settings of this process, read once."""
    return Settings()
