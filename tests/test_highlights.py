"""What was quoted from a document, marked in it."""

import re
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.grounding import ground
from core.highlights import Segment, segments
from core.render import anchors, highlighted_html
from core.schemas import JobMatch, Quote, Requirement, Status, Verdict

RESUME = """# Ann <ann@example.com>
• Built payment services in Java,
  cutting latency by 30%
• Led 5 engineers"""


def match(*quotes: tuple[str, str], resume: str = RESUME, detailed: str = "Led 5 engineers") -> JobMatch:
    """A grounded match with the quotes (requirement, text), all from the resume."""
    ids = list(dict.fromkeys(i for i, _ in quotes))
    verdicts = [
        Verdict(requirement_id=i, status="met", quotes=[Quote(source="resume", text=t) for j, t in quotes if j == i])
        for i in ids
    ]
    requirements = [Requirement(id=i, text="x") for i in ids]
    claimed = JobMatch(verdicts=verdicts, recommendations=["a", "b", "c"])
    return ground(claimed, requirements, {"resume": resume, "detailed_resume": detailed})


def marked(grounded: JobMatch, text: str = RESUME) -> list[Segment]:
    return [segment for segment in segments(text, "resume", grounded) if segment.requirement_ids]


def test_a_quote_is_marked_where_it_stands() -> None:
    found = segments(RESUME, "resume", match(("M2", "led 5 engineers"), ("M1", "in Java, cutting latency")))
    assert found == [
        Segment("# Ann <ann@example.com>\n• Built payment services "),
        Segment("in Java,\n  cutting latency", ("M1",)),
        Segment(" by 30%\n• "),
        Segment("Led 5 engineers", ("M2",)),
    ]


def test_passages_that_overlap_are_one_and_name_each_requirement_once() -> None:
    quotes = [("M2", "payment services in Java"), ("M1", "Java, cutting"), ("M1", "payment"), ("N1", "latency by 30")]
    assert marked(match(*quotes)) == [
        Segment("payment services in Java,\n  cutting", ("M2", "M1")),
        Segment("latency by 30", ("N1",)),
    ]


def test_passages_that_touch_are_two() -> None:
    assert marked(match(("M1", "负责支付"), ("M2", "网关设计"), resume="负责支付网关设计"), "负责支付网关设计") == [
        Segment("负责支付", ("M1",)),
        Segment("网关设计", ("M2",)),
    ]


def test_what_was_not_found_or_is_from_the_other_document_is_not_marked() -> None:
    grounded = match(("M1", "ten years of Rust"), ("M2", "Led 5 engineers"))
    assert segments("Led 5 engineers", "detailed_resume", grounded) == [Segment("Led 5 engineers")]
    assert [segment.requirement_ids for segment in marked(grounded)] == [("M2",)]
    assert segments("", "resume", match()) == []


def test_a_match_from_before_places_were_kept_is_marked_too() -> None:
    now = match(("M1", "in Java, cutting latency"), ("M2", "invented"))
    old = now.model_copy(deep=True)
    for verdict in old.verdicts:
        for quote in verdict.quotes:
            quote.start = quote.end = None
    assert segments(RESUME, "resume", old) == segments(RESUME, "resume", now)


@given(st.lists(st.tuples(st.sampled_from(["M1", "M2", "N1"]), st.integers(0, 90), st.integers(1, 60)), max_size=8))
def test_the_segments_are_the_text(places: list[tuple[str, int, int]]) -> None:
    quotes = [(i, RESUME[start : start + length]) for i, start, length in places]
    grounded = match(*quotes)
    found = segments(RESUME, "resume", grounded)
    assert "".join(segment.text for segment in found) == RESUME
    assert all(segment.text for segment in found)
    for verdict in grounded.verdicts:
        for quote in verdict.quotes:
            around = [segment for segment in found if verdict.requirement_id in segment.requirement_ids]
            assert not quote.verified or any(RESUME[quote.start : quote.end] in segment.text for segment in around)


HOSTILE = "<script>alert(1)</script> \"'><img src=x onerror=alert(1)> &amp; `a` [x](http://e) $x$ \u202eabc\U000e0041"


@pytest.mark.parametrize("ids", [(), ("M1",), ("M1", "N<b>2")])
def test_the_html_shows_the_text_and_does_nothing_else(ids: tuple[str, ...]) -> None:
    html = highlighted_html([Segment(HOSTILE, ids)], "resume", {"M1": HOSTILE}, {"M1": "met"})
    assert set(re.findall(r"</?([a-z]+)", html)) == (
        {"style", "div", "mark", "sup", "span"} if ids else {"style", "div"}
    )
    text = re.sub(r"<style>.*?</style>|<sup.*?</sup>|<[^>]*>", "", html)
    for shown, sign in (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&#x27;", "'"), ("&amp;", "&")):
        text = text.replace(shown, sign)
    assert text == HOSTILE.replace("\u202e", "").replace("\U000e0041", "")


def test_each_mark_names_its_requirements() -> None:
    requirements = {"M1": "Java", "N2": 'a "language"'}
    html = highlighted_html([Segment("Java", ("M1", "N2"))], "resume", requirements, {"M1": "missing", "N2": "partial"})
    assert re.search(r'title="M1 Java\nN2 a &quot;language&quot;">Java<sup [^>]*>.*</sup></mark>', html)
    assert re.sub("<[^>]*>", "", html).endswith("Java✗M1 ◐N2")


def test_the_first_mark_of_a_requirement_has_a_name_for_links() -> None:
    resume, detailed = (
        [Segment("Go", ("M1",)), Segment(" "), Segment("Java", ("M2", "M1"))],
        [Segment("C", ("M2", "N1"))],
    )
    found = anchors({"resume": resume, "detailed_resume": detailed})
    assert found == {"M1": "quoted-resume-M1", "M2": "quoted-resume-M2", "N1": "quoted-detailed_resume-N1"}
    html = highlighted_html(resume, "resume", {}, {}) + highlighted_html(detailed, "detailed_resume", {}, {})
    names = re.findall(' id="([^"]*)"', html)
    assert len(names) == len(set(names))
    assert set(found.values()) <= set(names)


def test_the_colour_tells_what_speaks_against_the_client() -> None:
    colours = [
        re.findall("#[0-9a-f]{6}", highlighted_html([Segment("Java", ("M1",))], "resume", {}, {"M1": status}))
        for status in get_args(Status)
    ]
    assert len({tuple(colour) for colour in colours}) == len(colours)
