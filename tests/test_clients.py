"""Clients, versions of their documents, and the editing of a structure by hand."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core import clients, database, editing, render
from core.documents import read_document
from core.errors import InputError
from core.grounding import occurs
from core.models import Origin, ResumeKind
from core.schemas import DetailedResumeSummary, Experience, Header, JobSummary, ResumeSummary


@pytest.fixture
def client_id(owner: int) -> int:
    with database.session(owner) as db:
        return clients.create(db, "Ann Example").id or 0


def test_every_change_is_a_new_version_and_none_is_lost(owner: int, client_id: int) -> None:
    summary = ResumeSummary(
        header=Header(name="Ann"), experience=[Experience(role="Cook", highlights=["Fed 300 people"])]
    )
    with database.session(owner) as db:
        first = clients.add_paste(db, client_id, ResumeKind.RESUME, "Ann Example, cook")
        assert clients.current(db, client_id, ResumeKind.RESUME) is None  # nothing is read yet
        second = clients.correct(db, first.id or 0, summary)
        assert (second.version, second.origin, second.contract) == (2, Origin.CORRECTION, summary)
        assert occurs("Fed 300 people", second.text)
        clients.add_upload(
            db, client_id, ResumeKind.RESUME, [("new.txt", read_document(b"Ann Example, chef", "new.txt"))]
        )
        current = clients.current(db, client_id, ResumeKind.RESUME)
        assert current is not None
        assert current.id == second.id  # a newer version counts once it has been read
        again = clients.use_again(db, second.id or 0)
        assert [v.version for v in clients.versions(db, client_id, ResumeKind.RESUME)] == [4, 3, 2, 1]
        assert (again.text, again.summary) == (second.text, second.summary)
        assert clients.versions(db, client_id, ResumeKind.DETAILED_RESUME) == []


@pytest.mark.parametrize(("name", "code"), [("", "name_empty"), ("   ", "name_empty"), ("x" * 81, "name_too_long")])
def test_names_are_checked(owner: int, name: str, code: str) -> None:
    with database.session(owner) as db, pytest.raises(InputError) as caught:
        clients.create(db, name)
    assert caught.value.code == code


def typed(schema: Any, value: dict[str, Any]) -> dict[str, Any]:
    """What the form hands over when nothing was changed, with an empty entry at the end of every list of entries."""
    result = {}
    for field in editing.form_fields(schema):
        given_value = value[field.name]
        if field.kind == "lines":
            given_value = editing.from_lines(editing.to_lines(given_value))
        elif field.kind == "group":
            given_value = typed(field.item, given_value)
        elif field.kind == "entries":
            assert field.item
            given_value = [typed(field.item, entry) for entry in [*given_value, field.item().model_dump()]]
        result[field.name] = given_value
    return result


words = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=12)


def contracts(schema: Any) -> st.SearchStrategy[Any]:
    def build(field: editing.FormField) -> st.SearchStrategy[Any]:
        return {
            "text": st.one_of(st.just(""), words),
            "number": st.one_of(st.none(), st.floats(0, 50)),
            "lines": st.lists(words, max_size=3),
            "group": contracts(field.item) if field.item else st.nothing(),
            "entries": st.lists(contracts(field.item), max_size=2) if field.item else st.nothing(),
        }[field.kind]

    return st.builds(
        schema.model_validate, st.fixed_dictionaries({f.name: build(f) for f in editing.form_fields(schema)})
    )


@settings(deadline=None)  # a busy machine is no fault of the form
@given(st.one_of(contracts(ResumeSummary), contracts(DetailedResumeSummary)))
def test_saving_an_unchanged_form_changes_nothing_but_blank_entries(summary: Any) -> None:
    schema = type(summary)
    once = editing.to_contract(schema, typed(schema, summary.model_dump()), summary)
    assert editing.to_contract(schema, typed(schema, once.model_dump()), once) == once
    for text in strings(summary.model_dump(exclude={"profile"})):
        assert occurs(text, render.resume_text(once))


def strings(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for child in value.values() for text in strings(child)]
    if isinstance(value, list):
        return [text for child in value for text in strings(child)]
    return [value] if isinstance(value, str) and value else []


def test_every_kind_of_field_is_recognised() -> None:
    kinds = {field.name: field.kind for field in editing.form_fields(ResumeSummary)}
    assert kinds["header"] == "group"
    assert kinds["summary"] == "text"
    assert kinds["awards"] == "lines"
    assert kinds["experience"] == "entries"
    assert "profile" not in kinds
    assert {field.name: field.kind for field in editing.form_fields(JobSummary)}["must_haves"] == "entries"
