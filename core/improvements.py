"""What would raise a score, and what the resume leaves unsaid: the detailed resume shows it, which no employer sees."""

from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict

from core import scoring
from core.offline import proofs
from core.offline.claims import claimed
from core.schemas import Requirement, Status, Verdict
from core.scoring import Cap, Score


class _Result(BaseModel):
    model_config = ConfigDict(frozen=True)


class Improvement(_Result):
    """A requirement that is not met, and what the score would be if it alone were."""

    requirement_id: str
    status: Status
    gain: int  # points of the score, caps included
    value: int  # the score with the gain
    caps: tuple[Cap, ...]  # its own, if they hold the score down, now or once another requirement is met
    held_by: tuple[Cap, ...]  # those of others, all of one limit, that hold the score down even so
    only_in_detailed_resume: bool  # what shows a part of it stands there alone


class Together(_Result):
    """Requirements that each cap the score: meeting one leaves the caps of the others."""

    requirement_ids: tuple[str, ...]
    value: int  # the score if all of these were met


class Unsaid(_Result):
    """A requirement that earns its credit by the detailed resume alone. `quotes`: the passages worth saying, each once:
    those that tell what was done, or else what names it, and none that denies something as well."""

    requirement_id: str
    status: Status
    quotes: tuple[str, ...]


class Improvements(_Result):
    """`open`: the largest gain first, then the most points lost (so must-haves before nice-to-haves), then those that
    cap the score. `unsaid`: met or partly met. Otherwise as in the job; no requirement is twice in either."""

    open: tuple[Improvement, ...]
    together: Together | None
    unsaid: tuple[Unsaid, ...]


def of(requirements: Sequence[Requirement], verdicts: Sequence[Verdict], score: Score) -> Improvements:
    """The improvements of grounded verdicts; `score` is what `core.scoring.score` makes of the same arguments."""
    unsaid = _unsaid(verdicts, score)
    only_detailed = {item.requirement_id for item in unsaid}
    felt = {cap for contribution in score.contributions for cap in contribution.held_by}
    open_ = [
        Improvement(
            requirement_id=c.requirement_id,
            status=c.status,
            gain=c.potential,
            value=score.value + c.potential,
            caps=tuple(cap for cap in score.caps if cap in felt and cap.requirement_id == c.requirement_id),
            held_by=c.held_by,
            only_in_detailed_resume=c.requirement_id in only_detailed,
        )
        for c in score.contributions
        # What is worth too little to be seen in a round number is left out; what a cap holds down says so.
        if c.status != "met" and (c.potential or c.held_by)
    ]
    capping = {cap.requirement_id for cap in score.caps}
    lost = {c.requirement_id: c.weight - c.points for c in score.contributions}
    open_.sort(key=lambda i: (-i.gain, -lost[i.requirement_id], i.requirement_id not in capping))
    return Improvements(
        open=tuple(open_),
        together=_together(requirements, verdicts, score) if felt and len(capping) > 1 else None,
        unsaid=unsaid,
    )


def _together(requirements: Sequence[Requirement], verdicts: Sequence[Verdict], score: Score) -> Together:
    ids = tuple(cap.requirement_id for cap in score.caps)
    met = [Verdict(requirement_id=requirement_id, status="met") for requirement_id in ids]
    return Together(requirement_ids=ids, value=scoring.score(requirements, [*met, *verdicts]).value)


def _unsaid(verdicts: Sequence[Verdict], score: Score) -> tuple[Unsaid, ...]:
    quotes = {v.requirement_id: [q for q in v.quotes if q.verified] for v in reversed(verdicts)}
    return tuple(
        Unsaid(requirement_id=c.requirement_id, status=c.status, quotes=said)
        for c in score.contributions
        # Without credit a quote is a denial ("never used") or proves nothing: nothing to carry over.
        if c.credit
        and (proof := quotes[c.requirement_id])
        and all(q.source == "detailed_resume" for q in proof)
        and (said := _worth_saying([q.passage for q in proof]))
    )


def _worth_saying(passages: Sequence[str]) -> tuple[str, ...]:
    said = [text for text in dict.fromkeys(passages) if claimed(text) == text and not proofs.is_heading(text)]
    return tuple([text for text in said if not proofs.names_only(text)] or said)
