"""The offline analyst's resume side: a resume as structure, every text copied from it, nothing lost."""

from datetime import date

from core.offline import detailed, profile
from core.offline.coverage import Coverage, strings
from core.offline.dates import total_years
from core.offline.fields import projects, split_items
from core.offline.outline import Outline, outline
from core.offline.positions import Position
from core.offline.profile import Proof
from core.offline.sections import label
from core.offline.terms import table
from core.schemas import ClientProfile, DetailedResumeSummary, Experience, Project, ResumeSummary, TitledPoints


def summarise_resume(text: str, locale: str, today: date) -> ResumeSummary:
    """The summary of a resume in Chinese or English; `locale` is the language of the few generated words.

    Same arguments, same result. What fits no field stands in `extras`. Raises KeyError for an unknown locale.
    """
    found = outline(text, today)
    experience = [_experience(position) for position in found.positions]
    works = projects(found.projects)
    summary = ResumeSummary(
        header=found.header,
        summary="\n".join(found.summary),
        summary_points=[*found.headlines, *found.points],
        specialties=found.specialties,
        experience=experience,
        projects=works,
        education=found.education,
        skills=found.skills,
        certifications=found.certifications,
        languages=found.languages,
        awards=found.awards,
        open_source=found.open_source,
        extras=[text for title, texts in found.rest for text in ([title] if title else []) + texts],
    )
    coverage = Coverage(strings(summary.model_dump()))
    missing = (part for _, source in found.printed for part in coverage.missing(source))
    summary.extras = list(dict.fromkeys([*summary.extras, *missing]))
    summary.profile = _profile(found, experience, works, locale, today)
    return summary


def summarise_detailed(text: str, locale: str, today: date) -> DetailedResumeSummary:
    """The summary of a long work history; what fits no field stands in `raw_sections`, under its own heading.

    Nothing in it is generated, so `locale` changes nothing; it is checked all the same (KeyError when unknown).
    """
    table("resume_phrases")[locale]
    found = outline(text, today)
    summary = DetailedResumeSummary(
        header=found.header,
        summary="\n".join([*found.headlines, *found.summary]),
        experiences=detailed.experiences(found.positions, found.projects, today),
        capabilities=detailed.capabilities(found.groups, found.points),
        education=found.education,
        skills=found.skills,
        certifications=found.certifications,
        languages=found.languages,
        awards=[*found.awards, *found.open_source],
        raw_sections=[TitledPoints(title=title, points=texts) for title, texts in found.rest],
    )
    coverage = Coverage(strings(summary.model_dump()))
    for title, source in found.printed:
        for part in coverage.missing(source):
            _keep(summary.raw_sections, title, part)
    return summary


def _keep(sections: list[TitledPoints], title: str, text: str) -> None:
    section = next((section for section in sections if section.title == title), None)
    if section is None:
        section = TitledPoints(title=title)
        sections.append(section)
    if text not in section.points:
        section.points.append(text)


def _experience(position: Position) -> Experience:
    stack: list[str] = []
    highlights: list[str] = []
    for line in position.lines:
        named = label(line.text, "stack")
        if named and named.value:
            stack += split_items(named.value)
        elif not label(line.text, "duties", "achievements", "contribution") or not line.text.rstrip().endswith(
            (":", "：", "】")
        ):
            highlights.append(line.text)
    period = position.period
    return Experience(
        role=position.role,
        company=position.company,
        start=(period.start_text or period.text) if period else "",
        end=period.end_text if period else "",
        duration=position.tenure or ("" if period is None or period.restates else period.text),
        highlights=highlights,
        stack=list(dict.fromkeys([*stack, *profile.skills_named(highlights)])),
    )


def _profile(
    found: Outline, experience: list[Experience], works: list[Project], locale: str, today: date
) -> ClientProfile:
    periods = [position.period for position in found.positions if position.period]
    newest = max(found.positions, key=lambda p: p.period.end if p.period else date.min, default=None)
    role = (newest.role if newest else "") or next(iter(found.headlines), "")
    proofs = [Proof(job.company or job.role, highlight) for job in experience for highlight in job.highlights]
    proofs += [Proof(work.name, proof) for work in works for proof in (work.description, *work.highlights) if proof]
    heads = [f"{job.role} {job.company}" for job in experience]
    years = total_years(periods) if periods else found.stated_years
    return profile.write(
        role=role,
        focus=found.objective or next(iter(found.headlines), "") or role,
        years=years,
        skills=found.skills,
        stacks=[*found.specialties, *(item for job in experience for item in job.stack)],
        proofs=proofs,
        told=[*found.headlines, *found.summary, *found.points, *heads, *(proof.text for proof in proofs)],
        locale=locale,
        today=today,
    )
