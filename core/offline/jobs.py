"""A job description as a `JobSummary`: its demands one by one, and the facts around them."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import get_args

from core.offline import job_facts, vocabulary
from core.offline.cutting import Piece
from core.offline.demands import Demand, read
from core.offline.job_terms import cue
from core.offline.lines import has_han, width
from core.offline.lines import read as read_lines
from core.offline.postings import Posting, read_posting
from core.offline.terms import key
from core.offline.text import clean, sentences
from core.schemas import Category, JobSummary, Requirement, TitledPoints

# In this order: without a better sign the first demand of such a kind is the central one.
_MAY_BE_CORE: tuple[Category, ...] = ("skill", "certification", "experience", "domain")
# Postings name about so many skills; one that names fewer tells the rest by its duties. One that sets its demands apart
# under a heading of their own means them to be complete, unless they name next to nothing.
LEAST_NAMED, LEAST_SET_APART, LEAST_STACK = 12, 3, 2
# A posting that demands less, or does not set it apart, is also asked for by its work as a whole.
LEAST_ASKED = 8
_LATIN_NAME = re.compile(
    r"(?<![A-Za-z0-9@/.])[A-Za-z][A-Za-z0-9+#]*(?:[.-][A-Za-z0-9]+)*(?![A-Za-z0-9@])(?<=[A-Za-z0-9+#]{2})"
)
# A degree or years outside the demands count where the words beside them say that they are asked for.
_DEGREE_ASKED = re.compile(
    r"学历|以上|毕业|专业|degree\b|diploma\b|\b(?:require|qualif|education|must|hold|minimum|preferred)\w*", re.I
)
_YEARS_ASKED = re.compile(r"经验|经历|工作年限|experience|\b(?:minimum|at least|require\w*)\b", re.I)
_HEAD_DEGREE = re.compile(r"(?:统招|全日制)?(?:本科|大专|硕士|博士|中专|高中)(?:及以上|以上)?(?:学历)?")
# A degree that is a clause of its own; years of having done something.
_DEGREE_ALONE = re.compile(rf"^\s*{_HEAD_DEGREE.pattern}\s*$")
_YEARS_OF = re.compile(
    r".*(?:(?:做过|干过|待过|从事).*[\d一二两三四五六七八九十]\s*年|[\d一二两三四五六七八九十]\s*年.*(?:经[验历]|做过|干过|待过)"
    r"|\b\d{1,2}\+? years['’]? (?:of|in|as|building|working|doing|relevant|professional|experience)\b).*",
    re.I,
)
_PLAIN_WORD = re.compile("[A-Z]?[a-z]+(?:s|ed|ing)")
_CLAUSE = re.compile(r"[,，;；。!！?？]|\.\s")
_OF_THE_FIRM = re.compile(
    r"公司|集团|团队|我们|本店|医院|学校|成立|品牌|行业|\b(?:we|our|us|team|company|firm|founded|customers?|clients?)\b",
    re.I,
)
_LABEL = re.compile(r"^[^:：]{1,16}[:：]\s*")
_HEAD_YEARS = re.compile(r"(?:经验\s*)?\d+\s*[-–~]\s*\d+\s*年(?:以上)?|(?:经验\s*)?\d+\s*年以上")


def summarise(text: str) -> JobSummary:
    """The structure of a job description in Chinese, English or both; same text, same result. Never fails.

    Requirements are verbatim substrings of the text (white space and removed markup aside). Benefits, company blurbs
    and legal notices are none. The first is the title, for it says what job it is; where the demands are few or not set
    apart, the duty that names most comes next. Where the text names few skills, what its duties name is added, and
    where it states no requirements at all, the duties themselves.

    A must-have is core when the title names it, when the duties name it and its clause insists ("精通", years), or when
    the posting names it three times or more.
    """
    posting = read_posting(job_facts.set_apart(clean(text)))
    title = job_facts.title(posting)
    posting.responsibilities = posting.responsibilities or [text for text in posting.untold if _hard_terms(text)]
    stated = _unique(posting.pieces)
    pieces = stated or _unique(_derived(posting.responsibilities))
    pieces = _unique([*_overlooked(posting, [piece for piece in pieces if not piece.nice]), *pieces])
    personal = [piece.text for piece in pieces if _is_personal(piece.text)]
    pieces = [piece for piece in pieces if piece.text not in personal and not _is_the_title(piece.text, title)]
    pieces = _measurable(pieces, chinese=has_han(posting.text))
    work = _asked_by_work(posting, pieces, title)
    few = not posting.titled or len(work) + sum(not piece.nice for piece in pieces) < LEAST_ASKED
    duty = _main_duty(posting, title, stated) if few else ""
    # Where the duties are the demands, the one that stands for all of them is none of its own.
    pieces = [piece for piece in pieces if key(piece.text) != key(duty)]
    weights = _Weights(posting, title)
    musts = [weights.requirement(piece) for piece in pieces if not piece.nice]
    named = [weights.requirement(piece) for piece in work]
    if not any(requirement.core for requirement in (*musts, *named)):
        _crown(musts or named)
    musts += named
    whole = [*([title] if job_facts.is_title(title) else []), *([duty] if duty else [])]
    if pieces or work or posting.responsibilities or job_facts.is_title(title):
        musts = [*(Requirement(text=text, category="experience") for text in whole), *musts]
    wishes = [Requirement(text=piece.text, category=read(piece.text).category) for piece in pieces if piece.nice]
    every = [*musts, *wishes]
    texts = {category: [r.text for r in every if r.category == category] for category in get_args(Category)}
    terms = _terms(posting)
    return JobSummary(
        job_title=title,
        company=job_facts.company(posting),
        department=job_facts.labelled("department", posting),
        team=job_facts.labelled("team", posting),
        seniority=job_facts.seniority(title, posting),
        salary_range=job_facts.salary(posting),
        reporting_line=job_facts.labelled("reporting_line", posting),
        location=job_facts.location(posting),
        responsibilities=posting.responsibilities,
        must_haves=musts,
        nice_to_haves=wishes,
        tech_stack=terms["tech"],
        tools=terms["tool"],
        methodologies=terms["method"],
        domain_knowledge=terms["skill"],
        industry=terms["domain"],
        education=_first(every, posting, lambda demand: demand.degree >= 0, _DEGREE_ASKED) or _one(texts["education"]),
        experience=_first(every, posting, lambda demand: demand.years > 0, _YEARS_ASKED) or _one(texts["experience"]),
        certifications=texts["certification"],
        languages=texts["language"],
        soft_skills=texts["soft"],
        business_goals=job_facts.goals(posting),
        relocation=job_facts.relocation(posting),
        company_info="\n".join(posting.company),
        other_requirements=[*texts["other"], *personal],
        raw_sections=[TitledPoints(title=heading, points=points) for heading, points in posting.rest if points],
    )


def _is_the_title(text: str, title: str) -> bool:
    """Whether a demand only says what is sought: "an experienced engineer for our core team", "Vacancy: engineer"."""
    text = _LABEL.sub("", text)
    sought = re.match(r"(?:an?|the|one|another|our next)\s+", text, re.I)
    return key(text) == key(title) or bool(sought and title and text[sought.end() :].startswith(title))


def _main_duty(posting: Posting, title: str, stated: Sequence[Piece]) -> str:
    """The sentence of the duties that names most and is not stated as a demand; it stands for the work as a whole."""
    asked = {key(piece.text) for piece in stated}
    told = [part for line in posting.responsibilities for part in sentences(line) if key(part) not in asked]
    told = [part for part in told if not (read(part).years or _is_the_title(part, title))]
    return max(told, key=lambda sentence: len(_hard_terms(sentence)), default="")


def _one(texts: Sequence[str]) -> str:
    return next(iter(texts), "")


def _first(
    requirements: Sequence[Requirement], posting: Posting, asks: Callable[[Demand], bool], elsewhere: re.Pattern[str]
) -> str:
    """The first requirement that asks for it, else the first sentence of the posting that does."""
    told = (r.text for r in requirements if asks(read(r.text)))
    every = (s for line in posting.text.split("\n") for s in sentences(line) if elsewhere.search(s) and asks(read(s)))
    return next(told, "") or next(every, "")


def _is_personal(text: str) -> bool:
    """Age, health and looks: kept as stated, but no demand on which an applicant is measured."""
    return bool(cue("personal").search(text)) and read(text).category in ("other", "soft")


def _unique(pieces: Iterable[Piece]) -> list[Piece]:
    kept: dict[str, Piece] = {}
    for piece in pieces:
        known = kept.get(key(piece.text))
        # Said once as a must and once as a wish, it is a must.
        if key(piece.text) and (known is None or (known.nice and not piece.nice)):
            kept[key(piece.text)] = piece
    return list(kept.values())


def _derived(responsibilities: Sequence[str]) -> list[Piece]:
    """What a posting without requirements demands: what its duties name, or else the duties themselves."""
    named: list[Piece] = []
    plain: list[Piece] = []
    for line in responsibilities:
        for sentence in sentences(line):
            hits = [hit for hit in vocabulary.find(sentence) if vocabulary.kind(hit.name) not in ("soft", "language")]
            (named if hits else plain).append(Piece(sentence, nice=False, strong=False))
    return named if len(named) >= 3 else named + plain


def _measurable(pieces: Sequence[Piece], chinese: bool) -> list[Piece]:
    """The pieces that ask for something; "You love what you do" asks for nothing, unless nothing else is there.

    In a Chinese posting a Latin word on its own is the name of something.
    """
    kept = [
        piece
        for piece in pieces
        if (demand := read(piece.text)).category != "other"
        or demand.unwritten
        or (piece.listed and not cue("benefits").search(piece.text) and not job_facts.is_pay(piece.text))
        or cue("requirement").search(piece.text)
        or (chinese and not has_han(piece.text))
    ]
    return kept or list(pieces)


def _asked_by_work(posting: Posting, pieces: Sequence[Piece], title: str) -> list[Piece]:
    """What the posting names in telling of the work, and no demand names: each name as it is written, the one that
    comes up most first, until as much is named as postings name."""
    named = [_hard_terms(piece.text) for piece in pieces]
    known = {term for terms in named for term in terms}
    # The title is a demand of its own; a technique that it names ("Java") is one as well.
    trades = {term for term in _hard_terms(title) if not vocabulary.is_technique(term)}
    # "The stack is Java and Kafka", said at the top or among what the firm says of itself, comes before the duties.
    among = [*posting.head, *posting.company]
    told = [line for line in among if sum(map(vocabulary.is_technique, _hard_terms(line))) >= LEAST_STACK]
    told += [*posting.responsibilities, *posting.untold]
    written: dict[str, str] = {}
    mentions: Counter[str] = Counter()
    for sentence in (sentence for line in dict.fromkeys(told) for sentence in sentences(line)):
        if not (job_facts.SOUGHT.search(sentence) or cue("benefits").search(sentence)):
            for hit in vocabulary.find(sentence):
                if vocabulary.kind(hit.name) in vocabulary.HARD_KINDS and not (
                    hit.name in trades or _is_known(hit.name, known)
                ):
                    written.setdefault(hit.name, sentence[hit.start : hit.end])
                    mentions[hit.name] += 1
    # News and chats name a trade too; without a demand or a duty it takes more to be work.
    if not pieces and not posting.responsibilities and len(mentions) < LEAST_SET_APART:
        return []
    least = LEAST_SET_APART if posting.titled else LEAST_NAMED
    missing = least - sum(bool(terms) for terms in named)
    telling = [name for name, count in mentions.most_common() if count > 1 or _is_telling(name, written[name])]
    return [Piece(written[name], nice=False, strong=False) for name in telling[: max(0, missing)]]


def _is_telling(name: str, written: str) -> bool:
    """Whether a name is one at first sight: a word that is also said of other things ("hired") has to come up again."""
    return vocabulary.is_technique(name) or not _PLAIN_WORD.fullmatch(written)


def _is_known(name: str, known: Iterable[str]) -> bool:
    """Whether a demand names it, something it is an instance of, or an instance of it."""
    return any(
        vocabulary.relation(*pair) in (*vocabulary.FULL_RELATIONS, "broader")
        for other in known
        for pair in ((name, other), (other, name))
    )


def _hard_terms(text: str) -> set[str]:
    return {term for term in read(text).terms if vocabulary.kind(term) != "soft"}


def _overlooked(posting: Posting, musts: Sequence[Piece]) -> list[Piece]:
    """Degree and years printed beside the title ("3-5年  本科"), or said in passing among what the firm says of itself,
    unless the demands ask for them."""
    demands = [read(piece.text) for piece in musts]
    parts = (part for line in posting.text.split("\n") for part in _CLAUSE.split(line) if width(part) <= 100)
    clauses = [clause.text for part in parts for clause in read_lines(part)]  # without the number of an item
    wanted = [
        (_HEAD_DEGREE, _DEGREE_ALONE, any(demand.degree >= 0 for demand in demands)),
        (_HEAD_YEARS, _YEARS_OF, any(demand.years for demand in demands)),
    ]
    found: list[Piece] = []
    for beside, within, asked in wanted:
        hits = [hit for line in posting.head if width(line) <= 60 and (hit := beside.search(line))]
        hits = hits or [hit for clause in clauses if not _OF_THE_FIRM.search(clause) and (hit := within.search(clause))]
        if hits and not asked:
            found.append(Piece(hits[0][0].strip(), nice=False, strong=False))
    return found


class _Weights:
    """What tells a central demand: the title, the duties, and how often the posting comes back to it."""

    def __init__(self, posting: Posting, title: str) -> None:
        self.title = {hit.name for hit in vocabulary.find(title)}
        self.duties = {hit.name for line in posting.responsibilities for hit in vocabulary.find(line)}
        self.mentions = Counter(hit.name for line in posting.text.split("\n") for hit in vocabulary.find(line))

    def requirement(self, piece: Piece) -> Requirement:
        demand = read(piece.text)
        insists = piece.strong or demand.years > 0
        core = demand.category in _MAY_BE_CORE and any(
            term in self.title or (term in self.duties and insists) or self.mentions[term] >= 3
            for term in demand.terms
            if vocabulary.kind(term) != "soft"
        )
        return Requirement(text=piece.text, category=demand.category, core=core)


def _crown(requirements: Sequence[Requirement]) -> None:
    """Without a better sign the first hard demand that names something is the central one."""
    for category in _MAY_BE_CORE:
        first = next((r for r in requirements if r.category == category and _names_what(r.text)), None)
        if first:
            first.core = True
            return


def _names_what(text: str) -> bool:
    demand = read(text)
    return bool(demand.terms or demand.proper or demand.tests or demand.years)


def _terms(posting: Posting) -> dict[str, list[str]]:
    """The terms of each kind as the posting writes them, where it speaks of the work and not of itself. In a Chinese
    posting a Latin word that the vocabulary does not know is taken for a technique."""
    found: dict[str, dict[str, str]] = {kind: {} for kind in vocabulary.KINDS}
    asked = [*posting.responsibilities, *(piece.text for piece in posting.pieces)]
    for line in [*posting.head, *asked, *posting.untold]:
        for hit in vocabulary.find(line):
            found[vocabulary.kind(hit.name)].setdefault(hit.name, line[hit.start : hit.end])
    for line in filter(has_han, asked):
        hits = vocabulary.find(line)
        for word in _LATIN_NAME.finditer(line):
            if not any(hit.start < word.end() and word.start() < hit.end for hit in hits):
                found["tech"].setdefault(word[0].lower(), word[0])
    return {kind: list(names.values()) for kind, names in found.items()}
