"""Certificates: held, nearly held, or a relative of the one asked for."""

import re
from collections.abc import Sequence

from core.offline import vocabulary
from core.offline.evidence import PENDING, Found, Passage
from core.offline.judges.common import NAMELESS_SHARE, Answer, Case, absent, asked, distinct, written
from core.offline.text import stems

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
_ABBREVIATION = re.compile(r"(?<![A-Za-z])[A-Z][A-Z0-9]{2,}(?![a-z])")
BEFORE = 14  # characters in which "provisional" or "lapsed" stands before the name
_LISTS = frozenset({"certifications", "education", "summary", "head", "skills", "languages", "other"})
_STATEMENT = re.compile(r"[；;。|｜]|\.\s")
# A neighbouring certificate is not the one that is asked for.
_HOLDING = ("same", "instance")
# Grades of one certificate, the lowest first: a higher one includes the lower.
_GRADES = (
    ("小学", "初级中学", "高级中学"),
    ("初级", "中级", "高级"),
    ("白带", "黄带", "绿带", "黑带"),
    ("white belt", "yellow belt", "green belt", "black belt"),
    ("四级", "三级", "二级", "一级"),
    ("丙等", "乙等", "甲等"),
)


def judge(case: Case) -> Answer:
    """For a demand for certificates; without a known one in its text, by its wording."""
    demand, evidence = case.demand, case.evidence
    terms = [term for term in demand.terms if vocabulary.kind(term) == "certificate"]
    subjects = [term for term in demand.terms if vocabulary.kind(term) in vocabulary.HARD_KINDS]
    best: dict[str, Found] = {}
    for term in terms:
        found = [f for f in evidence.terms(term, demand.text) if f.relation in _HOLDING and _is_proof(f)]
        if found:
            best[term] = min(found, key=lambda f: not _held(f, demand.text, subjects))
    if not best:
        return _by_name(case, terms)
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
        short = (name for text in _ABBREVIATION.findall(case.demand.text) for name in [case.evidence.named(text)])
        named = next((passage for passage, stated, _ in short if passage and stated), None)
        if named is None or (named.place == "experience" and not _CERTIFICATE.search(named.text)):
            return absent(case, terms)
        best = (1.0, named)
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
    for grades in _GRADES:
        asked_for = [rank for rank, grade in enumerate(grades) if grade in text.lower()]
        held = [rank for rank, grade in enumerate(grades) if grade in passage.lower()]
        if asked_for and held and max(held) < min(asked_for):
            return True
    return False


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
