"""What stands in a client's document and speaks for nobody: the posting itself, pasted in, keywords said over and over,
and sentences addressed to whatever reads it. A person may not even see them, as white text on white.

They become spaces, so that every other character keeps its place.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from core.offline.lines import HAN, INVISIBLE, fold, width
from core.remembered import remembered

RUN = 5  # words or Han characters in a row; fewer are shared by chance, unless they are a line or a requirement
GAP = 3  # words or characters of another origin that do not end a pasted stretch
# Columns, a Han character taking two: three lines of a posting. In the gold sets an honest resume has 63 in a row from
# the posting it answers to at the most, and the shortest list of requirements has 195; a test looks at each of them.
LEAST = 150
# Columns of rows that each say what one row of the posting says. In the gold sets an honest resume has 21 at the most;
# four rows of a posting have about 120.
LEAST_ROWS = 80
REPEATS = 5  # how often a run may be said, unless something else stands between
LONGEST_LINE = 300  # characters; of a longer line, which says more than one thing, only the sentence goes

_TAG = re.compile(r"<!--|-->|</?[A-Za-z][^<>\n]{0,300}>")
# Cyrillic and Greek letters that look like Latin ones: nobody sees that a word is written with them.
_TWINS = str.maketrans(
    "аеорсухіјѕһкмтвАВЕКМНОРСТУХІЈЅοαινρτυΑΒΕΗΙΚΜΝΟΡΤΥΧΖ", "aeopcyxijshkmtbABEKMHOPCTYXIJSoaivptuABEHIKMNOPTYXZ"
)
_WORD = re.compile(rf"[{HAN}]|[^\W_{HAN}]+")
_SENTENCE_END = re.compile(r"[。！？!?]|\.(?=\s)")

_CLIENT = r"(?:candidate|applicant|resume|résumé|cv|profile|person|him|her|me)"
_PROGRAM = r"(?:ai|llms?|(?:large )?language models?|chatgpt|gpt|screening (?:bot|model|software|system))"
_BEST = r"(?:100|full marks|perfect|10 ?/ ?10|highest|maximum|top)"
# Orders that nobody gives a person, in a posting either.
_ORDERS = (
    r"\b(?:ignore|disregard|forget)\W+(?:(?:all|any|every(?:thing)?|of|the|these|those|your|my|previous|prior|above|preceding"
    r"|following|earlier|other|system|given|and)\W+){0,5}(?:instructions?|prompts?|rules?|guidelines|directions)\b",
    r"\b(?:ignore|disregard|forget)\W+(?:(?:all|everything|the)\W+){0,3}(?:above|previous)\s*[.:;!]",
    r"\boverride\W+(?:\w+\W+){0,2}(?:instructions|prompts?)\b",
    r"(?:忽略|无视|忘掉|不要理会|忘记(?=之前|以上|上述|上面|前面|所有))[^。]{0,12}(?:指令|提示|要求|规则|指示|设定)(?![之以]?外)",
    rf"\b(?:score|rate|rank|grade|give)\W+(?:(?:this|the|that|my)\W+{_CLIENT}|candidate|applicant|him|her|me)\b"
    rf"[^.]{{0,60}}\b{_BEST}\b",
    rf"\b(?:match|matching|fit)\W+score\b[^.]{{0,20}}\b{_BEST}\b",
    r"\b(?:mark|treat|consider|label|set|return|report|count)\W+(?:all|every|each)\W+(?:\w+\W+){0,3}"
    r"(?:requirements?|criteri(?:a|on)|verdicts?|must-haves?)\b[^.]{0,40}\b(?:met|satisfied|fulfilled|passed)\b",
    r"(?:请|务必|必须|直接|应当)[^。]{0,12}(?:打|给|评)[^。]{0,8}(?:满分|100 ?分|最高分)",
    r"(?:请|务必|必须|直接|一律)[^。]{0,12}判定?为[^。]{0,6}(?:符合|满足|通过|匹配)",
    r"(?:所有|全部|每一?[项条个])的?(?:任职|岗位|职位)?(?:要求|条件)[^。]{0,8}(?:判|标|视|记|输出)[^。]{0,6}(?:满足|符合|met|通过)",
    rf"\b(?:note|message|attention|addressed)\W+(?:to|for)\W+(?:\w+\W+){{0,2}}{_PROGRAM}\s*[:,.;!—-]",
    rf"\b(?:dear|hey|hello) {_PROGRAM}\b",
    rf"(?<![^\s.:;])attention:? {_PROGRAM}[,:!]",
    r"\bas an? (?:(?:ai|llm) (?:language )?(?:model|assistant|evaluator)|language model),? (?:you|your|please|i)\b",
    r"<\|?(?:system|im_start|assistant)\|?>|\[/?(?:inst|system)\]",
    r"作为(?:一个|一名)?(?:AI|人工智能|大?语言模型|大模型)(?:助手)?[，,](?:请|你|您|我|必须|应)",
    r"(?<![^\s。：:；])(?:写给|致)(?!力)\w{0,3}(?:AI|人工智能|大模型|语言模型)",
    r"(?:AI|人工智能|大模型|筛选系统)(?:请(?!求|教|假)|务必)",
)
# What a client writes to nobody: a resume says "you" to no one, and "the candidate" of no one.
_ADDRESSES = (
    rf"\b(?:assess|evaluate)\W+(?:(?:this|the|that|my)\W+)?{_CLIENT}\b[^.]{{0,60}}\b{_BEST}\b",
    r"\bthis (?:resume|cv|profile) is (?:an?|the) (?:\w+ )?(?:perfect|ideal|best|exact)\b",
    r"\b(?:note|evaluator|reviewer|system|assistant)\W+(?:the )?(?:candidate|applicant)"
    r" (?:is|has|holds|possesses|meets)\b",
    r"\bthis (?:candidate|applicant) (?:is|meets|satisfies|fulfils|has|must|should|deserves)\b",
    r"\b(?:recommend|hire|shortlist|select|accept|approve) this (?:candidate|applicant)\b",
    rf"\byou are (?:now )?(?:an?|the) (?:\w+ ){{0,3}}(?:{_PROGRAM}|assistant|recruiter|evaluator|grader)\b",
    r"\byour\W+(?:\w+\W+)?(?:answer(?! engine)|reply|response|output|evaluation|assessment|verdicts?|instructions?"
    r"|prompt)\b",
    r"(?:该|此|这[位个份名]|本)(?:候选人|求职者|应聘者|申请人|简历)[^。]{0,20}"
    r"(?:满分|100 ?分|最高分|(?:应|必须|建议|直接)[^。]{0,4}(?:录用|通过)"
    r"|(?:完全|全部|所有|都|均|非常)[^。]{0,6}(?:满足|符合|匹配|要求|通过))",
    r"你(?:现在)?是(?:一个|一名|一位)?[^。]{0,8}(?:AI|人工智能|助手|大模型|语言模型|评估员|面试官)",
    r"你的(?:回答|回复|输出|评估|评价|判断|打分|评分)",
)
_IN_POSTINGS = re.compile("|".join(_ORDERS), re.I)
_IN_RESUMES = re.compile("|".join((*_ORDERS, *_ADDRESSES)), re.I)


@dataclass(frozen=True)
class _Token:
    """A word or a Han character, folded, and where it stands."""

    word: str
    start: int
    end: int

    @property
    def columns(self) -> int:
        return width(self.word) + self.word.isascii()  # and the space after a word


@remembered(64)
def evidence(text: str, *postings: str) -> str:
    """A client's `text` with all that is no evidence as spaces: of the same length, the line ends where they were.

    `postings` are the texts that may have been pasted into it. Kept, because a run asks twice: for the text that is
    shown while it is written, and for the match.
    """
    return _blanked(text, lambda visible: (*_pasted(visible, postings), *_said_to_readers(visible, _IN_RESUMES)))


def without_orders(posting: str) -> str:
    """A `posting` with the orders in it to whatever reads it as spaces."""
    return _blanked(posting, lambda visible: _said_to_readers(visible, _IN_POSTINGS))


def _blanked(text: str, find: Callable[[str], Iterable[tuple[int, int]]]) -> str:
    """`find` is given the text without what is invisible, and says from where to where nothing counts."""
    hidden = {found.start() for found in INVISIBLE.finditer(text)}
    places = [at for at in range(len(text)) if at not in hidden] if hidden else range(len(text))
    characters = list(text)
    for start, end in find(INVISIBLE.sub("", text)):
        for at in range(places[start], places[end - 1] + 1):
            if not characters[at].isspace():
                characters[at] = " "
    return "".join(characters)


def _pasted(text: str, postings: Sequence[str]) -> Iterator[tuple[int, int]]:
    """What comes from a posting, and what is said over and over without anything between."""
    tokens = _tokens(text)
    known = {run for posting in postings for part in (posting, *posting.splitlines()) for run in _runs(_tokens(part))}
    pasted = list(_stretches(tokens, known, GAP))
    yield from pasted
    yield from _same_rows(text, postings, pasted)
    yield from _stretches(tokens, {run for run, count in Counter(_runs(tokens)).items() if count > REPEATS}, 0)


def _same_rows(text: str, postings: Sequence[str], gone: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """The rows that say what a row of a posting says, whatever stands between them and in whatever order of words;
    those that are `gone` already do not count."""
    asked = {_bag(tokens) for posting in postings for row in posting.splitlines() if len(tokens := _tokens(row)) > 1}
    rows = [(found.span(), _tokens(_TAG.sub("", found[0]))) for found in re.finditer(r"[^\n]+", text)]
    same = [
        ((start, end), tokens)
        for (start, end), tokens in rows
        if _bag(tokens) in asked and not any(a < end and start < b for a, b in gone)
    ]
    if sum(token.columns for _, tokens in same for token in tokens) >= LEAST_ROWS:
        yield from (span for span, _ in same)


def _bag(tokens: Sequence[_Token]) -> tuple[str, ...]:
    return tuple(sorted(token.word for token in tokens))


def _tokens(text: str) -> list[_Token]:
    return [_Token(found[0].casefold(), *found.span()) for found in _WORD.finditer(fold(text).translate(_TWINS))]


def _runs(tokens: Sequence[_Token], size: int = RUN) -> Iterator[tuple[str, ...]]:
    """Every run of `size` words, or all of them when they are fewer."""
    words = [token.word for token in tokens]
    size = min(size, len(words))
    return (tuple(words[at : at + size]) for at in range(len(words) - size + 1))


def _stretches(tokens: Sequence[_Token], runs: set[tuple[str, ...]], gap: int) -> Iterator[tuple[int, int]]:
    """Where the text consists of these runs, those of several words for LEAST columns or more: first and last place."""
    longest: dict[int, int] = {}  # by the place of a token, how many words the run has that it stands in
    for size in range(1, RUN + 1):
        for at, run in enumerate(_runs(tokens, size)):
            if run in runs:
                longest |= dict.fromkeys(range(at, at + size), size)
    stretch: list[int] = []
    for at in [*sorted(longest), len(tokens) + gap + 1]:
        if stretch and at - stretch[-1] > gap + 1:
            if sum(tokens[i].columns for i in stretch if longest[i] > 1) >= LEAST:
                yield tokens[stretch[0]].start, tokens[stretch[-1]].end
            stretch = []
        stretch.append(at)


def _said_to_readers(text: str, orders: re.Pattern[str]) -> Iterator[tuple[int, int]]:
    """The lines that speak to whoever reads the document; of a long line the sentence that does."""
    for found in orders.finditer(text.replace("\n", " ").replace("\r", " ")):
        start, end = text.rfind("\n", 0, found.start()) + 1, text.find("\n", found.end())
        end = len(text) if end < 0 else end
        if end - start > LONGEST_LINE:
            ends = [stop.end() for stop in _SENTENCE_END.finditer(text, start, found.start())]
            stop = _SENTENCE_END.search(text, found.end(), end)
            start, end = (ends[-1] if ends else start), (stop.end() if stop else end)
        yield start, end
