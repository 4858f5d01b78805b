"""Certificates: held, nearly held, or a relative of the one asked for."""

from collections.abc import Sequence

from core.offline import vocabulary
from core.offline.evidence import Found
from core.offline.judges.common import Answer, Case, absent, asked, by_words, distinct, written


def judge(case: Case) -> Answer:
    """For a demand for certificates; without a known one in its text, by its wording."""
    demand, evidence = case.demand, case.evidence
    terms = [term for term in demand.terms if vocabulary.kind(term) == "certificate"]
    best: dict[str, Found] = {}
    for term in terms:
        if found := [found for found in evidence.terms(term, demand.text) if found.relation != "implied"]:
            best[term] = found[0]
    if not best:
        return absent(case, terms) if terms else by_words(case)
    subjects = [term for term in demand.terms if vocabulary.kind(term) in vocabulary.HARD_KINDS]
    held = [found for found in best.values() if _held(found, subjects)]
    if not held:
        first = next(iter(best.values()))
        reason = "certificate_pending" if first.weak else "certificate_near"
        return Answer("partial", (first.passage,), reason, {"found": first.name})
    passages = distinct([found.passage for found in held])
    if demand.any_of or len(held) == len(terms):
        return Answer("met", passages, "certificate", {"found": written(held)})
    lacking = [term for term in terms if term not in best or best[term] not in held]
    return Answer("partial", passages, "some_of", {"found": written(held), "lacking": asked(demand, lacking)})


def _held(found: Found, subjects: Sequence[str]) -> bool:
    return found.relation in ("same", "instance") and not found.weak and _same_subject(found.passage.text, subjects)


def _same_subject(text: str, subjects: Sequence[str]) -> bool:
    """Whether a certificate that names a subject ("primary Chinese") names one that was asked for."""
    named = [hit.name for hit in vocabulary.find(text) if vocabulary.kind(hit.name) in vocabulary.HARD_KINDS]
    return not subjects or not named or any(vocabulary.relation(have, want) for have in named for want in subjects)
