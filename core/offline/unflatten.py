"""Line breaks that were lost when an English posting was copied or scraped, put back where they must have been.

"...actions.Experience with SQL", "clear processesBuild models", "communicate insights What You Have 2+ years of..."
Nothing but white space is added, so what is quoted from the result still stands in the posting.
"""

import re

from core.offline import headings, vocabulary
from core.remembered import remembered

# Words a list item begins with. The first kind begins one wherever it is capitalised within a sentence, the second
# only after a word in lower case, as titles and names hold such words too.
_DEMANDS = (
    r"Experience(?:d)? (?:with|in|of|using|as|working|managing|specifically|leading|building|creating|developing)|"
    r"(?:Strong|Proven|Excellent|Demonstrated|Extensive|Solid|Outstanding|Exceptional|Advanced|Prior|Previous|Expert"
    r"|Working|Hands-on|Deep|Good|Great|Basic|Intermediate|Superior) [a-z]|"
    r"(?:Knowledge|Understanding|Working knowledge|Mastery|Command) of|Familiar(?:ity)? with|Proficien(?:cy|t) |"
    r"(?:Ability|Able|Willing(?:ness)?|Must|Comfortable|Skilled|Expertise|Fluent|Fluency|Exposure|Passion)\b|"
    r"(?:Bachelor|Master)(?:['’]?s)?\b|(?:BA|BS|B\.S\.|MS|M\.S\.|PhD|Ph\.D\.)[ /]|(?:Minimum|At least) |"
    r"\d{1,2}\+ ?(?:years|yrs)|(?:Two|Three|Four|Five|Six|Seven|Eight|Ten) (?:\(\d+\) )?(?:or more |\+ )?years"
)
_DUTIES = (
    r"(?:Analy[sz]e|Assist|Assure|Build|Collaborate|Conceptuali[sz]e|Conduct|Coordinate|Create|Define|Deliver|Design"
    r"|Develop|Drive|Ensure|Establish|Evaluate|Execute|Explore|Facilitate|Find|Gather|Generate|Help|Identify"
    r"|Implement|Improve|Interface|Lead|Leverage|Maintain|Manage|Monitor|Oversee|Own|Participate|Partner|Perform"
    r"|Plan|Play|Prepare|Present|Proactively|Process|Provide|Regularly|Research|Review|Serve|Support|Track"
    r"|Translate|Understand|Use|Utilize|Work|Write|Enjoy|Have|Can|Any|Adaptable|General|Tableau|Coding) "
)
_SENTENCE = re.compile(r"(?<=[a-z0-9)\]%’'\"])([.!?;])(?=[A-Z•·][a-z’'\s]|I |A )|(?<=[A-Z]{2})(\.)(?=[A-Z][a-z])")
_INLINE_DOT = re.compile(r"\s*·\s{2,}")
_GLUED = re.compile(r"(?<=[a-z)])(?=[A-Z])")
_GLUED_YEARS = re.compile(r"(?<=[a-z)])(?=\d{1,2}\+ (?:years|yrs))")
_TOKEN_BEFORE = re.compile(r"[A-Za-z'’()]+$")
_TOKEN_AFTER = re.compile(r"[A-Z][\w'’-]*")
_ITEM = re.compile(rf"(?<=[\w)’'%+])\s+(?=(?:{_DEMANDS}))|(?<=[a-z)%])\s+(?=(?:{_DUTIES}))")
_DEMAND = re.compile(_DEMANDS)
_OPENER = re.compile(rf"{_DEMANDS}|{_DUTIES}")
# A line that is longer holds more than one thing; so many items make it a list and no prose.
_LONG, _LIST = 200, 3
_NEAR = 80  # characters before a seam that may be a heading
_LONGEST_WORD = 40  # characters; what is longer is no word, but data


def restore(text: str) -> str:
    """`text` with the line breaks that its capital letters betray; texts that have their breaks stay as they are."""
    return "\n".join(_restored(line) if len(line) >= 80 and _latin(line) else line for line in text.split("\n"))


def _latin(line: str) -> bool:
    return sum(c.isascii() for c in line) >= 0.8 * len(line)


def opens_demand(text: str) -> bool:
    """Whether a line begins as demands do and duties do not ("Experience with", "3+ years")."""
    return _DEMAND.match(text) is not None


def _restored(line: str) -> str:
    line = _INLINE_DOT.sub("\n• ", line)
    line = _SENTENCE.sub(lambda end: (end[1] or end[2]) + "\n", line)
    line = "\n".join(_unglued(part) for part in line.split("\n"))
    parts = [headed for part in line.split("\n") for headed in headings.cut(part)]
    return "\n".join(item for part in parts for item in _items(part))


def _unglued(line: str) -> str:
    """Breaks inside a word that is two: "buildersStrong"; not in "JavaScript" or "LinkedIn"."""
    cuts = [seam.start() for seam in _GLUED_YEARS.finditer(line)]
    for seam in _GLUED.finditer(line):
        before = _TOKEN_BEFORE.search(line, 0, seam.start())
        after = _TOKEN_AFTER.match(line, seam.start())
        if not before or not after:
            continue
        left, right = before[0], after[0]
        if len(left) + len(right) > _LONGEST_WORD:
            continue
        if len(left) < 3 or (len(right) < 2 and right not in "AI") or _is_name(left + right):
            continue
        opens = _OPENER.match(line, seam.start())
        headed = headings.is_heading_word(left) or headings.ends_with_one(
            line[max(0, seam.start() - _NEAR) : seam.start()]
        )
        if (left[0].islower() and len(left) > 3) or opens or headed:
            cuts.append(seam.start())
    for at in sorted(cuts, reverse=True):
        line = line[:at] + "\n" + line[at:]
    return line


@remembered(4096)
def _is_name(word: str) -> bool:
    return any(hit.start == 0 and hit.end == len(word) for hit in vocabulary.find(word))


def _items(line: str) -> list[str]:
    if len(line) < _LONG:
        return [line]
    cuts = [seam.start() for seam in _ITEM.finditer(line)]
    if len(cuts) < _LIST or len(cuts) < len(line) / _LONG:
        return [line]
    return [line[a:b].strip() for a, b in zip([0, *cuts], [*cuts, len(line)], strict=True)]
