"""Configuration: environment variables first, then `.env`, then Streamlit secrets, then the defaults below."""

import os
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Literal

from dotenv import dotenv_values
from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, EnvSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

from core.errors import InputError

ROOT = Path(__file__).resolve().parent.parent
OFFLINE_MODEL = "offline/analyst"


class _SecretsSource(EnvSettingsSource):
    """Streamlit's secrets files read under the same names as environment variables, without importing Streamlit."""

    FILES = (Path.home() / ".streamlit" / "secrets.toml", Path(".streamlit/secrets.toml"))  # the later file wins

    def _load_env_vars(self) -> Mapping[str, str | None]:
        values: dict[str, str | None] = {}
        for file in self.FILES:
            if file.is_file():
                top_level = tomllib.loads(file.read_text("utf-8"))
                values |= {k.lower(): str(v) for k, v in top_level.items() if not isinstance(v, dict | list)}
        return values


class Settings(BaseSettings):
    """Every setting is `JOBMATCH_<NAME>`; the README's table is checked against these fields by a test."""

    model_config = SettingsConfigDict(env_prefix="JOBMATCH_", env_file=".env", extra="ignore", env_ignore_empty=True)

    data_dir: Path = Field(Path("data"), description="Folder of the databases; created when missing.")
    database_url: str = Field("", description="SQLAlchemy URL, SQLite or PostgreSQL; empty: SQLite in the data folder.")
    model: str = Field(OFFLINE_MODEL, description="litellm name of a model that is tried before those of the table.")
    api_base: str = Field(
        "",
        description="Base URL of an OpenAI-compatible endpoint for that model, "
        "and for a vision model of the same provider.",
    )
    api_key: SecretStr = Field(
        SecretStr(""), description="Key for that model, as the base URL; empty: the provider's own variable."
    )
    json_mode: Literal["schema", "object", "prompt"] = Field(
        "object",
        description="How that model is asked for JSON: schema, object or prompt; "
        "unset: as the table says, and object at another address.",
    )
    routing: Path | None = Field(
        None, description="File laid over the table of models; empty: `routing.toml` in the data folder, if it exists."
    )
    max_tokens: int | None = Field(
        None, gt=0, description="Longest answer of any model, in tokens; empty: as the table of models says."
    )
    stall_seconds: float | None = Field(
        None, gt=0, description="Any model silent for this long has failed; empty: as the table says."
    )
    deadline_seconds: float | None = Field(
        None, gt=0, description="Longest time one model may take for a task; empty: as the table says."
    )
    ocr_engine: Literal["rapidocr", "easyocr", "vision"] = Field(
        "rapidocr", description="Reads pictures unless another is chosen: rapidocr, easyocr or vision."
    )
    vision_model: str = Field("", description="litellm name of a model that sees; empty: no engine `vision`.")
    easyocr_dir: Path | None = Field(
        None, description="Folder of EasyOCR's weights; empty: `easyocr` in the data folder."
    )
    easyocr_download: bool = Field(True, description="Whether EasyOCR may download weights that are missing.")
    concurrency: int = Field(4, gt=0, description="Runs that one process works on at a time.")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", description="Least severe line logged.")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, dotenv_settings, _SecretsSource(settings_cls)

    @property
    def app_database_url(self) -> str:
        """Where runs and clients live."""
        return self.database_url or f"sqlite:///{self.data_dir.absolute() / 'app.sqlite'}"

    @property
    def engine_database_url(self) -> str:
        """Where the engine keeps its checkpoints: beside the app's SQLite file, or inside the PostgreSQL database."""
        if self.app_database_url.startswith("sqlite:///"):
            return f"sqlite:///{Path(self.app_database_url.removeprefix('sqlite:///')).with_suffix('.engine.sqlite')}"
        return self.app_database_url

    @property
    def routing_file(self) -> Path:
        """What is laid over the table of models that comes with the app; it need not exist."""
        return self.routing or self.data_dir / "routing.toml"


def variable(name: str) -> str:
    """A variable that is not ours, such as a provider's key, from where the settings come from; empty without one."""
    return os.environ.get(name) or _variables_in_files().get(name.lower()) or ""


@cache
def _variables_in_files() -> Mapping[str, str | None]:
    dotenv = {name.lower(): value for name, value in dotenv_values(".env").items()}
    return {**_SecretsSource(Settings)._load_env_vars(), **{name: value for name, value in dotenv.items() if value}}


FILES = (".env", ".streamlit/secrets.toml")


@cache
def settings() -> Settings:
    """The process's settings, read once; `settings.cache_clear()` makes the next call read them again.

    Raises InputError naming what is wrong, but never its value, which may be a key.
    """
    wrong: Sequence[str]
    try:
        return Settings()
    except ValidationError as error:
        wrong = [f"JOBMATCH_{e['loc'][0]}".upper() if e["loc"] else "JOBMATCH_*" for e in error.errors()]
    except tomllib.TOMLDecodeError:
        wrong = FILES[1:]
    except (UnicodeDecodeError, OSError):  # neither says in which file
        wrong = FILES
    raise InputError("settings_invalid", names=", ".join(wrong))
