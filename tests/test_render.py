"""Contracts as Markdown: readable for people, inert whatever a model, a JD or a resume says."""

import json
import random
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from playwright.sync_api import Error as BrowserError
from playwright.sync_api import sync_playwright

from core import improvements
from core.errors import ModelError
from core.grounding import ground, ground_verdict, occurs
from core.i18n import LOCALES, translate
from core.passages import normalise
from core.render import (
    LiveMatch,
    cap_lines,
    escape,
    improvement_table,
    job_markdown,
    literal,
    plain,
    report_markdown,
    requirement_table,
    resume_markdown,
    resume_text,
    score_line,
    unsaid_list,
)
from core.render.escape import for_file
from core.render.live import MAX_ANSWER
from core.schemas import (
    DetailedResumeSummary,
    JobMatch,
    JobSummary,
    Quote,
    Requirement,
    ResumeSummary,
    Source,
    Status,
    Verdict,
)
from core.scoring import score

# --- escape ---------------------------------------------------------------------------------------------------

# fmt: off
HOSTILE = [
    "http://a.com/x", "https://a.b", "www.b.com", "x@y.com", "mailto:x@y.com", "<http://a.com>", ":smile:", ":red[x]",
    ":blue-background[a]", ":material/home:", ":material_home:", ":streamlit:", "![i](http://e/x)", "[a](b)", "[^1]",
    "[a]: http://b.com", "[[x]]", "<b>", "</b>", "<img src=x onerror=y>", "<!-- c -->", "`", "```", "~~~", "```mermaid",
    "$a$", "$$x$$", r"\(a\)", "*", "**", "_", "__", "~", "~~", "#", "## ", "- ", "+ ", "* ", "> ", "1. ", "1) ", "| ",
    "|-|-|", "---", "===", "\n", "\n\n", "\t", "    ", "- [ ] x", "!", "&amp;", "&#58;", "\\", "C++", "C#", "{x}", "(",
    ")", "^", "%", "'", '"', "std::map", "10:20:30", "::::", "@", "://", "www.", "http", ":", "/", "a", "中", "文。",
    "，", " ", "é", "😀",
]
# fmt: on
hostile = st.lists(st.one_of(st.sampled_from(HOSTILE), st.text(max_size=4)), max_size=8).map("".join)


def collapsed(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


def unescaped(markdown: str) -> str:
    return re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", markdown)


@given(hostile, hostile)
def test_escaping_is_append_only(start: str, rest: str) -> None:
    assert escape(start + rest).startswith(escape(start))


@given(hostile)
def test_nothing_but_invisible_characters_is_added_or_lost(text: str) -> None:
    visible = "".join(c for c in text if c.isspace() or c.isprintable())
    shown = "".join(c for c in unescaped(escape(text)) if c.isspace() or c.isprintable())
    assert collapsed(shown) == collapsed(visible)


@given(hostile)
def test_no_markup_is_left(text: str) -> None:
    markdown = escape(text)
    assert "\n" not in markdown
    plain = re.sub(r"\\[!-/:-@\[-`{-~]", "", markdown)
    assert not set(plain) & set("\\`*_[]<>#|~$:&")
    assert not re.match(r"[-+=]|[0-9]+[.)]|\s", markdown)
    for pattern in (r"://", r"(?i)www\.", r"[-.\w+]@", r":[\w+-]+:", r":material/"):  # in the parsed text
        assert not re.search(pattern, unescaped(markdown))


def test_ordinary_text_stays_readable() -> None:
    text = "Led a team of 5 (Python, Go), cutting costs by 30% - see p. 12; 负责“支付网关”，支持 1,000 次请求。"
    assert escape(text) == text


def test_text_that_reorders_or_hides_is_removed() -> None:
    assert escape("a\u202egnp.exe\u2066b\x00\U000e0041c\ud800") == "agnp.exebc"


@given(hostile)
def test_plain_undoes_escaping(text: str) -> None:
    visible = "".join(c for c in text if c.isspace() or c.isprintable())
    for markdown in (escape(text), for_file(escape(text))):
        shown = "".join(c for c in plain(markdown) if c.isspace() or c.isprintable())
        assert collapsed(shown) == collapsed(visible)


def test_plain_shows_a_literal_without_its_marks() -> None:
    assert (
        plain("- Email: " + literal(r"li\:lei@x.cn") + ", asked\\: \\$800k") == r"- Email: li\:lei@x.cn, asked: $800k"
    )


def test_a_literal_is_a_code_span_that_is_copied_as_it_is() -> None:
    assert literal("li.lei@example.com") == "`li.lei@example.com`"
    assert literal("a`b`") == escape("a`b`")
    assert literal("") == ""


SHOWN = """
import json, pathlib, streamlit as st
for number, text in enumerate(json.loads((pathlib.Path(__file__).parent / "texts.json").read_text())):
    with st.container(key=f"text{number}"):
        st.write_stream(iter([text])) if number % 2 else st.markdown(text)
st.container(key="end").write("end")
"""


@pytest.fixture
def shown(tmp_path: Path) -> Callable[[list[str]], list[tuple[set[str], str]]]:
    """A function from Markdown texts to what Streamlit makes of them: (tag names, text) each."""
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("needs chromium on the path")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    script = tmp_path / "shown.py"
    script.write_text(SHOWN)
    options = {"server.port": port, "server.address": "127.0.0.1", "server.headless": "true"}
    command = [sys.executable, "-m", "streamlit", "run", str(script)]
    command += [f"--{key}={value}" for key, value in options.items()] + ["--browser.gatherUsageStats=false"]

    def show(texts: list[str]) -> list[tuple[set[str], str]]:
        (tmp_path / "texts.json").write_text(json.dumps(texts))
        server = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            with sync_playwright() as playwright:
                page = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"]).new_page()
                for _ in range(100):
                    try:
                        page.goto(f"http://127.0.0.1:{port}")
                        break
                    except BrowserError:  # the server is not up yet
                        time.sleep(0.2)
                page.wait_for_selector(".st-key-end", state="attached", timeout=60_000)
                page.wait_for_timeout(1500)  # icons and emoji are replaced after the first paint
                found = page.evaluate(
                    """n => [...Array(n).keys()].map(i => {
                        const box = document.querySelector(`.st-key-text${i} [data-testid=stMarkdownContainer]`)
                        return [[...box.querySelectorAll("*")].map(e => e.tagName), box.textContent]
                    })""",
                    len(texts),
                )
        finally:
            server.terminate()
            server.wait()
        return [(set(tags), text) for tags, text in found]

    return show


@pytest.mark.browser
def test_streamlit_shows_escaped_text_as_plain_text(shown: Callable[[list[str]], list[tuple[set[str], str]]]) -> None:
    dice = random.Random(7)
    texts = [*HOSTILE, *("".join(dice.choices(HOSTILE, k=dice.randint(2, 6))) for _ in range(150))]
    texts = [text for text in texts if text.strip()]
    before = ["", "- ", "> ", "1. "]
    markdown = [before[dice.randrange(4)] + escape(text) for text in texts]
    for text, (tags, content) in zip(texts, shown(markdown), strict=True):
        assert tags <= {"P", "UL", "OL", "LI", "BLOCKQUOTE"}, text
        # Streamlit's own typography: " -- " becomes a dash, " -> " an arrow.
        typed = content.replace("\u200b", "").translate({0x2014: "--", 0x2190: "<-", 0x2192: "->"})
        assert collapsed(typed) == collapsed(text), text
    tags, content = shown([f"x {text}" for text in ("<http://a.com>", ":smile:", "![i](http://e/x)", "www.b.com")])[3]
    assert "A" in tags, "the page would show links, so the test can fail"


# --- live -----------------------------------------------------------------------------------------------------

REQUIREMENTS = [
    Requirement(id="M1", text="5+ years of *Java*", category="skill", core=True),
    Requirement(id="M2", text="本科及以上学历", category="education"),
    *(Requirement(id=f"M{n}", text=f"Requirement {n}") for n in range(3, 13)),
    Requirement(id="N1", text="Docker"),
]
MATCH: dict[str, Any] = {
    "verdicts": [
        {
            "requirement_id": "M1",
            "status": "met",
            "quotes": [
                {"source": "resume", "text": "8 years of Java, \"Spring\" [x](http://e)"},
                {"source": "detailed_resume", "text": "Java 😀 架构师"},
            ],
            "note": "Clear.",
        },
        {"requirement_id": "M2", "status": "missing", "quotes": [], "note": ""},
        {"requirement_id": "M12", "status": "partial", "quotes": [{"text": "x", "source": "resume"}], "note": ""},
        {"requirement_id": "X1", "status": "met", "quotes": [], "note": "no such requirement"},
        {"requirement_id": "N1", "status": "unclear", "quotes": [], "note": "Ask."},
    ],
    "score": 100,
    "overall_assessment": "You fit.  \n\n# Well: https://x.y",
    "strengths": [{"point": "Java", "evidence": "8 years", "section": "Experience", "requirement_ids": ["M1"]}],
    "weaknesses": [{"point": "No degree", "evidence": "", "tip": {"interview": "Say so.", "resume": "Show courses."}}],
    "outreach": {"hook": "Your gateway", "value": "I built one.", "call_to_action": "Shall we talk?"},
    "recommendations": ["One", "Two", "1. Three"],
    "questions_for_client": ["Do you hold a degree?"],
}  # fmt: skip


def line_of(verdicts: list[Verdict]) -> str:
    return f"**{len(verdicts)} verdicts**"


def live(*chunks: str, locale: str = "en") -> str:
    stream = LiveMatch(REQUIREMENTS, locale, line_of)
    return "".join([stream.feed(chunk) for chunk in chunks] + [stream.finish()])


def test_the_whole_answer_at_once() -> None:
    assert live(json.dumps(MATCH)).splitlines() == [
        "#### Requirement by requirement",
        "",
        r"- ✓ **Met** 5+ years of \*Java\*",
        "  - Clear.",
        "  - “8 years of Java, \"Spring\" \\[x\\](http\\:/\u200b/e)” (resume)",
        "  - “Java 😀 架构师” (detailed resume)",
        "- ✗ **Missing** 本科及以上学历",
        "- ◐ **Partly met** Requirement 12",
        "  - “x” (resume)",
        "- ? **Unclear** Docker",
        "  - Ask.",
        "",
        "**5 verdicts**",
        "",
        "#### Overall assessment",
        "",
        "You fit. \\# Well\\: https\\:/\u200b/x.y",
        "",
        "#### Strengths",
        "",
        "- Java",
        "  - Evidence: 8 years",
        "",
        "#### Weaknesses",
        "",
        "- No degree",
        "  - In the interview: Say so.",
        "  - On the resume: Show courses.",
        "",
        "#### Outreach, ready to copy",
        "",
        "> Your gateway",
        ">",
        "> I built one.",
        ">",
        "> Shall we talk?",
        "",
        "#### Next actions",
        "",
        "1. One",
        "2. Two",
        "3. 1\\. Three",
        "",
        "#### Questions for the client",
        "",
        "- Do you hold a degree?",
    ]  # fmt: skip


def test_what_is_shown_while_it_arrives() -> None:
    stream = LiveMatch(REQUIREMENTS, "en", line_of)
    head = "#### Requirement by requirement\n\n"
    steps = [
        ('{"verdicts": [{"requirement_id": "M1', ""),
        ('2", "sta', ""),
        ('tus": "par', ""),
        ('tial", "quotes": [{"source": "resume", "text": "8 ye', ""),
        ('ars of"}], "note": "a', ""),
        ('"}', f"{head}- ◐ **Partly met** Requirement 12\n  - a\n  - “8 years of” (resume)"),
        (', {"requirement_id": "M1", "status": "met', ""),
        ('"}', "\n- ✓ **Met** 5+ years of \\*Java\\*"),
        ("], ", "\n\n**2 verdicts**"),
        ('"overall_assessment": ', ""),
        ('"Yo', "\n\n#### Overall assessment\n\nYo"),
        ('u"}', "u"),
    ]
    assert [stream.feed(chunk) for chunk, _ in steps] == [delta for _, delta in steps]
    assert stream.finish() == ""


@pytest.mark.parametrize("indent", [None, 2])
def test_the_score_comes_with_the_end_of_the_verdicts_and_once(indent: int | None) -> None:
    text = json.dumps(MATCH, indent=indent)
    end = text.index("]", text.index("Ask.")) + 1
    stream = LiveMatch(REQUIREMENTS, "en", line_of)
    assert "verdicts**" not in "".join(stream.feed(char) for char in text[: end - 1])
    assert stream.feed("]") == "\n\n**5 verdicts**"
    rest = "".join([*(stream.feed(char) for char in text[end:]), stream.finish()])
    assert rest.startswith("\n\n#### Overall assessment")
    assert "verdicts**" not in rest


def test_verdicts_appear_one_by_one() -> None:
    text = json.dumps(MATCH)
    stream = LiveMatch(REQUIREMENTS, "en", line_of)
    deltas = [delta for char in text[: text.index("Ask.")] if (delta := stream.feed(char))]
    assert [delta.strip().splitlines()[0] for delta in deltas[1:]] == [
        "- ✗ **Missing** 本科及以上学历",
        "- ◐ **Partly met** Requirement 12",
    ]
    assert deltas[0].startswith("#### Requirement by requirement\n\n- ✓ **Met** ")


def test_after_a_restart_no_word_of_the_first_model_remains() -> None:
    first = json.dumps({**MATCH, "overall_assessment": "Zebra.", "recommendations": ["Zebra"] * 3})
    second = json.dumps({**MATCH, "verdicts": MATCH["verdicts"][3:], "overall_assessment": "Heron."})
    for cut in range(0, len(first), 97):
        live(first[:cut])
        shown = live(second)
        assert "Zebra" not in shown
        assert "Java 😀" not in shown
        assert "**2 verdicts**" in shown


@pytest.mark.parametrize("size", [1, 7, 10_000])
def test_a_verdict_is_never_shown_better_than_its_quotes_bear_out(size: int) -> None:
    sources: dict[Source, str] = {"resume": "Java", "detailed_resume": "Java 😀 架构师"}
    text = json.dumps(MATCH)
    stream = LiveMatch(REQUIREMENTS, "en", line_of, lambda verdict: ground_verdict(verdict, sources))
    deltas = [stream.feed(text[i : i + size]) for i in range(0, len(text), size)]
    shown = "".join([*deltas, stream.finish()])
    assert "✓ **Met** 5+ years" in shown
    assert "? **Unclear** Requirement 12\n  - “x” (not found" in shown
    assert "Partly met" not in shown


@pytest.mark.parametrize(("locale", "aside"), [("en", " (resume, approximate)"), ("zh", "（简历，近似）")])
def test_an_approximate_quote_is_shown_in_the_words_of_its_source(locale: str, aside: str) -> None:
    sources: dict[Source, str] = {"resume": "Deve1opment of\n*Java* services", "detailed_resume": ""}
    quotes = [{"source": "resume", "text": "Development of Java services"}]
    answer = {**MATCH, "verdicts": [{"requirement_id": "M1", "status": "met", "quotes": quotes}]}
    shown = f"“Deve1opment of \\*Java\\* services”{aside}"
    stream = LiveMatch(REQUIREMENTS, locale, line_of, lambda verdict: ground_verdict(verdict, sources))
    assert shown in stream.feed(json.dumps(answer)) + stream.finish()
    match = ground(JobMatch.model_validate(answer), JOB.requirements, sources)
    assert shown in requirement_table(match, JOB, score(JOB.requirements, match.verdicts), locale)


def test_each_verdict_is_grounded_once() -> None:
    asked: list[str] = []

    def ask(verdict: Verdict) -> Verdict:
        asked.append(verdict.requirement_id)
        return verdict

    stream = LiveMatch(REQUIREMENTS, "en", line_of, ask)
    for char in json.dumps(MATCH):
        stream.feed(char)
    assert asked == ["M1", "M2", "M12", "N1"]


def test_a_key_that_is_written_twice_does_not_stop_the_view() -> None:
    text = '{"overall_assessment": "One", "overall_assessment": "Two", '
    text += '"strengths": [{"point": "Old", "point": "New"}], "recommendations": ["Go"], "strengths": []}'
    shown = live(*text)
    assert [line for line in shown.splitlines() if line and line[0] != "#"] == ["One", "- Old", "1. Go"]


def test_the_score_line_is_computed_once_and_only_from_valid_verdicts() -> None:
    calls: list[list[Verdict]] = []
    text = json.dumps(MATCH)
    stream = LiveMatch(REQUIREMENTS, "en", calls.append)
    shown = "".join(stream.feed(text[i : i + 7]) for i in range(0, len(text), 7))
    assert len(calls) == 1
    assert calls[0] == [Verdict.model_validate(verdict) for verdict in MATCH["verdicts"]]
    assert "None" not in shown
    broken = {**MATCH, "verdicts": [MATCH["verdicts"][0], {"requirement_id": "M2", "status": "maybe"}]}
    assert "Met" in live(json.dumps(broken))
    assert "verdicts**" not in live(json.dumps(broken))


prose = st.one_of(hostile, st.text(max_size=12))
sources = st.sampled_from(["resume", "detailed_resume"])
quotes = st.lists(st.fixed_dictionaries({"source": sources, "text": prose}), max_size=2)
verdicts = st.lists(
    st.fixed_dictionaries(
        {
            "requirement_id": st.sampled_from([r.id for r in REQUIREMENTS] + ["X1"]),
            "status": st.sampled_from(["met", "partial", "missing", "unclear"]),
            "quotes": quotes,
            "note": prose,
        }
    ),
    max_size=4,
)
points = st.lists(
    st.fixed_dictionaries(
        {"point": prose, "evidence": prose, "tip": st.fixed_dictionaries({"interview": prose, "resume": prose})}
    ),
    max_size=2,
)
matches = st.fixed_dictionaries(
    {
        "verdicts": verdicts,
        "overall_assessment": prose,
        "strengths": points,
        "weaknesses": points,
        "outreach": st.fixed_dictionaries({"hook": prose, "value": prose, "call_to_action": prose}),
        "recommendations": st.lists(prose, max_size=3),
        "questions_for_client": st.lists(prose, max_size=2),
    },
    optional={"score": st.floats(allow_nan=False), "extra": st.lists(st.none()), "thoughts": prose},
)


def shuffled(value: Any, dice: random.Random) -> Any:
    """The same document with the keys of every object in another order."""
    if isinstance(value, list):
        return [shuffled(child, dice) for child in value]
    if isinstance(value, dict):
        keys = dice.sample(list(value), len(value))
        return {key: shuffled(value[key], dice) for key in keys}
    return value


@settings(max_examples=150, deadline=None)
@given(matches, st.randoms(use_true_random=False), st.booleans(), st.sampled_from(sorted(LOCALES)))
def test_any_chunks_in_any_key_order_give_the_same_markdown(
    match: dict[str, Any], dice: random.Random, ascii_only: bool, locale: str
) -> None:
    text = json.dumps(shuffled(match, dice), ensure_ascii=ascii_only, indent=dice.choice([None, 2]))
    chunks = []
    rest = text
    while rest:
        size = dice.randint(1, 9)
        chunks.append(rest[:size])
        rest = rest[size:]
    assert live(*chunks, locale=locale) == live(text, locale=locale)


@pytest.mark.parametrize(
    "before",
    [
        "Here is the {match}:\n```json\n",
        '<think>First {"verdicts": [1]} or so?</think>\n',
        "<think></think>ok <think>{ \"x\": 1</think>",
        "Well, {\"draft\": 1} no.\n</think>\n",
        "Well, \"hook\": {\"draft\": [1, no\n</think>\n",
        "\nI fill {name} and {\"key\"} as in {\"a\": {\"b\": \"}\"}}:\n\n~~~\n",
        "\n\n",
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    "after", ["", "\n```\n", "\nI hope this helps {\"x\"}.", "\n</think>\n{\"verdicts\": [1]}"]
)  # fmt: skip
def test_what_stands_around_the_object_is_not_shown(before: str, after: str) -> None:
    text = json.dumps(MATCH)
    assert live(before + text + after) == live(text)
    assert live(*(before + text + after)) == live(text)


@pytest.mark.parametrize(
    "text", ["", "no JSON", "<think>for ever", "[1, 2]", "{", '{"verdicts": 3}', '{"verdicts": "x"}']
)
def test_an_answer_without_a_match_shows_nothing(text: str) -> None:
    assert live(text) == ""


# What may stand around an answer, as far as models go wrong without going wrong altogether.
remarks = st.text(st.sampled_from('ab {}"[]:,\n`<>/'), max_size=20).filter(lambda text: "<think>" not in text)
befores = st.one_of(
    st.just(""),
    remarks.map(lambda text: f"<think>{text}</think>\n"),
    remarks.map(lambda text: text.replace("{", "(") + "\n</think>\n"),  # a template has swallowed the opening tag
    st.just('Let me {"think": 1}.</think>\n\n'),
    st.just("Here it is:\n```json\n"),
    st.just('<think>{"overall_assessment": "no"}</think>```\n'),
)
afters = st.one_of(st.just(""), st.just("\n```"), remarks)


@settings(max_examples=150, deadline=None)
@given(matches, befores, afters, st.integers(0, 10**6), st.integers(1, 40))
def test_every_intermediate_view_is_the_beginning_of_the_last(
    match: dict[str, Any], before: str, after: str, cut: int, size: int
) -> None:
    answer = json.dumps(match, ensure_ascii=False)
    text = before + answer + after
    whole = live(answer)
    assert live(*(text[i : i + size] for i in range(0, len(text), size))) == whole
    stream = LiveMatch(REQUIREMENTS, "en", line_of)
    assert whole.startswith(stream.feed(text[: cut % len(text)]))


STRUCTURE = re.compile(
    r"^(?:#### [^*]*|\*\*\d+ verdicts\*\*|>|(?:- |  - |> |\d+\. )?"
    r"(?:[✓◐✗?] \*\*(?:Met|Partly met|Missing|Unclear)\*\* |Evidence: |In the interview: |On the resume: )?)"
)


@settings(max_examples=150, deadline=None)
@given(matches, st.integers(1, 40))
def test_nothing_of_a_model_becomes_markup(match: dict[str, Any], size: int) -> None:
    text = json.dumps(match)
    shown = live(*(text[i : i + size] for i in range(0, len(text), size)))
    for line in shown.split("\n"):
        theirs = STRUCTURE.sub("", line, count=1)
        assert not set(re.sub(r"\\[!-/:-@\[-`{-~]", "", theirs)) & set("\\`*_[]<>#|~$:&")
        assert not re.match(r"[-+=]\s|[0-9]+[.)]\s", theirs)
        for pattern in (r"://", r"(?i)www\.", r"[-.\w+]@", r":[\w+-]+:", r":material/"):  # in the parsed text
            assert not re.search(pattern, unescaped(theirs))


def test_a_raw_line_break_in_a_string_is_a_space() -> None:
    assert live('{"overall_assessment": "a\nb"}').endswith("a b")


def test_a_cut_or_broken_answer_keeps_what_is_shown_and_adds_nothing() -> None:
    text = json.dumps(MATCH)
    stream = LiveMatch(REQUIREMENTS, "en", line_of)
    stream.feed(text[: text.index("Say so")])
    assert stream.finish() == ""
    stream = LiveMatch(REQUIREMENTS, "en", line_of)
    assert stream.feed('{"overall_assessment": "Good"').endswith("Good")
    assert stream.feed(', oops "strengths": [{"point": "x"}]}') == ""
    assert stream.finish() == ""


@pytest.mark.parametrize(
    "value", [None, 1, "x", [None], [1], ["x"], {"a": 1}, [{"requirement_id": 1, "status": []}], [{"quotes": 1}], [[]]]
)
@pytest.mark.parametrize("key", sorted(MATCH))
def test_a_value_of_the_wrong_type_does_no_harm(key: str, value: Any) -> None:
    text = json.dumps({**MATCH, key: value})
    assert live(*text) == live(text)


def test_an_endless_answer_is_refused() -> None:
    stream = LiveMatch(REQUIREMENTS, "en", line_of)
    assert stream.feed('{"overall_assessment": "' + "x" * (MAX_ANSWER - 24))
    with pytest.raises(ModelError) as error:
        stream.feed("x")
    assert error.value.code == "too_long"


def test_showing_a_long_answer_is_cheap() -> None:
    """Tokens of 4 characters joined to 20 chunks a second for a minute: a few per cent of one core."""
    text = json.dumps({**MATCH, "verdicts": MATCH["verdicts"] * 18})
    assert 8_000 < len(text) < 16_000
    stream = LiveMatch(REQUIREMENTS, "en", line_of)
    size = len(text) // 1200
    started = time.process_time()
    for i in range(0, len(text), size):
        stream.feed(text[i : i + size])
    assert time.process_time() - started < 6  # a tenth of that minute; about 0.5 s where it was measured


# --- report and summaries -------------------------------------------------------------------------------------

JOB = JobSummary.model_validate(
    {
        "job_title": "Backend | Engineer",
        "company": "[Acme](http://evil)",
        "must_haves": [
            {"text": "Java", "category": "skill", "core": True},
            {"text": "Bachelor's degree", "category": "education"},
        ],
        "nice_to_haves": [{"text": "Docker | Kubernetes", "category": "skill"}],
        "responsibilities": ["Run the gateway"],
        "tech_stack": ["Java", "Go"],
        "education": "Bachelor",
        "location": "上海",
        "raw_sections": [{"title": "Benefits", "points": ["Lunch"]}],
    }
)
REPORT_MATCH = JobMatch.model_validate({**MATCH, "verdicts": MATCH["verdicts"][:2]})


@pytest.mark.parametrize(
    ("locale", "expected"),
    [
        (
            "en",
            [
                "# Match report: Backend \\| Engineer · \\[Acme\\](http:/\u200b/evil)",
                "**43 of 100: Challenging.** 3 of 7 points.",
                "| Verdict | Requirement | Evidence | Points |",
                "| Clear. — “8 years of Java",
                "(not found in the client's documents, so it does not count) “Java 😀 架构师” (detailed resume) |",
                "| ✗ Missing | M2 Bachelor's degree |  | 0 / 3 |",
                "| ? Unclear | N1 Docker \\| Kubernetes |  | 0 / 1 |",
                "## What would raise the score\n\n| Requirement | Now | Score if met | Note |\n| --- |",
                "| M2 Bachelor's degree | ✗ Missing | +43 → 86 | While missing, it limits the score to 55. |",
                "| N1 Docker \\| Kubernetes | ? Unclear | +12 → 55 | Held at 55 by M2. |",
                "## Say this in the resume\n\nThe detailed resume shows this",
                "- M1 Java\n  - “Java 😀 架构师”\n",
                "- Java (M1)\n  - Evidence: 8 years (Experience)",
                "- No degree\n  - In the interview: Say so.\n  - On the resume: Show courses.",
                "> Your gateway\n>\n> I built one.",
                "3. 1\\. Three",
                "- Do you hold a degree?",
            ],
        ),
        (
            "zh",
            [
                "# 匹配报告：",
                "**43 分（满分 100）：有挑战。**",
                "| ✗ 未体现 | M2 Bachelor's degree |",
                "| 结论 | 岗位要求 | 依据 | 得点 |",
                "| M2 Bachelor's degree | ✗ 未体现 | +43 → 86 | 未体现时，总分最高 55 分。 |",
                "| N1 Docker \\| Kubernetes | ? 待确认 | +12 → 55 | 受 M2 限制，最高 55 分。 |",
                "## 建议写进简历\n\n以下内容只写在详细履历里",
                "## 需要向客户确认",
            ],
        ),
    ],
)
def test_the_report(locale: str, expected: list[str]) -> None:
    match = ground(REPORT_MATCH, JOB.requirements, {"resume": "Java", "detailed_resume": "Java 架构师"})
    report = report_markdown(match, JOB, score(JOB.requirements, match.verdicts), locale)
    assert [text for text in expected if text not in report] == []
    assert len(re.findall(r"^\| .* \|$", report, re.MULTILINE)) == 9
    assert all(row.replace("\\|", "").count("|") == 5 for row in report.splitlines() if row.startswith("|"))


def test_the_report_of_a_capped_score_says_what_it_would_be() -> None:
    requirements = [*(Requirement(text=f"R{n}") for n in range(9)), Requirement(text="Degree", category="education")]
    job = JobSummary(must_haves=requirements)
    verdicts = [Verdict(requirement_id=r.id, status="met") for r in job.requirements[:-1]]
    verdicts.append(Verdict(requirement_id="M10", status="missing"))
    result = score(job.requirements, verdicts)
    report = report_markdown(JobMatch(verdicts=verdicts, recommendations=["a", "b", "c"]), job, result, "en")
    assert "# Match report\n" in report
    assert "**55 of 100: Challenging.** 27 of 30 points would give 90" in report
    assert "## Strengths" not in report
    assert "- No more than 55 while the required education is missing: Degree" in report
    assert score_line(result, "en") == "**Score 55 of 100: Challenging.**"


def test_what_would_raise_a_score_that_several_caps_hold_down() -> None:
    skills = [Requirement(text=f"Skill {n}", category="skill", core=True) for n in (1, 2, 3)]
    job = JobSummary(must_haves=[*skills, *(Requirement(text=f"R{n}") for n in range(9))])
    quotes = [Quote(source="detailed_resume", text="| a\n*b*", verified=True)]
    statuses: list[Status] = ["missing", "missing", "partial", *["met"] * 9]
    verdicts = [
        Verdict(requirement_id=r.id, status=status, quotes=quotes if status == "partial" else [])
        for r, status in zip(job.requirements, statuses, strict=True)
    ]
    found = improvements.of(job.requirements, verdicts, score(job.requirements, verdicts))
    assert plain(improvement_table(found, job, "en")).splitlines() == [
        "Met together, M1 and M2 would bring the score to 96; meeting only one leaves a limit in place.",
        "",
        "| Requirement | Now | Score if met | Note |",
        "| --- | --- | --- | --- |",
        "| M1 Skill 1 | ✗ Missing | +0 → 60 | While missing, it limits the score to 60. Held at 60 by M2. |",
        "| M2 Skill 2 | ✗ Missing | +0 → 60 | While missing, it limits the score to 60. Held at 60 by M1. |",
        "| M3 Skill 3 | ◐ Partly met | +0 → 60 | Held at 60 by M1 and M2. "
        "Its evidence so far is in the detailed resume only. |",
    ]
    assert "M1、M2 各自限制总分" in improvement_table(found, job, "zh")
    assert "受 M1、M2 限制，最高 60 分。现有依据只在" in improvement_table(found, job, "zh")
    assert unsaid_list(found, job, "en").endswith("\n\n- M3 Skill 3\n  - “\\| a \\*b\\*”")


@pytest.mark.parametrize("locale", sorted(LOCALES))
def test_a_report_without_gaps_says_nothing_of_improvements(locale: str) -> None:
    verdicts = [
        Verdict(requirement_id=r.id, status="met", quotes=[Quote(source="resume", text="Java", verified=True)])
        for r in JOB.requirements
    ]
    match = JobMatch(verdicts=verdicts, recommendations=["a", "b", "c"])
    report = report_markdown(match, JOB, score(JOB.requirements, verdicts), locale)
    for section in ("improvements", "unsaid"):
        assert translate(locale, f"report.section.{section}") not in report


def test_a_cap_that_changes_nothing_is_not_shown() -> None:
    result = score(JOB.requirements, [Verdict(requirement_id="M2", status="missing")])
    assert result.caps
    assert cap_lines(result, JOB, "en") == []


def test_a_file_has_no_backslash_that_only_a_page_needs() -> None:
    text = "Budget: C# and R&D at 10:20, $5 &amp; # \\: https://a.b | :x"
    match = JobMatch(overall_assessment=text, recommendations=["a", "b", ": c"])
    report = report_markdown(match, JOB, score(JOB.requirements, []), "en")
    assert "Budget: C# and R&D at 10:20, \\$5 \\&amp; \\# \\\\: https:/\u200b/a.b \\| \\:x" in report
    assert "3. \\: c" in report


@pytest.mark.parametrize("locale", sorted(LOCALES))
def test_the_live_score_speaks_as_the_report(locale: str) -> None:
    result = score(JOB.requirements, [])
    assert translate(locale, "report.band.challenging") in score_line(result, locale)


def test_the_structured_job() -> None:
    assert job_markdown(JOB, "en").splitlines() == [
        "# Backend \\| Engineer",
        "",
        "- Company: \\[Acme\\](http\\:/\u200b/evil)",
        "- Location: 上海",
        "- Education asked for: Bachelor",
        "",
        "## Responsibilities",
        "",
        "- Run the gateway",
        "",
        "## Must-haves",
        "",
        "- M1 Java · skill · core skill",
        "- M2 Bachelor's degree · education",
        "",
        "## Nice-to-haves",
        "",
        "- N1 Docker \\| Kubernetes · skill",
        "",
        "## Tech stack",
        "",
        "- Java, Go",
        "",
        "## Other sections",
        "",
        "- Benefits",
        "  - Lunch",
    ]


RESUME = ResumeSummary.model_validate(
    {
        "header": {
            "name": "Li Lei",
            "email": "li@x.cn",
            "links": [{"label": "GitHub", "url": "https://g.com/l"}, {"url": "https://b"}],
        },
        "summary": "Engineer.",
        "experience": [
            {
                "role": "Lead",
                "company": "Acme",
                "start": "2019",
                "end": "2021",
                "highlights": ["Built *it*", "Ran it"],
                "stack": ["Java", "C++"],
            },
            {"highlights": ["Alone"]},
        ],
        "education": [{"degree": "BSc", "school": "MIT", "gpa": "3.8", "courses": ["Algebra"]}],
        "skills": {"technical": ["Java", "Go"], "soft": ["Calm"]},
        "profile": {
            "persona": "Builder",
            "years_of_experience": 8.5,
            "core_strengths": [{"trait": "T", "evidence": "E"}],
        },
    }
)  # fmt: skip


def test_the_structured_resume() -> None:
    assert resume_markdown(RESUME, "en").splitlines() == [
        "# Li Lei",
        "",
        "- Email: `li@x.cn`",
        "- Links:",
        "  - GitHub · `https://g.com/l`",
        "  - `https://b`",
        "",
        "## Summary",
        "",
        "- Engineer.",
        "",
        "## Experience",
        "",
        "- Lead · Acme · 2019 – 2021",
        "  - Built \\*it\\*",
        "  - Ran it",
        "  - Stack: Java, C++",
        "- Alone",
        "",
        "## Education",
        "",
        "- BSc · MIT · GPA: 3\\.8",
        "  - Courses: Algebra",
        "",
        "## Skills",
        "",
        "- Technical: Java, Go",
        "- Soft skills: Calm",
        "",
        "## Profile",
        "",
        "- Persona: Builder",
        "- Years of experience: 8\\.5",
        "- Core strengths: T · E",
    ]


def test_the_resume_as_a_source() -> None:
    text = resume_text(RESUME)
    assert text.startswith("Li Lei\n\n- Email: li@x.cn\n")
    assert "Experience\n- Lead · Acme · 2019 – 2021\n  - Built *it*\n" in text
    assert "Builder" not in text
    assert "教育背景\n- 本科 · 北京大学" in resume_text(
        ResumeSummary.model_validate({"education": [{"degree": "本科", "school": "北京大学"}]})
    )


def strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for child in value.values():
            yield from strings(child)
    elif isinstance(value, list):
        for child in value:
            yield from strings(child)


@settings(max_examples=150, deadline=None)
@given(st.one_of(st.builds(ResumeSummary), st.from_type(ResumeSummary), st.from_type(DetailedResumeSummary)))
def test_every_string_of_a_resume_can_be_quoted_from_its_text(summary: ResumeSummary | DetailedResumeSummary) -> None:
    text = resume_text(summary)
    for leaf in strings(summary.model_dump(exclude={"profile"})):
        assert leaf in text
        if any(c.isalnum() for c in normalise(leaf)):
            assert occurs(leaf, text)


@pytest.mark.parametrize("locale", sorted(LOCALES))
@pytest.mark.parametrize("contract", [ResumeSummary, DetailedResumeSummary, JobSummary])
def test_every_field_has_a_name_and_is_shown(
    contract: type[ResumeSummary | DetailedResumeSummary | JobSummary], locale: str
) -> None:
    numbers = iter(range(10_000))

    def filled(schema: dict[str, Any], root: dict[str, Any]) -> Any:
        """A value of this JSON schema with something in every field, each string another word."""
        if "$ref" in schema:
            return filled(root["$defs"][schema["$ref"].rsplit("/", 1)[-1]], root)
        if "enum" in schema:
            return schema["enum"][0]
        if "anyOf" in schema:
            return filled(schema["anyOf"][0], root)
        if "properties" in schema:
            return {key: filled(child, root) for key, child in schema["properties"].items()}
        if schema["type"] == "array":
            return [filled(schema["items"], root)]
        return {"string": f"word{next(numbers)}", "number": 8.5, "boolean": True}[schema["type"]]

    schema = contract.model_json_schema()
    summary = contract.model_validate(filled(schema, schema))
    shown = job_markdown(summary, locale) if isinstance(summary, JobSummary) else resume_markdown(summary, locale)
    ours = {"skill"}  # a category, shown in the reader's language
    assert [text for text in strings(summary.model_dump()) if text not in shown and text not in ours] == []


@pytest.mark.parametrize("locale", sorted(LOCALES))
def test_empty_contracts_are_shown_as_nothing(locale: str) -> None:
    assert job_markdown(JobSummary(), locale).strip() == ""
    assert resume_markdown(ResumeSummary(), locale).strip() == ""
    assert resume_text(DetailedResumeSummary()).strip() == ""


def test_a_verdict_stays_on_one_line_on_the_page_and_is_plain_text_in_a_file() -> None:
    match = ground(REPORT_MATCH, JOB.requirements, {"resume": "Java", "detailed_resume": "Java 架构师"})
    total = score(JOB.requirements, match.verdicts)
    table = requirement_table(match, JOB, total, "zh")
    assert "✗\u00a0未\u2060体\u2060现" in table
    assert "✗ 未体现" in plain(table)
    assert "\u2060" not in report_markdown(match, JOB, total, "zh")


def test_an_id_with_a_mark_in_the_documents_is_a_link_to_it_and_in_a_file_there_is_none() -> None:
    match = ground(REPORT_MATCH, JOB.requirements, {"resume": "Java", "detailed_resume": "Java 架构师"})
    total = score(JOB.requirements, match.verdicts)
    table = requirement_table(match, JOB, total, "en", {"M1": "quoted-resume-M1"})
    assert "| [M1](#quoted-resume-M1) " in table
    assert table.count("](#") == 1
    assert "](#" not in report_markdown(match, JOB, total, "en")
