"""No quote, no credit."""

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import marks
from core.grounding import MAX_QUOTES, ground, ground_verdict, occurs
from core.llm import MAX_ANSWER
from core.passages import normalise
from core.schemas import JobMatch, Quote, Requirement, Source, Status, Strength, Verdict, Weakness

RESUME = """李雷 | 后端工程师
• Built payment services in JavaScript and Node.js, cutting
  latency by 30%
• 负责支付网关的设计与
  开发，支持每秒 1,000,000 次请求
① Led a team of 5＋ engineers
使用 C++、C# 与 .NET；熟悉 Objective-C，做过 R&D
15 years of experience; café owner
"""


@pytest.mark.parametrize(
    "quote",
    [
        "Built payment services in JavaScript and Node.js, cutting latency by 30%",  # a line break inside
        "built  PAYMENT services",
        "“Led a team of 5+ engineers”",
        "...latency by 30%...",
        "负责支付网关的设计与开发，支持每秒1000000次请求",
        "负责支付网关的设计与开发,支持每秒 1,000,000 次请求",  # width of the comma, spaces
        "支付网关",
        "使用C++",
        "C#",
        ".NET",
        "Objective-C",
        "R&D",
        "Node.js",
        "latency by 30% 负责支付",  # across a bullet
        "café",
        "15 years",
        "Ja\u200bvaScript",
    ],
)
def test_a_quote_occurs_whatever_its_width_case_breaks_and_punctuation(quote: str) -> None:
    assert occurs(quote, RESUME)


@pytest.mark.parametrize(
    "quote",
    [
        "Java",
        "Script",
        "C",
        "C+",
        "NET",
        "Node",
        "R",
        "D",
        "caf",
        "5 years",
        "000 次请求",
        "payment services in Java",
        "Led a team of 50 engineers",
        "负责网关",
        "engineers led a team",
        "",
        "   ",
        "•",
        "！？…",
        "++",
    ],
)
def test_a_quote_does_not_occur_in_part_of_a_word_or_when_it_says_nothing(quote: str) -> None:
    assert not occurs(quote, RESUME)


@pytest.mark.parametrize(
    ("quote", "source"),
    [
        ("Java", "Python/Java/Go"),
        ("Java", "精通Java开发"),
        ("Java", "I know Java."),
        ("C", "C, Python"),
        ("C", "C/C++"),
        ("C++", "C++11"),
        ("C++", "(C++)"),
        ("Python", "Python+Java"),
        ("3.5", "GPA 3.5/4.0"),
        ("machine learning", "machine-learning"),
        ("５年", "5 年"),
        ("client's", "the client’s"),
        ("Java", "JavaScript and Java"),  # the first place cuts a word, the second does not
        ("⼯作", "工作"),  # a Kangxi radical, as PDF fonts write it
        ("2020", "2019,2020"),
    ],
)
def test_a_quote_occurs_beside(quote: str, source: str) -> None:
    assert occurs(quote, source)


@pytest.mark.parametrize(
    ("quote", "source"),
    [
        ("5年", "15年"),
        ("5 years", "3.5 years"),
        ("C", "C#"),
        ("C", "C++"),
        ("C", "Objective-C"),
        ("NET", "ASP.NET"),
        ("000 users", "1,000 users"),
        ("Go", "Golang"),
        ("SQL", "MySQL"),
    ],
)
def test_a_quote_does_not_occur_inside_another_name_or_number(quote: str, source: str) -> None:
    assert not occurs(quote, source)


texts = st.text(alphabet=st.one_of(st.sampled_from("aB1+#.&-,，。· \n•中文①"), st.characters()), max_size=40)


@given(texts)
def test_normalising_twice_changes_nothing(text: str) -> None:
    assert normalise(normalise(text)) == normalise(text)


@given(texts)
def test_a_text_occurs_in_itself_if_it_says_anything(text: str) -> None:
    assert occurs(text, text) == any(c.isalnum() for c in normalise(text))


@given(texts, texts, texts)
def test_a_line_occurs_among_other_lines(before: str, line: str, after: str) -> None:
    if occurs(line, line):
        assert occurs(line, f"{before}\n{line}\n{after}")


@given(st.from_regex(r"\A[a-z]{1,8}\Z"), st.from_regex(r"\A[a-z0-9]{1,8}\Z"))
def test_part_of_a_word_never_occurs(head: str, tail: str) -> None:
    assert occurs(head + tail, f"({head}{tail})")
    assert not occurs(head, head + tail)
    assert not occurs(tail, head + tail)
    assert not occurs(head + tail, f"{head} {tail}")


REQUIREMENTS = [
    Requirement(id="M1", text="Java"),
    Requirement(id="M2", text="5 years"),
    Requirement(id="N1", text="Go"),
]
ADVICE = {"recommendations": ["a", "b", "c"]}
SOURCES: dict[Source, str] = {"resume": "Java developer", "detailed_resume": "Go services"}


def verdict(requirement_id: str, status: Status, *quotes: tuple[Source, str]) -> Verdict:
    # verified=True is what a model would claim
    claims = [Quote(source=source, text=text, verified=True) for source, text in quotes]
    return Verdict(requirement_id=requirement_id, status=status, quotes=claims, note="as claimed")


def grounded(*verdicts: Verdict, sources: dict[Source, str] = SOURCES) -> JobMatch:
    match = JobMatch(
        verdicts=list(verdicts),
        strengths=[Strength(point="p", requirement_ids=["M2", "X9", "M1", "M2"])],
        weaknesses=[Weakness(point="w", requirement_ids=["X9"])],
        recommendations=["a", "b", "c"],
    )
    before = match.model_dump_json()
    result = ground(match, REQUIREMENTS, sources)
    assert match.model_dump_json() == before
    assert ground(result, REQUIREMENTS, sources) == result
    return result


def test_a_verified_quote_keeps_the_verdict() -> None:
    first = grounded(verdict("M1", "met", ("resume", "invented"), ("resume", "java developer"))).verdicts[0]
    assert first.status == "met"
    assert [quote.verified for quote in first.quotes] == [False, True]


@pytest.mark.parametrize(
    "quotes",
    [
        [],
        [("resume", "ten years of Java")],
        [("detailed_resume", "Java developer")],  # the other source
        [("resume", "…")],
    ],
)
@pytest.mark.parametrize("status", ["met", "partial"])
def test_no_verified_quote_no_credit(status: Status, quotes: list[tuple[Source, str]]) -> None:
    first = grounded(verdict("M1", status, *quotes)).verdicts[0]
    assert first.status == "unclear"
    assert first.note == "as claimed"
    assert not any(quote.verified for quote in first.quotes)


def test_a_verified_quote_has_its_place() -> None:
    resume = "Skills\n• Java  developer,\n  8 years"
    first = grounded(
        verdict("M1", "met", ("resume", "java developer, 8 years"), ("resume", "Rust")), sources={"resume": resume}
    ).verdicts[0]
    found, invented = first.quotes
    assert resume[found.start : found.end] == "Java  developer,\n  8 years"
    assert (found.verified, found.approximate, found.passage) == (True, False, "java developer, 8 years")
    assert (invented.verified, invented.start, invented.end) == (False, None, None)


def test_an_approximate_quote_counts_and_bears_the_words_of_its_source() -> None:
    resume = "Skills\n• Deve1opment of\n  Java services"
    quote = Quote(source="resume", text="development of Java services")
    first = grounded(Verdict(requirement_id="M1", status="met", quotes=[quote]), sources={"resume": resume}).verdicts[0]
    assert first.status == "met"
    assert first.quotes[0].verified
    assert first.quotes[0].approximate
    assert first.quotes[0].text == quote.text
    assert first.quotes[0].passage == "Deve1opment of\n  Java services" == resume[9:39]
    assert (first.quotes[0].start, first.quotes[0].end) == (9, 39)


def test_what_a_quote_says_of_itself_is_never_believed() -> None:
    claim = {"source": "resume", "text": "invented", "verified": True, "start": "line 3", "end": 9, "wording": "Java"}
    told = Verdict.model_validate({"requirement_id": "M1", "status": "met", "quotes": [claim]})
    assert grounded(told).verdicts[0].quotes == [Quote(source="resume", text="invented")]
    asked = JobMatch.model_json_schema()["$defs"]["Quote"]["properties"]
    assert set(asked) == {"source", "text"}


def test_a_match_from_before_places_were_kept_is_read() -> None:
    old = {"source": "resume", "text": "Java", "verified": True}
    match = JobMatch.model_validate(
        {"verdicts": [{"requirement_id": "M1", "status": "met", "quotes": [old]}], **ADVICE}
    )
    assert match.verdicts[0].quotes == [Quote(source="resume", text="Java", verified=True)]
    (quote,) = ground(match, REQUIREMENTS, SOURCES).verdicts[0].quotes
    assert (quote.start, quote.end) == (0, 4)


def test_one_verdict_alone_is_grounded_as_in_a_match() -> None:
    for claim in (verdict("M1", "met", ("resume", "Java")), verdict("M1", "met", ("resume", "Ja"))):
        assert ground_verdict(claim, SOURCES) == grounded(claim).verdicts[0]


def test_a_missing_source_bears_out_nothing() -> None:
    only_resume: dict[Source, str] = {"resume": "Java developer"}
    result = grounded(verdict("N1", "met", ("detailed_resume", "Go services")), sources=only_resume)
    assert result.verdicts[2].status == "unclear"


def test_missing_stays_missing_without_quotes() -> None:
    assert grounded(verdict("M1", "missing")).verdicts[0].status == "missing"


def test_one_verdict_per_requirement_in_their_order() -> None:
    result = grounded(
        verdict("N1", "partial", ("detailed_resume", "Go")),
        verdict("X9", "met", ("resume", "Java")),
        verdict("M1", "missing"),
        verdict("M1", "met", ("resume", "Java")),
    )
    assert [(v.requirement_id, v.status) for v in result.verdicts] == [
        ("M1", "missing"),
        ("M2", "unclear"),
        ("N1", "partial"),
    ]


def test_findings_refer_to_requirements_that_exist() -> None:
    result = grounded()
    assert result.strengths[0].requirement_ids == ["M2", "M1"]
    assert result.weaknesses[0].requirement_ids == []


def test_only_the_first_quotes_of_a_verdict_count() -> None:
    invented = [("resume", "invented")] * MAX_QUOTES
    first = grounded(verdict("M1", "met", *invented, ("resume", "Java"))).verdicts[0]
    assert (first.status, len(first.quotes)) == ("unclear", MAX_QUOTES)
    last = grounded(verdict("M1", "met", *invented[1:], ("resume", "Java"))).verdicts[0]
    assert last.status == "met"


@pytest.mark.parametrize(
    ("source", "quote"),
    [
        ("a" * 16_000, "a"),  # found everywhere, and everywhere inside a word
        ("a" * 16_000, "a" * 8_000),
        ("a." * 8_000, "a.a"),
        ("a" + "\u0301\u0316" * 8_000, "b"),  # marks in the wrong order
        ("x", "a" + "\u0301\u0316" * 8_000),
    ],
)
def test_hostile_quotes_take_no_time(source: str, quote: str) -> None:
    count = min(2_000, MAX_ANSWER // len(quote))  # quotes; no answer holds more
    requirements = [Requirement(id=f"M{n}", text="Java") for n in range(count)]
    claims = [verdict(r.id, "met", ("resume", quote)) for r in requirements]
    began = time.process_time()
    result = ground(JobMatch(verdicts=claims, recommendations=["a", "b", "c"]), requirements, {"resume": source})
    assert time.process_time() - began < 3  # a fraction of a second; to try every place takes half a minute
    assert {v.status for v in result.verdicts} == {"unclear"}


@given(st.text(alphabet="a\u0301\u0316\u0345\u0344\u0f73\u3099\uff9eか가", max_size=12), st.integers(1, 40))
def test_texts_full_of_marks_get_their_usual_normal_form(text: str, times: int) -> None:
    assert marks.normalised("NFC", text * times) == unicodedata.normalize("NFC", text * times)
    assert marks.normalised("NFKC", text * times) == unicodedata.normalize("NFKC", text * times)
