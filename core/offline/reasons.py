"""Why a verdict is what it is, once all of them and the whole of the documents are known.

A judge looks at one demand and quotes what names it. Whether that is work done, whether the documents tell elsewhere of
such work, and whether two verdicts about the job agree, is settled here, so that a report says no more and no less.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from core.offline import proofs
from core.offline.evidence import Evidence, Found, Passage
from core.offline.text import stems
from core.offline.vocabulary import FULL_RELATIONS

if TYPE_CHECKING:
    from core.offline.matching import Finding

# The job as a whole, by the judges of titles and duties; and what else tells that it is the client's line of work.
OF_THE_JOB = frozenset({"role_partly", "role_other", "role_titles", "level_above", "level_below"})
_SAME_LINE = frozenset({"role", "role_partly", "years"})
_NAMED = frozenset({"listed", "done"})
_BY_POSITIONS = ("years", "role")  # reasons that begin so rest on the positions themselves


def settled(findings: Sequence["Finding"], evidence: Evidence) -> list["Finding"]:
    """The same findings, each with the reason that holds beside the others and the passages that say most."""
    same_line = any(f.reason in _SAME_LINE and f.requirement.category == "experience" for f in findings)
    return [_settled(finding, evidence, same_line) for finding in findings]


def _settled(finding: "Finding", evidence: Evidence, same_line: bool) -> "Finding":
    if finding.reason == "role_other" and same_line:
        return replace(finding, reason="role_titles")
    if finding.reason in _NAMED:
        return _shown(finding, evidence)
    if finding.reason == "soft_claimed" and any(map(proofs.is_deed, finding.passages)):
        return replace(finding, reason="soft_partly")
    if not finding.reason.startswith(_BY_POSITIONS):
        return replace(finding, passages=_told(finding, evidence))
    return finding


def _shown(finding: "Finding", evidence: Evidence) -> "Finding":
    """What is named: as done where a passage tells of it, here or elsewhere."""
    deeds = tuple(passage for passage in finding.passages if proofs.is_deed(passage))
    if deeds:
        others = tuple(passage for passage in finding.passages if passage not in deeds)
        return replace(finding, reason="done", passages=deeds + others)
    terms = finding.demand.terms
    found = [one for term in terms for one in evidence.terms(term, finding.demand.text) if proofs.is_deed(one.passage)]
    if len(terms) > 1 and not finding.demand.any_of:
        found = []  # one of several names shown is not all of them
    if full := _first(found, FULL_RELATIONS):
        return replace(finding, reason="done", passages=(full.passage,), values={"found": full.name})
    if implied := _first(found, ("implied",)):
        passages = (*finding.passages[:1], implied.passage)
        return replace(
            finding, reason="listed_implied", passages=passages, values=finding.values | {"work": implied.name}
        )
    return replace(finding, reason="listed", passages=_told(finding, evidence))


def _first(found: Sequence[Found], relations: Sequence[str]) -> Found | None:
    return next((one for one in found if one.relation in relations and not one.weak), None)


def _told(finding: "Finding", evidence: Evidence) -> tuple[Passage, ...]:
    """The passages; where all only name a project or a position of the detailed resume, with what was done there."""
    passages = finding.passages
    if not passages or any(p.source == "resume" or proofs.kind(p) != "head" for p in passages):
        return passages
    topic = frozenset(stems(finding.demand.text))
    below = proofs.under(passages[0], evidence.passages)
    best = max(below, key=lambda passage: (len(topic & passage.stems), proofs.measured(passage.text)), default=None)
    return (best, *passages) if best else passages
