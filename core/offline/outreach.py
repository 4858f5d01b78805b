"""The first message to an employer: what of theirs the client has done, one line that proves it, and a question."""

import re
from collections.abc import Iterable, Sequence
from functools import cache

from core.offline import proofs
from core.offline.evidence import Passage
from core.offline.lines import HAN, width
from core.offline.matching import Finding
from core.offline.terms import compiled, table
from core.offline.voice import Voice, bare
from core.schemas import JobSummary, Outreach

# The contract says under 100 words or 200 Chinese characters; the margin is for counting differently.
MOST_WORDS, MOST_HAN = 90, 180
_LONGEST_NAMED = 60  # columns of a demand that is named
_OWN_WORK = ("skill", "domain", "experience")
_THE_JOB_ITSELF = ("role", "years")  # reasons: no demand to have an example of
_FROM_THE_SIDE = frozenset({"role_other", "years_elsewhere", "years_related"})


def message(
    voice: Voice, job: JobSummary, findings: Sequence[Finding], met: Sequence[Finding], deeds: Sequence[Passage]
) -> Outreach:
    """`met` and `deeds`, the best first: whatever is named or quoted in it the client has done."""
    title = bare(job.job_title) or str(voice.phrases["outreach"]["untitled"])
    whom = str(voice.phrases["address"][employer(job)])
    named = [f for f in met if has_done(f) and width(f.requirement.text) <= _LONGEST_NAMED]
    named = sorted(named, key=lambda f: _OWN_WORK.index(f.requirement.category))[:2]
    if named:
        hook = voice.say("outreach.hook", title=title, address=whom, req=voice.shown(*named))
    else:
        hook = voice.say(f"outreach.hook_{_way_in(findings, met)}", title=title, address=whom)
    call = voice.say("outreach.call_to_action")
    for passage in deeds:
        value = voice.say("outreach.value_quote", quote=bare(passage.text))
        if fits((hook, value, call)):
            return Outreach(hook=hook, value=value, call_to_action=call)
    value = voice.say("outreach.value_plain" if named or deeds else "outreach.value_none")
    if not fits((hook, value, call)):
        # A very long title is the one thing left that can break the limit.
        hook = voice.say("outreach.hook_plain", title=str(voice.phrases["outreach"]["untitled"]), address=whom)
    return Outreach(hook=hook, value=value, call_to_action=call)


def _way_in(findings: Sequence[Finding], met: Sequence[Finding]) -> str:
    """How somebody comes to it who has no demand to name: from the same work, with most of it, or from the side."""
    reasons = {finding.reason for finding in findings}
    if "role" in reasons:
        return "role"
    if met and 2 * len(met) >= len(findings):
        return "most"
    return "none" if reasons & _FROM_THE_SIDE else "plain"


def has_done(finding: Finding) -> bool:
    """Whether a demand is met by work, so that a client may say to have done it."""
    work = bool(finding.passages) and proofs.is_deed(finding.passages[0])
    return work and finding.requirement.category in _OWN_WORK and finding.reason not in _THE_JOB_ITSELF


def employer(job: JobSummary) -> str:
    """What kind of employer it is by its name, or else by the job's title; `unknown` where there is no name."""
    for text, kinds in ((job.company, "names"), (job.job_title, "titles")):
        if kind := next((kind for kind, words in _kinds(kinds).items() if words.search(text)), None):
            return kind
    return "company" if job.company else "unknown"


@cache
def _kinds(by: str) -> dict[str, re.Pattern[str]]:
    return {kind: compiled(map(re.escape, words)) for kind, words in table("employers")[by].items()}


def fits(texts: Iterable[str]) -> bool:
    """Whether a message keeps the limit of the contract: Han characters and other words count alike against each."""
    whole = " ".join(texts)
    han = len(re.findall(f"[{HAN}]", whole))
    words = len(re.findall(rf"[^{HAN}\s，。；：、“”（）？！]+", whole))
    return words < MOST_WORDS if han < words else han + words < MOST_HAN
