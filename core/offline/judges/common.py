"""What the judges share: the form of an answer, and what to say when nothing was found."""

import copy
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from core.offline import vocabulary
from core.offline.claims import DISCLAIMED, FAINT
from core.offline.demands import Demand
from core.offline.evidence import Evidence, Found, Passage
from core.offline.text import stems
from core.schemas import Requirement, Status

# Shares of a demand's words found in one passage, chosen on the gold cases of the split dev.
MET_SHARE, PARTIAL_SHARE = 0.42, 0.25
# With a name that was not found the words around it must say nearly everything.
NAMELESS_SHARE = 0.62

# Words that are shared by what has nothing else in common.
_GENERIC = frozenset(
    stems(
        "goods products product services service company group business industry industries market team teams client"
        " clients customer customers system systems environment area areas field sector project projects management"
        " 公司 行业 产品 项目 业务 团队 客户 管理 数据 工具 平台"
    )
)
# A name with a number is another name with another number: "ASC 606", "ISO 13485".
NUMBERED = re.compile(
    r"(?<![A-Za-z])(?P<name>[A-Z]{2,})[\s-]?(?P<number>\d+)(?![\d.]*\s*(?:[+%]|years?|yrs?|months?|[年个月人]))(?![\d.])"
)
_ABBREVIATION = re.compile(r"(?<![A-Za-z])[A-Z][A-Z0-9]{2,}(?:[ -]?\d{3,})?(?![A-Za-z])")
# What is left of a name besides its abbreviation and tells it from no other: "CDM Regulations 2015", "GSP管理规范".
_PLAIN_REST = re.compile(
    r"^\s*[A-Z][a-z]+ing\b|\b(?:advanced|regulations?|rules|act|code|standards?|software|systems?|platform|contracts?"
    r"|guidelines|framework|requirements?|certificat\w+|level \d|(?:19|20)\d\d|the|of|for)\b"
    r"|管理|规范|标准|体系|系统|软件|要求|证书?|制度|法规|认证",
    re.I,
)
_PAIR = re.compile(r"\b([A-Z])[a-z]+ (?:&|and) ([A-Z])[a-z]+\b")  # "Design & Build": "D&B"
_TITLED = re.compile(r"(?:[A-Z][\w+#]*\s+)+[A-Z][\w+#]*")

_EVENT = re.compile(r"\b(?:conferences?|journals?|meet-?ups?|publications?)\b|会议论文|顶会|期刊|发表", re.I)
_SPEAKING = re.compile(
    r"\b(?:conferences?|journals?|meet-?ups?|publications?|publish\w*|papers?|talks?|spoke|speaker|present\w*|articles?"
    r"|proceedings)\b|会议|顶会|期刊|发表|论文|演讲|分享",
    re.I,
)

_OR = re.compile(r"或者?|\bor\b|/", re.I)
_CHECKABLE = frozenset({"skill", "education", "experience", "language", "certification", "domain"})


# Whom somebody works for: "高级运营，汇报给运营总监", "assistant to the director".
_UNDER = re.compile(
    r"(?:汇报(?:给|于|对象)|直属上级|上级)[^，,。；;|)）]*|向[^，,。；;|)）]{1,12}汇报"
    r"|\breport(?:s|ing|ed)? to\b[^,.;|)]*",
    re.I,
)


def own_title(text: str) -> str:
    """A title without those of others in it."""
    return _UNDER.sub(" ", text)


@dataclass(frozen=True)
class Answer:
    """A status, the passages it rests on, and why: `reason` is a key of `[notes]`, `values` fill its placeholders."""

    status: Status
    passages: tuple[Passage, ...] = ()
    reason: str = "nothing"
    values: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Case:
    """What a judge decides on. `document_locale` is the language of the resume; `job_title` is the posting's, `duties`
    its duties and each sentence of them, `work` the names of what it takes, each with its weight, and `posting` what is
    known of its text."""

    demand: Demand
    requirement: Requirement
    evidence: Evidence
    document_locale: str
    job_title: str = ""
    duties: frozenset[str] = frozenset()
    work: dict[str, float] = field(default_factory=dict)
    posting: str = ""


def distinct(passages: Sequence[Passage], limit: int = 3) -> tuple[Passage, ...]:
    return tuple({(p.source, p.text): p for p in passages}.values())[:limit]


def absent(case: Case, terms: Sequence[str] = ()) -> Answer:
    """Nothing was found: a resume that says the opposite is quoted."""
    denials = [passage for term in terms for passage in case.evidence.denied.get(term, ())]
    if not terms and (denial := case.evidence.denial(case.demand.text)):
        denials = [denial]
    if denials:
        return Answer("missing", distinct(denials, 1), "denied")
    if case.requirement.category in _CHECKABLE:
        return Answer("missing", (), "nothing")
    return Answer("unclear", (), "unsaid" if case.demand.unwritten else "unstated")


def by_words(case: Case, terms: Sequence[str] = ()) -> Answer:
    """Without a name to look for, or without finding it: how much of the wording one passage shares."""
    if case.demand.proper and (answer := _by_proper_names(case, terms)):
        return answer
    denied = any(case.evidence.denied.get(term) for term in terms)
    # A name that stands nowhere is not made up for by the words around it, unless they say much and stand together.
    text = without_names(case.demand.text) if terms and not case.demand.any_of else case.demand.text
    choice, passage, share = _closest(case, text)
    words = stems(choice)
    if choice != text and terms and not any(hit.name in terms for hit in vocabulary.find(choice)):
        terms = ()  # the other choice names nothing that had to be found
    enough = NAMELESS_SHARE if terms else PARTIAL_SHARE
    if (
        passage
        and not denied
        and share >= enough
        and len(words) >= (2 if terms else 1)
        and (len(words) > 1 or share == 1)
    ):
        if DISCLAIMED.search(passage.text):
            return Answer("missing", (passage,), "denied")
        # Words that say nearly all of it are enough, whether or not a name was found among them.
        whole = closest(case.evidence, case.demand.text)[1] if terms else share
        faint = FAINT.search(passage.text) and not case.demand.basic
        status: Status = "met" if not faint and whole >= (NAMELESS_SHARE if terms else MET_SHARE) else "partial"
        return Answer(status, (passage,), "similar" if status == "met" else "similar_partly")
    return absent(case, terms)


def _closest(case: Case, text: str) -> tuple[str, Passage | None, float]:
    """(what is asked, the passage closest to it, how close); where one of several is enough, of the best one."""
    choices = [part for part in _OR.split(text) if stems(part)] if case.demand.any_of else []
    found = [(part, *closest(case.evidence, part)) for part in choices or [text]]
    if _EVENT.search(text):
        # "Talks at forecasting or ML conferences": who forecasts has not given one.
        found = [(part, p, share) if p and _SPEAKING.search(p.text) else (part, None, 0.0) for part, p, share in found]
    return max(found, key=lambda entry: entry[2])


def closest(evidence: Evidence, text: str) -> tuple[Passage | None, float]:
    """As `Evidence.closest`, without the passages that share with `text` but generic words, the name of an employer,
    one word of a name of two, or a name with another number."""
    found = evidence.closest(text)
    employers = {job.head: job.lines[0] for job in evidence.jobs} if found[0] else {}
    if found[0] is None or not _is_loose(text, found[0], employers.get(found[0], "")):
        return found
    strict = copy.copy(evidence)
    # As many passages as before, for the weight of a word depends on their number.
    strict.passages = [
        replace(passage, text="") if _is_loose(text, passage, employers.get(passage, "")) else passage
        for passage in evidence.passages
    ]
    return strict.closest(text)


def _is_loose(text: str, passage: Passage, employer: str) -> bool:
    wanted, told = stems(text), passage.stems
    # "City Hospital" says all of what "hospital" asks; "Home Goods" says nothing of perishable goods.
    if employer and not told.issuperset(wanted):
        told = frozenset(stems(passage.claimed.replace(employer, " ")))
    shared = told.intersection(wanted)
    if not shared - (_GENERIC if set(wanted) - _GENERIC else frozenset()) or other_number(text, passage):
        return True
    if len(wanted) != 2 or not _TITLED.fullmatch(text.strip()):
        return False
    return len(shared) < len(wanted) or not _adjacent(passage, wanted)


def _adjacent(passage: Passage, words: Sequence[str]) -> bool:
    spots = [passage.places.get(word, []) for word in words]
    return any(abs(a - b) == 1 for a in spots[0] for b in spots[1])


def other_number(text: str, passage: Passage) -> bool:
    """Whether a name in `text` that has a number stands in the passage, if at all, with none but other numbers."""
    numbered = NUMBERED.findall(text)
    have = set(NUMBERED.findall(passage.text))
    return any(
        (name, number) not in have and re.search(rf"(?<![A-Za-z]){name}(?![A-Za-z])", passage.text)
        for name, number in numbered
    )


def shorts(text: str, name: str = "") -> list[str]:
    """The abbreviations in a demand that stand for `name`, or for any name in it: given in brackets after it, or all
    that the name says. "SQL" is not all of "SQL Server"."""
    hits = [(hit.start, hit.end) for hit in vocabulary.find(text)]
    found = []
    for match in _ABBREVIATION.finditer(text):
        given = text[: match.start()].endswith(("(", "（")) and text[match.end() : match.end() + 1] in (")", "）")
        if name and given:
            given = text[: match.start() - 1].rstrip().endswith(name) and _is_initials(match[0], name)
        spans = [(at, at + len(name)) for at in [text.find(name)] if at >= 0] if name else hits
        around = [text[start:end] for start, end in spans if start <= match.start() and match.end() <= end]
        whole = next(iter(around), "" if name else match[0])
        rest = _PLAIN_REST.sub(" ", whole.replace(match[0], " "))
        if given or (match[0] in whole and match[0] != name and not any(c.isalnum() for c in rest)):
            found.append(match[0])
    return found


def _is_initials(short: str, name: str) -> bool:
    """Whether the letters of an abbreviation stand in a name in their order."""
    letters = iter(name.lower())
    return all(letter in letters for letter in short.lower())


def named(evidence: Evidence, name: str) -> tuple[Passage | None, bool, bool]:
    """As `Evidence.named`; a name with a number is not found without it."""
    found = evidence.named(name)
    if found[0] is None or not other_number(name, found[0]):
        return found
    strict = copy.copy(evidence)
    strict.passages = [passage for passage in evidence.passages if not other_number(name, passage)]
    return strict.named(name)


def _by_proper_names(case: Case, terms: Sequence[str]) -> Answer | None:
    """By the names in the demand that no lexicon has; None when the documents have none of them and words may tell."""
    passages: list[Passage] = []
    denials: list[Passage] = []
    credits: list[float] = []
    stated: list[str] = []
    lacking: list[str] = []
    for spellings in case.demand.proper:
        pair = _PAIR.sub(r"\1&\2", spellings[0])
        spoken = dict.fromkeys((*spellings, pair, *shorts(spellings[0], spellings[0])))
        found = ((name, *named(case.evidence, name)) for name in spoken)
        name, passage, claimed, weak = next((hit for hit in found if hit[1]), (spellings[0], None, False, False))
        if passage and claimed:
            passages.append(passage)
            stated.append(name)
            credits.append(0.5 if weak and not case.demand.basic else 1.0)
        else:
            denials += [passage] if passage else []
            lacking.append(spellings[0])
            credits.append(0.0)
    share = max(credits) if case.demand.any_of else sum(credits) / len(credits)
    shown = distinct(passages)
    if share == 1.0:
        return Answer("met", shown, "similar")
    if stated and lacking and not case.demand.any_of:
        return Answer("partial", shown, "some_of", {"found": "|".join(stated), "lacking": "|".join(lacking)})
    if stated:
        return Answer("partial", shown, "similar_partly")
    return Answer("missing", distinct(denials, 1), "denied") if denials and not case.demand.any_of else None


def without_names(text: str) -> str:
    for hit in reversed(vocabulary.find(text)):
        text = text[: hit.start] + " " + text[hit.end :]
    return text


def written(found: Sequence[Found]) -> str:
    return "|".join(dict.fromkeys(f.name for f in found))


def asked(demand: Demand, terms: Sequence[str]) -> str:
    hits = vocabulary.find(demand.text)
    return "|".join(dict.fromkeys(demand.text[hit.start : hit.end] for hit in hits if hit.name in terms))
