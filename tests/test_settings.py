"""Where settings come from, and that the README lists them all."""

from pathlib import Path

import pytest

from core.errors import InputError
from core.settings import ROOT, Settings, settings, variable
from tests.support.environment import forget


def test_precedence_environment_then_dotenv_then_secrets(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / ".streamlit").mkdir()
    (folder / ".streamlit" / "secrets.toml").write_text(
        'JOBMATCH_MODEL = "secret/model"\nJOBMATCH_API_BASE = "http://secret"\n'
        "JOBMATCH_MAX_TOKENS = 111\n[other]\na = 1\n"
    )
    assert (Settings().model, Settings().api_base, Settings().max_tokens) == ("secret/model", "http://secret", 111)
    (folder / ".env").write_text("JOBMATCH_MODEL=dotenv/model\nJOBMATCH_API_BASE=http://dotenv\n")
    assert (Settings().model, Settings().api_base, Settings().max_tokens) == ("dotenv/model", "http://dotenv", 111)
    monkeypatch.setenv("JOBMATCH_MODEL", "environment/model")
    assert (Settings().model, Settings().api_base) == ("environment/model", "http://dotenv")


def test_keys_are_never_shown() -> None:
    assert "hunter2" not in repr(Settings(api_key="hunter2"))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("stall_seconds", "inf"),
        ("stall_seconds", "nan"),
        ("deadline_seconds", "86401"),
        ("deadline_seconds", "0"),
        ("api_base", "host:8000"),
        ("api_base", "ftp://host"),
        ("api_base", "http://"),
        ("api_base", "http://host:x"),
        ("api_base", "http://ho st"),
        ("model", "openai/a\u202eb"),
        ("model", "openai/" + "x" * 194),
        ("vision_model", "openai/a\nb"),
    ],
)
def test_what_cannot_be_used_is_refused_by_its_name(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(f"JOBMATCH_{name.upper()}", value)
    forget()
    with pytest.raises(InputError, match="settings_invalid") as caught:
        settings()
    assert caught.value.values["names"] == f"JOBMATCH_{name.upper()}"


def test_blanks_around_keys_and_addresses_are_not_part_of_them(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOBMATCH_API_KEY", " hunter2\n")
    monkeypatch.setenv("JOBMATCH_API_BASE", " https://user:word@[::1]:8000/v1 ")
    monkeypatch.setenv("JOBMATCH_MODEL", "openai/" + "x" * 193)
    monkeypatch.setenv("SOME_API_KEY", "hunter2 \n")
    assert Settings().api_key.get_secret_value() == variable("SOME_API_KEY") == "hunter2"
    assert Settings().api_base == "https://user:word@[::1]:8000/v1"
    assert len(Settings().model) == 200
    (folder / ".env").write_text('SOME_API_KEY=" of-dotenv "\n')
    monkeypatch.setenv("SOME_API_KEY", " ")
    forget()
    assert variable("SOME_API_KEY") == "of-dotenv"


def test_databases_lie_beside_each_other(folder: Path) -> None:
    assert Settings().app_database_url == f"sqlite:///{folder / 'data' / 'app.sqlite'}"
    assert Settings().engine_database_url == f"sqlite:///{folder / 'data' / 'app.engine.sqlite'}"
    url = "postgresql+psycopg://host/db"
    assert Settings(database_url=url).engine_database_url == url


def test_the_readme_lists_every_setting_with_its_default() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    for name, field in Settings.model_fields.items():
        row = next(line for line in readme.splitlines() if line.startswith(f"| `JOBMATCH_{name.upper()}`"))
        assert field.description
        assert field.description in row
        default = "" if name == "api_key" or field.default is None else str(field.default)
        assert f"`{default}`" in row or not default
