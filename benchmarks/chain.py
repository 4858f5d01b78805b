"""What the workbench adds to the time of its models, and how long a word of a model takes to reach the page.

The models are a server on loopback in a process of its own: 300 ms to the first token, then 300 tokens at 5 ms each.

The chain: matches from `submit_match` to their completion through the durable engine, in this process, on SQLite. The
base: the very same requests made with plain `litellm.completion(stream=True)` and read to the end, the two of a match
one after the other, as many matches at once. Both in turns; the time of a round is that of its slowest match. The ratio
is the median of the rounds', `best` that of the fastest round of each. `base_to_schedule` says how far the base is from
the time the server takes: much above 1 the machine is busy, or litellm itself keeps it so.
Where the server is late by more than a few milliseconds other work disturbs, and the ratios mean little.

The page: the app in a process of its own, and a match in a real Chromium. A word's time is from when the server sends
it until it stands in the page.
"""

import argparse
import json
import os
import statistics
import tempfile
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.paced_model import FIRST, PACE, TOKENS, PacedModel, paced_model, pieces
from core import clients, database, engine, prompts, runs
from core.llm.transport import litellm
from core.models import ResumeKind, RunStatus
from core.offline import analyse
from core.samples import samples
from core.schemas import JobMatch
from core.settings import OFFLINE_MODEL, settings
from tests.support.app import chromium, running_app

MODEL = "openai/paced"
CONCURRENCY = (1, 8)
MARKERS, WORDS_APART = 100, 8  # words looked for in the page, and how many words after each other they come
SAMPLE = next(sample for sample in samples() if sample.locale == "en")
RESUME, DETAILED = (SAMPLE.documents[kind] for kind in (ResumeKind.RESUME, ResumeKind.DETAILED_RESUME))
TODAY = "2026-01-01"


def fresh_job() -> str:
    """A job description never seen before: a summary of the same text would be reused."""
    return f"{next(iter(SAMPLE.jobs.values())).strip()}\nReference: {uuid.uuid4().hex}"


SUMMARY = analyse("job_summary", "en", {"job_description": fresh_job()}).model_dump_json()
MATCH_INPUTS = {"job_summary": SUMMARY, "resume": RESUME, "detailed_resume": DETAILED, "today": TODAY}
MATCH_INPUTS["coaching_snippets"] = ""


@contextmanager
def environment(folder: Path, **values: object) -> Iterator[None]:
    """Only these settings, as `model="openai/paced"`, and no key of a provider: nothing of the machine's own."""
    before = dict(os.environ)
    for name in before:
        if name.startswith("JOBMATCH_") or name.endswith(("_API_KEY", "_API_BASE")):
            del os.environ[name]
    os.environ |= {f"JOBMATCH_{name.upper()}": str(value) for name, value in values.items()}
    os.environ["JOBMATCH_DATA_DIR"] = str(folder)
    settings.cache_clear()
    try:
        yield
    finally:
        engine.stop()
        os.environ.clear()
        os.environ.update(before)
        settings.cache_clear()


# --- the chain and its base -------------------------------------------------------------------------------------------


@dataclass
class Rounds:
    """Seconds of each round, and those of the chain's model calls as it has logged them, per match."""

    base: list[float] = field(default_factory=list)
    chain: list[float] = field(default_factory=list)
    in_calls: list[float] = field(default_factory=list)
    late_ms: float = 0.0  # how far the server was behind its schedule (p95)

    @property
    def ratios(self) -> list[float]:
        return [chain / base for chain, base in zip(self.chain, self.base, strict=True)]


def base(model: PacedModel, count: int) -> float:
    """Seconds for the bare requests of that many matches."""
    conversations = [
        [
            prompts.load("job_summary", "en").render({"job_description": fresh_job()}),
            prompts.load("job_match", "en").render(MATCH_INPUTS),
        ]
        for _ in range(count)
    ]

    def requests(conversation: list[list[prompts.Message]]) -> None:
        for messages in conversation:
            answer = litellm().completion(
                model=MODEL,
                messages=messages,
                stream=True,
                stream_options={"include_usage": True},
                response_format={"type": "json_object"},
                temperature=0.0,
                max_tokens=16_000,
                max_retries=0,
                api_base=model.url,
                api_key="test",
            )
            for _ in answer:
                pass

    with ThreadPoolExecutor(count) as pool:
        started = time.perf_counter()
        list(pool.map(requests, conversations))
        return time.perf_counter() - started


def chain(owner: int, client_id: int, count: int) -> tuple[float, float]:
    """Seconds for that many matches, and those of the model calls in one of them, on average."""
    started = time.perf_counter()
    with database.session(owner) as db:
        ids = [
            runs.submit_match(db, client_id, fresh_job(), model=MODEL, locale="en", token=uuid.uuid4().hex).id
            for _ in range(count)
        ]
    seconds = finished(ids) - started
    in_calls = 0.0
    for run_id in ids:
        with database.session(owner) as db:
            seen = runs.view(db, run_id)
        calls = [(call.task, call.model, call.outcome) for call in seen.calls]
        if seen.run.status is not RunStatus.COMPLETED or calls != [
            ("job_summary", MODEL, "ok"),
            ("job_match", MODEL, "ok"),
        ]:
            raise RuntimeError(f"the match did not go as planned: {seen.run.status} {seen.run.failure_code} {calls}")
        in_calls += sum(call.seconds for call in seen.calls)
    return seconds, in_calls / count


def finished(ids: list[str]) -> float:
    """The clock when the last of these runs has ended. Asked past the ORM, to cost the measured process little."""
    marks = ",".join("?" * len(ids))
    with database.engine().connect() as connection:
        while True:
            query = f"SELECT count(*) FROM run WHERE finished_at IS NULL AND id IN ({marks})"
            left = connection.exec_driver_sql(query, tuple(ids)).scalar()
            connection.rollback()
            if not left:
                return time.perf_counter()
            time.sleep(0.01)


def extracted_client() -> tuple[int, int]:
    """The owner, and a client whose two documents the offline analyst has read."""
    owner = database.local_owner()
    with database.session(owner) as db:
        client_id = clients.create(db, SAMPLE.name).id or 0
        for kind, text in SAMPLE.documents.items():
            resume = clients.add_paste(db, client_id, kind, text)
            run = runs.submit_extraction(db, resume, model=OFFLINE_MODEL, locale="en")
            finished([run.id])
    return owner, client_id


def measure_chain(folder: Path, model: PacedModel, count: int, rounds: int) -> Rounds:
    result = Rounds()
    with environment(folder, model=MODEL, api_base=model.url, api_key="test", concurrency=count, log_level="ERROR"):
        owner, client_id = extracted_client()
        base(model, 1)  # the first requests pay for imports and connections
        chain(owner, client_id, 1)
        for _ in range(rounds):
            result.base.append(base(model, count))
            seconds, in_calls = chain(owner, client_id, count)
            result.chain.append(seconds)
            result.in_calls.append(in_calls)
    return result


# --- a word's way to the page -----------------------------------------------------------------------------------------

WATCH = """
window.seen = {};
new MutationObserver(() => {
  const clock = Date.now();
  for (const [word] of (document.body?.textContent ?? "").matchAll(/mark\\d{3}/g)) window.seen[word] ??= clock;
}).observe(document, {subtree: true, childList: true, characterData: true});
"""


def marked_answer() -> list[str]:
    """A match whose assessment is long and has a marker every few words; one word a token there."""
    match = JobMatch.model_validate_json(analyse("job_match", "en", MATCH_INPUTS).model_dump_json())
    before, _, after = match.model_copy(update={"overall_assessment": "HERE"}).model_dump_json().partition("HERE")
    words = [
        f"mark{number // WORDS_APART:03} " if number % WORDS_APART == 0 else "word " if number % 20 else "end. "
        for number in range(MARKERS * WORDS_APART)
    ]
    return [*pieces(before, TOKENS // 2), *words, *pieces(after, TOKENS // 2)]


def measure_page(folder: Path, matches: int) -> list[float]:
    """Milliseconds from the sending of each marker to its appearance, over that many matches."""
    answers = {"job_summary": pieces(SUMMARY), "job_match": marked_answer()}
    folder.mkdir()
    with (
        paced_model(answers) as model,
        running_app(folder, model=MODEL, api_base=model.url, api_key="test") as app,
        chromium() as browser,
    ):
        page = browser.new_context(locale="en-US", viewport={"width": 1400, "height": 1000}).new_page()
        page.set_default_timeout(60_000)
        page.add_init_script(WATCH)
        page.goto(app.url)
        page.get_by_role("button", name="Load sample data").click()
        page.get_by_text("Resume read and ready").first.wait_for()
        latencies: list[float] = []
        for _ in range(matches):
            page.goto(f"{app.url}/Workbench")
            page.get_by_label("Job description", exact=True).fill(fresh_job())
            page.get_by_role("button", name="Start the match").click()
            page.get_by_role("button", name="Download the report").wait_for()
            sent, seen = model.report()["sent"], page.evaluate("window.seen")
            if len(sent) != MARKERS or len(seen) != MARKERS:
                raise RuntimeError(f"of {MARKERS} markers {len(sent)} were sent and {len(seen)} seen")
            latencies += [seen[marker] - clock * 1000 for marker, clock in sent.items()]
        return latencies


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


# --- all of it --------------------------------------------------------------------------------------------------------


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5, help="measurements of the chain and of its base")
    parser.add_argument("--matches", type=int, default=2, help="matches looked at in Chromium")
    parser.add_argument("--only", choices=("chain", "page"), help="one of the two measurements")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()

    target = arguments.json and arguments.json.resolve()
    figures: dict[str, float] = {}
    details: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.chdir(folder)  # away from the settings of this checkout
        if arguments.only != "page":
            measure = _measure_chains(folder, arguments.rounds)
            for count, rounds in measure:
                details[f"chain_{count}"] = asdict(rounds)
                figures |= _chain_figures(count, rounds)
        if arguments.only != "chain":
            latencies = measure_page(folder / "page", arguments.matches)
            details["latencies_ms"] = latencies
            figures["token_to_page_p50_ms"] = round(percentile(latencies, 0.5))
            figures["token_to_page_p95_ms"] = round(percentile(latencies, 0.95))
            print(f"page: {len(latencies)} words, slowest {max(latencies):.0f} ms")
    if target:
        target.write_text(json.dumps({**details, **figures}, indent=2))
    for figure, value in figures.items():
        print(f"{figure}={value}")


def _measure_chains(folder: Path, count_of_rounds: int) -> Iterator[tuple[int, Rounds]]:
    answers = {"job_summary": SUMMARY, "job_match": analyse("job_match", "en", MATCH_INPUTS).model_dump_json()}
    with paced_model({task: pieces(answer) for task, answer in answers.items()}) as model:
        for count in CONCURRENCY:
            rounds = measure_chain(folder / f"chain{count}", model, count, count_of_rounds)
            rounds.late_ms = percentile(model.report()["late"], 0.95)
            print(f"{count} at once; the server kept its times to {rounds.late_ms:.1f} ms (p95)")
            for what in ("base", "chain", "in_calls"):
                print(f"  {what:9}" + " ".join(f"{value:6.2f}" for value in getattr(rounds, what)))
            print("  ratio    " + " ".join(f"{value:6.3f}" for value in rounds.ratios), flush=True)
            yield count, rounds


def _chain_figures(count: int, rounds: Rounds) -> dict[str, float]:
    ideal = 2 * (FIRST + (TOKENS - 1) * PACE)
    return {
        f"server_late_p95_ms_{count}": round(rounds.late_ms, 1),
        f"base_to_schedule_{count}": round(statistics.median(rounds.base) / ideal, 3),
        f"chain_ratio_{count}": round(statistics.median(rounds.ratios), 3),
        f"chain_ratio_{count}_best": round(min(rounds.chain) / min(rounds.base), 3),
    }


if __name__ == "__main__":
    main()
