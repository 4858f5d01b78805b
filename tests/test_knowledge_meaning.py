"""Snippets that an embedding model finds: by its vectors, each asked for once, beside what words find."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import select

from core import database, knowledge, routing
from core.knowledge import library, meaning
from core.knowledge.search import Query
from core.knowledge.snippets import advice
from core.llm import Listener, Record
from core.models import Snippet, SnippetVector
from core.routing import Candidate
from core.schemas import JobSummary, Requirement, Source
from tests.support.model_server import ModelServer

RESUME = "Ann Lee\n\nExperience\nWaiter, Blue Door, 2019 - 2025\n- Served forty tables an evening"
ASKED = "Certified crane operator"
JOB = JobSummary(job_title="Rigger", must_haves=[Requirement(text=ASKED, category="certification")])
FAR = advice(
    "own-far", "en", "Zebra", "Quagga okapi.\n\n## Interview\nSay zebra.\n\n## Resume\nWrite zebra.", ["certification"]
)


@pytest.fixture
def model(server: ModelServer, configure: Callable[..., None]) -> Callable[[str], Candidate]:
    """An embedding model of that name at the loopback server, for which the demand means what the far snippet says."""

    def choose(name: str) -> Candidate:
        configure(embedding_model=f"openai/{name}", api_base=server.url, api_key="test", stall_seconds=30)
        found = routing.embedding()
        assert found is not None
        return found

    server.alike = [{ASKED + "\ndoes not hold this certificate and has not started on it", FAR.title}]
    return choose


def add(owner: int) -> int:
    with database.session(owner) as db:
        library.install(db)
        library.save(db, FAR)
        db.commit()
        return db.exec(select(Snippet.id).where(Snippet.key == FAR.key)).one() or 0


def retrieved(owner: int, model: Candidate | None = None, record: Record | None = None) -> knowledge.Retrieved:
    documents: dict[Source, str] = {"resume": RESUME, "detailed_resume": ""}
    asked = JOB.model_dump_json()
    return knowledge.for_match(knowledge.of(owner), JOB, asked, documents, "", "2026-01-01", "en", model, record)


@pytest.mark.usefixtures("storage")
def test_what_only_means_the_same_is_found_beside_what_says_the_same(
    owner: int, model: Callable[[str], Candidate]
) -> None:
    add(owner)
    without = retrieved(owner)
    assert FAR.key not in without.offered
    found = retrieved(owner, model("meanings"))
    assert FAR.key in found.offered
    assert "gap-certificate-missing" in {*without.offered} & {*found.offered}


@pytest.mark.usefixtures("storage")
def test_each_text_is_asked_for_once_and_forgotten_with_its_snippet(
    owner: int, model: Callable[[str], Candidate], server: ModelServer
) -> None:
    far = add(owner)
    candidate = model("meanings")
    wanted = [Query(ASKED + "\ndoes not hold this certificate and has not started on it", (), "M1")]

    def ids() -> list[int]:
        with database.session(owner) as db:
            (found,) = meaning.closest(db, wanted, locale="en", model=candidate, listener=Listener())
            return found

    def kept() -> int:
        with database.session(owner) as db:
            return len(db.exec(select(SnippetVector)).all())

    assert ids()[0] == far
    texts = kept()
    assert texts == 91
    asked = len(server.bodies)
    assert ids()[0] == far
    assert len(server.bodies) == asked + 1
    assert server.bodies[-1]["input"] == [wanted[0].text]
    with database.session(owner) as db:
        library.delete(db, far)
        db.commit()
    assert far not in ids()
    assert kept() == texts - 1


@pytest.mark.parametrize("fault", ["401", "500", "html", "empty"])
def test_a_model_that_fails_leaves_what_words_find(owner: int, model: Callable[[str], Candidate], fault: str) -> None:
    without, record = retrieved(owner), Record()
    assert retrieved(owner, model(fault), record) == without
    assert without.offered
    assert record.calls[0].failure_code


def test_a_model_that_has_changed_is_asked_anew(owner: int, model: Callable[[str], Candidate]) -> None:
    far = add(owner)
    candidate = model("meanings")
    wanted = [Query(ASKED + "\ndoes not hold this certificate and has not started on it", (), "M1")]
    with database.session(owner) as db:
        digest = db.require(Snippet, far).digest
        old = np.ones(3, np.float32).tobytes()  # of a model of this name with fewer numbers
        db.add(SnippetVector(model=candidate.model, digest=digest, vector=old))
        db.commit()
    for expected in (False, True):  # the first time it is only thrown away
        with database.session(owner) as db:
            (found,) = meaning.closest(db, wanted, locale="en", model=candidate, listener=Listener())
        assert (far in found[:1]) is expected


@given(st.lists(st.lists(st.integers(0, 30), unique=True), min_size=1, max_size=4))
def test_a_fused_ranking_holds_each_once_and_who_is_ahead_everywhere_is_ahead(rankings: list[list[int]]) -> None:
    found = meaning.fused(*rankings)
    assert sorted(found) == sorted({number for ranking in rankings for number in ranking})
    if all(ranking and ranking[0] == rankings[0][0] for ranking in rankings):
        assert found[0] == rankings[0][0]
