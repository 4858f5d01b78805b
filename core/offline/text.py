"""Text as the analyst reads it: markup removed, sentences and clauses found, words reduced to comparable stems."""

import html
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache

import snowballstemmer

from core.offline.lines import HAN, INVISIBLE, fold, has_han
from core.offline.vocabulary import data
from core.remembered import remembered

_BLOCK_TAG = re.compile(r"<\s*/?\s*(?:p|br|li|ul|ol|div|h[1-6]|tr|table|section)\b[^<>]{0,200}>", re.I)
_INLINE_TAG = re.compile(r"</?[a-zA-Z][^<>]{0,200}>")
# A gap wider than two columns says no more than one of two.
_GAP = re.compile(r"[^\S\n]{3,}")
_BLANK_LINES = re.compile(r"\n(?:[^\S\n]*\n){2,}")

_ASCII_WORD = re.compile(r"[a-z0-9][a-z0-9+#]*(?:[.'&][a-z0-9+#]+)*")
_HAN_RUN = re.compile(f"[{HAN}]+")


@cache
def _stop_words() -> frozenset[str]:
    return frozenset(data()["stop_words"])


# Words of asking, which say nothing about what is asked.
_HAN_FILLER = re.compile(
    "熟悉|熟练|掌握|精通|了解|具备|具有|良好|较强|优秀|能力|经验|相关|以上|以下|工作|优先|负责|能够|独立|一定|进行"
    "|以及|或者|要求|使用|运用|从事|经历|至少|岗位"
    "|扎实|丰富|考虑|专业|加分|完成|以内|左右|较好|很强|强的|不限|[等者的和与及有能会可对并且在或为将年过了其]"
)

# A dot before a small letter ends a sentence where the word before it is a whole one: who writes all in lower case
# begins sentences so.
_SENTENCE_END = re.compile(
    r"[。！？；;]|[!?]+(?=\s|$)|\.(?=\s+[A-Z0-9(\"“]|\s*$)|(?<=[a-z0-9)%][a-z0-9)%])\.(?=\s+[a-z])"
)
_ABBREVIATION = re.compile(
    r"(?:\b(?:e\.g|i\.e|etc|incl|approx|vs|Mr|Ms|Dr|No|Inc|Ltd|Co|Corp|St)|\b[A-Z](?:\.[A-Z])*|\b(?:Ph\.D|B\.Sc"
    r"|M\.Sc)|\b(?i:min|max|approx|incl|excl|no|etc|resp|dept|mgmt|mgr|asst|sr|jr|sec|fig|est|ca|al))$"
)
# These shorten a word, and may be the last of a sentence as well: "2 yrs. exp. Must be 21".
_SHORTENED = re.compile(r"(?<![A-Za-z])(?:yrs?|hrs?|exp|lic|certs?|reqs?|pref|equiv)$", re.I)
_BEGINS = re.compile(
    r"\s+(?:Must|Should|Will|Able|Ability|Strong|Excellent|Good|Basic|Valid|Current|Active|Knowledge|Proficien\w+|Fluen\w+"
    r"|Willing\w*|Bachelor\S*|Master\S*|High|You|We|The|This|A|An|Our|Your|If|Please|Full|Part)\b"
)


_FULL_WIDTH = str.maketrans("，：；。！？（）【】、", ",:;.!?()[],")


def plain_marks(text: str) -> str:
    """An English text with the marks of an English keyboard: "SQL，Excel（advanced）"; a Chinese one as it is."""
    return text if has_han(text) else text.translate(_FULL_WIDTH)


def clean(text: str) -> str:
    """`text` without invisible characters, HTML and wide gaps. What orders a reader about is gone before: see
    `core.stuffing`."""
    text = plain_marks(INVISIBLE.sub("", text)).replace("\r\n", "\n").replace("\r", "\n").replace("\u00a0", " ")
    if "<" in text or "&" in text:
        text = html.unescape(_INLINE_TAG.sub("", _BLOCK_TAG.sub("\n", text)))
    return _BLANK_LINES.sub("\n\n", _GAP.sub("  ", text))


def sentences(text: str) -> list[str]:
    """The sentences of one line without their end marks; a mark in brackets or after an abbreviation ends nothing."""
    parts = [text[start:end].strip() for start, end, _ in sentence_spans(text)]
    return [part for part in parts if any(c.isalnum() for c in part)]


def sentence_spans(text: str) -> list[tuple[int, int, int]]:
    """(start, end, end with its mark) of each sentence of one line."""
    spans, start, depth, last = [], 0, 0, 0
    for match in _SENTENCE_END.finditer(text):
        depth += _depth(text[last : match.start()])
        last = match.start()
        if depth > 0 or (match[0] == "." and _shortens(text, match.start())):
            continue
        spans.append((start, match.start(), match.end()))
        start = match.end()
    return [*spans, (start, len(text), len(text))]


def _shortens(text: str, at: int) -> bool:
    """Whether the dot at `at` stands for letters left out, and ends no sentence."""
    start = max(0, at - 12)
    if _ABBREVIATION.search(text, start, at):
        return True
    return bool(_SHORTENED.search(text, start, at) and text[at + 1 :].strip() and not _BEGINS.match(text, at + 1))


def _depth(text: str) -> int:
    return sum((c in "(（[") - (c in ")）]") for c in text)


def outside_brackets(text: str, pattern: re.Pattern[str]) -> list[re.Match[str]]:
    """The matches of `pattern` that stand in no round or square brackets."""
    depth, last, found = 0, 0, []
    for match in pattern.finditer(text):
        depth += _depth(text[last : match.start()])
        last = match.start()
        if depth <= 0:
            found.append(match)
    return found


_stemmer = snowballstemmer.stemmer("english")


@remembered(65536)
def stem(word: str) -> str:
    """An English word cut to the stem that its forms share (Porter2, the English Snowball stemmer)."""
    return str(_stemmer.stemWord(word))


@cache
def _variants() -> tuple[re.Pattern[str], Mapping[str, str]]:
    table = data()["variants"]
    return re.compile("|".join(map(re.escape, sorted(table, key=len, reverse=True)))), table


def _unvaried(text: str) -> str:
    """Other spellings of a word as the one that is compared: "centre" -> "center", 供货商 -> 供应商."""
    pattern, table = _variants()
    return pattern.sub(lambda found: table[found[0]], text)


@remembered(4096)
def stems(text: str) -> tuple[str, ...]:
    """What a text is about: stems of English words and Han bigrams, filler left out, in order, each once."""
    return tuple(dict.fromkeys(_every_stem(text)))


@remembered(256)
def stem_counts(text: str) -> Mapping[str, int]:
    """As `stems`, each with how often it is there."""
    return Counter(_every_stem(text))


def _every_stem(text: str) -> Iterator[str]:
    folded, stop_words = _unvaried(fold(text).lower()), _stop_words()
    yield from (stem(word) for word in _ASCII_WORD.findall(folded) if word not in stop_words and not word.isdigit())
    for run in _HAN_RUN.findall(folded):
        for part in _HAN_FILLER.split(run):
            yield from (part[i : i + 2] for i in range(max(len(part) - 1, 0)))


def stem_sequence(text: str) -> list[str]:
    """The stems of every English word of a text in order, filler too, so that neighbours can be told."""
    return [stem(word) for word in _ASCII_WORD.findall(fold(text).lower())]


def clean_resume(text: str) -> str:
    """As `clean`, but nothing inside a line changes, so that a quote from it still stands in the document."""
    return plain_marks("\n".join(INVISIBLE.sub("", text).splitlines()))
