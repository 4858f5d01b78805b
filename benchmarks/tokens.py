"""How many tokens a whole run sends and receives, task by task, and what they are spent on.

Both sample clients, with both of their documents and one job, in both languages of the report. The answers are those of
the offline analyst: an example of their length. Tokens are counted by litellm's own tokenizer, without a network.

`texts`: what the client and the employer wrote, or a model made of it; `shape`: of the JSON that is asked for;
`numbers`: the line numbers and tags around the texts. The rest is instruction. `schema` is the JSON schema that
providers with the JSON mode of that name are sent beside the prompt. Ends with an error when a prompt carries a line of
a text more often than the text does.
"""

import argparse
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

from core import i18n, knowledge, prompts
from core.llm.transport import litellm
from core.models import ResumeKind
from core.offline import analyse
from core.samples import SampleClient, samples
from core.schemas import Contract, Source

TODAY = "2026-01-01"
TOKENIZER = "gpt-4o"
LINE = 20  # characters of a line that two texts do not share by chance


@dataclass
class Task:
    """The tokens of one call."""

    sample: str
    locale: str
    task: str
    system: int
    user: int
    answer: int
    texts: int
    shape: int
    numbers: int
    schema: int
    repeated: list[str]  # lines of a text that the prompt carries once more

    @property
    def prompt(self) -> int:
        return self.system + self.user


@cache
def tokens(text: str) -> int:
    count: int = litellm().token_counter(model=TOKENIZER, text=text)
    return count


def run(sample: SampleClient, locale: str) -> Iterator[Task]:
    """The calls of a match from nothing: two documents are read, then a job, then they are compared."""
    resume, detailed = (sample.documents[kind] for kind in (ResumeKind.RESUME, ResumeKind.DETAILED_RESUME))
    job = next(iter(sample.jobs.values()))
    yield call(sample, locale, "resume_summary", {"resume": resume, "today": TODAY})[0]
    yield call(sample, locale, "detailed_resume_summary", {"detailed_resume": detailed, "today": TODAY})[0]
    counted, summary = call(sample, locale, "job_summary", {"job_description": job})
    yield counted
    asked = summary.model_dump_json()
    documents: dict[Source, str] = {"resume": resume, "detailed_resume": detailed}
    snippets = knowledge.for_match(knowledge.curated(), summary, asked, documents, job, TODAY, locale).prompt
    inputs = {"job_summary": asked, **documents, "coaching_snippets": snippets, "today": TODAY}
    yield call(sample, locale, "job_match", inputs)[0]


def call(sample: SampleClient, locale: str, task: str, inputs: Mapping[str, str]) -> tuple[Task, Contract]:
    prompt = prompts.load(task, locale)
    system, user = (str(message["content"]) for message in prompt.render(inputs))
    answer = analyse(task, locale, inputs)
    texts = {name: prompts.clean(inputs[name]) for name in prompt.untrusted}
    blocks = sum(tokens(prompts.block(name, text)) for name, text in texts.items())
    plain = sum(map(tokens, texts.values()))
    shape = prompts.shape(prompt.schema)
    schema = json.dumps(prompt.schema.model_json_schema(), separators=(",", ":"))
    if shape not in system + user:
        raise RuntimeError(f"{task}: the prompt does not say which JSON it asks for")
    counted = Task(
        sample=sample.locale,
        locale=locale,
        task=task,
        system=tokens(system),
        user=tokens(user),
        answer=tokens(answer.model_dump_json()),
        texts=plain,
        shape=tokens(shape),
        numbers=blocks - plain,
        schema=tokens(schema),
        repeated=repeated(system + "\n" + user, texts),
    )
    return counted, answer


def repeated(prompt: str, texts: Mapping[str, str]) -> list[str]:
    """The lines that stand in the prompt more often than in the texts it was made of."""
    whole = "\n".join(texts.values())
    lines = Counter(line.strip() for line in whole.split("\n"))
    return [line for line in lines if len(line) >= LINE and prompt.count(line) > whole.count(line)]


def figures(tasks: list[Task]) -> dict[str, float]:
    result: dict[str, float] = {}
    for sample, locale in dict.fromkeys((task.sample, task.locale) for task in tasks):
        of = [task for task in tasks if (task.sample, task.locale) == (sample, locale)]
        prompt = sum(task.prompt for task in of)
        name = f"{sample}_client_{locale}_report"
        result |= {
            f"{name}_prompt_tokens": prompt,
            f"{name}_answer_tokens": sum(task.answer for task in of),
            f"{name}_text_share": round(sum(task.texts for task in of) / prompt, 3),
            f"{name}_shape_share": round(sum(task.shape for task in of) / prompt, 3),
            f"{name}_schema_share": round(sum(task.schema for task in of) / prompt, 3),
        }
    result["repeated_lines"] = sum(len(task.repeated) for task in tasks)
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()

    tasks = [task for sample in samples() for locale in i18n.LOCALES for task in run(sample, locale)]
    columns = ("system", "user", "answer", "texts", "shape", "numbers", "schema")
    print(f"{'client':6} {'report':6} {'task':24}" + "".join(f"{name:>9}" for name in columns) + "  texts of prompt")
    for task in tasks:
        counts = "".join(f"{getattr(task, name):9}" for name in columns)
        print(f"{task.sample:6} {task.locale:6} {task.task:24}{counts}{task.texts / task.prompt:17.1%}")
    totals = figures(tasks)
    if arguments.json:
        rows = [asdict(task) for task in tasks]
        arguments.json.write_text(json.dumps({"tasks": rows, **totals}, indent=2, ensure_ascii=False), "utf-8")
    for name, value in totals.items():
        print(f"{name}={value}")
    for line in dict.fromkeys(line for task in tasks for line in task.repeated):
        print(f"more than once: {line}")
    raise SystemExit(1 if totals["repeated_lines"] else 0)


if __name__ == "__main__":
    main()
