"""Every test works in a folder of its own, on a database of its own."""

import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from functools import cache
from hashlib import sha256
from pathlib import Path

import hypothesis
import pytest
import sqlalchemy as sa
from PIL import Image

from core import database, engine, routing, tasks
from core.ocr.rapid import RapidEngine
from core.ocr.transcript import Piece
from core.settings import settings
from tests.support.environment import forget
from tests.support.model_server import ModelServer, model_server
from tests.support.postgres import new_database, postgres_binaries, postgres_server

hypothesis.settings.register_profile("any machine", deadline=None)  # how long an example takes proves nothing
hypothesis.settings.load_profile("any machine")

# What takes longest comes first, or one of several processes is left with it at the end.
SLOWEST = (
    "browser",
    "browser_scans",
    "robustness",
    "chaos",
    "scans",
    "ocr",
    "executors",
    "faults",
    "evaluation_ranking",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    place = {f"test_{name}": number for number, name in enumerate(SLOWEST)}
    items.sort(key=lambda item: place.get(item.path.stem, len(SLOWEST)))


_opened: set[sa.Engine] = set()
sa.event.listen(sa.Engine, "engine_connect", lambda connection: _opened.add(connection.engine))


def close_databases() -> None:
    """A process has so many files, a server so many connections, and a session so many tests."""
    while _opened:
        _opened.pop().dispose()


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty working folder with an empty data folder; nothing of the machine's own settings is seen."""
    for name in list(os.environ):
        if name.startswith("JOBMATCH_") or name.endswith(("_API_KEY", "_API_BASE")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("JOBMATCH_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    forget()
    yield tmp_path
    for thread in threading.enumerate():
        if isinstance(thread, threading.Timer):
            thread.cancel()  # what a page has put off must not start in the next test
    engine.stop()
    close_databases()
    forget()


@pytest.fixture
def configure(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Change settings for the rest of the test: `configure(model="openai/paced")`."""

    def change(**values: object) -> None:
        for name, value in values.items():
            monkeypatch.setenv(f"JOBMATCH_{name.upper()}", str(value))
        forget()

    return change


@pytest.fixture
def idle(configure: Callable[..., None]) -> Callable[[], None]:
    """From when it is called nobody executes."""

    def end() -> None:
        engine.stop()
        configure(execute=False)

    return end


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with model_server() as state:
        yield state


@cache
def _first_request() -> None:
    """The first request of a process imports half of litellm, which must not pass for a model that is silent."""
    with model_server() as state:
        model = routing.Candidate("openai/first", api_base=state.url, api_key="test")
        tasks.summarise_job(
            "Nurse\nRequirements\n- Nursing\n- Patient care, two years of it", locale="en", candidates=[model]
        )


@pytest.fixture
def paced(server: ModelServer, configure: Callable[..., None]) -> routing.Candidate:
    """The loopback model, configured as the app's first choice."""
    _first_request()
    configure(model="openai/paced", api_base=server.url, api_key="test", stall_seconds=3, deadline_seconds=30)
    return routing.candidates("job_match", "openai/paced")[0]


_pieces: dict[tuple[bytes, tuple[int, int]], list[list[Piece]]] = {}


@pytest.fixture
def read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a picture says takes the real engine seconds to tell: of the same one it tells the same again at once."""
    real = RapidEngine.read_gradually

    def read_gradually(engine: RapidEngine, tile: Image.Image) -> Iterator[list[Piece]]:
        key = sha256(tile.tobytes()).digest(), tile.size
        if key in _pieces:
            yield from _pieces[key]
            return
        groups = []
        for group in real(engine, tile):
            groups.append(group)
            yield group
        _pieces[key] = groups

    monkeypatch.setattr(RapidEngine, "read_gradually", read_gradually)


# Migrated, and with queues: the engine looks for new ones once a second, which each test would wait for.
PREPARE = "from core import database, engine; database.local_owner(); engine.start(); engine.stop()"


def prepare(folder: Path, **values: str) -> None:
    """Make databases ready for the first run, in a process of its own, which leaves nothing open."""
    own = {f"JOBMATCH_{name.upper()}": value for name, value in values.items()}
    subprocess.run([sys.executable, "-c", PREPARE], cwd=folder, env={**os.environ, **own}, check=True)


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder that is ready."""
    folder = tmp_path_factory.mktemp("template")
    prepare(folder, data_dir=str(folder / "data"))
    return folder / "data"


@pytest.fixture
def owner(folder: Path, template: Path) -> int:
    if settings().app_database_url.startswith("sqlite") and not settings().data_dir.exists():
        shutil.copytree(template, settings().data_dir)
    return database.local_owner()


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """URL of a PostgreSQL server of this session's own, on loopback."""
    if postgres_binaries() is None:
        if os.environ.get("CI"):
            pytest.fail("CI must install PostgreSQL")
        pytest.skip("PostgreSQL is not installed")
    with postgres_server() as url:
        yield url


@pytest.fixture(scope="session")
def postgres_template(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The name of a database on that server that is ready."""
    folder = tmp_path_factory.mktemp("template")
    prepare(folder, data_dir=str(folder), database_url=new_database(postgres, "ready"))
    return "ready"


@pytest.fixture(params=["sqlite", "postgresql"])
def storage(request: pytest.FixtureRequest, configure: Callable[..., None]) -> str:
    """Run a test once on each database."""
    if request.param == "postgresql":
        server, template = request.getfixturevalue("postgres"), request.getfixturevalue("postgres_template")
        configure(database_url=new_database(server, f"t{time.time_ns()}", template))
    return str(request.param)
