"""The words of asking, which stand around what is asked and say nothing of it: "精通 Excel" asks for Excel."""

import re

from core.offline import vocabulary
from core.offline.job_terms import pattern

_LEAD = re.compile(
    r"^(?:(?:熟练|熟悉|精通|掌握|能够|使用|运用|操作|了解|具备|具有|拥有|良好|较强|扎实|优秀|一定|很强|丰富|出色"
    r"|较好|至少|常用|主流|和(?!谐)|有(?![限色机])"
    r"|能(?![源量耗])|会(?![员计议展所场])|的|等(?!级)|并(?![购发行])|强(?![化度]))+\s*"
    r"|(?:(?:a|an|the|with|in|of|both|strong|solid|proven|deep|good|excellent|outstanding|working|demonstrated"
    r"|practical|hands-on|professional|you have|you are|must have|must be|have|advanced|expert|extensive|prior|some"
    r"|knowledge|understanding|experience|experienced|proficiency|proficient|familiarity|familiar|expertise|skilled"
    r"|skills|background|comfortable|fluency|fluent|command|using|working)\s+)+)",
    re.I,
)
_ASKING = re.compile(
    r"^(?:(?:the|an?|excellent|your?)\s+)*(?:ability|willingness|desire|capacity|aptitude|passion|readiness|motivation"
    r"|qualifications?|requirements?)\b(?: to\b)?",
    re.I,
)
TAIL = pattern(
    r"\s*(?:者?\s*(?:优先|加分|更佳|为佳|尤佳|[，,]?\s*有则更好)(?:考虑|录用)?"
    r"|(?:is|are|would be|will be)?\s*(?:strongly |highly |very )?(?:preferred"
    r"|desirable|required|a (?:big |strong |huge |definite )?(?:plus|bonus|advantage|must)|an (?:advantage|asset)"
    r"|(?:a )?nice[- ]to[- ]have|(?<!and )(?<!, )(?<!& )(?:helpful|useful)|beneficial|advantageous)|者"
    # "Spanish helps but isn't required", "candidates without it will not be considered".
    r"|\s(?:(?:is|are|would be|will be) (?:<wished>|<asked>)|<unasked>|helps|comes? in handy|counts? in your favou?r)"
    r"(?:,? (?:but|though|and|or) .*<unasked>)?|\s(?:will not|won['’]t) be considered)$"
)


def only_asks(part: str) -> bool:
    """Whether a part says nothing yet but that something is asked: "Strong background" of "... and experience in"."""
    return not _ASKING.sub("", _LEAD.sub("", f"{part} ")).strip(" ,;")


def strip_lead(part: str) -> str:
    """A part without the words of asking before it; as it is when it consists of them."""
    match = _LEAD.match(part)
    hits = vocabulary.find(part) if match else ()
    # "Deep learning" and "advanced planning system" begin with a word of asking that belongs to the name.
    end = min(match.end(), hits[0].start if hits else len(part)) if match else 0
    rest = part[end:]
    return rest if any(c.isalnum() for c in rest) else part


def trim(part: str) -> str:
    """A part without the marks around it and the words of asking after it."""
    part = part.strip(" \t,，、;；。.:：·")
    shorter = TAIL.sub("", part)
    # A tail is cut only from something that still says what is asked.
    return shorter.strip(" \t,，、") if sum(c.isalnum() for c in shorter) >= 2 else part
