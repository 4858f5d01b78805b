"""The prose of a match, written from the findings: assessment, strengths, weaknesses, outreach, next actions.

What is said of a demand follows from the reason of its verdict and from what the passages under it show (`proofs`).
"""

import zlib
from collections.abc import Mapping, Sequence
from typing import Any

from core import scoring
from core.offline import outreach, proofs, vocabulary
from core.offline.evidence import Passage
from core.offline.lines import width
from core.offline.matching import Finding
from core.offline.reasons import OF_THE_JOB
from core.offline.voice import Voice, bare, phrases
from core.schemas import JobMatch, JobSummary, Quote, Requirement, Strength, Tip, Verdict, Weakness

MOST_POINTS = 5
MOST_QUESTIONS = 5
LONG_SHOT = 40  # points; a challenging match below this is told as a long shot; chosen by judgement

_CATEGORY_ORDER = ("certification", "experience", "skill", "domain", "education", "language", "soft", "other")
_SKILLS = frozenset({"skills", "soft", "specialties", "tools", "languages"})  # places where skills are listed
_SHORTEST_QUOTE = 20  # columns
# Of what a piece of work is proof; that somebody will travel is none.
_PROVEN = frozenset({"skill", "experience", "domain", "soft", "certification"})
_TOLD = "told"  # the tag of such a snippet

# id, title, tags, advice, interview, resume; and for, the requirements it was found for.
Snippet = Mapping[str, Any]


def compose(findings: Sequence[Finding], job: JobSummary, locale: str, snippets: Sequence[Snippet] = ()) -> JobMatch:
    """The match for these findings, in `locale`, whatever languages the posting and the resume have; `snippets` are in
    that language, and a tip is that of the snippet found for its gap."""
    return _Writer(findings, job, locale, snippets).match()


def note(finding: Finding, locale: str) -> str:
    """Why the verdict is what it is, in one short sentence."""
    said = phrases(locale)
    values = {name: value.replace("|", said["words"]["comma"]) for name, value in finding.values.items()}
    source = finding.passages[0].source if finding.passages else "resume"
    return str(said["notes"][finding.reason]).format(**values, where=said["words"][source])


class _Writer:
    """One text: it knows the findings, and which snippets were taken."""

    def __init__(self, findings: Sequence[Finding], job: JobSummary, locale: str, snippets: Sequence[Snippet]) -> None:
        self.voice = Voice(locale, job.job_title, zlib.crc32(f"{job.job_title}{job.company}".encode()))
        self.locale = locale
        self.snippets = list(snippets)  # those that no tip has taken up yet
        self.job, self.findings = job, findings
        self.musts = [f for f in findings if f.must]
        self.met = sorted((f for f in findings if f.status == "met"), key=_strength_order)
        self.gaps = sorted((f for f in findings if f.status in ("missing", "partial")), key=_gap_order)
        # A condition to agree to is settled sooner than a story is found.
        self.silent = sorted(
            (f for f in self.musts if f.status == "unclear"), key=lambda f: f.requirement.category == "soft"
        )
        self.deeds = _deeds(self.met)

    def match(self) -> JobMatch:
        weaknesses = [self._weakness(finding) for finding in self._weakest()]  # first to choose among the snippets
        recommendations = self._recommendations()
        quotable = list(dict.fromkeys(passage for _, passage in self.deeds))
        return JobMatch(
            verdicts=[self._verdict(finding) for finding in self.findings],
            overall_assessment=self._assessment(),
            strengths=self._strengths(),
            weaknesses=weaknesses,
            outreach=outreach.message(self.voice, self.job, self.findings, self.met, quotable),
            recommendations=[text for text, _ in recommendations],
            recommendation_snippet_ids=[sources for _, sources in recommendations],
            questions_for_client=self._questions(),
        )

    def _verdict(self, finding: Finding) -> Verdict:
        return Verdict(
            requirement_id=finding.requirement.id,
            status=finding.status,
            quotes=[Quote(source=passage.source, text=passage.text) for passage in finding.passages],
            note=note(finding, self.locale),
        )

    def _section(self, passage: Passage) -> str:
        """The heading a passage stands under. Above all headings there is none, and the document's title is the
        client's name."""
        if passage.place != "head" and passage.section:
            return passage.section
        if passage.source == "detailed_resume":
            return self.voice.words["detailed_section"]
        return ""

    # --- assessment -----------------------------------------------------------------------------------------

    def _assessment(self) -> str:
        say, title = self.voice.say, self.job.job_title
        said = self.voice.phrases["assessment"]
        role = said["role"].format(title=title) if title else said["role_unknown"]
        counted = [f for f in self.musts if f.status == "met"]
        band = self._band()
        halves = [f for f in self.gaps if f.must and f.status == "partial"]
        values = {"job": role, "met": str(len(counted)), "total": str(len(self.musts)), "half": str(len(halves))}
        values["partly"] = self.voice.words["partly"].format(half=len(halves)) if halves else ""
        opening = "no_musts" if not self.musts else "single" if len(self.musts) == 1 else band
        if len(self.musts) > 1 and len(counted) in (0, len(self.musts)):
            every = "all" if band == "strong" else "covered"
            opening = every if counted else "halves" if halves else "none"
        sentences = [say(f"assessment.{opening}", **values)]
        if self.met:
            sentences.append(self._best(band))
        missing = next((f for f in self.gaps if f.must and f.status == "missing"), None)
        if missing:
            core = missing.requirement.core and missing.reason == "nothing"
            own = f"assessment.gap_{missing.reason}"
            path = own if self.voice.has(own) else "assessment.gap_core" if core else "assessment.gap"
            sentences.append(say(path, req=self.voice.demand(missing), years=missing.values.get("years", "")))
        # The job as a whole is spoken of once.
        halves = [f for f in self._points() if f in halves and not (missing and _same_point(f, missing))]
        if halves:
            sentences.append(say("assessment.half", req=self.voice.demand(*halves[:2])))
        if self.silent and len(sentences) < 4:
            sentences.append(say("assessment.silent", req=self.voice.demand(*self.silent[:2])))
        sentences.append(say(f"assessment.close_{band}"))
        if len(sentences) < 3:
            sentences.append(say("assessment.start"))
        return self.voice.words["sentence_gap"].join(sentences)

    def _band(self) -> str:
        """That of the score which will stand above the text, caps included, or `long_shot` at the lower end."""
        if not self.findings:
            return "long_shot"
        verdicts = [self._verdict(finding) for finding in self.findings]
        found = scoring.score([finding.requirement for finding in self.findings], verdicts)
        return "long_shot" if found.value < LONG_SHOT else found.band

    def _best(self, band: str) -> str:
        told = [f for f in self.met if f.reason != "role"]
        if not told:
            return self.voice.say("assessment.best_role")
        if band == "long_shot":
            return self.voice.say("assessment.best_long_shot", req=self.voice.demand(told[0]))
        finding, passage = self.deeds[0] if self.deeds else (told[0], None)
        if passage and proofs.measured(passage.text) and finding.must and finding.requirement.category != "soft":
            return self.voice.say("assessment.best", req=self.voice.demand(finding), quote=bare(passage.text))
        shown = next((f for f in told if outreach.has_done(f)), told[0])
        return self.voice.say("assessment.best_plain", req=self.voice.demand(shown))

    # --- strengths and weaknesses ---------------------------------------------------------------------------

    def _strengths(self) -> list[Strength]:
        groups: dict[tuple[str, str], list[Finding]] = {}
        for finding in filter(_to_tell, self.met):
            groups.setdefault((finding.passages[0].source, finding.passages[0].text), []).append(finding)
        return [self._strength(group) for group in list(groups.values())[:MOST_POINTS]]

    def _strength(self, group: list[Finding]) -> Strength:
        """A point speaks of one kind of demand; the others of the group stand beside it by their ids."""
        group = sorted(group, key=lambda f: f.reason == "role")
        first, passage = group[0], group[0].passages[0]
        kind = _kind_of_strength(first)
        same = [f for f in group if _kind_of_strength(f) == kind][: 1 if kind == "years" else 3]
        values = {name: first.values.get(name, "") for name in ("years", "needed")}
        return Strength(
            point=self.voice.say(f"strength.{kind}", req=self.voice.shown(*same), **values),
            evidence=passage.text,
            section=self._section(passage),
            requirement_ids=[f.requirement.id for f in group],
        )

    def _weakest(self) -> list[Finding]:
        return self._points()[:MOST_POINTS]

    def _points(self) -> list[Finding]:
        """The gaps; the title and the duties both ask for the job as a whole, and one point is about both."""
        whole = [f for f in self.gaps if f.reason in OF_THE_JOB]
        return [f for f in self.gaps if f not in whole[1:]]

    def _weakness(self, finding: Finding) -> Weakness:
        requirement, passage = finding.requirement, next(iter(finding.passages), None)
        general = f"{finding.status}_{_kind(finding)}"
        if not finding.must and finding.reason == "nothing":
            general = "nice_missing"
        values = {name: self.voice.listed(finding.values.get(name, "")) for name in ("found", "lacking")}
        values |= {name: finding.values.get(name, "") for name in ("years", "needed")}
        values["req"] = self.voice.demand(finding)
        point = finding.reason if self.voice.has(f"weakness.{finding.reason}") else general
        tip = finding.reason if self.voice.has(f"tip.{finding.reason}") else general
        # Of a wish, that nobody is turned down for it is the best advice there is.
        snippet = {} if tip == "nice_missing" else self._snippet(requirement)
        advice = {kind: str(snippet.get(kind) or "") for kind in ("interview", "resume")}
        return Weakness(
            point=self.voice.say(f"weakness.{point}", **values),
            evidence=passage.text if passage else "",
            section=self._section(passage) if passage else "",
            tip=Tip(**{kind: text or self.voice.say(f"tip.{tip}.{kind}", **values) for kind, text in advice.items()}),
            requirement_ids=[f.requirement.id for f in self.gaps if f is finding or _same_point(f, finding)],
            snippet_ids=[snippet["id"]] if any(advice.values()) else [],
        )

    def _snippet(self, requirement: Requirement | None = None) -> Snippet:
        """The best one found for a requirement and its category, or else for the application, and not taken up before;
        empty if none. One without tags may be about anything, and one that only the client can tell to fit is none."""

        def fits(snippet: Snippet) -> bool:
            if _TOLD in snippet["tags"]:
                return False
            if requirement is None:
                return not snippet["for"]
            return requirement.id in snippet["for"] and requirement.category in (
                snippet["tags"] or [requirement.category]
            )

        snippet = next(filter(fits, self.snippets), {})
        self.snippets = [other for other in self.snippets if other is not snippet]
        return snippet

    # --- next actions ---------------------------------------------------------------------------------------

    def _recommendations(self) -> list[tuple[str, list[str]]]:
        """Three different next steps, each with the snippets it is from: the most serious gaps first, then what is only
        listed or silent, then what the snippets say of such an application, then craft."""
        steps: dict[str, tuple[str, list[str]]] = {}
        say, demand = self.voice.say, self.voice.demand

        def add(name: str, text: str, *sources: str) -> None:
            steps.setdefault(name, (text, [*sources]))

        for finding in self._weakest():
            name = _step(finding) if finding.must else "nice"
            if name and name not in steps and len(steps) < 2:
                add(name, say(f"recommendation.{name}", req=demand(finding)))
        listed = next((f for f in self.met if f.must and f.reason == "listed"), None)
        if listed:
            add("listed", say("recommendation.listed", req=demand(listed)))
        if self.silent:
            name = "silent_soft" if self.silent[0].requirement.category == "soft" else "silent"
            add(name, say(f"recommendation.{name}", req=demand(self.silent[0])))
        if self.deeds and self.deeds[0][0].must:
            best = self.deeds[0][1]
            name = "carry" if best.source == "detailed_resume" else "lead"
            add(name, say(f"recommendation.{name}", quote=bare(best.text)))
        snippet = self._snippet()
        if advice := snippet.get("resume") or snippet.get("interview"):
            add("snippet", advice, snippet["id"])
        for name in ("tailor", "rehearse", "numbers"):
            add(name, say(f"recommendation.{name}"))
        return list(steps.values())[:3]

    def _questions(self) -> list[str]:
        """About must-haves neither covered nor contradicted: first what is open, then what may have been left out."""
        missing = [f for f in self._points() if f.must and f.status == "missing" and not f.contradicted]
        asked = [*self.silent, *missing][:MOST_QUESTIONS]
        return [self.voice.say(f"question.{_question(f)}", req=self.voice.demand(f)) for f in asked]


def _same_point(one: Finding, other: Finding) -> bool:
    return one.reason in OF_THE_JOB and other.reason in OF_THE_JOB


def _kind(finding: Finding) -> str:
    """The category; of skills, those that are no tool are a practice, which nobody can try out in an evening, and
    those without a name ("writes clearly") are as any other demand."""
    if finding.requirement.category != "skill":
        return finding.requirement.category
    terms = finding.demand.terms
    if not (terms or finding.demand.proper):
        return "other"
    return "skill" if terms and all(map(vocabulary.is_tool, terms)) else "practice"


def _to_tell(finding: Finding) -> bool:
    """Whether there is something to point to: of the job as a whole a position held, or work."""
    held = finding.reason != "role" or any(p.dated or proofs.is_deed(p) for p in finding.passages)
    return bool(finding.passages) and held


def _kind_of_strength(finding: Finding) -> str:
    """Which phrase tells of a demand that is met: by the reason, by where it stands, by what the passage shows."""
    passage, category = finding.passages[0], finding.requirement.category
    if finding.reason == "role":
        return "role"
    if finding.reason == "years":
        return "years"
    if all(p.source == "detailed_resume" for p in finding.passages):
        return "detailed"
    if category != "skill" or proofs.is_deed(passage):
        return category
    return "skill_listed" if passage.place in _SKILLS or proofs.kind(passage) == "list" else "skill_named"


def _question(finding: Finding) -> str:
    """Only a condition can be agreed to; of anything else one asks what was done."""
    category = "role" if finding.reason in OF_THE_JOB else _kind(finding)
    return "open" if category == "other" and not finding.demand.unwritten else category


def _deeds(met: Sequence[Finding]) -> list[tuple[Finding, Passage]]:
    """Passages that tell of something done, in the order of the findings they bear out; those with a figure first, and
    behind all those that bear out a trait."""
    found = [
        (finding, passage)
        for finding in met
        for passage in finding.passages
        if proofs.is_deed(passage)
        and width(passage.text) >= _SHORTEST_QUOTE
        and finding.reason != "role"
        and finding.requirement.category in _PROVEN
    ]
    return sorted(found, key=lambda pair: (pair[0].requirement.category == "soft", not proofs.measured(pair[1].text)))


def _strength_order(finding: Finding) -> tuple[bool, bool, bool, bool, int]:
    requirement, passage = finding.requirement, next(iter(finding.passages), None)
    proven = passage is not None and proofs.is_deed(passage) and proofs.measured(passage.text)
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


# What to do about a gap by the reason of its verdict, before its category is looked at.
_STEPS_BY_REASON = {
    **dict.fromkeys(("role_partly", "role_other", "role_titles"), "role"),
    **dict.fromkeys(("level_above", "outgrown"), "smaller_post"),
    **dict.fromkeys(("years_elsewhere", "years_related"), "years_elsewhere"),
    "level_below": "higher_post",
    "denied": "denied",
    "guiding": "leading",
}
# The first rule that holds names the recommendation; (status or "", kind or "", only if core, name).
_STEPS: tuple[tuple[str, str, bool, str], ...] = (
    ("missing", "certification", False, "certificate"),
    ("missing", "education", False, "education"),
    ("", "experience", False, "years"),
    ("missing", "skill", True, "core_gap"),
    ("missing", "practice", True, "core_gap"),
    ("missing", "skill", False, "skill_gap"),
    ("missing", "practice", False, "practice_gap"),
    ("", "language", False, "language"),
    ("missing", "domain", False, "domain_gap"),
    ("", "soft", False, "soft_claim"),
    ("partial", "", False, "partial"),
)


def _step(finding: Finding) -> str | None:
    if by_reason := _STEPS_BY_REASON.get(finding.reason):
        return by_reason
    for status, kind, core, name in _STEPS:
        if status in ("", finding.status) and kind in ("", _kind(finding)) and (finding.requirement.core or not core):
            return name
    return None


def warm_up() -> None:
    """Read both files and the vocabulary now, so that the first analysis is as quick as the next."""
    vocabulary.warm_up()
    for locale in ("en", "zh"):
        phrases(locale)
