"""What the model tasks return: the contracts every model, and the offline analyst, must meet.

Every field has a default and every list may be empty, but a model is asked to emit all of them. Text that a
schema calls verbatim is copied from the source, never paraphrased. Unknown keys are ignored, so that a model
which volunteers its own score changes nothing.
"""

from typing import Annotated, Any, Literal, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    model_validator,
)
from pydantic.json_schema import SkipJsonSchema

Category = Literal["skill", "education", "experience", "language", "certification", "domain", "soft", "other"]
Status = Literal["met", "partial", "missing", "unclear"]
Source = Literal["resume", "detailed_resume"]

MAX_ANSWER = 65_536  # characters, several times the longest useful answer: a model that loops must not fill the memory


def _blank_if_null(value: Any) -> Any:
    # Models write null for "not stated"; the contract says an empty string.
    return "" if value is None else value


def _empty_if_null(value: Any) -> Any:
    return [] if value is None else value


def _none_if_no_number(value: Any) -> Any:
    # Nobody asks a model for it, so whatever one volunteers must not cost the run.
    return value if isinstance(value, int) else None


def _none_if_absurd(value: float | None) -> float | None:
    # A number no working life can have (NaN and infinity too) is a slip in a derived field, not worth a failed run.
    return value if value is not None and 0 <= value <= 80 else None


T = TypeVar("T")
Text = Annotated[str, BeforeValidator(_blank_if_null)]
Years = Annotated[float | None, AfterValidator(_none_if_absurd)]
Items = Annotated[list[T], BeforeValidator(_empty_if_null)]
Offset = Annotated[int | None, BeforeValidator(_none_if_no_number)]


class Contract(BaseModel):
    """Base of every output contract: unknown keys ignored, surrounding whitespace dropped."""

    model_config = ConfigDict(extra="ignore", str_strip_whitespace=True)


# --- resume_summary -------------------------------------------------------------------------------------------


class Link(Contract):
    label: Text = ""
    url: Text = ""


class Header(Contract):
    name: Text = ""
    email: Text = ""
    phone: Text = ""
    links: Items[Link] = []


class Experience(Contract):
    role: Text = ""
    company: Text = ""
    start: Text = ""
    end: Text = ""
    duration: Text = ""
    highlights: Items[str] = []
    stack: Items[str] = []


class Project(Contract):
    name: Text = ""
    link: Text = ""
    description: Text = ""
    highlights: Items[str] = []


class Education(Contract):
    degree: Text = ""
    field: Text = ""
    school: Text = ""
    start: Text = ""
    end: Text = ""
    gpa: Text = ""
    courses: Items[str] = []


class Skills(Contract):
    technical: Items[str] = []
    tools: Items[str] = []
    soft: Items[str] = []
    other: Items[str] = []


class Certification(Contract):
    name: Text = ""
    issuer: Text = ""
    date: Text = ""


class Language(Contract):
    name: Text = ""
    level: Text = ""
    proof: Text = ""


class SignatureProject(Contract):
    name: Text = ""
    impact: Text = ""


class CoreStrength(Contract):
    trait: Text = ""
    evidence: Text = ""


class ClientProfile(Contract):
    persona: Text = ""
    focus: Text = ""
    years_of_experience: Years = None
    domains: Items[str] = []
    hard_skills: Items[str] = []
    signature_project: SignatureProject = SignatureProject()
    core_strengths: Items[CoreStrength] = []


class ResumeSummary(Contract):
    """The resume as structure. Highlights are verbatim; what fits no field stands in `extras`, verbatim too."""

    header: Header = Header()
    summary: Text = ""
    summary_points: Items[str] = []
    specialties: Items[str] = []
    experience: Items[Experience] = []
    projects: Items[Project] = []
    education: Items[Education] = []
    skills: Skills = Skills()
    certifications: Items[Certification] = []
    languages: Items[Language] = []
    awards: Items[str] = []
    open_source: Items[str] = []
    extras: Items[str] = []
    profile: ClientProfile = ClientProfile()


# --- detailed_resume_summary ----------------------------------------------------------------------------------


class Metric(Contract):
    label: Text = ""
    value: Text = ""
    unit: Text = ""
    period: Text = ""


class DetailedProject(Contract):
    name: Text = ""
    task: Text = ""
    actions: Items[str] = []
    results: Items[str] = []
    metrics: Items[Metric] = []


class DetailedExperience(Contract):
    company: Text = ""
    product_or_team: Text = ""
    role: Text = ""
    duration: Text = ""
    keywords: Items[str] = []
    highlights: Items[str] = []
    metrics: Items[str] = []
    contributions: Items[str] = []
    projects: Items[DetailedProject] = []


class TitledPoints(Contract):
    """A section that fits no other field, kept verbatim under its own heading."""

    title: Text = ""
    points: Items[str] = []


class Capability(Contract):
    name: Text = ""
    points: Items[str] = []


class DetailedResumeSummary(Contract):
    header: Header = Header()
    summary: Text = ""
    experiences: Items[DetailedExperience] = []
    capabilities: Items[Capability] = []
    education: Items[Education] = []
    skills: Skills = Skills()
    certifications: Items[Certification] = []
    languages: Items[Language] = []
    awards: Items[str] = []
    raw_sections: Items[TitledPoints] = []


# --- job_vision -----------------------------------------------------------------------------------------------


class PictureLine(Contract):
    """One line of the text in a picture, verbatim; `uncertain` when some of it could not be read for sure."""

    text: Text = ""
    uncertain: bool = False

    @model_validator(mode="before")
    @classmethod
    def _bare_text(cls, value: Any) -> Any:
        # Where nothing is uncertain some models write bare strings, or null for the flag.
        if isinstance(value, str):
            return {"text": value}
        return {k: v for k, v in value.items() if v is not None} if isinstance(value, dict) else value


class PictureText(Contract):
    """The text in a picture, in the order a person reads it; empty when there is none."""

    lines: Items[PictureLine] = []


# --- job_summary ----------------------------------------------------------------------------------------------


class Requirement(Contract):
    """One thing the JD asks for. `id` is "M1".. for a must-have, "N1".. for a nice-to-have; `text` is verbatim."""

    id: Text = ""
    text: str
    category: Category = "other"
    core: bool = False


class JobSummary(Contract):
    job_title: Text = ""
    company: Text = ""
    department: Text = ""
    team: Text = ""
    seniority: Text = ""
    salary_range: Text = ""
    reporting_line: Text = ""
    location: Text = ""
    responsibilities: Items[str] = []
    must_haves: Items[Requirement] = []
    nice_to_haves: Items[Requirement] = []
    tech_stack: Items[str] = []
    tools: Items[str] = []
    methodologies: Items[str] = []
    domain_knowledge: Items[str] = []
    industry: Items[str] = []
    education: Text = ""
    experience: Text = ""
    certifications: Items[str] = []
    languages: Items[str] = []
    soft_skills: Items[str] = []
    business_goals: Items[str] = []
    relocation: Text = ""
    company_info: Text = ""
    other_requirements: Items[str] = []
    raw_sections: Items[TitledPoints] = []

    @model_validator(mode="after")
    def _number_requirements(self) -> "JobSummary":
        # Ids are ours to give: a model that skips or repeats one must not make two requirements share a verdict.
        self.must_haves = [r for r in self.must_haves if r.text]
        self.nice_to_haves = [r for r in self.nice_to_haves if r.text]
        for prefix, requirements in (("M", self.must_haves), ("N", self.nice_to_haves)):
            for number, requirement in enumerate(requirements, 1):
                requirement.id = f"{prefix}{number}"
        return self

    @property
    def requirements(self) -> list[Requirement]:
        """Must-haves first, then nice-to-haves, each in the order of the JD."""
        return [*self.must_haves, *self.nice_to_haves]


# --- job_match ------------------------------------------------------------------------------------------------


class Quote(Contract):
    """A passage said to be in a source. What follows `text` is written by `core.grounding` alone, never believed.

    `source[start:end]`, in characters, is where a verified quote stands; None for any other, and in a match made before
    places were kept. `wording` is what stands there if that is not the same word for word, else empty.
    """

    source: Source
    text: Text = ""
    verified: SkipJsonSchema[bool] = False
    start: SkipJsonSchema[Offset] = None
    end: SkipJsonSchema[Offset] = None
    wording: SkipJsonSchema[Text] = ""

    @property
    def approximate(self) -> bool:
        """Whether the source has it in other letters, which a recogniser of pictures may have misread."""
        return bool(self.wording)

    @property
    def passage(self) -> str:
        """The quote in the words of its source."""
        return self.wording or self.text


class Verdict(Contract):
    requirement_id: str
    status: Status
    quotes: Items[Quote] = []
    note: Text = ""


class Strength(Contract):
    point: Text = ""
    evidence: Text = ""
    section: Text = ""
    requirement_ids: Items[str] = []


class Tip(Contract):
    interview: Text = ""
    resume: Text = ""


class Weakness(Contract):
    """`snippet_ids` names the coaching snippets that the point and its tip rest on."""

    point: Text = ""
    evidence: Text = ""
    section: Text = ""
    tip: Tip = Tip()
    requirement_ids: Items[str] = []
    snippet_ids: Items[str] = []


class Outreach(Contract):
    hook: Text = ""
    value: Text = ""
    call_to_action: Text = ""


class CitedSnippet(Contract):
    """A coaching snippet as it was when a match was advised by it."""

    id: Text = ""
    title: Text = ""
    text: Text = ""


class Knowledge(Contract):
    """The coaching knowledge behind a match: a hash of all there was to find, how many snippets were offered, those
    that the advice names; or, in `failure`, why there was none (a key of `report.knowledge`)."""

    version: Text = ""
    offered: int = 0
    failure: Text = ""
    cited: Items[CitedSnippet] = []


def _none_if_odd(value: Any, read: ValidatorFunctionWrapHandler) -> Any:
    # Nobody asks a model for it, so whatever one volunteers must not cost the run.
    try:
        return read(value)
    except ValidationError:
        return Knowledge()


OwnWork = Annotated[Knowledge, WrapValidator(_none_if_odd)]


class JobMatch(Contract):
    """Verdicts first, prose after. The score is not here: `core.scoring` computes it from the verdicts.

    `recommendation_snippet_ids` names, for each recommendation in order, the snippets it rests on. `knowledge` is
    written by `core.knowledge` alone, never believed.
    """

    verdicts: Items[Verdict] = []
    overall_assessment: Text = ""
    strengths: Items[Strength] = []
    weaknesses: Items[Weakness] = []
    outreach: Outreach = Outreach()
    recommendations: list[str] = Field(min_length=3, max_length=3)
    recommendation_snippet_ids: Items[Items[str]] = []
    questions_for_client: Items[str] = []
    knowledge: SkipJsonSchema[OwnWork] = Knowledge()
