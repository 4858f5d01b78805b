"""Quotes against their sources: no verified quote, no credit.

A quote is evidence only if it stands in the source it names (`core.passages`): word for word, or but for what a
recogniser of pictures may have misread in it. Such a quote is approximate, and bears the source's own words.
"""

from collections.abc import Mapping

from core.passages import Text
from core.remembered import remembered
from core.schemas import JobMatch, Quote, Requirement, Source, Verdict

MAX_QUOTES = 10  # of a verdict; whoever needs more to bear it out has none that does


def occurs(quote: str, source: str) -> bool:
    """Whether the quote stands in the source word for word; never for a quote without a letter or digit."""
    passage = _read(source).find(Text(quote))
    return passage is not None and passage.exact


def ground(match: JobMatch, requirements: list[Requirement], sources: Mapping[Source, str]) -> JobMatch:
    """A copy of the match that claims only what the sources bear out. Idempotent; the arguments are not changed.

    Exactly one verdict per requirement, in their order: the first one a model gave, or `unclear`. Of a quote only the
    source and the text are the model's, and quotes after the first `MAX_QUOTES` are dropped. A `met` or `partial`
    without a verified quote becomes `unclear`. Ids of requirements that do not exist disappear. A source that is not
    given bears out nothing.
    """
    given: dict[str, Verdict] = {}
    for verdict in match.verdicts:
        given.setdefault(verdict.requirement_id, verdict)
    ids = {requirement.id for requirement in requirements}

    def known(requirement_ids: list[str]) -> list[str]:
        return [i for i in dict.fromkeys(requirement_ids) if i in ids]

    return match.model_copy(
        deep=True,
        update={
            "verdicts": [
                ground_verdict(given.get(r.id) or Verdict(requirement_id=r.id, status="unclear"), sources)
                for r in requirements
            ],
            "strengths": [s.model_copy(update={"requirement_ids": known(s.requirement_ids)}) for s in match.strengths],
            "weaknesses": [
                w.model_copy(update={"requirement_ids": known(w.requirement_ids)}) for w in match.weaknesses
            ],
        },
    )


def ground_verdict(verdict: Verdict, sources: Mapping[Source, str]) -> Verdict:
    """A copy of one verdict that claims only what the sources bear out, just as `ground` would have it."""
    quotes = [ground_quote(quote, sources) for quote in verdict.quotes[:MAX_QUOTES]]
    unproven = verdict.status in ("met", "partial") and not any(q.verified for q in quotes)
    return verdict.model_copy(update={"quotes": quotes, "status": "unclear" if unproven else verdict.status})


def ground_quote(quote: Quote, sources: Mapping[Source, str]) -> Quote:
    """The quote, verified if its source bears it out, with the place where it does."""
    claim = Quote(source=quote.source, text=quote.text)
    source = sources.get(quote.source, "")
    passage = _read(source).find(Text(quote.text))
    if passage is None:
        return claim
    start, end = passage.start, passage.end
    wording = "" if passage.exact else source[start:end]
    return claim.model_copy(update={"verified": True, "start": start, "end": end, "wording": wording})


@remembered(32)
def _read(source: str) -> Text:
    """What was computed for a source is kept: a run asks for it again for each verdict, and a batch for each job. Runs
    that are at work together have two sources each."""
    return Text(source)
