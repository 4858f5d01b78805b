"""Who the employer is and where, as the first sentences of running prose say it: "Oakline Dairy in Madison is ..."."""

import re
from collections.abc import Iterator
from functools import cache
from itertools import chain, islice

from core.offline import vocabulary
from core.offline.job_terms import job_terms, pattern
from core.offline.text import sentences
from core.offline.vocabulary import data

_OPENING = 4  # sentences in which a posting introduces the employer
_LONGEST = 300  # characters of a sentence that are looked at: every mark in it is looked up


def employer(text: str) -> str:
    """The name that the sentences at the top speak of as the employer's, or an empty string."""
    named = (found["name"].strip() for sentence in _top(text) for form in _forms() for found in form.finditer(sentence))
    return next((name for name in named if _is_name(name)), "")


def place(text: str) -> str:
    """The place that the sentences at the top set the employer in, or an empty string."""
    for sentence in _top(text):
        for found in _placed().finditer(sentence):
            known = next((hit for hit in vocabulary.places().find(sentence) if hit.start == found.end()), None)
            if known:
                return sentence[known.start : known.end]
            name = _PLACE.match(sentence, found.end())
            if (
                name
                and found[0].strip().isalpha()
                and not vocabulary.find(name[0])
                and name[0] not in job_terms()["naming"]["times"]
            ):
                return name[0]
    return ""


# A town that the list of places does not have: capitalised, and its phrase ends with it.
_PLACE = re.compile(r"[A-Z][a-z]+(?: [A-Z][a-z]+)?(?=[,.)]|\s(?:is|are|has|have|and|since|with|that|which|to)\b|$)")


def _top(text: str) -> Iterator[str]:
    rows = (row[: _OPENING * _LONGEST] for row in text.split("\n"))
    return (sentence[:_LONGEST] for sentence in islice(chain.from_iterable(map(sentences, rows)), _OPENING))


@cache
def _forms() -> list[re.Pattern[str]]:
    # Names are told by their capitals: no flags.
    return [re.compile(pattern(form).pattern) for form in job_terms()["naming"]["forms"]]


@cache
def _placed() -> re.Pattern[str]:
    return re.compile(job_terms()["naming"]["placed"])


@cache
def _no_name() -> re.Pattern[str]:
    return pattern(
        r"<role_han>|(?<![A-Za-z])<role_latin>s?(?![A-Za-z])|^<applicant>\b|我们|公司$|岗位|团队|部门|介绍|[急热]招"
    )


def _is_name(name: str) -> bool:
    words = name.split()
    plain = words[0].lower() in data()["stop_words"] and len(words) < 3  # "The Team", but "The Copper Whisk"
    known = any(
        hit.start == 0
        for lexicon in (vocabulary, vocabulary.places(), vocabulary.fields())
        for hit in lexicon.find(name)
    )
    return not (plain or known or _no_name().search(name))
