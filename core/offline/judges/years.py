"""Years of experience: counted from dated positions in the asked field, or as the resume states them."""

import re
from collections.abc import Sequence

from core.offline import vocabulary
from core.offline.claims import claimed
from core.offline.dates import total_years
from core.offline.demands import Demand, years_in
from core.offline.evidence import Evidence, Job, Passage
from core.offline.judges import leading, soft
from core.offline.judges.common import Answer, Case, absent, asked, distinct, own_title, without_names
from core.offline.text import stems
from core.offline.vocabulary import FULL_RELATIONS

# Dates in resumes are rounded to months.
TOLERANCE = 0.1
# Half of the asked years is worth half.
PARTIAL_SHARE = 0.5
# Work with what implies the asked thing counts towards its years.
_COUNTED = (*FULL_RELATIONS, "implied")

_EXPERIENCE_WORD = re.compile(r"经验|经历|从业|工作|experience|background|career", re.I)
_GENERIC = re.compile(
    r"full[- ]time|professional|progressive|work(?:ing)?|similar|comparable|relevant|related|\b(?:role|position|field"
    r"|industry|area|capacity|function|environment|setting|job)s?\b|工作经[验历]|全职|实际|从业|同岗位|同类|同等|类似|相似|相近|相关|岗位|职位",
    re.I,
)
# "as a restaurant manager": the title itself is asked for.
_ROLE = re.compile(
    r"\bas (?:an?|the) (?P<role>(?!member|part|result|team)[a-z][a-z -]{3,40}?)(?=\s+(?:with|in|at|for|or|and|within"
    r"|on)\b|[,.;(]|$)",
    re.I,
)
SAME_TITLE, TOLD_ALIKE = 0.5, 0.5
RANK = re.compile(
    r"\b(?:senior|junior|lead|head|chief|principal|staff|assistant|associate|deputy|trainee|intern|manager|specialist|officer|coordinator|executive"
    r"|adviser|advisor|consultant|administrator|representative|clerk|operations?|of|and|the|full[- ]time"
    r"|part[- ]time)\b"
    r"|高级|资深|中级|初级|助理|实习|专员|主管|经理|总监|主任|组长|负责人|岗位?|文员|干事|时间|顾问|员$|师$",
    re.I,
)
_LEADING = re.compile(
    r"\b(?:leading|managing|supervising|people management|leadership)\b|管理经验|带团队|团队管理|带领", re.I
)
# A position whose title names another trade counts only if its duties come back to the asked one so often.
_LEAST_MENTIONS = 2
# These deny no years.
_DENIES_NO_YEARS = re.compile(r"\b(?:no|not) (?:less|fewer) than\b|(?:从未|未曾|没有)(?:间断|中断)", re.I)
# Whose years follow, if they are not the client's: "the team has 10 years", "people with 10 years", "公司有20年".
_OTHERS_HAVE = re.compile(
    r"(?<!\bat )(?<!\bin )(?<!\bwith )\b(?:our|the|my|this|that|its|their|an?|whose)\s+(?:[\w-]+\s+){0,2}?"
    r"(?:company|firm|team|employer|organi[sz]ation|agency|business|start-?up|group|department|manager|boss|mentor|founders?"
    r"|colleagues?|clients?|customers?|staff|engineers|developers|wife|husband)(?:,[^,.;]{1,30},)?\s+"
    r"(?:(?:that|which|who|already|now|also|each|all|together|collectively)\s+)?"
    r"(?:has|have|had|having|boasts?|brings?|offers?|possess(?:es)?)\b(?![^.;]*\b(?:I|my|me)\b)[^,.;]{0,30}$"
    r"|(?<!\bone of the )\b(?:people|staff|employees|colleagues|candidates|clients|teams?"
    r"|companies|firms|engineers|developers|analysts"
    r"|designers|accountants|nurses|specialists|members|professionals|consultants|others)"
    r"\s+(?:with|who (?:has|have|had)|having|of)\b[^,.;]{0,20}$"
    r"|(?:团队|公司|企业|集团|机构|我司|部门|成员|同事|员工|下属|创始人|老板)"
    r"(?:成员|人员|里|中|内|整体|全员|人均|平均|均|都|已|也|自身|核心|目前|共|累计)*(?:拥有|具有|具备|有着?|积累了?|平均)"
    r"[^，,。；;我]{0,6}$",
    re.I,
)
# Before such a subject: it is where the client was, or whom the client led.
_WHERE = re.compile(
    r"(?:在|于|加入|带领?|领导|组建|任职|就职)[^，,。；;]{0,12}$|\b(?:join(?:ed|ing)?|came to|entered)\s[^,.;]{0,20}$",
    re.I,
)
_OTHERS_AFTER = re.compile(
    r"^[^，,。；;]{0,16}经[验历]的(?:团队|公司|企业|机构|集团|下属|员工)"
    r"|^[^,.;]{0,50}\b(?:across|within|among) (?:the|our) (?:team|company|firm|group)\b",
    re.I,
)
_PLAN = re.compile(r"[三3]\s*年(?:制|规划)")


def judge(case: Case) -> Answer:
    """For a demand that names years. The trade decides which positions count; an industry may be named anywhere."""
    demand, evidence = case.demand, case.evidence
    terms = _specific([term for term in demand.terms if vocabulary.kind(term) not in ("soft", "certificate")])
    trades = tuple(term for term in terms if vocabulary.kind(term) != "domain")
    techniques = tuple(term for term in terms if vocabulary.kind(term) == "tech" and vocabulary.is_technique(term))
    # Years of Java are years in which Java shows, whatever else the demand names, unless it leaves a choice.
    # An industry is where a trade is done: where the trade has no name, its words decide.
    words = _topic_words(demand)
    topic = (() if demand.any_of else techniques) or trades or (() if words else terms)
    people = leading.asks_people(demand.text)
    if not (topic or words or people):
        # "5 years of experience", in a posting for what its title says.
        topic = _trades(case.job_title)
    relevant = [
        job for job in evidence.jobs if not (topic or words or people) or _in_trade(job, topic, words, demand.text)
    ]
    stated = _stated_years(evidence, topic, words, people=people)
    years, passages = years_of(relevant), [job.head for job in relevant]
    if stated and stated[0] > years:
        years, passages = stated[0], [stated[1], *passages]
    values = {"years": number(years), "needed": number(demand.years)}
    if not passages or years < demand.years * PARTIAL_SHARE:
        short = Answer("missing", distinct(passages, 1), "years_short", values)
        if people and years < leading.LEAST_LED and (guided := leading.guiding(evidence)):
            return Answer("partial", guided, "guiding", values)
        return _elsewhere(case, topic, values) or short
    if years + TOLERANCE < demand.years:
        return Answer("partial", distinct(passages), "years_short", values)
    industries = [term for term in terms if vocabulary.kind(term) == "domain" and term not in topic]
    if not industries or (any if demand.any_of else all)(_full(evidence, term) for term in industries):
        return Answer("met", distinct(passages), "years", values)
    return Answer("partial", distinct(passages), "years_industry", values | {"lacking": asked(demand, industries)})


def _elsewhere(case: Case, topic: Sequence[str], values: dict[str, str]) -> Answer | None:
    """Too few years in the field itself: years next door, the field without dates, or work of another kind."""
    demand, evidence = case.demand, case.evidence
    wider = sorted({p for term in topic for p in vocabulary.ancestors(term) if vocabulary.kind(p) != "domain"})
    related = [job for job in evidence.jobs if wider and _in_trade(job, wider, ())]
    if related and years_of(related) + TOLERANCE >= demand.years:
        heads = distinct([job.head for job in related])
        return Answer("partial", heads, "years_related", values | {"years": number(years_of(related))})
    if values["years"] != "0":
        return None
    found = [f for term in topic for f in evidence.terms(term, demand.text) if f.relation in FULL_RELATIONS]
    if found:
        return Answer("partial", (found[0].passage,), "years_undated", values)
    total = years_of(evidence.jobs)
    return Answer("missing", (), "years_elsewhere", values | {"years": number(total)}) if total else absent(case, topic)


def years_of(jobs: Sequence[Job]) -> float:
    return total_years([job.period for job in jobs])


def _topic_words(demand: Demand) -> tuple[str, ...]:
    text = demand.text
    for _, start, end in reversed(years_in(text)):
        text = text[:start] + " " + text[end:]
    return stems(_GENERIC.sub(" ", without_names(text)))


def _specific(terms: Sequence[str]) -> tuple[str, ...]:
    """Without the terms that another one is an instance of: of "primary Chinese teaching", not "teaching"."""
    return tuple(t for t in terms if not any(vocabulary.relation(other, t) == "instance" for other in terms))


def _full(evidence: Evidence, term: str) -> bool:
    return any(found.relation in _COUNTED for found in evidence.terms(term))


def _in_trade(job: Job, topic: Sequence[str], words: Sequence[str], asked: str = "") -> bool:
    """Whether a position is one in the asked trade: by its title if that names a trade, else by what was done in it."""
    if role := _ROLE.search(asked):
        wanted = frozenset(stems(role["role"]))
        return bool(wanted) and wanted <= frozenset(stems(job.title))
    people = leading.asks_people(asked)
    leads = leading.leads_people(job) if people else _leads(job)
    led_alone = people or bool((leading.LINE_MANAGEMENT if topic else _LEADING).search(asked))
    if led_alone and not (topic and leads):
        # "Leading a station in a kitchen" is led elsewhere by nobody who was in no kitchen.
        return leads and (people or not words or _relevant(job.text, (), words))
    trades = _trades(job.title)
    techniques = any(vocabulary.is_technique(term) for term in topic)
    if not topic or techniques or not trades:
        return _relevant(job.text, topic, words) or _titled(job.title, asked, topic)
    if _near(trades, topic) or _titled(job.title, asked, topic) or _told_alike(job, asked):
        return True
    # A title that names the field at large ("mechanical engineer") needs but one sign of the special part.
    broader = any(vocabulary.relation(have, want) == "broader" for want in topic for have in trades)
    return sum(_relevant(line, topic, words) for line in job.lines) >= (1 if broader else _LEAST_MENTIONS)


def _titled(title: str, asked: str, topic: Sequence[str]) -> bool:
    """Whether most of what a title says, ranks aside, stands in the demand: "HR Adviser" of "generalist HR"."""
    core = frozenset(stems(RANK.sub(" ", title)))
    return bool(core) and len(core & frozenset(stems(" ".join((asked, *topic))))) >= SAME_TITLE * len(core)


def _told_alike(job: Job, asked: str) -> bool:
    """Whether a position is told in most of the words of the demand."""
    for _, start, end in reversed(years_in(asked)):
        asked = asked[:start] + " " + asked[end:]
    words = stems(_GENERIC.sub(" ", asked))
    have = frozenset(stems(leading.NOT_OWN.sub(" ", job.text)))
    return len(words) > 1 and sum(word in have for word in words) >= TOLD_ALIKE * len(words)


def _leads(job: Job) -> bool:
    return bool(leading.LEADER.search(own_title(job.title))) or any(
        soft.shows("leadership", line) for line in job.lines
    )


def _trades(text: str) -> tuple[str, ...]:
    """What a title says somebody does: "Senior Java Developer" -> Java; industries aside."""
    hits = vocabulary.find(leading.NOT_OWN.sub(" ", text))
    return tuple(dict.fromkeys(hit.name for hit in hits if vocabulary.kind(hit.name) in vocabulary.HARD_KINDS))


def _near(names: Sequence[str], topic: Sequence[str]) -> bool:
    return any(vocabulary.relation(have, want) in _COUNTED for want in topic for have in names)


def _relevant(text: str, topic: Sequence[str], words: Sequence[str]) -> bool:
    text = leading.NOT_OWN.sub(" ", text)
    names = list(dict.fromkeys(hit.name for hit in vocabulary.find(text)))
    if _near(names, topic):
        return True
    have_words = frozenset(stems(text))
    # Names decide where there are any; words only where there are none.
    return not topic and bool(words) and sum(word in have_words for word in words) / len(words) >= 0.3


def _stated_years(
    evidence: Evidence, topic: Sequence[str], words: Sequence[str], people: bool = False
) -> tuple[float, Passage] | None:
    """The years a passage states ("7 years of HR experience") about the asked field, or of leading people, the most."""
    best: tuple[float, Passage] | None = None
    for passage in evidence.passages:
        if passage.place in ("education", "certifications"):
            continue
        text = claimed(_DENIES_NO_YEARS.sub(" ", passage.text))
        for value, start, end in years_in(text):
            around = text[max(0, start - 30) : end + 40]
            if not _EXPERIENCE_WORD.search(around) or _PLAN.search(around) or _of_others(text, start, end):
                continue
            if people and not leading.tells_of_people(around):
                continue
            if (_relevant(text, topic, words) or not (topic or words)) and (best is None or value > best[0]):
                best = (value, passage)
    return best


def _of_others(text: str, start: int, end: int) -> bool:
    """Whether the years at that place are those of a company, a team or other people."""
    before = re.split(r"[;。；\n]|\.\s", text[:start])[-1]
    subject = _OTHERS_HAVE.search(before)
    return bool((subject and not _WHERE.search(before[: subject.start()])) or _OTHERS_AFTER.match(text[end:]))


def number(years: float) -> str:
    return f"{years:.1f}".removesuffix(".0")
