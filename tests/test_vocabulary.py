"""The vocabulary is large, of one piece, and an install's own file is laid over it."""

import json
import os
import subprocess
import sys
import time
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from core import i18n
from core.__main__ import main
from core.errors import InputError
from core.offline import vocabulary, wordfiles
from core.offline.wordfiles import KINDS, WordFile
from core.settings import ROOT
from tests.support.environment import forget

FILES = [wordfiles.HERE / "vocabulary.toml", *sorted((wordfiles.HERE / "words").glob("*.toml"))]
TABLES = {file.stem: tomllib.loads(file.read_text("utf-8")) for file in FILES}
Own = Callable[[str], Path]


# --- what comes with the app ------------------------------------------------------------------------------------


def test_it_is_large_and_bilingual() -> None:
    counts = wordfiles.counts()
    assert counts["terms"] >= 2_000
    assert counts["bilingual"] >= 1_500


@pytest.mark.parametrize("name", TABLES)
def test_every_file_has_the_form_that_an_own_file_must_have(name: str) -> None:
    shared = {
        table: value for table, value in TABLES[name].items() if name != "vocabulary" or table in WordFile.model_fields
    }
    assert WordFile.model_validate(shared).model_dump(include=set(KINDS), exclude_unset=True)


def test_a_term_is_of_one_kind_and_spelling() -> None:
    terms = {(kind, term) for table in TABLES.values() for kind in KINDS for term in table.get(kind, ())}
    spellings = Counter(wordfiles.key(term) for _, term in terms)
    assert [term for term, count in spellings.items() if count > 1] == []


def test_every_name_in_a_relation_is_a_term() -> None:
    terms = {term for table in TABLES.values() for _, term in wordfiles.names(table)}
    for table in TABLES.values():
        for group in table.get("group", ()):
            assert set(group["members"]) <= terms, group["name"]
        implications = table.get("implies", {})
        assert {name for term, others in implications.items() for name in (term, *others)} <= terms
        assert set(table.get("disciplines", ())) <= terms


def test_the_page_that_describes_it_names_every_table() -> None:
    page = (wordfiles.HERE / "words" / "README.md").read_text("utf-8")
    assert [name for name in WordFile.model_fields if f"{name}`" not in page and f"[{name}]" not in page] == []
    assert "MIT" in page


# --- an own file ------------------------------------------------------------------------------------------------


def forget_words() -> None:
    forget()
    for cached in (*vars(vocabulary).values(), wordfiles.own, wordfiles.load):
        if hasattr(cached, "cache_clear"):
            cached.cache_clear()


@pytest.fixture
def own(folder: Path) -> Iterator[Own]:
    """Put a file into the data folder, as a person does before starting the program."""
    file = folder / "data" / "vocabulary.toml"

    def write(text: str) -> Path:
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, "utf-8")
        forget_words()
        return file

    yield write
    file.unlink(missing_ok=True)
    forget_words()


def found(text: str) -> list[str]:
    return [hit.name for hit in vocabulary.find(text)]


def test_terms_of_ours_get_more_names_under_any_of_their_own(own: Own) -> None:
    assert found("our container platform and 小黑屋") == []
    own('[skill]\nk8s = ["our container platform"]\nKUBERNETES = ["小黑屋"]')
    assert found("our container platform and 小黑屋, k8s") == ["Kubernetes"] * 3
    assert vocabulary.kind("Kubernetes") == "tech"
    assert vocabulary.relation("Kubernetes", "Docker") == "implied"


def test_a_name_of_ours_that_the_file_gives_away_is_its_own(own: Own) -> None:
    assert found("GL and 总账, Kafka") == ["general ledger", "general ledger", "Kafka"]
    own('[domain]\n"green lumber" = ["GL"]\n[soft]\n"Franz" = ["Kafka"]')
    assert found("GL and 总账, Kafka") == ["green lumber", "general ledger", "Franz"]
    assert (vocabulary.kind("green lumber"), vocabulary.kind("Franz")) == ("domain", "soft")


def test_new_terms_stand_in_relations(own: Own) -> None:
    own("""
        disciplines = ["ledgering"]
        exact_case = ["Heron"]
        [tool]
        "Acme Ledger" = ["AL9000", "艾克米总账", "<Acme Ledger Mini", "~Beta Ledger"]
        Heron = []
        [skill]
        ledgering = []
        [[group]]
        name = "erp系统"
        members = ["AL9000", "Heron"]
        transfer = true
        [implies]
        "Acme Ledger" = ["GL"]
        [not_followed]
        Heron = '^ green'
    """)
    assert found("艾克米总账, AL9000 and Acme Ledger Mini") == ["Acme Ledger", "Acme Ledger", "Acme Ledger Mini"]
    assert found("Heron, Heron green, heron watching") == ["Heron"]
    relations = {
        ("Acme Ledger", "ERP"): "instance",
        ("Acme Ledger Mini", "Acme Ledger"): "instance",
        ("Acme Ledger Mini", "ERP"): "instance",
        ("Acme Ledger", "Beta Ledger"): "near",
        ("Acme Ledger", "Heron"): "near",
        ("Acme Ledger", "general ledger"): "implied",
        ("Acme Ledger", "Kubernetes"): None,
    }
    assert {pair: vocabulary.relation(*pair) for pair in relations} == relations
    assert not vocabulary.is_technique("ledgering")


def test_without_a_file_nothing_is_different(own: Own) -> None:
    before = vocabulary.data()
    own("# nothing yet")
    assert vocabulary.data() == before


NAMES = st.text(st.sampled_from("abcdxyz ABC-.+#&/甲乙丙丁'"), min_size=2, max_size=12)
ALIASES = st.builds(str.__add__, st.sampled_from(["", "", "<", "~"]), NAMES)


@given(
    terms=st.dictionaries(NAMES, st.lists(ALIASES, max_size=4), max_size=6),
    kind=st.sampled_from(KINDS),
    groups=st.lists(st.tuples(NAMES, st.lists(NAMES, max_size=3), st.booleans()), max_size=2),
)
@hypothesis_settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_written_is_refused_or_used(
    own: Own, terms: dict[str, list[str]], kind: str, groups: list[tuple[str, list[str], bool]]
) -> None:
    tables = [f"[{kind}]", *(f"{json.dumps(term)} = {json.dumps(names)}" for term, names in terms.items())]
    for name, members, transfer in groups:
        tables += ["[[group]]", f"name = {json.dumps(name)}", f"members = {json.dumps(members)}"]
        tables += [f"transfer = {json.dumps(transfer)}"]
    own("\n".join(tables))
    try:
        wordfiles.check()
    except InputError:
        assert wordfiles.own() == {}
    for name, term in wordfiles.names(wordfiles.own()):
        assert vocabulary.kind(term) in KINDS
        assert vocabulary.relation(term, term) == "same"
        vocabulary.find(f"in {name}, 和{name}")
    assert found("k8s") == ["Kubernetes"]


ANALYSE = """
from core.offline import analyse
job = analyse("job_summary", "en", {"job_description": "Accountant\\n\\nRequirements\\n- Acme Ledger\\n- Kubernetes"})
resume = "Ann Lee\\n\\nExperience\\n- Closed the books in 艾克米总账 every month, 2019 - 2024"
inputs = {"job_summary": job.model_dump_json(), "resume": resume, "today": "2026-06-01"}
print(analyse("job_match", "en", inputs).model_dump_json())
"""


def test_the_analyst_reads_with_it(folder: Path) -> None:
    """In processes of their own: the same file gives the same answer."""
    own_file = folder / "own.toml"
    own_file.write_text('[tool]\n"Acme Ledger" = ["艾克米总账"]', "utf-8")

    def answer(**environment: str) -> str:
        environment = os.environ | environment | {"PYTHONIOENCODING": "utf-8"}
        command = [sys.executable, "-c", ANALYSE]
        return subprocess.run(command, capture_output=True, check=True, env=environment, encoding="utf-8").stdout

    without, once, again = (
        answer(),
        answer(JOBMATCH_VOCABULARY=str(own_file)),
        answer(JOBMATCH_VOCABULARY=str(own_file)),
    )
    assert once == again
    statuses = [[verdict["status"] for verdict in json.loads(text)["verdicts"]] for text in (without, once)]
    statuses = [of_demands for _, *of_demands in statuses]  # after the title
    assert statuses == [["missing", "missing"], ["met", "missing"]]


# --- a broken one -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ('[tool]\n"Acme" = "AL9000"', "tool.Acme"),
        ('[tool]\nAcme = ["AL9000", 3]', "tool.Acme.1"),
        ('[tool]\nAcme = ["AL9000", ""]', "tool.Acme.1"),
        ('[tool]\nAcme = ["<"]', "tool.Acme.0"),
        ('[tool]\nAcme = ["~x"]', "tool.Acme.0"),
        ('[tool]\nAcme = ["two\\nlines"]', "tool.Acme.0"),
        (f'[tool]\nAcme = ["{"x" * 81}"]', "tool.Acme.0"),
        ('[tool]\n"?!" = []', "tool"),
        ('[tools]\nAcme = []', "tools"),
        ('[[group]]\nname = "ERP"\nmembers = ["SAP", "Acme"]', "group.0.members.Acme"),
        ('[[group]]\nname = "ERP"\nmembers = []', "group.0.members"),
        ('[[group]]\nmembers = ["SAP"]', "group.0.name"),
        ('[group]\nname = "ERP"', "group"),
        ('[implies]\nAcme = ["SAP"]', "implies.Acme"),
        ('[implies]\nSAP = ["Acme"]', "implies.SAP.Acme"),
        ('disciplines = ["![a](http://b)"]', "disciplines.??a?(http?//b)"),
        ("[not_followed]\nSAP = '('", "not_followed.SAP"),
        ('[tool]\n\nAcme = [AL9000]', "vocabulary.toml:3:9"),
        ("[tool]\nAcme = " + "[" * 3_000, "TOML"),
        ("#" * 1_000_001, "1000 kB"),
    ],
)  # fmt: skip
def test_a_wrong_file_is_refused_by_its_place(own: Own, text: str, where: str) -> None:
    file = own(text)
    with pytest.raises(InputError, match="vocabulary_invalid") as caught:
        wordfiles.check()
    for locale in i18n.LOCALES:
        assert str(file) in caught.value.message(locale)
        assert where in caught.value.message(locale)
    assert wordfiles.own() == {}
    assert found("k8s") == ["Kubernetes"]


@pytest.mark.parametrize(
    "pattern",
    [
        "(a+)+$",
        "(?:){4294967294}",
        "(?:a|a)*b",
        r"(\w+\s?)*x",
        r"\w*\w*\w*\w*\w*x",
        "(?:a?){24}a{24}",
        "(?=(a*)*b)",
        "((((a+)+)+)+)+b",
        "a**",
    ],
)
def test_a_pattern_that_could_go_on_for_ever_is_refused(own: Own, pattern: str) -> None:
    own(f"[not_followed]\nSAP = '{pattern}'")
    with pytest.raises(InputError, match="vocabulary_slow" if pattern != "a**" else "vocabulary_invalid") as caught:
        wordfiles.check()
    assert "not_followed.SAP" in caught.value.message("en")
    assert found("SAP aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa") == ["SAP"]  # and is not tried


@pytest.mark.parametrize("pattern", [r"\w*\w*\w*x", r"(?:foo|bar)*$", r"(?i)\s*(?:of|for)\s+\w+", r"(?:a?){16}b"])
def test_a_pattern_that_is_used_is_quick(own: Own, pattern: str) -> None:
    own(f"[not_followed]\nSAP = '{pattern}'\n[not_preceded]\nSAP = '{pattern}'")
    wordfiles.check()
    found("reads the files")
    start = time.process_time()
    for ending in range(5):
        found("a" * 24 + " SAP " + "a" * 24 + "." * ending)
    assert time.process_time() - start < 2


def test_what_is_no_file_is_refused(own: Own, configure: Callable[..., None], folder: Path) -> None:
    own("").write_bytes('[tool]\n"账" = []'.encode("gbk"))
    with pytest.raises(InputError) as caught:
        wordfiles.check()
    assert caught.value.values["where"] == "UTF-8"
    configure(vocabulary=folder / "missing.toml")  # who names a file means it
    with pytest.raises(InputError) as caught:
        wordfiles.check()
    assert str(folder / "missing.toml") in caught.value.message("zh")


def test_a_file_that_breaks_later_changes_nothing_until_the_next_start(own: Own) -> None:
    file = own('[tool]\n"Acme Ledger" = ["AL9000"]')
    assert found("AL9000") == ["Acme Ledger"]
    file.write_text("[tool", "utf-8")
    assert found("AL9000 again") == ["Acme Ledger"]
    with pytest.raises(InputError, match="vocabulary_invalid"):
        wordfiles.check()


def test_home_names_a_broken_file_and_works_on(own: Own) -> None:
    own('[tool]\nAcme = ["<"]')
    page = AppTest.from_file(str(ROOT / "app" / "Home.py"), default_timeout=30).run()
    assert not page.exception
    assert ["tool.Acme.0" in error.value for error in page.error] == [True]
    assert page.button


def test_the_terminal_names_a_broken_file_and_stops(own: Own, capsys: pytest.CaptureFixture[str]) -> None:
    own('[tool]\nAcme = ["<"]')
    resume, jd = (str(next((ROOT / "samples" / "en").glob(name))) for name in ("resume.md", "jobs/*.txt"))
    assert main(["match", resume, jd]) == 2
    captured = capsys.readouterr()
    assert (captured.out, captured.err.count("\n")) == ("", 1)
    assert "tool.Acme.0" in captured.err
