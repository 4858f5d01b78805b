"""Leading people: what asks for it and what shows it, told apart from guiding some of them and from leading things."""

import re

from core.offline import vocabulary
from core.offline.evidence import Evidence, Job, Passage
from core.offline.judges import names
from core.offline.judges.common import Answer, Case, distinct, own_title

LINE_MANAGEMENT = re.compile(
    r"\b(?:line|people) management|\bmanag(?:ing|ed) (?:a |an )?(?:team|people|staff|\w+ (?:engineers|managers"
    r"|reports))|\blead(?:ing)? teams?"
    r"|团队管理|带团队|管理团队",
    re.I,
)
LEADER = re.compile(
    r"\b(?:manager|lead|leader|head|director|supervisor|chief|captain|foreman)\b|经理|主管|总监|组长|班长|店长|负责人|领班|主任",
    re.I,
)
# Of leading people, and not of leading a project.
_PEOPLE = re.compile(
    r"\b(?:led|leads?|leading|manag(?:ed?|es|ing)|supervis\w+|head(?:ed|s|ing)?|direct(?:ed|s|ing)|overs(?:aw|ee\w*)"
    r"|line[- ]manag\w+|in charge of)\b[^.;]{0,24}?\b(?:teams?|people|staff|crew|squads?|reports|employees|workers"
    r"|(?:engineers|developers|analysts|designers|nurses|assistants|accountants|planners|technicians|operators"
    r"|associates|managers|agents|drivers|cooks|teachers|scientists|consultants|specialists|coordinators|juniors)"
    r"(?!['’]))\b"
    r"|\bsupervis(?:or|ed|ing)\b|\b(?:line|people|staff|team) manage(?:ment|r)\b|\bdirect reports?\b"
    r"|\bteam of (?:\d+|\w+)\b|\b(?:head|director) of\b"
    r"|带(?!教)(?:领|了|过)?[^，,。；;]{0,8}?(?:团队|小组|下属|\d+\s*(?:多|余)?[人名位个])|带团队|带队|下属|下辖"
    r"|(?:管理|领导|负责)[^，,。；;客户]{0,8}?(?:\d+\s*(?:多|余)?[人名位](?!次)|团队|员工|班组|人员)"
    r"|年(?:及?以上)?的?管理(?:岗位?|工作)?经[验历]|团队(?:管理|负责人|规模|共?\s*\d+\s*人)|人员管理|\d+\s*人(?:的)?(?:[^，,。；;]{0,4})?(?:团队|小组|班组)",
    re.I,
)
_ASKS_PEOPLE = re.compile(
    r"带(?:领|过)?[^，,。；;]{0,4}\d+\s*[人名]|管理\s*\d+\s*[人名]|年(?:及?以上)?的?(?:团队|人员)?管理(?:岗位?|工作)?经[验历]"
    r"|\b(?:lead\w*|manag\w+|supervis\w+) (?:an? |the )?(?:\w+ )?(?:teams?|people|staff|direct reports)\b"
    r"|\bsupervis(?:ory|ing|ion)\b",
    re.I,
)
# "Category management experience" is none of people.
_MANAGING_THINGS = re.compile(
    r"(?i)(?<![\w-])(?!(?:of|in|people|team|line|staff|and|or|years?|prior|proven|relevant|previous|any|some|with)\b)"
    r"[a-z-]+ (?:management|managerial) experience"
)
# Who carries such a title need not lead anybody: a product, a project, an account, the tests.
NO_LEADER = re.compile(
    r"\b(?:product|project|program(?:me)?|account|case|community|brand|category|test|tech(?:nical)?|bid|campaign"
    r"|content|social media|customer success|workstream) (?:manager|lead|owner)\b"
    r"|(?:产品|项目|客户|品类|商务|大客户|渠道)(?:经理|负责人)",
    re.I,
)
# Short of leading people: to guide some of them, or to stand in for who leads them.
_GUIDED = (
    r"(?:[\w-]+ ){0,3}(?:staff|people|colleagues|juniors?|hires?|starters?|interns?|analysts?|assistants?|trainees?"
    r"|students?|planners?|nurses?|engineers?|developers?|designers?|teachers?|accountants?|technicians?|apprentices?|members)\b"
)
# To supervise those who are there to learn is to guide them.
_LEARNERS = (
    r"\bsupervis(?:ed|ing|es|e) (?:[\w-]+ ){0,3}?"
    r"(?:interns?|trainees?|students?|apprentices?|co-ops?|pupils|undergraduates)\b"
    r"|(?:管理|负责|带领)[^，,。；;]{0,6}(?:实习生|学徒|见习生)"
)
_GUIDES = re.compile(
    rf"(?<!\bmy )(?<!\ba )(?<!\bour )\b(?:mentor|coach|train|onboard)(?:ed|ing|es|s|e)? {_GUIDED}"
    rf"|{_LEARNERS}"
    rf"|\bassigned work to {_GUIDED}"
    r"|\b(?:covered|stood in|deputi[sz]ed) for (?:my|the|our) (?:\w+ )?(?:director|manager|lead|head|supervisor|boss)\b"
    r"|(?<!under )(?<!for )(?<!an )(?<!the )(?<!our )\bacting (?:\w+ )?(?:manager|lead|head|supervisor)\b"
    r"|带教|带新人|带\s*\d+\s*[名人位](?![份次样]|客户|顾客|游客|乘客|学生|患者)|指导[^，,。；;]{0,6}(?:新人|同事|实习生|下级)"
    r"|代[管行][^，,。；;]{0,6}(?:主管|经理|组长|主任|团队)|代理(?:主管|经理|组长|主任|店长)(?=$|[，,。；;（(\s])",
    re.I,
)
_IS_GUIDED = re.compile(
    r"(?:接受|被|由|受|跟着|导师)[^，,。；;]{0,6}(?:带教|指导)"
    r"|\b(?:was|were|been|being|am) (?:\w+ )?(?:mentored|coached|trained|supervised)\b"
    r"|\b(?:mentored|coached|trained|supervised) by\b[^,.;]*",
    re.I,
)
# Guiding others stands in these only; who has led a year or more has done more than that.
_TOLD_OF_WORK = frozenset({"experience", "projects", "summary", "other"})
LEAST_LED = 1.0  # years
# What others do, or what the client would like to do, is no trade of the client's.
NOT_OWN = re.compile(
    r"(?<!理)由[^，,。；;\n]*|(?:想|希望|打算|计划|考虑)(?:转|做|往|成为|从事|朝)[^，,。；;\n]*"
    r"|与[^，,。；;\n]{1,16}(?:协作|配合|合作)|\b(?:want|hope|plan)s? to (?:become|move)[^,.;\n]*"
)


def judge(case: Case) -> Answer:
    """For a demand to have led people, without years: who has only guided some has part of it."""
    answer = names.judge(case)
    if answer.reason == "denied":
        return answer
    told = [p for p in case.evidence.passages if p.place in _TOLD_OF_WORK and not p.dated]
    led = [passage for passage in told if _leads(passage)]
    if led and answer.status != "met":
        return Answer("met", distinct(led, 2), "soft_shown")
    if led or any(leads_people(job) for job in case.evidence.jobs):
        return answer
    guided = guiding(case.evidence)
    return Answer("partial", guided, "guiding") if guided else answer


def _leads(passage: Passage) -> bool:
    return tells_of_people(_GUIDES.sub(" ", _own(passage.claimed)))


def guiding(evidence: Evidence) -> tuple[Passage, ...]:
    """The passages that say most of how the client guided people, without leading them."""
    told = [
        (len(_GUIDES.findall(_IS_GUIDED.sub(" ", _own(passage.claimed)))), passage)
        for passage in evidence.passages
        if passage.place in _TOLD_OF_WORK
    ]
    shown = sorted((entry for entry in told if entry[0]), key=lambda entry: -entry[0])
    return distinct([passage for _, passage in shown], 2)


def _own(text: str) -> str:
    return NOT_OWN.sub(" ", text)


def asks_people(text: str) -> bool:
    """Whether a demand asks for having led people."""
    named = _names_people(_MANAGING_THINGS.sub(" ", text))
    return named or bool(LINE_MANAGEMENT.search(text) or _ASKS_PEOPLE.search(text))


def leads_people(job: Job) -> bool:
    title = NO_LEADER.sub(" ", own_title(job.title))
    return bool(LEADER.search(title)) or any(tells_of_people(_own(line)) for line in job.lines[1:])


def tells_of_people(text: str) -> bool:
    text = re.sub(_LEARNERS, " ", text, flags=re.I)
    return _names_people(text) or _PEOPLE.search(text) is not None


def _names_people(text: str) -> bool:
    return any(hit.name == "people management" for hit in vocabulary.find(text))
