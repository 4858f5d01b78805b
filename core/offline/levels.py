"""How high a post stands, by the words of its title; most titles say nothing of it."""

import re

LEARNER, HELPER, USUAL, LEADER, HEAD, TOP = range(6)

# The first that fits. "Assistant manager" is no assistant, and "assistant to the director" no director.
_LEVELS = (
    (
        LEARNER,
        r"\b(?:intern(?:ship)?|extern(?:ship)?|students?|graduate (?!nurse)|trainee|apprentice(?:ship)?|co-op"
        r"|entry[- ]level|no experience)\b|实习|应届|管培|校招|学徒|见习|届",
    ),
    (
        HELPER,
        r"\b(?:junior|jr|aide|helper|clerk|(?<!executive )(?<!personal )(?<!physician )assistants?"
        r"(?! (?:general |store |nurse )?(?:manager|director|professor|principal|vice|head)))\b|初级|助理(?!总|教授)|文员|学员|秘书",
    ),
    (
        TOP,
        r"\b(?:chief \w+(?: \w+)? officer|c[efimopth]+o|cno|s?vp|vice[- ]president|president)\b|总经理|副总(?!监)|院长|校长|首席\w*官|总裁",
    ),
    (HEAD, r"\b(?:director|head of|chief)\b|总监"),
    (
        LEADER,
        r"\b(?:manager|lead|leader|head|supervisor|captain|foreman)\b|经理|主管|组长|班长|店长|负责人|领班|主任|护士长",
    ),
)
_PATTERNS = tuple((level, re.compile(pattern, re.I)) for level, pattern in _LEVELS)


def level(title: str) -> int:
    """From `LEARNER` to `TOP`; `USUAL` where the title says nothing."""
    return next((level for level, pattern in _PATTERNS if pattern.search(title)), USUAL)
