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


def nonsense(alphabet: str) -> str:
    return "".join(random.Random(7).choices(alphabet, k=100_000))


@pytest.mark.parametrize(
    "text",
    [
        "$1" + " " * 800,
        ("$1" + " " * 800 + "k" + " " * 800) * 20,
        "$1" + "\n" * 20_000,
        "1" * 50_000,
        "$" + "1," * 20_000,
        "$1" + "-" * 20_000,
        "1-" * 20_000,
        "2019" + " " * 20_000,
        "2019" + "-至" * 20_000,
        "years " + "x" * 40_000,
        "years a " * 5_000,
        "*" * 20_000 + "summary" + "*" * 20_000 + ".",
        "\ufdfa" * 20_000,
        *map(nonsense, ("ab \n", "2019.- 至今\n", "$1k-/ ", "年经 验1", "summary \n*")),
    ],
    ids=lambda text: text[:6],
)
def test_no_text_takes_longer_than_its_length_allows(text: str) -> None:
    looks_like_job("")  # loads the analyst's vocabulary
    start = time.process_time()
    looks_like_job(text)
    assert time.process_time() - start < 1


def test_only_the_beginning_is_looked_at() -> None:
    assert looks_like_job("x" * 10_000 + "\n岗位职责")
    assert not looks_like_job("x" * 20_000 + "\n岗位职责")


@pytest.mark.parametrize("gap", ["", " ", "   ", "\t", "\u3000"])
def test_spaces_do_not_hide_what_tells_a_job(gap: str) -> None:
    for sign in ("20k{0}-{0}30k{0}/{0}月", "$90,000{0}-{0}$120,000{0}/{0}year", "3{0}年以上相关经验", "招{0}2{0}人"):
        assert looks_like_job(sign.format(gap)), sign
