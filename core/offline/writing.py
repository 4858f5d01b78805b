"""The prose of a match, written from the findings: assessment, strengths, weaknesses, outreach, next actions.

Sentences stand in `phrases.<locale>.toml`, several for each purpose and taken in turn, so that no two neighbours sound
alike and the same findings always give the same text. Whatever is inserted is a quotation or a name, so that it cannot
break a sentence.
"""

import re
import tomllib
import zlib
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from core import scoring
from core.offline import demands, vocabulary
from core.offline.evidence import Passage
from core.offline.lines import HAN, width
from core.offline.matching import Finding
from core.schemas import JobMatch, JobSummary, Outreach, Quote, Requirement, Status, Strength, Tip, Verdict, Weakness

MOST_POINTS = 5
MOST_QUESTIONS = 5
# The contract says under 100 words or 200 Chinese characters; the margin is for counting differently.
MOST_WORDS, MOST_HAN = 90, 180
LONGEST_REQUIREMENT = 72  # columns; a longer one is cut at a clause, or else at a word, and ends in an ellipsis

LONG_SHOT = 40  # points; a challenging match below this is told as a long shot; chosen by judgement

_CATEGORY_ORDER = ("certification", "experience", "skill", "domain", "education", "language", "soft", "other")
_WORK = ("experience", "projects", "open_source")
# The job as a whole, by the judges of titles and duties.
_OF_THE_JOB = frozenset({"role_partly", "role_other", "level_above", "level_below"})
# "Company | Role | Place", "Tools: SQL", an address: these name something, and show nothing done.
_LABELLED = re.compile(r"[^:：，,。]{1,16}[:：]")
_HEADING = re.compile(rf"\s[|｜]\s|^{_LABELLED.pattern}|@[\w-]+\.|^\*\*[^*]+\*\*$")
_CLAUSE_END = re.compile(r"[，；;]|,\s|\s[(（]|（")
_MARKS = " \t,，、;；.。:：!！?？·•-–—"


@cache
def phrases(locale: str) -> dict[str, Any]:
    """The texts of one locale; raises KeyError for a locale without a file."""
    path = Path(__file__).parent / f"phrases.{locale}.toml"
    if not path.is_file():
        raise KeyError(locale)
    return tomllib.loads(path.read_text("utf-8"))


# id, title, tags, advice, interview, resume; and for, the requirements it was found for.
Snippet = Mapping[str, Any]


def compose(findings: Sequence[Finding], job: JobSummary, locale: str, snippets: Sequence[Snippet] = ()) -> JobMatch:
    """The match for these findings, in `locale`, whatever languages the posting and the resume have; `snippets` are in
    that language, and a tip is that of the snippet found for its gap."""
    return _Writer(findings, job, locale, snippets).match()


def note(finding: Finding, locale: str) -> str:
    """Why the verdict is what it is, in one short sentence."""
    words = phrases(locale)["words"]
    values = {name: value.replace("|", words["comma"]) for name, value in finding.values.items()}
    return str(phrases(locale)["notes"][finding.reason]).format(**values)


class _Writer:
    """One text: it knows the findings and how often each list of variants was used."""

    def __init__(self, findings: Sequence[Finding], job: JobSummary, locale: str, snippets: Sequence[Snippet]) -> None:
        self.phrases, self.words, self.locale = phrases(locale), phrases(locale)["words"], locale
        self.snippets = list(snippets)  # those that no tip has taken up yet
        self.job, self.findings = job, findings
        self.used: dict[str, int] = {}
        # Different jobs start at different variants.
        self.seed = zlib.crc32(f"{job.job_title}{job.company}".encode())
        self.musts = [f for f in findings if f.must]
        self.met = sorted((f for f in findings if f.status == "met"), key=_strength_order)
        self.gaps = sorted((f for f in findings if f.status in ("missing", "partial")), key=_gap_order)
        # A condition to agree to is settled sooner than a story is found.
        self.silent = sorted(
            (f for f in self.musts if f.status == "unclear"), key=lambda f: f.requirement.category == "soft"
        )
        self.proofs = _proofs(self.met)

    def match(self) -> JobMatch:
        weaknesses = [self._weakness(finding) for finding in self._weakest()]  # first to choose among the snippets
        recommendations = self._recommendations()
        return JobMatch(
            verdicts=[self._verdict(finding) for finding in self.findings],
            overall_assessment=self._assessment(),
            strengths=self._strengths(),
            weaknesses=weaknesses,
            outreach=self._outreach(),
            recommendations=[text for text, _ in recommendations],
            recommendation_snippet_ids=[sources for _, sources in recommendations],
            questions_for_client=self._questions(),
        )

    # --- words ----------------------------------------------------------------------------------------------

    def _say(self, path: str, **values: str) -> str:
        """The next variant of the list at a dotted path, filled, its first letter a capital."""
        entry: Any = self.phrases
        for part in path.split("."):
            entry = entry[part]
        variants = [entry] if isinstance(entry, str) else entry
        turn = self.used.get(path, self.seed % len(variants))
        self.used[path] = turn + 1
        text = str(variants[turn % len(variants)]).format(**values)
        return text[:1].upper() + text[1:]

    def _quoted(self, text: str) -> str:
        return f"{self.words['open']}{text}{self.words['close']}"

    def _joined(self, texts: Sequence[str]) -> str:
        if len(texts) < 2:
            return "".join(texts)
        return str(self.words["comma"]).join(texts[:-1]) + str(self.words["and"]) + texts[-1]

    def _req(self, *findings: Finding) -> str:
        """The demands as a phrase: in quotation marks, except for an English name, which needs none in English."""
        named = []
        for finding in findings:
            if finding.reason in _OF_THE_JOB:
                title = self.job.job_title
                named.append(self._quoted(title) if title else self.phrases["assessment"]["role_unknown"])
                continue
            text = _shortened(demands.subject(finding.demand))
            hits = vocabulary.find(text)
            whole = (
                len(hits) == 1
                and (hits[0].start, hits[0].end) == (0, len(text))
                and text.isascii()
                and finding.requirement.category != "soft"
            )
            named.append(text if whole and self.locale == "en" else self._quoted(text))
        return self._joined(named)

    def _found(self, finding: Finding) -> str:
        return finding.values.get("found", "").replace("|", self.words["comma"])

    def _section(self, passage: Passage) -> str:
        return passage.section or str(self.words["no_section"])

    def _verdict(self, finding: Finding) -> Verdict:
        return Verdict(
            requirement_id=finding.requirement.id,
            status=finding.status,
            quotes=[Quote(source=passage.source, text=passage.text) for passage in finding.passages],
            note=note(finding, self.locale),
        )

    # --- assessment -----------------------------------------------------------------------------------------

    def _assessment(self) -> str:
        title = self.job.job_title
        role = (
            self.phrases["assessment"]["role"].format(title=title)
            if title
            else self.phrases["assessment"]["role_unknown"]
        )
        counted = [f for f in self.musts if f.status == "met"]
        band = self._band()
        halves = [f for f in self.gaps if f.must and f.status == "partial"]
        values = {"job": role, "met": str(len(counted)), "total": str(len(self.musts)), "half": str(len(halves))}
        values["partly"] = self.words["partly"].format(half=len(halves)) if halves else ""
        opening = "no_musts" if not self.musts else "single" if len(self.musts) == 1 else band
        if len(self.musts) > 1 and len(counted) in (0, len(self.musts)):
            every = "all" if band == "strong" else "covered"
            opening = every if counted else "halves" if halves else "none"
        sentences = [self._say(f"assessment.{opening}", **values)]
        if self.met:
            sentences.append(self._best(band))
        missing = next((f for f in self.gaps if f.must and f.status == "missing"), None)
        if missing:
            sentences.append(
                self._say(
                    "assessment.gap_core"
                    if missing.requirement.core and missing.reason == "nothing"
                    else "assessment.gap",
                    req=self._req(missing),
                )
            )
        if halves:
            sentences.append(self._say("assessment.half", req=self._req(*halves[:2])))
        if self.silent and len(sentences) < 4:
            sentences.append(self._say("assessment.silent", req=self._req(*self.silent[:2])))
        sentences.append(self._say(f"assessment.close_{band}"))
        if len(sentences) < 3:
            sentences.append(self._say("assessment.start"))
        return str(self.words["sentence_gap"]).join(sentences)

    def _band(self) -> str:
        """That of the score which will stand above the text, caps included, or `long_shot` at the lower end."""
        if not self.findings:
            return "long_shot"
        verdicts = [self._verdict(finding) for finding in self.findings]
        found = scoring.score([finding.requirement for finding in self.findings], verdicts)
        return "long_shot" if found.value < LONG_SHOT else found.band

    def _best(self, band: str) -> str:
        if band == "long_shot":
            return self._say("assessment.best_long_shot", req=self._req(self.met[0]))
        finding, passage = self.proofs[0] if self.proofs else (self.met[0], None)
        if passage and _measured(passage) and finding.must and finding.requirement.category != "soft":
            return self._say("assessment.best", req=self._req(finding), quote=_bare(passage.text))
        return self._say("assessment.best_plain", req=self._req(self.met[0]))

    # --- strengths and weaknesses ---------------------------------------------------------------------------

    def _strengths(self) -> list[Strength]:
        groups: dict[tuple[str, str], list[Finding]] = {}
        for finding in self.met:
            if finding.passages:
                groups.setdefault((finding.passages[0].source, finding.passages[0].text), []).append(finding)
        found = []
        for group in list(groups.values())[:MOST_POINTS]:
            # A point speaks of one kind of demand; the others of the group stand beside it by their ids.
            category = group[0].requirement.category
            named = [f for f in group if f.requirement.category == category][:3]
            passage = group[0].passages[0]
            listed = category == "skill" and (passage.place not in _WORK or _LABELLED.match(passage.text) is not None)
            found.append(
                Strength(
                    point=self._say(
                        "strength.skill_listed" if listed else f"strength.{category}", req=self._req(*named)
                    ),
                    evidence=passage.text,
                    section=self._section(passage),
                    requirement_ids=[f.requirement.id for f in group],
                )
            )
        return found

    def _weakest(self) -> list[Finding]:
        ordered = [*(f for f in self.gaps if f.must), *(f for f in self.gaps if not f.must)]
        # The title and the duties both ask for the job as a whole: one point is about both.
        whole = [f for f in ordered if f.reason in _OF_THE_JOB]
        return [f for f in ordered if f not in whole[1:]][:MOST_POINTS]

    def _weakness(self, finding: Finding) -> Weakness:
        requirement, passage = finding.requirement, next(iter(finding.passages), None)
        general = f"{finding.status}_{_kind(finding)}"
        if not finding.must and finding.reason == "nothing":
            general = "nice_missing"
        values = {
            "req": self._req(finding),
            "found": self._found(finding),
            "years": finding.values.get("years", ""),
            "needed": finding.values.get("needed", ""),
        }
        values["lacking"] = finding.values.get("lacking", "").replace("|", self.words["comma"])
        point = finding.reason if finding.reason in self.phrases["weakness"] else general
        tip = finding.reason if finding.reason in self.phrases["tip"] else general
        # Of a wish, that nobody is turned down for it is the best advice there is.
        snippet = {} if tip == "nice_missing" else self._snippet(requirement, finding.status)
        advice = {kind: snippet[kind] for kind in ("interview", "resume")} if snippet else {}
        return Weakness(
            point=self._say(f"weakness.{point}", **values),
            evidence=passage.text if passage else "",
            section=self._section(passage) if passage else "",
            tip=Tip(
                **{
                    kind: self._say("tip.sourced", req=values["req"], advice=advice[kind])
                    if advice.get(kind)
                    else self._say(f"tip.{tip}.{kind}", **values)
                    for kind in ("interview", "resume")
                }
            ),
            requirement_ids=[f.requirement.id for f in self.gaps if f is finding or _same_point(f, finding)],
            snippet_ids=[snippet["id"]] if any(advice.values()) else [],
        )

    def _snippet(self, requirement: Requirement | None = None, status: Status = "missing") -> Snippet:
        """The best one found for a requirement and its category, or else for the application, and not taken up before;
        empty if none. One without tags may be about anything."""

        def fits(snippet: Snippet) -> bool:
            if requirement is None:
                return not snippet["for"]
            if "absent" in snippet["tags"] and status != "missing":
                return False
            return requirement.id in snippet["for"] and requirement.category in (
                snippet["tags"] or [requirement.category]
            )

        snippet = next(filter(fits, self.snippets), {})
        self.snippets = [other for other in self.snippets if other is not snippet]
        return snippet

    # --- outreach -------------------------------------------------------------------------------------------

    def _outreach(self) -> Outreach:
        title = _bare(self.job.job_title) or self.phrases["outreach"]["untitled"]
        named = [f for f in self.met if _done(f) and width(f.requirement.text) <= 60]
        named = sorted(named, key=lambda f: f.requirement.category == "experience")[:2]
        if len(named) == 2:
            hook = self._say("outreach.hook_two", title=title, first=self._req(named[0]), second=self._req(named[1]))
        elif named:
            hook = self._say("outreach.hook_one", title=title, first=self._req(named[0]))
        else:
            # Half of what is asked is no way in from the side.
            most = 2 * len(self.met) >= len(self.findings)
            hook = self._say("outreach.hook_most" if most else "outreach.hook_none", title=title)
        call = self._say("outreach.call_to_action")
        for _, passage in self.proofs:
            outreach = Outreach(
                hook=hook, value=self._say("outreach.value_quote", quote=_bare(passage.text)), call_to_action=call
            )
            if _fits(outreach):
                return outreach
        outreach = Outreach(
            hook=hook,
            value=self._say("outreach.value_plain" if self.met else "outreach.value_none"),
            call_to_action=call,
        )
        if _fits(outreach):
            return outreach
        # A very long title is the one thing left that can break the limit.
        return outreach.model_copy(
            update={"hook": self._say("outreach.hook_none", title=self.phrases["outreach"]["untitled"])}
        )

    # --- next actions ---------------------------------------------------------------------------------------

    def _recommendations(self) -> list[tuple[str, list[str]]]:
        """Three different next steps, each with the snippets it is from: the most serious gaps first, then what is only
        listed or silent, then what the snippets say of such an application, then craft."""
        steps: dict[str, tuple[str, list[str]]] = {}

        def add(name: str, text: str, *sources: str) -> None:
            steps.setdefault(name, (text, [*sources]))

        for finding in self._weakest():
            name = _step(finding) if finding.must else "nice"
            if name and name not in steps and len(steps) < 2:
                add(name, self._say(f"recommendation.{name}", req=self._req(finding)))
        listed = next((f for f in self.met if f.must and f.reason == "listed"), None)
        if listed:
            add("listed", self._say("recommendation.listed", req=self._req(listed)))
        if self.silent:
            name = "silent_soft" if self.silent[0].requirement.category == "soft" else "silent"
            add(name, self._say(f"recommendation.{name}", req=self._req(self.silent[0])))
        if self.proofs:
            add("lead", self._say("recommendation.lead", quote=_bare(self.proofs[0][1].text)))
        snippet = self._snippet()
        if advice := snippet.get("resume") or snippet.get("interview"):
            add("snippet", advice, snippet["id"])
        for name in ("tailor", "rehearse", "numbers"):
            add(name, self._say(f"recommendation.{name}"))
        return list(steps.values())[:3]

    def _questions(self) -> list[str]:
        """About must-haves neither covered nor contradicted: first what is open, then what may have been left out."""
        missing = [f for f in self.gaps if f.must and f.status == "missing" and not f.contradicted]
        return [
            self._say(f"question.{_question(f)}", req=self._req(f)) for f in [*self.silent, *missing][:MOST_QUESTIONS]
        ]


def _same_point(one: Finding, other: Finding) -> bool:
    return one.reason in _OF_THE_JOB and other.reason in _OF_THE_JOB


def _kind(finding: Finding) -> str:
    """The category, except of a skill without a name ("writes clearly"), which nobody can take a course in."""
    named = finding.demand.terms or finding.demand.proper or finding.requirement.category != "skill"
    return finding.requirement.category if named else "other"


def _question(finding: Finding) -> str:
    """Only a condition can be agreed to; of anything else one asks what was done."""
    category = "role" if finding.reason in _OF_THE_JOB else _kind(finding)
    return "open" if category == "other" and not finding.demand.unwritten else category


def _done(finding: Finding) -> bool:
    """Whether a demand is met by work, so that a client may say to have done it."""
    work = bool(finding.passages) and finding.passages[0].place in _WORK
    return work and finding.requirement.category in ("skill", "experience", "domain")


def _proofs(met: Sequence[Finding]) -> list[tuple[Finding, Passage]]:
    """Passages about work that show something done, in the order of the findings; those with a number first."""
    found = [
        (finding, passage)
        for finding in met
        for passage in finding.passages
        if passage.place in _WORK
        and not passage.dated
        and not _HEADING.search(passage.text)
        and width(passage.text) >= 20
        and finding.requirement.category in ("skill", "domain", "soft", "certification")
    ]
    return sorted(found, key=lambda pair: (pair[0].requirement.category == "soft", not _measured(pair[1])))


def _measured(passage: Passage) -> bool:
    return any(c.isdigit() for c in passage.text)


def _strength_order(finding: Finding) -> tuple[bool, bool, bool, bool, int]:
    requirement, passage = finding.requirement, next(iter(finding.passages), None)
    proven = passage is not None and passage.place in _WORK and _measured(passage)
    rank = _CATEGORY_ORDER.index(requirement.category)
    return (not finding.must, not requirement.core, requirement.category == "soft", not proven, rank)


def _gap_order(finding: Finding) -> tuple[bool, bool, bool, int]:
    # A missing degree caps the score as a missing core skill does.
    degree = finding.requirement.category == "education" and finding.status == "missing"
    return (
        not finding.must,
        not (finding.requirement.core or degree),
        finding.status != "missing",
        _CATEGORY_ORDER.index(finding.requirement.category),
    )


# The first rule that holds names the recommendation; (status or "", category or "", only if core, name).
_STEPS: tuple[tuple[str, str, bool, str], ...] = (
    ("missing", "certification", False, "certificate"),
    ("missing", "education", False, "education"),
    ("", "experience", False, "years"),
    ("missing", "skill", True, "core_gap"),
    ("missing", "skill", False, "skill_gap"),
    ("", "language", False, "language"),
    ("missing", "domain", False, "domain_gap"),
    ("", "soft", False, "soft_claim"),
    ("partial", "", False, "partial"),
)


def _step(finding: Finding) -> str | None:
    if finding.reason in _OF_THE_JOB:
        return "role"
    if finding.reason == "years_guiding":
        return "leading"
    for status, category, core, name in _STEPS:
        requirement = finding.requirement
        if status in ("", finding.status) and category in ("", _kind(finding)) and (requirement.core or not core):
            return name
    return None


def _bare(text: str) -> str:
    """A passage without the marks at its ends, so that it can stand inside a sentence."""
    text = " ".join(text.split())
    return text.strip(_MARKS) or text


def _shortened(text: str) -> str:
    text = _bare(text)
    if width(text) <= LONGEST_REQUIREMENT:
        return text
    clauses = [m.start() for m in _CLAUSE_END.finditer(text) if 12 <= width(text[: m.start()]) <= LONGEST_REQUIREMENT]
    if clauses:
        return text[: clauses[-1]].rstrip(_MARKS) + "…"
    kept = ""
    for part in re.findall(rf"[{HAN}]|[^{HAN}\s]+\s*|\s+", text):
        if width(kept + part) > LONGEST_REQUIREMENT:
            break
        kept += part
    return kept.rstrip(_MARKS) + "…"


def _fits(outreach: Outreach) -> bool:
    return fits_outreach((outreach.hook, outreach.value, outreach.call_to_action))


def fits_outreach(texts: Iterable[str]) -> bool:
    """Whether a message keeps the limit of the contract: Han characters and other words count alike against each."""
    whole = " ".join(texts)
    han = len(re.findall(f"[{HAN}]", whole))
    words = len(re.findall(rf"[^{HAN}\s，。；：、“”（）？！]+", whole))
    return words < MOST_WORDS if han < words else han + words < MOST_HAN


def warm_up() -> None:
    """Read both files and the vocabulary now, so that the first analysis is as quick as the next."""
    vocabulary.warm_up()
    for locale in ("en", "zh"):
        phrases(locale)
