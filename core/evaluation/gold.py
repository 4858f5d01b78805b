"""The gold set: fictional postings, three resumes each, and a person's verdict on every requirement.

One TOML file per case. The labels were written from the texts alone, before any code had read them. Cases of the split
`dev` are for looking at and learning from, those of `test` only for measuring.
"""

import tomllib
from pathlib import Path
from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from core.errors import InputError
from core.schemas import Category, JobSummary, Requirement, Status
from core.settings import ROOT

Fit = Literal["fit", "near", "misfit"]
Split = Literal["all", "dev", "test"]
FITS: tuple[Fit, ...] = get_args(Fit)  # the best first
SPLITS: tuple[Split, ...] = get_args(Split)
SETS = ("plain", "paraphrased")  # that come with the project


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class LabelledRequirement(_Strict):
    """A demand, verbatim from the posting, and the verdict on it for each of the three resumes."""

    text: str
    must: bool
    category: Category
    core: bool
    fit: Status
    near: Status
    misfit: Status

    def label(self, fit: Fit) -> Status:
        """The verdict on the resume of that fit."""
        labels: dict[Fit, Status] = {"fit": self.fit, "near": self.near, "misfit": self.misfit}
        return labels[fit]


class Case(_Strict):
    """A posting and its resumes. `detailed_resumes` hold evidence beside the labels, which are on the resumes alone."""

    name: str
    locale: Literal["en", "zh"]
    profession: str
    split: Literal["dev", "test"]
    job: str
    requirements: tuple[LabelledRequirement, ...] = Field(alias="requirement")
    resumes: dict[Fit, str] = Field(alias="resume")
    detailed_resumes: dict[Fit, str] = Field(alias="detailed_resume", default={})

    @model_validator(mode="after")
    def _complete(self) -> "Case":
        if missing := [r.text for r in self.requirements if r.text not in self.job]:
            raise ValueError(f"not in the posting: {missing[0][:60]!r}")
        if set(self.resumes) != set(FITS):
            raise ValueError("a case has the resumes fit, near and misfit")
        return self

    @property
    def labelled(self) -> list[LabelledRequirement]:
        """Must-haves first, as in a JobSummary, so that both count alike."""
        return sorted(self.requirements, key=lambda r: not r.must)

    @property
    def summary(self) -> JobSummary:
        """The labelled requirements as the structure that a match takes."""
        given = [(r.must, Requirement(text=r.text, category=r.category, core=r.core)) for r in self.labelled]
        return JobSummary(
            must_haves=[requirement for must, requirement in given if must],
            nice_to_haves=[requirement for must, requirement in given if not must],
        )


def folder(name: str) -> Path:
    """Where a set is: one that comes with the project by its name, any other by its folder."""
    return ROOT / "tests" / "gold" / name if name in SETS else Path(name)


def load(folder: Path, split: Split = "all") -> list[Case]:
    """The cases of a folder that are of the split, by name.

    Raises InputError: `gold_missing` when there is none, `gold_invalid` with the file and what is wrong in it.
    """
    cases = [case for file in sorted(folder.glob("*.toml")) if split in ("all", (case := _read(file)).split)]
    if not cases:
        raise InputError("gold_missing", path=folder, split=split)
    return cases


def _read(file: Path) -> Case:
    try:
        case = Case.model_validate(tomllib.loads(file.read_text("utf-8")))
    except (OSError, ValueError) as error:  # also TOML, UTF-8 and contract errors
        reason = error.errors()[0]["msg"] if isinstance(error, ValidationError) else str(error)
        raise InputError("gold_invalid", path=file.name, reason=reason) from error
    if case.name != file.stem:  # rows are told apart by it
        raise InputError("gold_invalid", path=file.name, reason=f"the name is {case.name!r}")
    return case
