"""Every posting passes, and so does any half of one; what is certainly something else does not."""

import random
import time
import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.job_check import looks_like_job
from core.settings import ROOT

SAMPLES = ROOT / "samples"

TEXTS = tomllib.loads((Path(__file__).parent / "job_check_texts.toml").read_text("utf-8"))
POSTINGS, OTHERS, RESUMES = TEXTS["postings"], TEXTS["others"], TEXTS["resumes"]
JOBS = sorted(SAMPLES.glob("*/jobs/*.txt"))


@pytest.mark.parametrize("path", JOBS, ids=lambda path: path.stem)
def test_every_sample_is_a_job_description_whole_and_in_halves(path: Path) -> None:
    text = path.read_text("utf-8")
    assert looks_like_job(text)
    assert looks_like_job(text[: len(text) // 2])
    assert looks_like_job(text[len(text) // 2 :])


@pytest.mark.parametrize("name", POSTINGS)
def test_a_posting_or_a_part_of_one_passes(name: str) -> None:
    assert looks_like_job(POSTINGS[name])


@pytest.mark.parametrize("name", OTHERS)
def test_what_is_certainly_something_else_does_not(name: str) -> None:
    assert not looks_like_job(OTHERS[name])


@pytest.mark.parametrize("name", RESUMES)
def test_a_resume_is_no_job_description(name: str) -> None:
    assert not looks_like_job(RESUMES[name])
    assert looks_like_job(RESUMES[name] + "\n" + POSTINGS["zh_head"] + "\n任职要求\nWhat you will need")


@pytest.mark.parametrize("name", ["zh", "en"])
def test_the_resumes_of_the_samples_are_no_job_descriptions(name: str) -> None:
    assert not looks_like_job((SAMPLES / name / "resume.md").read_text("utf-8"))


def test_a_posting_with_the_headings_of_a_resume_is_still_one() -> None:
    dates = "教育背景\n本科及以上，2015年-2020年毕业均可\n工作经历\n有 2018年 - 2020年 教培行业经历者优先"
    assert looks_like_job(f"{dates}\n岗位职责\n负责课程设计")


@pytest.mark.parametrize("name", POSTINGS)
def test_other_things_in_the_same_pictures_change_nothing(name: str) -> None:
    assert looks_like_job(f"{OTHERS['zh_dinner']}\n{POSTINGS[name]}\n{OTHERS['en_receipt']}")


@settings(deadline=None, max_examples=50)  # the first example loads the analyst's vocabulary
@given(st.text(max_size=300))
def test_it_answers_whatever_the_text(text: str) -> None:
    assert looks_like_job(text) is looks_like_job(text)


def test_nonsense_of_any_length_takes_seconds_at_most() -> None:
    looks_like_job(OTHERS["en_news"])
    letters = random.Random(7)
    for alphabet in ("ab \n", "2019.- 至今\n", "$1k-/ ", "年经 验1", "summary \n*"):
        nonsense = "".join(letters.choice(alphabet) for _ in range(100_000))
        start = time.perf_counter()
        looks_like_job(nonsense)
        assert time.perf_counter() - start < 10
