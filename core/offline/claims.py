"""What a clause claims and what it denies, leaves pending, or says of others: "no experience with Kafka", "没用过".

Read clause by clause, in both languages; who denies one thing may claim the next.
"""

import re

from core.remembered import remembered

# Verbs of knowing: "没用过" denies, "从未错过" does not.
_KNEW = r"(?:用|做|接触|参与|学|考|带|写|碰|干|建|搭|管|教|操作|负责|涉及|开发|处理|主导|经手|通)过"
# Faults that it is an honour not to have had.
_NO_FAULT_HAN = r"错过|超过|发生|出现|延误|延期|失误|差错|出错|出过|事故|投诉|迟到|遗漏|返工|丢"
_NOT_HAN = (
    r"不(?:太|是很|够|大)?(?:熟悉?|了解|会(?!议|计)|懂|擅长|精通)|没有(?!问题)|没(?:用|做|干|带|考|学|接触|写|碰|操作)过?|未曾"
    r"|未(?:接触|使用|从事|掌握|考|取得|做|参与|涉及|获得)|缺乏|缺少|暂无|尚未|欠缺|(?<!从)零基础|非本人|不具备|不(?:考虑|接受|愿)|[未不]掌握|尚不|未学[过习]|没怎么"
    rf"|从未(?![^，,。；;]{{0,6}}(?:{_NO_FAULT_HAN}))"
    # "无监督学习经验" is experience, "无Vue经验" is none.
    r"|无(?![论人线菌缝]|监督|代码平台|障碍|差错|事故)(?=[^，,。；;]{0,12}(?:经验|基础|了解|接触|证|资格|背景|经历))"
)
_FAULT = (
    r"(?:loss(?:es)?|downtime|outages?|incidents?|errors?|defects?|complaints?|accidents?|delays?|failures?|problems?"
    r"|issues?|injur(?:y|ies)|breach(?:es)?|late \w+)(?="
    r"\W*$|[,.;)]| (?:of|in|on|at|to|during|while|when|using|with|across|after|for"
    r"|since|by|under|over|from)\b)"
)
# Neither "no-code", "No. 1" and "not limited to" deny, nor who never missed a date.
_NO = (
    rf"(?:no(?!-|\.? ?\d| (?:\w+ )?{_FAULT})|not(?! limited to\b| an? (?:problem|issue|obstacle)\b)"
    rf"|never(?! (?:\w+ ){{0,2}}(?:miss|fail|los[et]|late\b|exceed|drop|{_FAULT})))\b"
)
_NOT_LATIN = (
    rf"\b(?:{_NO}|(?:nor|lack(?:s|ing)?|without any|unfamiliar with|cannot|unable to|refused to|yet to"
    r"|(?:have|has|had|do|does|did|ca|is|was|were|are)n['’]t|(?:keen|eager|want(?:ing)?|like|hop(?:e|ing)) to learn"
    r"|(?:zero|0) (?:experience|knowledge|years)|without(?= (?:[\w.+#/-]+ ){1,3}experience)|hardly|barely|heard of"
    r"|(?:very )?(?:little|limited) (?:experience|knowledge"
    r"|exposure))\b)"
    r"(?! only| just| merely)"
)
_NOT = re.compile(rf"{_NOT_HAN}|{_NOT_LATIN}", re.I)
# What may stand between the word that negates and the name it denies.
_REACH_HAN = re.compile(r"[^，,。；;]{0,40}")
_REACH_LATIN = re.compile(r"(?:\W+\w+){0,6}\W*")
_DOT = r"\.(?!\s|$)"  # ends no sentence: Node.js
# After a colon it negates the whole list: "Not yet: Spark, Airflow".
_GAPS = r"(?:^|(?<=[.;。；|]))\s*(?:gaps|missing skills|(?:still )?to learn|areas to (?:develop|improve)"
_GAPS += r"|unfamiliar|短板|不足|待(?:学习|提升|加强))"
_NEGATED_LIST = rf"(?:{_NOT_HAN}|{_NOT_LATIN}|{_GAPS})(?:[^，,。；;.:：]|{_DOT})*[:：](?:[^。；;.]|{_DOT})*"
# The rest of a clause after the word that negates it.
_NEGATED = re.compile(rf"{_NEGATED_LIST}|(?:{_NOT_HAN}|{_NOT_LATIN})(?:[^，,。；;.]|{_DOT})*", re.I)
_NEGATED_LIST_BEFORE = re.compile(rf"{_NEGATED_LIST}$", re.I)
_BY_OTHERS = (
    r"(?<![自理路缘来事经])由(?!我|本人|于|此)[^，,。；;|]{1,10}(?:负责|完成|处理|操作|申报|承担|主导|对接|制作"
)
# Said of the name it follows: "InDesign：没有用过", "Spark was never needed", "CPA: expired".
_DENIED_HAN = (
    r"(?:不熟|不会|不了解|不懂|不涉及|(?:没有?|未|从未|尚未)(?:实际)?(?:接触|使?用|做|写|学|操作|参与|负责|碰|考|取得|带|涉及|系统学)过?"
    rf"|经验不足|基础薄弱|(?:没有|无|暂无|零)(?:相关|实际|实操)?(?:经验|基础)|没有$|无$|为零|空白|{_BY_OTHERS}))"
)
_NEGATED_AFTER = re.compile(
    rf"^[^，,。；;|]{{0,8}}?[:：|（(\s]*{_DENIED_HAN}"
    # "个税由财务申报，我没有操作过": what follows the comma speaks of what stands before it, unless it names its own.
    r"|^[^。；;|]{0,24}?[，,]\s*(?:但|不过)?(?:我|本人|自己)?(?:并|都|还|也|均)?"
    rf"(?:(?:没有?|未|从未)[^，,。；;|]{{0,6}}?(?:{_KNEW}|参与|接触|负责|操作|权限)|不(?:参与|负责|涉及|经手))"
    rf"(?:[了它这该此]{{0,2}}|[这该此][^，,。；;|A-Za-z]{{1,4}})(?:$|[，,。；;）)])|^[^，,。；;|]{{0,4}}没有?(?!{_NO_FAULT_HAN}|一)[^，,。；;|]{{1,2}}过"
    r"|^[^,.;|]{0,24}?\b(?:not (?:yet )?(?:used|obtained|held|started|known)|expired)\b"
    rf"|^\W{{0,3}}(?:was|were|is|are|has|have|had)\s+(?!no\b){_NO}"
    r"|^[^.;|]{0,40}?\b(?:I|we|me)\b[^.;|]{0,12}?(?:n't|n’t|\bnot|\bnever)\b[^.;|]{0,40}?\b(?:it|them|these|those|this|that|either)\b"
    r"|^[^.;,|]{0,24}?\b(?:is|are|was|were) (?:both |all |mostly |only )?(?:handled|done|run|owned|made|managed"
    r"|covered|prepared) by (?:a|an|the|our|my|another|others)\b"
    rf"|^[^.;|,:：]{{0,12}}(?:[:：(]|(?:\s|^)[–—-])\s*(?:none\b|{_NO})"
    r"|^[^\w,;，；]{0,3}(?:none|no experience|not used|never used|n/a)\b"
    r"|^\s*(?:experience|经验)?\s*[:：(（?？]\s*(?:none|zero|0 years?|no|否|无|[✗✘×❌])\s*(?:$|[,，;；。.)）|])"
    r"|^\s*[✗✘×❌]",
    re.I,
)
FAINT = re.compile(
    r"\ba little\b|\bonly (?:time|once|from reading)\b|\bbasics?\b|\bbeginner|\btrial that|\bintroductory\b|属于入门"
    r"|基础了解|只[^，,。；;|]{0,6}过",
    re.I,
)
# The whole statement is of what somebody else does, or was never done.
DISCLAIMED = re.compile(
    rf"(?:[:：]|\s[–—-])\s*(?:none\b|{_NO})"
    rf"|(?:没有?|未|从未|不曾)[^，,。；;|]{{0,5}}?(?:{_KNEW}|(?:参与|接触|负责|操作|权限)(?!失误|错误|不当|事故))"
    rf"|(?:我|本人)不(?:参与|负责|涉及|经手)|{_BY_OTHERS}|做|审核)"
    rf"|委托外部|\b(?:I|we)(?:['’]ve| have| had)? (?!no\b){_NO}|\b(?:is|are|was|were) (?:both |all |mostly "
    r"|only )?(?:handled|done|run|owned|made|managed|covered|drafted|prepared|taken) by (?:a|an|the|our|my|another"
    r"|others)\b",
    re.I,
)
_BUT = re.compile(r"但是?|不过|然而|\bbut\b|\bhowever\b|\balthough\b|\bthough\b", re.I)
_WEAK_BEFORE = re.compile(
    r"(?:了解|接触过|入门|初步|正在学习|自学中?|学习中|公司(?:正在|正|计划|准备|将)(?:上线|引入|切换|迁移)|备考|计划考?|协助|辅助|旁听|跟着"
    r"|报考|报名|在读|在学|会一点|会简单的?|副)[^，,。；;]{0,16}$|\b(?:basics?(?: of| in)?|beginner"
    r"|exposure to|currently learning|shadow(?:ed|ing)|assist(?:ed|ing)?(?: with| in)?"
    r"|(?:now|still|am|been|self|keen on) learning|coursework in|some knowledge of|studying(?: for)?|introductory"
    r"|introduction to|familiar with|familiarity with"
    r"|plan(?:ning)? to|enrol+ed (?:in|for)|(?:booked|registered|signed up) (?:for|on)|(?:is|are|was|were) (?:moving"
    r"|migrating"
    r"|switching|changing)(?: from [^,.;]{1,40}?)? to)\W+(?:\w+\W+){0,5}$",
    re.I,
)
# States that say themselves that something is not held or known yet.
_PENDING_HAN = (
    r"正在学习|学习中|入门|备考中?|在考|在学|在读|还在学|自学|初学|会一点|会简单|只[^，,。；;|]{0,8}过"
    r"|已报名|报考|报了|已过[^，,。；;|]{0,6}(?:科|门|笔试)|(?:笔试|科目[一二三四])[^，,。；;|]{0,4}(?:已|全部)?(?:通过|过)|成绩待|待公布|待面试"
    r"|大学选修|选修课|未毕业|还差|尚未|培训中|刚学|补办|办理中|(?:准备|计划)(?:报?考|参加[^，,。；;|]{0,8}考)"
)
_PENDING_LATIN = (
    r"in progress|expected|currently learning|enrol+ed|booked|applied for|pending|lapsed|provisional|awaiting"
    r"|studying for|registered for|under review|not yet|application (?:lodged|submitted|sent|filed|made)"
    r"|of \w+ (?:units|modules|parts|credits)|reinstatement|online course|self-study|in training|exam (?:in|on)"
    r"|exams? (?:in|on|due)(?: \w+)? \d{4}|due in"
)
# Everyday words that say so only beside the name: "Java course", but "负责Java课程开发平台", "licence, class 1".
_VAGUE_HAN = r"基础(?!扎实|知识|设施|架构)|一般|了解|准备|计划|预约|报名|课程(?!开发|设计|体系|研发|平台)"
_VAGUE_LATIN = (
    r"coursework|course|basics?|beginner|learning|(?:\w+ ){0,2}scheduled|planned|class(?! ?(?:\d|[a-z]\b))|exam\b|short"
    r"|introductory|weekend|started|read[- ]only"
)
_WEAK_AFTER = re.compile(
    rf"^[\s:：|（(,，、·\-–—]{{0,4}}(?:\d[^，,。；;|]{{0,8}})?(?:{_PENDING_HAN}|{_VAGUE_HAN})"
    rf"|^\W{{0,3}}(?:(?:is|are|a|an|card|class|exam|certificate) ){{0,2}}(?:\w+ ){{0,3}}?(?:{_PENDING_LATIN})\b"
    # "Deep learning for time series, online course"
    r"|^(?: \w+){0,3}, (?:an? )?(?:short |\d+[- ]hour |free )?(?:online course|self-study)\s*(?:$|[,(;|])"
    rf"|^\W{{0,3}}(?:(?:is|are|a|an|card|class|exam|certificate) ){{0,2}}(?:\w+ )?(?:{_VAGUE_LATIN})\b",
    re.I,
)
# Said of it in a later clause: "用Docker装过几个应用，属于入门".
_WEAK_LATER = re.compile(
    r"^[^。；;|]{0,60}?(?:属于入门|只是入门|仅限自学|入门水平|基础水平|还不会|不熟练|不深入|刚入门)"
    r"|^[^.;|]{0,60}?\b(?:at (?:a )?(?:beginner|basic|introductory) level|only (?:the )?basics|nothing in production"
    r"|not in production)\b"
    # "I can read a Dockerfile but have not written one for work."
    r"|^[^.;|]{0,40}?\bbut\b[^.;|]{0,16}?(?:\bnot|\bnever|n['’]t)\b[^.;|]{0,40}?\b(?:one|any|it|them|these|those)\b",
    re.I,
)
# Searched in a whole passage, in what stands before a name and in what follows it: a vague word must touch the name.
PENDING = re.compile(
    rf"{_PENDING_HAN}|\b(?:{_PENDING_LATIN})\b"
    rf"|(?:^[\s:：|（(，,、·\-–—]{{1,4}}|[（(])(?:{_VAGUE_HAN}|(?:[\w-]+ )?(?:{_VAGUE_LATIN})\b)"
    rf"|^(?:{_VAGUE_HAN}|(?:{_VAGUE_LATIN}))\s*[:：]"
    rf"|(?:{_VAGUE_HAN}|\b(?:{_VAGUE_LATIN}))[\s:：|（(，,、·\-–—]{{1,4}}$"
    r"|(?:^|(?<=[年月正在已，,；;：:\s]))(?:准备|计划)$",
    re.I,
)


def denied(text: str) -> list[str]:
    """The parts of `text` that are negated."""
    return _NEGATED.findall(text)


@remembered(8192)  # each demand asks again of each passage
def claimed(text: str) -> str:
    """`text` without what it negates ("no experience with Kafka", "没做过：归因")."""
    return "\n".join(_NEGATED.sub(" ", part) for part in _BUT.split(text)) if _NEGATED.search(text) else text


def claim(text: str, start: int, end: int) -> tuple[bool, bool]:
    """(whether the clause claims the name at that place, whether only its basics)."""
    before = re.split(r"[，,。；;.|](?=\s|[\u3400-\u9fff])", text[:start])[-1]
    before = _BUT.split(before)[-1]
    after = text[end : end + 80]
    if (
        _NEGATED_LIST_BEFORE.search(text[:start])
        or _negated(text, start - len(before), start)
        or _NEGATED_AFTER.match(_BUT.split(after)[0])
    ):
        return False, False
    return True, bool(_WEAK_BEFORE.search(before) or _WEAK_AFTER.match(after) or _WEAK_LATER.match(after))


def _negated(text: str, clause: int, start: int) -> bool:
    """Whether a word that negates stands between `clause` and `start` and reaches there. It is looked for in the whole
    text, as what follows a name may be part of it: "无Vue经验"."""
    for match in _NOT.finditer(text, clause):
        if match.end() > start:
            return False
        reach = _REACH_LATIN if match[0].isascii() else _REACH_HAN
        if reach.fullmatch(text, match.end(), start):
            return True
    return False
