"""Certificates: held, nearly held, or a relative of the one asked for."""

import re
from collections.abc import Sequence

from core.offline import vocabulary
from core.offline.claims import PENDING
from core.offline.evidence import Found, Passage
from core.offline.judges.common import (
    NAMELESS_SHARE,
    Answer,
    Case,
    absent,
    asked,
    distinct,
    named,
    other_number,
    shorts,
    written,
)
from core.offline.text import stems
from core.offline.vocabulary import FULL_RELATIONS

_CERTIFICATE = re.compile(
    r"证|资格|职称|certif|licen[cs]|registered|registration|\bcards?\b|diploma|provider|accredit|chartered", re.I
)
_LEVEL = re.compile(r"\b(?:level|grade|stage)\s*(\d)", re.I)
_GENERIC = re.compile(
    r"\b(?:current|valid|active|unrestricted|holders?|certificat\w+|certified|licen[cs]ed?|cards?|required|preferred"
    r"|desirable|in good standing)\b"
    r"|证书?|资格|持有?|具有|以上|职称|有效",
    re.I,
)
BEFORE = 14  # characters in which "provisional" or "lapsed" stands before the name
_LISTS = frozenset({"certifications", "education", "summary", "head", "skills", "languages", "other"})
_STATEMENT = re.compile(r"[；;。|｜]|\.\s")
_CERTIFIED = re.compile(r"\bcertified\b|\bcertificat\w+|\blicen[cs]ed?\b|证", re.I)
_GRADE = re.compile(r"初级|中级|高级|[一二三四]级")
_PARTS = r"(?:已|通过|过)[^，,。；;]{0,8}[科门]"
# Grades of one certificate, the lowest first, each in all its spellings: a higher one includes the lower.
Ladder = tuple[tuple[str, ...], ...]
_OWN_LADDERS: tuple[tuple[re.Pattern[str], Ladder], ...] = (
    (
        re.compile("普通话"),
        (
            ("三级乙等", "三乙", "三级"),
            ("三级甲等", "三甲"),
            ("二级乙等", "二乙", "二级"),
            ("二级甲等", "二甲"),
            ("一级乙等", "一乙", "一级"),
            ("一级甲等", "一甲"),
        ),
    ),
    (re.compile("计算机|NCRE", re.I), (("一级",), ("二级",), ("三级",), ("四级",))),
)
# For a certificate that has none of its own; the first one on which two grades differ decides.
_LADDERS: tuple[Ladder, ...] = (
    (("小学",), ("初级中学",), ("高级中学",)),
    (("初级",), ("中级",), ("高级",)),
    (("白带", "white belt"), ("黄带", "yellow belt"), ("绿带", "green belt"), ("黑带", "black belt")),
    (("四级",), ("三级",), ("二级",), ("一级",)),
    (("丙等",), ("乙等",), ("甲等",)),
)
_ITEM = re.compile(r"[，,、；;。|｜/]")


def judge(case: Case) -> Answer:
    """For a demand for certificates; without a known one in its text, by its wording."""
    demand, evidence = case.demand, case.evidence
    terms = [term for term in demand.terms if vocabulary.kind(term) == "certificate"]
    subjects = [term for term in demand.terms if vocabulary.kind(term) in vocabulary.HARD_KINDS]
    best: dict[str, Found] = {}
    for term in terms:
        # A neighbouring certificate is not the one that is asked for.
        found = [f for f in evidence.terms(term, demand.text) if f.relation in FULL_RELATIONS and _is_proof(f)]
        if found:
            best[term] = min(found, key=lambda f: not _held(f, demand.text, subjects))
    if not best:
        return _under_way(case) or _by_example(case) or _by_name(case, terms)
    held = [found for found in best.values() if _held(found, demand.text, subjects)]
    if not held:
        first = next(iter(best.values()))
        reason = "certificate_pending" if _pending(first) else "certificate_near"
        return Answer("partial", (first.passage,), reason, {"found": first.name})
    passages = distinct([found.passage for found in held])
    if demand.any_of or len(held) == len(terms):
        return Answer("met", passages, "certificate", {"found": written(held)})
    lacking = [term for term in terms if term not in best or best[term] not in held]
    return Answer("partial", passages, "some_of", {"found": written(held), "lacking": asked(demand, lacking)})


def _under_way(case: Case) -> Answer | None:
    """The grade alone, of which parts are passed: "中级已过两门" of 中级会计师."""
    grade = _GRADE.match(case.demand.text.strip())
    begun = re.compile(rf"(?<!\w){grade[0]}[^，,。；;]{{0,6}}?{_PARTS}") if grade else None
    passage = next((p for p in case.evidence.passages if begun and begun.search(p.text)), None)
    return Answer("partial", (passage,), "certificate_pending", {"found": case.demand.text}) if passage else None


def _by_example(case: Case) -> Answer | None:
    """Certified in one of what stands in brackets: "Forklift certified (sit-down and reach truck)"."""
    found = [
        hit for name in case.demand.examples for hit in case.evidence.terms(name) if hit.relation in FULL_RELATIONS
    ]
    shown = next((hit for hit in found if _CERTIFIED.search(hit.passage.claimed) and not _pending(hit)), None)
    return Answer("partial", (shown.passage,), "certificate_near", {"found": shown.name}) if shown else None


def _by_name(case: Case, terms: Sequence[str]) -> Answer:
    """A certificate the vocabulary does not find: the passage among certificates that shares most of its name."""
    wanted = stems(_GENERIC.sub(" ", case.demand.text))
    best: tuple[float, Passage] | None = None
    for passage in case.evidence.passages:
        if passage.place == "experience" and not _CERTIFICATE.search(passage.text):
            continue
        share = sum(word in passage.stems for word in wanted) / len(wanted) if wanted else 0.0
        if share >= NAMELESS_SHARE and (best is None or share > best[0]):
            best = (share, passage)
    if best is None:
        short = (named(case.evidence, name) for name in shorts(case.demand.text))
        holder = next((p for p, stated, _ in short if p and stated and not other_number(case.demand.text, p)), None)
        if holder is None or (holder.place == "experience" and not _CERTIFICATE.search(holder.text)):
            return absent(case, terms)
        best = (1.0, holder)
    if _too_low(case.demand.text, best[1].text):
        return Answer("partial", (best[1],), "certificate_near", {"found": best[1].text})
    if PENDING.search(best[1].text):
        return Answer("partial", (best[1],), "certificate_pending", {"found": case.demand.text})
    return Answer("met", (best[1],), "certificate", {"found": case.demand.text})


def _too_low(text: str, passage: str) -> bool:
    """Whether a passage names a lower grade than the asked one, and none that is as high."""
    steps = [[int(step) for step in _LEVEL.findall(side)] for side in (text, passage)]
    if steps[0] and steps[1] and max(steps[1]) < min(steps[0]):
        return True
    own = [(name, ladder) for name, ladder in _OWN_LADDERS if name.search(text)]
    pairs = [(_ranks(_items(text, name), steps), _ranks(_items(passage, name), steps)) for name, steps in own]
    if not own:
        pairs = [(_ranks(text, ladder), _ranks(passage, ladder)) for ladder in _LADDERS]
    differing = [min(wanted) > max(had) for wanted, had in pairs if wanted and had and min(wanted) != max(had)]
    return any(differing if own else differing[:1])


def _ranks(text: str, ladder: Ladder) -> list[int]:
    """The steps of a ladder that a text names; a longer spelling is read before one inside it."""
    ranks = {spelling: rank for rank, spellings in enumerate(ladder) for spelling in spellings}
    longest_first = "|".join(sorted(ranks, key=len, reverse=True))
    return [ranks[grade] for grade in re.findall(longest_first, text.lower())]


def _items(text: str, name: re.Pattern[str]) -> str:
    """The items of a list that name the certificate; the whole text when none does."""
    return " ".join(item for item in _ITEM.split(text) if name.search(item)) or text


def _is_proof(found: Found) -> bool:
    """Whether a passage lists the certificate, or is the head of a position; "the RN in charge" is somebody else."""
    passage = found.passage
    return passage.place in _LISTS or passage.dated or bool(_CERTIFICATE.search(passage.text))


def _pending(found: Found) -> bool:
    """Whether what follows the name, up to the next statement, says that it is not held yet."""
    if found.weak:
        return True
    text = found.passage.text
    start = text.find(found.name)
    if PENDING.search(text[max(0, start - BEFORE) : start]):
        return True
    rest = _STATEMENT.split(text[text.find(found.name) + len(found.name) :])[0]
    others = vocabulary.find(rest)
    mine = {hit.name for hit in vocabulary.find(found.name)}
    following = (hit.start for hit in others if vocabulary.kind(hit.name) == "certificate" and hit.name not in mine)
    until = next(following, len(rest))
    return PENDING.search(rest[:until]) is not None


def _held(found: Found, demand_text: str, subjects: Sequence[str]) -> bool:
    passage = found.passage.text
    return not _pending(found) and not _too_low(demand_text, passage) and _same_subject(passage, subjects)


def _same_subject(text: str, subjects: Sequence[str]) -> bool:
    """Whether a certificate that names a subject ("primary Chinese") names one that was asked for."""
    named = [hit.name for hit in vocabulary.find(text) if vocabulary.kind(hit.name) in vocabulary.HARD_KINDS]
    return not subjects or not named or any(vocabulary.relation(have, want) for have in named for want in subjects)
