"""Coaching knowledge: snippets of advice, found for the gaps of a match, given to whoever writes it, and cited in it.

`snippets` are files, `library` keeps an owner's in the database, `search` finds them there by the `words` and concepts
of a query, and `retrieval` asks for the open requirements of a match. The names here are what a match needs.
"""

import atexit
import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache, partial
from pathlib import Path

from sqlmodel import Session

from core import database, llm
from core.database import OwnerSession
from core.knowledge.snippets import Advice, text
from core.models import User
from core.routing import Candidate
from core.schemas import CitedSnippet, JobMatch, JobSummary, Knowledge, Source

__all__ = ["Snippets", "cite", "curated", "for_match", "of", "warm_up"]

Snippets = Callable[[], OwnerSession]  # opens a session of the owner whose snippets are meant


@dataclass(frozen=True)
class Retrieved:
    """What the snippets add to a prompt (one JSON object a line), and what is kept of how it came about."""

    prompt: str = ""
    knowledge: Knowledge = field(default_factory=Knowledge)
    offered: Mapping[str, Advice] = field(default_factory=dict)


def of(owner_id: int) -> Snippets:
    """Those of an owner, in the app's database."""
    return partial(database.session, owner_id)


@cache
def curated() -> Snippets:
    """Those that come with the project alone, in a database of this process: for the terminal and for evaluation, where
    the same texts must give the same match whatever a coach has added."""
    folder = tempfile.mkdtemp(prefix="jobmatch-knowledge-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    engine = database.connect(f"sqlite:///{Path(folder) / 'knowledge.db'}")
    database.migrate(engine)
    with Session(engine) as db:
        user = User(name=database.LOCAL_USER)
        db.add(user)
        db.commit()
        owner_id = user.id or 0
    return partial(OwnerSession, engine, owner_id)


def warm_up(owner_id: int) -> None:
    """Read and install now what the owner's first match would."""
    from core.knowledge import library  # noqa: PLC0415 - imports the analyst's vocabulary

    with database.session(owner_id) as db:
        library.install(db)
        db.commit()


def for_match(
    snippets: Snippets | None,
    job: JobSummary,
    asked: str,
    documents: Mapping[Source, str],
    posting: str,
    today: str,
    locale: str,
    model: Candidate | None = None,
    listener: llm.Listener | None = None,
) -> Retrieved:
    """The snippets for the open requirements of a job; nothing for None. `asked` is what a match gets of the job, as
    JSON. With an embedding model also those that mean the same in other words; `listener` hears of its calls."""
    if snippets is None:
        return Retrieved()
    from core.knowledge import meaning, retrieval  # noqa: PLC0415 - with the analyst's vocabulary
    from core.offline import matching  # noqa: PLC0415

    def plan() -> retrieval.Plan:
        day = date.fromisoformat(today)
        found = matching.judged(asked, documents["resume"], documents["detailed_resume"], posting, day)
        # The duties speak of many trades; they have a say where the title names none.
        of_job = retrieval.trades(job.job_title) or retrieval.trades(*job.responsibilities)
        return retrieval.queries(found, job, locale), of_job

    by_meaning = None
    if model:
        by_meaning = partial(meaning.closest, locale=locale, model=model, listener=listener or llm.Listener())
    return retrieval.retrieve(snippets, plan, locale, by_meaning)


def cite(match: JobMatch, retrieved: Retrieved) -> JobMatch:
    """The match with its sources: ids of snippets it was not given are dropped, those it names are kept with it."""
    offered = retrieved.offered

    def known(ids: list[str]) -> list[str]:
        return [key for key in dict.fromkeys(ids) if key in offered]

    weaknesses = [w.model_copy(update={"snippet_ids": known(w.snippet_ids)}) for w in match.weaknesses]
    steps = [known(ids) for ids in match.recommendation_snippet_ids][: len(match.recommendations)]
    named = dict.fromkeys(key for ids in (*(w.snippet_ids for w in weaknesses), *steps) for key in ids)
    cited = [CitedSnippet(id=key, title=offered[key].title, text=text(offered[key])) for key in named]
    knowledge = retrieved.knowledge.model_copy(update={"cited": cited})
    changes = {"weaknesses": weaknesses, "recommendation_snippet_ids": steps, "knowledge": knowledge}
    return match.model_copy(update=changes)
