"""Who the client is, in a few fields: written from what the resume states, in the reader's language."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from core.offline import metrics, vocabulary
from core.offline.terms import senses, table
from core.schemas import ClientProfile, CoreStrength, SignatureProject, Skills

_FEW_SKILLS, _MOST_SKILLS, _MOST_DOMAINS, _MOST_STRENGTHS = 3, 15, 4, 4


@dataclass(frozen=True)
class Proof:
    """A verbatim highlight and the position or project it stands under."""

    name: str
    text: str


def write(
    role: str,
    focus: str,
    years: float | None,
    skills: Skills,
    stacks: Sequence[str],
    proofs: Sequence[Proof],
    told: Sequence[str],
    locale: str,
    today: date,
) -> ClientProfile:
    """The profile: `proofs` newest first, `told` the texts domains are counted in. KeyError for an unknown locale."""
    phrases = table("resume_phrases")[locale]
    pattern = "persona_undated" if years is None else "persona" if years >= 1 else "persona_junior"
    hard = list(dict.fromkeys([name for item in (*skills.technical, *skills.tools, *stacks) for name in _bare(item)]))
    if len(hard) < _FEW_SKILLS:
        hard = list(dict.fromkeys([*hard, *skills_named([proof.text for proof in proofs], ("skill", "method"))]))
    strongest = max(proofs, key=lambda proof: metrics.strength(proof.text, today), default=None)
    signature = SignatureProject()
    if strongest and metrics.strength(strongest.text, today) > 0:
        signature = SignatureProject(name=strongest.name, impact=strongest.text)
    return ClientProfile(
        persona=phrases[pattern].format(role=role, years=_shown(years)) if role else "",
        focus=focus,
        years_of_experience=years,
        domains=_domains(told),
        hard_skills=hard[:_MOST_SKILLS],
        signature_project=signature,
        core_strengths=_strengths(proofs, phrases["strengths"], today),
    )


def _bare(item: str) -> list[str]:
    """The skills an item names, without what surrounds them ("熟悉 Go" is Go); the item itself when it names none."""
    return skills_named([item], ("tech", "tool", "method", "skill")) or [item]


def _shown(years: float | None) -> str:
    return "" if years is None else str(round(years))


def _domains(told: Sequence[str]) -> list[str]:
    """The domains named most often, each as the resume first writes it."""
    counts: Counter[str] = Counter()
    written: dict[str, str] = {}
    for row in told:
        for hit in vocabulary.find(row):
            if vocabulary.kind(hit.name) == "domain":
                counts[hit.name] += 1
                written.setdefault(hit.name, row[hit.start : hit.end])
    return [written[name] for name, _ in counts.most_common(_MOST_DOMAINS)]


def _strengths(proofs: Sequence[Proof], names: dict[str, str], today: date) -> list[CoreStrength]:
    """Traits in the order of how much speaks for them, each with its best proof; no proof serves two traits."""
    ranked = []
    told = [(senses("strengths", proof.text), proof) for proof in proofs]
    for trait in names:
        shown = [
            (len(words[trait]) + metrics.strength(proof.text, today), proof) for words, proof in told if trait in words
        ]
        if shown:
            ranked.append((sum(score for score, _ in shown), trait, sorted(shown, key=lambda pair: -pair[0])))
    used: set[str] = set()
    found: list[CoreStrength] = []
    for _, trait, shown in sorted(ranked, key=lambda row: -row[0]):
        best = next((proof for _, proof in shown if proof.text not in used), None)
        if best and len(found) < _MOST_STRENGTHS:
            used.add(best.text)
            found.append(CoreStrength(trait=names[trait], evidence=best.text))
    return found


def skills_named(texts: Sequence[str], kinds: Sequence[str] = ("tech", "tool")) -> list[str]:
    """What running text names of these kinds of the vocabulary, each once, as first written there."""
    found: dict[str, str] = {}
    for text in texts:
        for hit in vocabulary.find(text):
            if vocabulary.kind(hit.name) in kinds:
                found.setdefault(hit.name, text[hit.start : hit.end])
    return list(found.values())
