"""Verdicts to score. The score is computed here and nowhere else: same verdicts, same score, always."""

from collections.abc import Mapping, Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict

from core.errors import InputError
from core.schemas import Category, Requirement, Status, Verdict

Band = Literal["strong", "medium", "challenging"]
CapReason = Literal["missing_education", "missing_core_skill"]

MUST_HAVE_WEIGHT = 3
NICE_TO_HAVE_WEIGHT = 1
CREDIT: dict[Status, float] = {"met": 1, "partial": 0.5, "missing": 0, "unclear": 0}
BANDS: tuple[tuple[int, Band], ...] = ((85, "strong"), (60, "medium"), (0, "challenging"))
# A missing must-have of this category holds the score at the limit; (category, only if core, limit, reason).
CAPS: tuple[tuple[Category, bool, int, CapReason], ...] = (
    ("education", False, 55, "missing_education"),
    ("skill", True, 60, "missing_core_skill"),
)


class _Result(BaseModel):
    model_config = ConfigDict(frozen=True)


class Cap(_Result):
    """The value cannot exceed `limit` while `requirement_id` is missing."""

    limit: int
    requirement_id: str
    reason: CapReason


class Contribution(_Result):
    """What one requirement brings: `points` = weight * credit, a multiple of 0.5 and so exact."""

    requirement_id: str
    status: Status
    weight: int
    credit: float
    points: float
    potential: int  # by how much the final value would rise if this requirement were met, caps included
    held_by: tuple[Cap, ...]  # the caps that would then hold the value down, all of one limit


class Score(_Result):
    """`value` (0 to 100) is `uncapped` held down by the lowest cap; `uncapped` is 100 * earned / total, half up."""

    value: int
    band: Band
    uncapped: int
    earned: float
    total: int
    contributions: tuple[Contribution, ...]
    caps: tuple[Cap, ...]  # every one that stands, also when the value is below it


def score(requirements: Sequence[Requirement], verdicts: Sequence[Verdict]) -> Score:
    """The score of grounded verdicts; one contribution per requirement, in their order.

    A requirement without a verdict is `unclear`; of two verdicts for it the first counts. Raises InputError
    ("no_requirements") when there is nothing to score against: neither 0 nor 100 would be true.
    """
    if not requirements:
        raise InputError("no_requirements")
    given: dict[str, Status] = {}
    for verdict in verdicts:
        given.setdefault(verdict.requirement_id, verdict.status)
    statuses: dict[str, Status] = {r.id: given.get(r.id, "unclear") for r in requirements}

    total = sum(map(_weight, requirements))
    halves = sum(_halves(r, statuses[r.id]) for r in requirements)
    uncapped, caps = _rounded(halves, total), _caps(requirements, statuses)
    value = _held(uncapped, caps)
    contributions = []
    for requirement in requirements:
        status, weight = statuses[requirement.id], _weight(requirement)
        # What changes if this one were met, not the whole score again: a posting may list hundreds.
        more = _halves(requirement, "met") - _halves(requirement, status)
        uncapped_if_met = _rounded(halves + more, total)
        caps_if_met = [cap for cap in caps if cap.requirement_id != requirement.id]
        value_if_met = _held(uncapped_if_met, caps_if_met)
        contributions.append(
            Contribution(
                requirement_id=requirement.id,
                status=status,
                weight=weight,
                credit=CREDIT[status],
                points=weight * CREDIT[status],
                potential=value_if_met - value,
                held_by=tuple(cap for cap in caps_if_met if cap.limit == value_if_met < uncapped_if_met),
            )
        )
    return Score(
        value=value,
        band=next(band for least, band in BANDS if value >= least),
        uncapped=uncapped,
        earned=sum(c.points for c in contributions),
        total=sum(c.weight for c in contributions),
        contributions=tuple(contributions),
        caps=tuple(caps),
    )


def _is_must_have(requirement: Requirement) -> bool:
    return requirement.id.startswith("M")


def _weight(requirement: Requirement) -> int:
    return MUST_HAVE_WEIGHT if _is_must_have(requirement) else NICE_TO_HAVE_WEIGHT


def _halves(requirement: Requirement, status: Status) -> int:
    """The half points it earns: credits are halves, so that sums are exact."""
    return _weight(requirement) * int(2 * CREDIT[status])


def _rounded(halves: int, total: int) -> int:
    """100 * halves / 2 / total, half up: in integers, floor((2a + b) / 2b) is a / b rounded."""
    return (100 * halves + total) // (2 * total)


def _caps(requirements: Sequence[Requirement], statuses: Mapping[str, Status]) -> list[Cap]:
    return [
        Cap(limit=limit, requirement_id=requirement.id, reason=reason)
        for requirement in requirements
        if _is_must_have(requirement) and statuses[requirement.id] == "missing"
        for category, only_core, limit, reason in CAPS
        if requirement.category == category and (requirement.core or not only_core)
    ]


def _held(uncapped: int, caps: Sequence[Cap]) -> int:
    return min([uncapped, *(cap.limit for cap in caps)])
