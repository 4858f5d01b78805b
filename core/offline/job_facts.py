"""The facts around a job: title, company, place, pay. Each is a verbatim part of the posting, or empty."""

import re
from functools import cache

from core.offline import naming, vocabulary
from core.offline.job_terms import cue, job_terms, pattern
from core.offline.lines import width
from core.offline.postings import ICONS, LONGEST_LINE, Posting
from core.offline.text import sentences

_SALARY = re.compile(
    # "$140M revenue" pays nobody.
    r"(?:[$€£¥]|S\$|US\$|HK\$|RMB|CNY|USD|EUR|GBP)(?!\s?[\d,.]+\s?(?:[mMbB]n?\b|million|billion))\s?\d[\d,.]*\s?[kK万]?(?:/\w+)?(?:\s?[-–—~至]\s?(?:[$€£¥]|S\$"
    r"|US\$)?\s?\d[\d,.]*\s?[kK万]?)?(?:\s?(?:/|per |an |a )\s?(?:yr|year|hour|hr|mo|month|annum|day|年|月))?"
    r"(?:\s?[·*xX×]\s?\d+\s?薪)?|(?<![\d.])\d{1,6}(?:\.\d{1,2})?\s?[-–—~至]\s?\d{1,6}(?:\.\d{1,2})?\s?(?:[kK](?![A-Za-z])|万|千"
    r"|元)(?:\s?/\s?(?:月"
    r"|年))?(?:\s?[·*xX×]\s?\d+\s?薪)?|(?<![\d.])\d{1,4}(?:\.\d{1,2})?[kK]\s?[-–—~]\s?\d{1,4}(?:\.\d{1,2})?[kK](?:\s?[·*xX×]\s?\d+\s?薪)?"
    r"|(?<!\d)\d{4,6}\s?[-–—~至]\s?\d{4,6}\s?(?:元|/月)?|面议"
)
_SALARY_NEARBY = re.compile(rf"(?:薪|salary|pay|compensation)[^\n]{{0,30}}?(?P<value>{_SALARY.pattern})", re.I)
SOUGHT = re.compile(
    r"(?:hiring|looking for|seeking|recruiting)\s+(?:an?|our(?: next)?)\s+"
    r"(?P<en>[A-Za-z][\w/& -]{2,50}?)(?=[.,;!\n]|\s(?:to|who|with|for|in|at)\b)"
    r"|(?:招聘|诚聘|急招)\s*(?P<zh>(?![与和及或的])[\u3400-\u9fffA-Za-z]{2,16})"
    r"|(?:^|[\n，,。；;!！\s])(?P<post>[\u3400-\u9fffA-Za-z&/]{2,20})岗(?=[，,。:：\s(（])"
)
_EMPLOYER_PARTS = re.compile(r"\s*[|｜·•@]\s*|\s[-–—]\s|现?诚聘|招聘|急招|急聘")
_HR = re.compile(r"HR|招聘|人事")
_PLACE_PARTS = re.compile(r"\s*[|｜/]\s*|\s{2,}|\s·\s|\s[-–—]\s")
_AFTER_PLACE = re.compile(r"\s+(?=\d|经验|本科|大专|硕士)")
_OPEN_BRACKET = re.compile(r"\s*[（(][^)）]*$")
_ADDRESS = re.compile(r"(?:工作地址|工作地点|上班地点)\s*\n\s*(?P<value>[^\n]{4,80})")
_BASED = re.compile(
    r"(?:常驻|base\s*(?=[\u3400-\u9fff])|(?<![a-z])based in |located in "
    r"|headquartered in )(?=(?P<rest>[^\n]{2,40}))",
    re.I,
)
_LABELS = ("company", "location", "department", "team", "reporting_line", "salary_range")
_EXTRA_PAY = re.compile(r"\bOTE\b|bonus|commission|stipend|奖金|提成|奖励|补贴|签约费", re.I)
_EXTRA_PAY_AFTER = re.compile(r"\s?(?:OTE|sign[- ]?on|(?:\w+ )?bonus|stipend|commission)\b(?!\W{0,3}\d)", re.I)
# What an advertisement puts around a title: "招…2名！！", "base杭州".
_ADVERT = re.compile(
    r"^\s*(?:急?招|诚聘|高薪诚?聘)(?=[\u3400-\u9fff]{2})(?!聘|标|商|生)|\s*[!！].*$|\s*\bbase\s*[\u3400-\u9fff].*$"
    r"|\s*(?:\d+|[一二两三四五六七八九十]|若干)\s*[名人位](?=\s*(?:[!！]|$)).*$"
    r"|\s+(?:is |are )?(?:wanted|needed|sought)\b.*$",
    re.I,
)
LONGEST_TITLE = 80  # columns
LONGEST_FACT = 24  # columns of what a title line may say behind a colon: place, pay
LONGEST_OPENING = 48  # columns of a title that is followed by more on its line
_AFTER_OPENING = re.compile(r"(?<!\b[SJ]r)\.(?=\s|$)|[,:;!?。，：；！？、|｜(（]|\s[-–—]")
_BEFORE_TITLE = re.compile(r"^[^\w【\[(（.]*(?:\d{1,2}[.)、]\s*)?")  # icons, marks, a number
_MARKS = " .:;,。：；，、-–—|｜"
_CALLS = "!?！？"  # "Are you a chef?"
_FULL_STOP = re.compile(r"\.\s|。.")
_SENTENCE_END = re.compile(r"(?<!\b[SJ]r)[.:;]\s|[。：；]|\s[-–—]+\s")
_SMALL = frozenset({"of", "and", "or", "the", "for", "in", "to"})
# What titles do not say of themselves.
_SENTENCE = re.compile(
    r"\b(?:are|is|be|am|you|your|our|we|us|my|who|not?|from|with|as|an?|becoming|calling|looking|seeking|trusted|love)\b"
    r"|想|作为|公司|本店|本人|我们|你|急|欢迎|不是|年薪|月薪|诚|招(?!聘|商|生)|需要?|要求",
    re.I,
)
_NO_POST = re.compile(r"(?:\b(?:(?<!business )partner|server|leader|lead|head)s?|^(?:招聘|校招)|[生]招聘)$", re.I)
_RANK_AFTER = re.compile(r"\s*(?:[IVX]{1,3}|[1-4])?")
# "某公司诚聘：会计", but "招聘与发展经理" and "客服主管（招聘平台）".
_CALLED = re.compile(r"(?P<before>.*?)(?:现?诚聘|现?招聘|急招|急聘|热招)\s*[:：]?\s*(?=[^\s简启公信岗）)与和及、/&])")
_PERSON = re.compile(r"女士|先生|发布者|联系人|小姐姐|老师$")
_LEVEL = re.compile(r"(?:entry|mid|senior|mid-senior|associate|executive|director)[ -]level", re.I)
_AT = re.compile(r"\s(?:@|at)\s(?P<name>[A-Z][\w .&'-]{1,40})")


@cache
def _label(name: str) -> re.Pattern[str]:
    return re.compile(
        rf"(?:^|[\n|｜;；，,【\[]"
        rf"|\s{{2,}}|[.,]\s)\s*[*_]*"
        rf"(?:{job_terms()['labels'][name]})[*_】\]]*[ \t]*[:：][ \t]*[*_]*[ \t]*(?P<value>[^\n"
        rf"|｜;；。]{{1,80}})",
        re.I,
    )


@cache
def _next_label() -> re.Pattern[str]:
    """Where the value of a label ends inside its line: at a wide gap, or at the next label."""
    names = "|".join(job_terms()["labels"][name] for name in _LABELS)
    return re.compile(rf"\s{{2,}}|[.,，]?\s+(?=(?:{names})\s*[:：])", re.I)


def labelled(name: str, posting: Posting) -> str:
    """What stands after a label ("汇报对象：", "Reports to:"); `name` is a key of `[labels]` in job_terms.toml."""
    match = _label(name).search(posting.text)
    return _next_label().split(match["value"])[0].strip(" *_，,") if match else ""


@cache
def _title_label() -> re.Pattern[str]:
    return re.compile(
        rf"^\s*[*_#【\[]*\s*(?:{job_terms()['titles']['labels']})[*_】\]]*[ \t]*[:：][ \t]*[*_]*[ \t]*(?P<value>[^\n"
        rf"|｜;；。]{{1,80}})",
        re.I | re.M,
    )


@cache
def _role_word() -> re.Pattern[str]:
    return pattern(r"<role_han>|(?<![A-Za-z])<role_latin>s?(?![A-Za-z])")


def title(posting: Posting) -> str:
    """The title as labelled, else the first short line with a role word, else what is said to be sought."""
    labelled_title = _title_label().search(posting.text)
    if labelled_title:
        return _bare_title(labelled_title["value"])
    lines = [line for line in posting.head if not _no_title(line)]
    if named := next((line for line in lines if width(line) <= LONGEST_TITLE and _role_word().search(line)), None):
        return _bare_title(named)
    if hiring := SOUGHT.search(posting.text):
        return (hiring["en"] or hiring["zh"] or hiring["post"]).strip()
    return next((_bare_title(line) for line in lines if 2 <= width(line) <= 40), "")


def set_apart(text: str) -> str:
    """The text with a line break after the post that it begins with on a line that goes on: "Product Manager, Ads. You
    own ...". A sentence that only ends in a post is none."""
    first, *rest = text.strip().split("\n")
    first = _BEFORE_TITLE.sub("", first)
    opening, end = _opening(first)
    if not opening:
        return text
    told = first[end : end + 1] in ("：", ":") and width(first[end:]) > LONGEST_FACT
    if not (told or width(first) > LONGEST_TITLE or _FULL_STOP.search(first, end)):
        return "\n".join([first, *rest])
    sentence = _SENTENCE_END.search(first, end)
    cut = sentence.start() if sentence and width(first[: sentence.start()]) <= LONGEST_OPENING else end
    return "\n".join([first[:cut], first[cut:].lstrip(_MARKS), *rest])


def _opening(line: str) -> tuple[str, int]:
    """The post that a line begins with, or an empty string, and where in the line it ends."""
    found = _AFTER_OPENING.search(line)
    end = found.start() if found else len(line)
    first = _bare_title(line[:end])
    plain = [word for word in first.split() if word.islower() and word not in _SMALL]
    calls = found is not None and found[0] in _CALLS
    told = calls or plain or _SENTENCE.search(first) or _NO_POST.search(first) or width(first) > LONGEST_OPENING
    return (first if _ends_in_role(first) and not told else "", end)


def _ends_in_role(text: str) -> bool:
    return any(_RANK_AFTER.fullmatch(text, word.end()) for word in _role_word().finditer(text))


def _no_title(line: str) -> bool:
    labels = "|".join(job_terms()["labels"][name] for name in _LABELS)
    labelled_fact = re.match(rf"\W*(?:{labels})\s*[:：]", line, re.I)
    return bool(labelled_fact or cue("apply").search(line)) or not any(c.isalpha() for c in line)


def is_title(text: str) -> bool:
    """Whether a text names a kind of work, and is no other line that stands where titles do."""
    return bool(text) and width(text) <= LONGEST_TITLE and _role_word().search(text) is not None


def _bare_title(line: str) -> str:
    line = re.sub(r"^\W*[【\[](?:急招?|热招|诚聘|直招|内推|校招|社招|hot|urgent)[】\]]", "", line, flags=re.I)
    line = ICONS.sub("", _SALARY.sub("", line))
    line = _AT.sub("", re.split(r"[|｜]|\s[·•]\s|\s{2,}|\s[-–—]\s", line.strip(" #*_"))[0])
    line = re.sub(r"^(?:(?:hiring|job)\s*[:!]|now hiring|hiring (?=an?\b)|job\s)\s*", "", line, flags=re.I)
    called = _CALLED.match(line)
    if called and not _role_word().search(called["before"]):
        line = line[called.end() :]
    if _ends_in_role(wanted := line.removesuffix("招聘")):
        line = wanted
    line = _ADVERT.sub("", re.sub(r"(?:[（(\[【]\s*[)）\]】])", "", line)) or line
    return line.strip(" ·•-–—|,，#*_:：【】[]").strip()


def company(posting: Posting) -> str:
    """As labelled, else from the lines under the title, else from how the text speaks of itself."""
    labels = job_terms()["labels"]
    if named := labelled("company", posting):
        return named
    if named := next((name for line in posting.head[:8] if (name := _employer(line))), ""):
        return named
    for form in (labels["about"], labels["hiring"]):
        if match := re.search(form, posting.text, re.M):
            return str(match["name"]).strip()
    match = re.search(labels["employers"], "\n".join(posting.company))
    return match[0].strip() if match else naming.employer(posting.text)


def _employer(line: str) -> str:
    """The employer a line names: a name of the usual form, or what stands before a place or its HR, or after "at"."""
    parts = [part.strip() for part in _EMPLOYER_PARTS.split(line)]
    for part in parts:
        if (match := re.search(job_terms()["labels"]["employers"], part)) and not _role_word().search(part):
            return match[0].strip()
    if len(parts) > 1 and not vocabulary.places().find(parts[0]):
        before_place = vocabulary.places().find(parts[1]) and not _role_word().search(parts[0])
        if not _PERSON.search(parts[0]) and (before_place or _HR.search(parts[1])):
            return parts[0]
    at = _AT.search(line)
    return at["name"].strip() if at else ""


def location(posting: Posting) -> str:
    """As labelled, else the first line at the top with a known place, else an address or "based in"."""
    if named := labelled("location", posting):
        return named
    for line in posting.head[:8]:
        hits = vocabulary.places().find(line)
        if hits:
            part = next((p for p in _PLACE_PARTS.split(line) if vocabulary.places().find(p)), line)
            part = _OPEN_BRACKET.sub("", _AFTER_PLACE.split(part)[0]).strip()
            return part if width(part) <= 48 and not _role_word().search(part) else line[hits[0].start : hits[0].end]
    if address := _ADDRESS.search(posting.text):
        return address["value"].strip()
    based = _BASED.search(posting.text)
    hits = vocabulary.places().find(based["rest"]) if based else ()
    if based and hits and hits[0].start <= 2:
        return based["rest"][hits[0].start : hits[0].end]
    return naming.place(posting.text)


def salary(posting: Posting) -> str:
    """The first amount that reads as pay: after its label, else near the top, else near a word for pay.

    What comes on top of the pay (a bonus, on-target earnings) is none.
    """
    return (
        _pay(_SALARY, labelled("salary_range", posting))
        or _pay(_SALARY, "\n".join(line[:LONGEST_LINE] for line in posting.text.split("\n")[:12]))
        or _pay(_SALARY_NEARBY, posting.text)
    )


def is_pay(text: str) -> bool:
    """Whether a text is an amount of pay and nothing else: "20-35K·13薪"."""
    return not any(c.isalpha() for c in _SALARY.sub("", text).replace("薪", ""))


def _pay(pattern: re.Pattern[str], text: str) -> str:
    for match in pattern.finditer(text):
        name = "value" if "value" in pattern.groupindex else 0
        start, end = match.span(name)
        # Only the words right beside the amount name what it is: "$118,000 + 10% bonus" is pay and a bonus.
        before = re.split(r"[+,，;；|\n]", text[max(0, start - 16) : start])[-1]
        if not _EXTRA_PAY.search(before) and not _EXTRA_PAY_AFTER.match(text, end):
            return match[name].strip()
    return ""


def seniority(job_title: str, posting: Posting) -> str:
    """The word of rank in the title, else a level named at the top."""
    found = _rank_word().search(job_title) or _LEVEL.search("\n".join(posting.head[:6]))
    return found[0] if found else ""


@cache
def _rank_word() -> re.Pattern[str]:
    names = sorted(job_terms()["seniority"]["names"], key=lambda name: (-len(name), name))
    latin = "|".join(re.escape(name) for name in names if name.isascii())
    han = "|".join(re.escape(name) for name in names if not name.isascii())
    return re.compile(rf"{han}|(?<![A-Za-z])(?:{latin})(?![A-Za-z])", re.I)


def goals(posting: Posting) -> list[str]:
    """Clauses of the duties that set a figure to reach."""
    telling = re.compile(job_terms()["labels"]["goals"], re.I)
    return [match[0].strip() for line in posting.responsibilities if (match := telling.search(line))]


def relocation(posting: Posting) -> str:
    """The first sentence that speaks of moving, or empty."""
    telling = re.compile(job_terms()["labels"]["relocation"], re.I)
    lines = (line for line in posting.text.split("\n") if telling.search(line))
    return next((s.strip(" -•*") for line in lines for s in sentences(line) if telling.search(s)), "")
