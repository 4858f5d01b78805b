"""Configuration: environment variables first, then `.env`, then Streamlit secrets, then the defaults below."""

import os
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from dotenv import dotenv_values
from pydantic import AfterValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, EnvSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

from core.errors import InputError

ROOT = Path(__file__).resolve().parent.parent
OFFLINE_MODEL = "offline/analyst"
MAX_MODEL_NAME = 200  # characters


def is_address(text: str) -> bool:
    """Whether a text is the address of a server: http(s)://host, with or without port and path."""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:  # of a port that is no number, or half an IPv6 address
        return False
    shown = text.isprintable() and not any(character.isspace() for character in text)
    return shown and parts.scheme in ("http", "https") and bool(parts.hostname) and port != 0


def address(text: str) -> str:
    """Without the blanks around it. Raises ValueError when it is neither empty nor an address."""
    text = text.strip()
    if text and not is_address(text):
        raise ValueError("not an address")
    return text


def model_name(text: str) -> str:
    """Raises ValueError for what would spoil a page or a log line."""
    text = text.strip()
    if len(text) > MAX_MODEL_NAME or not text.isprintable():
        raise ValueError("not a name")
    return text


Address = Annotated[str, AfterValidator(address)]
ModelName = Annotated[str, AfterValidator(model_name)]
Seconds = Annotated[float, Field(gt=0, le=86_400, allow_inf_nan=False)]


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
    model: ModelName = Field(
        OFFLINE_MODEL,
        description="litellm name of a model that is tried before those of the table; "
        "set to `offline/analyst`: the offline tier is the default.",
    )
    api_base: Address = Field(
        "",
        description="Base URL of an OpenAI-compatible endpoint for that model, "
        "and for a vision model of the same provider.",
    )
    api_key: Annotated[SecretStr, AfterValidator(lambda key: SecretStr(key.get_secret_value().strip()))] = Field(
        SecretStr(""),
        description="Key for that model; empty: the provider's own variable, but no key at another address.",
    )
    json_mode: Literal["schema", "object", "prompt"] = Field(
        "object",
        description="How that model is asked for JSON: schema, object or prompt; "
        "unset: as the table says, and object at another address.",
    )
    routing: Path | None = Field(
        None, description="File laid over the table of models; empty: `routing.toml` in the data folder, if it exists."
    )
    vocabulary: Path | None = Field(
        None,
        description="File laid over the offline analyst's vocabulary; "
        "empty: `vocabulary.toml` in the data folder, if it exists.",
    )
    max_tokens: int | None = Field(
        None, gt=0, description="Longest answer of any model, in tokens; empty: as the table of models says."
    )
    stall_seconds: Seconds | None = Field(
        None, description="Any model silent for this long has failed; empty: as the table says."
    )
    deadline_seconds: Seconds | None = Field(
        None, description="Longest time one model may take for a task; empty: as the table says."
    )
    ocr_engine: Literal["rapidocr", "easyocr", "vision"] = Field(
        "rapidocr", description="Reads pictures unless another is chosen: rapidocr, easyocr or vision."
    )
    vision_model: ModelName = Field(
        "", description="litellm name of a model that sees, tried before those of the table."
    )
    embedding_model: ModelName = Field(
        "",
        description="litellm name of a model that turns texts into vectors, by which the offline analyst then also "
        "finds what is said in other words; empty: none.",
    )
    easyocr_dir: Path | None = Field(
        None, description="Folder of EasyOCR's weights; empty: `easyocr` in the data folder."
    )
    easyocr_download: bool = Field(True, description="Whether EasyOCR may download weights that are missing.")
    credits: bool = Field(False, description="Whether what paid models do costs the owner credits.")
    signup_credits: int = Field(20, ge=0, le=1_000_000, description="Credits every owner begins with.")
    operator: bool = Field(True, description="Whether History shows the operations of the whole install.")
    history_days: int = Field(
        30,
        ge=0,
        le=36_500,
        description="Days the engine's records of finished runs are kept, with the text as it was written live; "
        "no page needs them.",
    )
    picture_days: int | None = Field(
        None,
        ge=0,
        le=36_500,
        description="Days pictures are kept after the run that read them has finished; "
        "0: until their text is confirmed; empty: as long as the client.",
    )
    concurrency: int = Field(4, gt=0, description="Runs that one process works on at a time.")
    execute: bool = Field(
        True,
        description="Whether the app itself works on runs; `False`: it only submits and shows them, and workers "
        "(`python -m core worker`) do the work.",
    )
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
        """What is laid over the table of models that comes with the app; the one in the data folder need not exist."""
        return self.routing or self.data_dir / "routing.toml"

    @property
    def vocabulary_file(self) -> Path:
        """What is laid over the vocabulary that comes with the app; the one in the data folder need not exist."""
        return self.vocabulary or self.data_dir / "vocabulary.toml"


def variable(name: str) -> str:
    """A variable that is not ours, such as a provider's key, from where the settings come from; empty without one."""
    return os.environ.get(name, "").strip() or (_variables_in_files().get(name.lower()) or "").strip()


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
