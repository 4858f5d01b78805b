"""What is deployed: the container files name programs, files and settings that exist. They are not built here."""

import importlib
import os
import re
import shlex
import shutil
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest
import yaml

from core import worker
from core.cli import commands
from core.settings import ROOT, Settings
from tests.support.app import running_app

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))
SERVICES: dict[str, Any] = COMPOSE["services"]
DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")
OURS = [name for name, service in SERVICES.items() if "build" in service]


def check_command(command: list[str]) -> None:
    """The program exists, and so does the script or subcommand it is given."""
    program, *rest = command
    assert shutil.which(program, path=os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])), command
    if rest[:2] == ["-m", "core"]:
        assert callable(commands.parser().parse_args(rest[2:]).run)
    if program == "streamlit":
        assert rest[0] == "run"
        assert (ROOT / rest[1]).is_file()


@pytest.mark.parametrize("name", OURS)
def test_every_command_exists(name: str) -> None:
    check_command(SERVICES[name]["command"])


def test_the_image_runs_the_app_as_nobody_in_particular() -> None:
    [line] = re.findall(r"^CMD (\[.*\])$", DOCKERFILE, re.M)
    check_command(yaml.safe_load(line))
    [user] = re.findall(r"^USER (\S+)$", DOCKERFILE, re.M)
    assert user != "root"
    assert f"useradd --create-home {user}" in DOCKERFILE
    assert DOCKERFILE.index("USER") < DOCKERFILE.index("CMD")


def test_the_image_installs_what_is_locked_with_hashes() -> None:
    for copied in re.findall(r"^COPY (\S+) ", DOCKERFILE, re.M):
        assert (ROOT / copied).exists()
    [lock] = re.findall(r"--require-hashes -r (\S+)", DOCKERFILE)
    assert "--hash=sha256:" in (ROOT / lock).read_text()
    version = tuple(map(int, re.findall(r"^FROM python:(\d+)\.(\d+)-slim$", DOCKERFILE, re.M)[0]))
    assert version >= (3, 11)
    ignored = (ROOT / ".dockerignore").read_text().split()
    assert {".env", ".streamlit/secrets.toml", "data"} <= set(ignored)  # neither keys nor clients go into an image


@pytest.mark.parametrize("name", OURS)
def test_only_settings_that_exist_are_set(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable, value in SERVICES[name]["environment"].items():
        assert variable.removeprefix("JOBMATCH_").lower() in Settings.model_fields
        monkeypatch.setenv(variable, value)
    assert Settings().engine_database_url.startswith("postgresql+psycopg://")
    assert Settings().execute is (name != "app")


def test_workers_have_the_time_they_take_to_end() -> None:
    service = SERVICES["worker"]
    assert service["deploy"]["replicas"] == 2
    assert int(service["stop_grace_period"].removesuffix("s")) >= worker.GRACE + 10
    assert all("database" in SERVICES[name]["depends_on"] for name in OURS)


def test_commands_of_the_readme_for_growing_exist() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    section = readme.split("## Growing")[1].split("\n## ")[0]
    lines = [
        line.split("#")[0] for block in re.findall(r"```sh\n(.*?)```", section, re.S) for line in block.splitlines()
    ]
    ran = [words for line in lines if (words := [w for w in shlex.split(line) if not re.match(r"[A-Z_]+=", w)])]
    for program, *rest in ran:
        if program == ".venv/bin/python":
            assert callable(commands.parser().parse_args(rest[2:]).run)
        else:
            assert program == "docker"
    assert any("worker" in words for words in ran)


def test_every_module_the_image_needs_is_in_it() -> None:
    ignored = (ROOT / ".dockerignore").read_text().split()
    assert not {"core", "app", "prompts", "samples"} & set(ignored)
    importlib.import_module("core.worker")


def test_the_server_says_what_a_browser_may_load_and_takes_up_runs_without_a_visitor(folder: Path) -> None:
    with running_app(folder, ROOT / "app" / "server.py") as app:
        with urllib.request.urlopen(app.url, timeout=10) as answer:
            assert "img-src 'self' data: blob:" in answer.headers["Content-Security-Policy"]
            assert b"streamlit" in answer.read().lower()
        lock = folder / "data" / "app.engine.sqlite.lock"
        deadline = time.monotonic() + 60
        while not lock.exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        assert lock.exists()  # this process executes
