"""Who does what with which keys, what a file of one's own changes, and how a wrong one is refused."""

import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from core import database, engine, i18n, routing
from core.errors import InputError
from core.models import Client, Origin, Resume, ResumeKind, Run, RunKind, RunStatus
from core.routing import TIERS, VISION, Task
from tests.support.environment import forget

OFFLINE = "offline/analyst"
OPENAI, CLAUDE, GEMINI = "openai/gpt-5.4-mini", "anthropic/claude-sonnet-5", "gemini/gemini-3.8-flash"
TEXT_TASKS = [task for task in get_args(Task) if task != VISION]
KEYS = ("OPENAI", "ANTHROPIC", "GEMINI", "DEEPSEEK", "DASHSCOPE", "ZAI", "OPENROUTER")
Configure = Callable[..., None]


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    def give(*names: str) -> None:
        for name in names:
            monkeypatch.setenv(f"{name}_API_KEY", f"secret-{name}")

    return give


@pytest.fixture
def own(folder: Path) -> Callable[[str], Path]:
    """Write the install's own file."""

    def write(text: str) -> Path:
        file = folder / "data" / "routing.toml"
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, "utf-8")
        return file

    return write


def models(task: str, route: str = "paid") -> list[str]:
    return [candidate.model for candidate in routing.candidates(task, route)]


# --- keys -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("task", TEXT_TASKS)
@pytest.mark.parametrize("route", TIERS)
def test_without_any_key_everything_is_offline(task: str, route: str) -> None:
    assert models(task, route) == [OFFLINE]
    assert models(VISION, route) == []
    assert (routing.tiers(), routing.default(), routing.first(route)) == (["offline"], "offline", OFFLINE)


@pytest.mark.parametrize(
    ("present", "route", "text", "vision"),
    [
        (["OPENAI"], "paid", [OPENAI], [OPENAI]),
        (["OPENAI"], "free", [], []),
        (["OPENAI"], "offline", [], [OPENAI]),  # reading pictures is chosen apart
        (["DEEPSEEK"], "paid", ["deepseek/deepseek-v4-flash"], []),
        (["GEMINI", "OPENAI", "ANTHROPIC"], "paid", [OPENAI, CLAUDE, GEMINI], [OPENAI, CLAUDE, GEMINI]),
        (["ZAI"], "paid", ["zai/glm-5.3", "zai/glm-4.7-flash"], ["zai/glm-4.5v"]),
        (["ZAI"], "free", ["zai/glm-4.7-flash"], []),
        (
            ["OPENROUTER"],
            "paid",
            ["openrouter/deepseek/deepseek-v4-flash", "openrouter/openai/gpt-oss-120b:free"],
            ["openrouter/google/gemini-3.8-flash"],
        ),
    ],
)
def test_keys_decide(
    keys: Callable[..., None], present: list[str], route: str, text: list[str], vision: list[str]
) -> None:
    keys(*present)
    assert models("job_match", route) == [*text, OFFLINE]
    assert models(VISION, route) == vision


def test_every_key_brings_in_a_model(keys: Callable[..., None]) -> None:
    keys(*KEYS)
    found = routing.candidates("job_match", "paid")
    assert {candidate.api_key for candidate in found} == {"", *(f"secret-{name}" for name in KEYS)}
    assert all(c.api_key == ("" if c.is_offline else f"secret-{c.model.split('/')[0].upper()}") for c in found)
    assert routing.tiers() == ["paid", "free", "offline"]


def test_a_local_server_is_brought_in_by_its_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OLLAMA_API_BASE", "http://127.0.0.1:11434")
    local = routing.candidates("job_match", "free")[0]
    assert (local.model, local.litellm_model) == ("ollama/qwen3:8b", "ollama_chat/qwen3:8b")
    assert (local.api_base, local.api_key, local.stall_seconds) == ("http://127.0.0.1:11434", "", 180)
    assert models(VISION, "free") == ["ollama/qwen3-vl:8b"]
    assert routing.tiers() == ["free", "offline"]


def test_keys_come_from_wherever_settings_do(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / ".streamlit").mkdir()
    (folder / ".streamlit" / "secrets.toml").write_text(
        'OPENAI_API_KEY = "of-secrets"\nGEMINI_API_KEY = "of-secrets"\n'
    )
    forget()
    assert [c.api_key for c in routing.candidates("job_match", "paid")] == ["of-secrets", "of-secrets", ""]
    (folder / ".env").write_text("OPENAI_API_KEY=of-dotenv\nANTHROPIC_API_KEY=of-dotenv\n")
    forget()
    assert [c.api_key for c in routing.candidates("job_match", "paid")] == ["of-dotenv", "of-dotenv", "of-secrets", ""]
    monkeypatch.setenv("OPENAI_API_KEY", "of-environment")
    assert [c.model for c in routing.candidates("job_match", "paid")] == [OPENAI, CLAUDE, GEMINI, OFFLINE]
    assert routing.candidates("job_match", "paid")[0].api_key == "of-environment"


def test_rows_say_what_is_missing(keys: Callable[..., None]) -> None:
    keys("ANTHROPIC")
    rows = {row.model: row for row in routing.rows("job_match")}
    assert (rows[CLAUDE].missing, rows[CLAUDE].source) == ("", "ANTHROPIC_API_KEY")
    assert (rows[OPENAI].missing, rows[OPENAI].source) == ("OPENAI_API_KEY", "OPENAI_API_KEY")
    assert rows["ollama/qwen3:8b"].missing == "OLLAMA_API_BASE"
    assert (rows[OFFLINE].tier, rows[OFFLINE].missing, rows[OFFLINE].source) == ("offline", "", "")
    assert list(rows)[-1] == OFFLINE


# --- models named by the settings -------------------------------------------------------------------------------


def test_the_model_of_the_settings_is_first_and_has_the_key_alone(
    configure: Configure, keys: Callable[..., None]
) -> None:
    keys("OPENAI", "GEMINI")
    configure(model="openai/mine", api_base="http://mine", api_key="secret-mine")
    found = routing.candidates("job_match", "paid")
    assert [c.model for c in found] == ["openai/mine", OPENAI, GEMINI, OFFLINE]
    assert [c.api_key for c in found] == ["secret-mine", "secret-OPENAI", "secret-GEMINI", ""]
    assert [c.api_base for c in found] == ["http://mine", "", "", ""]
    assert models("job_match", "free") == [OFFLINE]
    assert models(VISION) == [OPENAI, GEMINI]  # what reads text need not see
    assert routing.rows("job_match")[0].source == "JOBMATCH_MODEL"


def test_the_model_of_the_settings_needs_no_key_of_the_table(configure: Configure) -> None:
    configure(model="some/thing")
    assert models("job_match") == ["some/thing", OFFLINE]
    assert (routing.tiers(), routing.first("paid")) == (["paid", "offline"], "some/thing")


def test_a_model_of_the_table_named_by_the_settings_is_tried_once(
    configure: Configure, keys: Callable[..., None]
) -> None:
    keys("OPENAI", "GEMINI")
    configure(model=GEMINI, api_key="secret-mine")
    assert models("job_match") == [GEMINI, OPENAI, OFFLINE]
    assert routing.candidates("job_match", "paid")[0].api_key == "secret-mine"


@pytest.mark.parametrize(
    ("settings", "mode"),
    [
        ({}, "schema"),  # as the table says of the provider
        ({"json_mode": "prompt"}, "prompt"),
        ({"api_base": "http://mine"}, "object"),  # another server behind the same protocol
        ({"api_base": "http://mine", "json_mode": "schema"}, "schema"),
    ],
)
def test_how_the_model_of_the_settings_is_asked_for_json(
    configure: Configure, settings: dict[str, str], mode: str
) -> None:
    configure(model="openai/mine", **settings)
    assert routing.candidates("job_match", "paid")[0].json_mode == mode


def test_the_vision_model_of_the_settings(configure: Configure, keys: Callable[..., None]) -> None:
    keys("OPENAI")
    configure(vision_model="gemini/eyes")
    assert models(VISION) == ["gemini/eyes", OPENAI]
    assert models(VISION, OFFLINE) == ["gemini/eyes", OPENAI]  # asked for apart from what reads the text
    assert models("job_match") == [OPENAI, OFFLINE]
    assert routing.rows(VISION)[0].source == "JOBMATCH_VISION_MODEL"


@pytest.mark.parametrize(
    ("model", "key"), [("gemini/text", "secret-mine"), (OFFLINE, "secret-mine"), ("openai/text", "secret-GEMINI")]
)
def test_the_vision_model_shares_the_key_of_its_own_provider(
    configure: Configure, keys: Callable[..., None], model: str, key: str
) -> None:
    keys("GEMINI")
    configure(model=model, vision_model="gemini/eyes", api_key="secret-mine")
    assert routing.candidates(VISION, "paid")[0].model == "gemini/eyes"
    assert routing.candidates(VISION, "paid")[0].api_key == key


def test_a_vision_model_without_its_key_is_not_used(configure: Configure) -> None:
    configure(model="openai/text", vision_model="gemini/eyes", api_key="secret-mine")
    assert models(VISION) == []
    assert routing.rows(VISION)[0].missing == "GEMINI_API_KEY"


def test_a_key_of_the_provider_is_not_sent_to_another_address(configure: Configure, keys: Callable[..., None]) -> None:
    keys("OPENAI")
    configure(model="openai/mine", vision_model="openai/eyes", api_base="http://mine/v1")
    mine, eyes = routing.candidates("job_match", "paid")[0], routing.candidates(VISION, "paid")[0]
    assert (mine.model, mine.api_base, mine.api_key) == ("openai/mine", "http://mine/v1", "")
    assert (eyes.model, eyes.api_base, eyes.api_key) == ("openai/eyes", "http://mine/v1", "")
    assert routing.candidates("job_match", "openai/mine")[0].api_key == ""
    assert routing.candidates("job_match", "paid")[1].api_key == "secret-OPENAI"


def test_who_sets_the_offline_model_stays_offline(configure: Configure, keys: Callable[..., None]) -> None:
    keys("OPENAI", "ZAI")
    assert routing.default() == "paid"
    configure(model=OFFLINE)
    assert routing.default() == "offline"
    assert models("job_match", routing.default()) == [OFFLINE]
    assert routing.tiers() == ["paid", "free", "offline"]  # who asks for another gets it


def test_limits_of_the_settings_are_for_every_model(configure: Configure, keys: Callable[..., None]) -> None:
    keys("OPENAI")
    configure(max_tokens=99, stall_seconds=5, deadline_seconds=7.5)
    for candidate in routing.candidates("job_summary", "paid"):
        assert (candidate.max_tokens, candidate.stall_seconds, candidate.deadline_seconds) == (99, 5, 7.5)


def test_a_route_of_one_model_is_that_model_alone(keys: Callable[..., None]) -> None:
    keys("OPENAI", "GEMINI")
    assert models("job_match", GEMINI) == [GEMINI]
    assert [c.tier for c in routing.candidates("job_match", GEMINI)] == ["paid"]
    assert [c.tier for c in routing.candidates("job_match", OFFLINE)] == ["offline"]
    assert models(VISION, GEMINI) == [OPENAI, GEMINI]
    assert models(VISION, OFFLINE) == [OPENAI, GEMINI]
    assert routing.first(GEMINI) == GEMINI


@pytest.mark.parametrize(
    ("model", "tier", "queue"),
    [
        ("zai/glm-4.7-flash", "free", "free"),
        ("ollama/qwen3-vl:8b", "free", "free"),  # of one task only
        ("zai/glm-5.3", "paid", "runs"),
        ("zai/unheard", "paid", "runs"),
        (OFFLINE, "offline", "offline"),
    ],
)
def test_a_model_by_its_name_has_the_tier_it_stands_in(
    monkeypatch: pytest.MonkeyPatch, keys: Callable[..., None], model: str, tier: str, queue: str
) -> None:
    keys("ZAI")
    monkeypatch.setenv("OLLAMA_API_BASE", "http://127.0.0.1:11434")
    assert [c.tier for c in routing.candidates("job_match", model)] == [tier]
    assert routing.queue(model) == queue


# --- a file of one's own ----------------------------------------------------------------------------------------


def test_an_address_is_added_without_code(own: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch) -> None:
    own("""
        [provider.office]
        api_base = "http://office:8000/v1"
        litellm = "openai"
        json_mode = "schema"
        [provider.cloud]
        api_base = "https://cloud/v1"
        litellm = "openai"
        key = "CLOUD_API_KEY"
        [tier.paid]
        default = ["office/llama-4", "cloud/big"]
        [model."office/llama-4"]
        options = { seed = 7 }
    """)
    assert models("job_match") == ["office/llama-4", OFFLINE]  # the one needs no key, that of the other is missing
    office = routing.candidates("job_match", "paid")[0]
    assert (office.litellm_model, office.api_base, office.api_key) == ("openai/llama-4", "http://office:8000/v1", "")
    assert (office.json_mode, office.options) == ("schema", {"seed": 7})
    assert {row.model: row.missing for row in routing.rows("job_match")}["cloud/big"] == "CLOUD_API_KEY"
    monkeypatch.setenv("CLOUD_API_KEY", "secret-cloud")
    cloud = routing.candidates("job_match", "paid")[1]
    assert (cloud.model, cloud.api_key, cloud.json_mode) == ("cloud/big", "secret-cloud", "object")


@pytest.mark.parametrize(
    ("key", "base", "missing"),
    [
        ("", "", "OFFICE_API_KEY"),
        ("secret", "", "OFFICE_API_BASE"),  # litellm would take the key to OpenAI
        ("secret", "office:8000", "OFFICE_API_BASE"),
        ("", "http://office/v1", "OFFICE_API_KEY"),
        (" secret\n", " http://office/v1 ", ""),
    ],
)
def test_an_address_in_a_variable_is_needed_as_the_key_is(
    own: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch, key: str, base: str, missing: str
) -> None:
    own("""
        [provider.office]
        litellm = "openai"
        key = "OFFICE_API_KEY"
        base = "OFFICE_API_BASE"
        [tier.paid]
        default = ["office/a"]
    """)
    monkeypatch.setenv("OFFICE_API_KEY", key)
    monkeypatch.setenv("OFFICE_API_BASE", base)
    assert {row.model: row.missing for row in routing.rows("job_match")}["office/a"] == missing
    assert models("job_match") == ([OFFLINE] if missing else ["office/a", OFFLINE])
    if base.strip().startswith("http"):
        found = routing.candidates("job_match", "office/a")[0]
        assert (found.api_base, found.api_key) == ("http://office/v1", key.strip())
    else:
        with pytest.raises(InputError, match="settings_invalid") as caught:
            routing.candidates("job_match", "office/a")
        assert caught.value.values["names"] == "OFFICE_API_BASE"


def test_the_model_of_the_settings_needs_the_address_of_its_provider(
    own: Callable[[str], Path], configure: Configure
) -> None:
    own('[provider.office]\nlitellm = "openai"\nbase = "OFFICE_API_BASE"\n')
    configure(model="office/a", api_key="secret")
    assert models("job_match") == [OFFLINE]
    assert routing.rows("job_match")[0].missing == "OFFICE_API_BASE"
    configure(api_base="http://office/v1")
    assert models("job_match") == ["office/a", OFFLINE]


def test_a_wrong_address_of_a_provider_is_not_passed_over(
    keys: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    keys("OPENAI")
    monkeypatch.setenv("OPENAI_API_BASE", "gateway/v1")  # OpenAI itself is not meant
    assert models("job_match") == [OFFLINE]
    assert routing.rows("job_match")[0].missing == "OPENAI_API_BASE"
    monkeypatch.setenv("OPENAI_API_BASE", "http://gateway/v1")
    assert models("job_match") == [OPENAI, OFFLINE]


def test_what_is_not_named_stays(own: Callable[[str], Path], keys: Callable[..., None]) -> None:
    keys("OPENAI", "ANTHROPIC", "ZAI")
    own("""
        [tier.paid]
        job_match = ["anthropic/claude-sonnet-5"]
        [tier.free]
        queue = "runs"
        [queue.free]
        concurrency = 1
        [task.job_match]
        max_tokens = 1234
        [provider.zai]
        stall_seconds = 2.5
        [model."zai/glm-5.3"]
        temperature = 0.7
        options = { extra_body = { do_sample = false } }
    """)
    assert models("job_match") == [CLAUDE, "zai/glm-4.7-flash", OFFLINE]
    assert models("job_summary")[:2] == [OPENAI, CLAUDE]
    assert routing.candidates("job_match", "paid")[0].max_tokens == 1234
    assert routing.candidates("job_summary", "paid")[0].max_tokens == 8_000
    zai = {c.model: c for c in routing.candidates("job_summary", "paid")}["zai/glm-5.3"]
    assert (zai.stall_seconds, zai.temperature) == (2.5, 0.7)
    # Options are merged too: what the table needs for a JSON mode is not lost to one more option.
    assert zai.options == {
        "allowed_openai_params": ["response_format", "max_retries"],
        "extra_body": {"reasoning_effort": "low", "do_sample": False},
    }
    assert (routing.queue("free"), routing.queue("paid"), routing.queue("zai/x")) == ("runs", "runs", "runs")
    places = {name: limits.concurrency for name, limits in routing.queues().items()}
    assert places == {"runs": 4, "offline": 4, "free": 1, "scans": 2, "free_scans": 2}


def test_a_depth_of_its_own_is_not_cut_by_our_share_of_an_owner(own: Callable[[str], Path]) -> None:
    ours = routing.queues()["free"]
    own("[queue.runs]\ndepth = 5000\n[queue.offline]\ndepth = 900\nowner_depth = 30\n[queue.scans]\nowner_depth = 7\n")
    depths = {name: (limits.depth, limits.owner_depth) for name, limits in routing.queues().items()}
    assert (depths["runs"], depths["offline"], depths["scans"]) == ((5000, 5000), (900, 30), (100, 7))
    assert routing.queues()["free"] == ours


def test_the_file_may_lie_elsewhere(folder: Path, configure: Configure) -> None:
    (folder / "elsewhere.toml").write_text("[task.default]\nmax_tokens = 5\n", "utf-8-sig")  # as Notepad saves it
    configure(routing=folder / "elsewhere.toml")
    assert routing.candidates("job_match", OFFLINE)[0].max_tokens == 5


def test_a_change_of_the_file_is_noticed(own: Callable[[str], Path]) -> None:
    for second, tokens in ((1, 5), (2, 6)):
        file = own(f"[task.default]\nmax_tokens = {tokens}\n")
        os.utime(file, (second, second))
        assert routing.candidates("job_match", OFFLINE)[0].max_tokens == tokens
    file.unlink()
    assert routing.candidates("job_match", OFFLINE)[0].max_tokens == 16_000


@pytest.mark.parametrize(
    ("then", "paid", "free"),
    [
        ({"free": "paid"}, ["a/1", "b/2"], ["b/2", "a/1"]),
        ({"paid": "paid"}, ["a/1"], ["b/2"]),
        ({"paid": "offline"}, ["a/1"], ["b/2"]),
        ({"offline": "paid"}, ["a/1", "b/2"], ["b/2", "a/1"]),
    ],
)
def test_a_circle_of_tiers_ends(
    own: Callable[[str], Path], then: dict[str, str], paid: list[str], free: list[str]
) -> None:
    rows: dict[str, list[str]] = {"paid": ['default = ["a/1"]'], "free": ['default = ["b/2"]'], "offline": []}
    for tier, following in then.items():
        rows[tier].append(f'then = "{following}"')
    tables = [f"[tier.{tier}]\n" + "\n".join(lines) for tier, lines in rows.items()]
    own("\n".join([*tables, "[provider.a]", "[provider.b]"]))
    assert models("job_match", "paid") == [*paid, OFFLINE]
    assert models("job_match", "free") == [*free, OFFLINE]


def test_a_model_of_two_tiers_belongs_to_the_first(own: Callable[[str], Path], keys: Callable[..., None]) -> None:
    keys("ZAI")
    own(f'[tier.paid]\ndefault = ["zai/glm-4.7-flash", "{OFFLINE}", "zai/glm-5.3", "zai/glm-4.7-flash"]\n')
    found = [(c.model, c.tier) for c in routing.candidates("job_match", "paid")]
    assert found == [("zai/glm-4.7-flash", "paid"), ("zai/glm-5.3", "paid"), (OFFLINE, "offline")]


# --- wrong files ------------------------------------------------------------------------------------------------

SECRET = "sk-live-0123456789"


@pytest.mark.parametrize(
    ("text", "where"),
    [
        (f'[provider.mine]\nkey = "{SECRET}', "TOML"),
        (f"[provider.mine]\nkey = {SECRET}\n", "TOML"),
        (f'x = "{SECRET}"\nx = 1\n', "TOML"),
        (f'tier = "{SECRET}"', "tier"),
        (f'[tier.paid]\ndefault = "{SECRET}"', "tier.paid.default"),
        (f'[tier.paid]\ndefault = [1, "{SECRET}"]', "tier.paid.default.0"),
        (f'[tier.paid]\ndefault = ["{SECRET}"]', "tier.paid.default.0"),  # not provider/name
        (f'[tier.paid]\njob_match = ["openai/x", "{SECRET}/x"]', "tier.paid.job_match.1"),  # no such provider
        (f'[tier.paid]\nthen = "{SECRET}"', "tier.paid.then"),
        ('[tier.paid]\njob_mach = ["openai/x"]', "tier.paid.?"),
        ('[tier.gold]\ndefault = ["openai/x"]', "tier.?"),
        ("[task.job_mach]\nmax_tokens = 5", "task.?"),
        (f'[task.job_match]\nmax_tokens = "{SECRET}"', "task.job_match.max_tokens"),
        ("[task.job_match]\nmax_tokens = 0", "task.job_match.max_tokens"),
        ("[task.job_match]\nmax_tokens = -5", "task.job_match.max_tokens"),
        ("[task.job_match]\nmax_tokens = 1.5", "task.job_match.max_tokens"),
        ("[task.job_match]\nmax_tokens = true", "task.job_match.max_tokens"),
        ("[task.job_match]\nstall_seconds = 0", "task.job_match.stall_seconds"),
        ("[task.job_match]\ndeadline_seconds = -1.5", "task.job_match.deadline_seconds"),
        ("[task.job_match]\ndeadline_seconds = inf", "task.job_match.deadline_seconds"),
        ("[task.job_match]\nstall_seconds = nan", "task.job_match.stall_seconds"),
        ("[task.job_match]\ntemperature = -0.1", "task.job_match.temperature"),
        ("[task.job_match]\ntemperature = 2.1", "task.job_match.temperature"),
        ('[task.job_match]\nstream = "yes"', "task.job_match.stream"),
        ("[queue]\nfree = 2", "queue.free"),
        ("[queue.free]\nconcurrency = 0", "queue.free.concurrency"),
        ("[queue.free]\nper_owner = -1", "queue.free.per_owner"),
        ("[queue.runs]\ndepth = 0", "queue.runs.depth"),
        ("[queue.runs]\nowner_depth = 0", "queue.runs.owner_depth"),
        ('[tier.free]\nscans = "runs"', "tier.free.scans"),
        (f'[provider.mine]\nkey = "{SECRET}"', "provider.?.key"),  # a key where its name belongs
        (f'[provider.mine]\nbase = "http://{SECRET}"', "provider.?.base"),
        (f'[provider.mine]\napi_key = "{SECRET}"', "provider.?.?"),
        ('[provider.mine]\njson_mode = "xml"', "provider.?.json_mode"),
        ("[provider.mine]\napi_base = 1", "provider.?.api_base"),
        ("[provider.mine]\noptions = 1", "provider.?.options"),
        ('[model."openai/x"]\nmax_token = 5', "model.?.?"),
        ("[model.openai]\nmax_tokens = 5", "model.openai"),
        ("[modle]\n", "?"),
        ("provider = []", "provider"),
        (f"[{SECRET}]\nx = 1", "?"),  # a key in the place of a name
        (f"[provider.{SECRET}]\nkey = 1", "provider.?.key"),
        (f'[model."x/{SECRET}"]\nmax_tokens = 0', "model.?.max_tokens"),
        (f"[queue]\n{SECRET} = 1", "queue.?"),
        ("[queue]\nslow = 1", "queue.?"),  # nobody would work on it
        ('[tier.free]\nqueue = "slow"', "tier.free.queue"),
        ('[tier.free]\nqueue = "scans"', "tier.free.queue"),
        ('[provider.mine]\nlitellm = "openai"\nkey = "MINE_API_KEY"', "provider.?.litellm"),  # would go to OpenAI
        ('[provider.deepseek]\nlitellm = " OpenAI/x"', "provider.deepseek.litellm"),
        ('[provider.mine]\napi_base = "office:8000"', "provider.?.api_base"),
        ('[provider.mine]\napi_base = "file:///etc"', "provider.?.api_base"),
        ("[task.job_match]\nstall_seconds = 86_401", "task.job_match.stall_seconds"),
        ('[tier.paid]\ndefault = ["openai/a\\u202eb"]', "tier.paid.default.0"),
        (f'[tier.paid]\ndefault = ["openai/{"x" * 200}"]', "tier.paid.default.0"),
        (f"[tier.paid]\ndefault = {[f'openai/{n}' for n in range(51)]}", "tier.paid.default"),
        ("x = " + "[" * 5_000, "TOML"),
        ("[provider.openai.options]\n" + "a." * 3_000 + "a = 1", "TOML"),
        ("#" * 256_001, "256 kB"),
    ],
)
def test_a_wrong_file_is_refused_by_its_place(
    own: Callable[[str], Path], caplog: pytest.LogCaptureFixture, text: str, where: str
) -> None:
    caplog.set_level(logging.DEBUG)
    file = own(text)
    for use in (
        routing.check,
        routing.tiers,
        routing.queues,
        lambda: models("job_match"),
        lambda: models("job_match", "x/y"),
    ):
        with pytest.raises(InputError, match="routing_invalid") as caught:
            use()
        for locale in i18n.LOCALES:
            message = caught.value.message(locale)
            assert str(file) in message
            assert where in message
            assert SECRET not in message
    assert SECRET not in caplog.text


def test_work_goes_on_with_the_table_from_before(own: Callable[[str], Path], keys: Callable[..., None]) -> None:
    keys("ZAI")
    own("[task.default]\nmax_tokens = 5\n")
    assert models("job_match", "free") == ["zai/glm-4.7-flash", OFFLINE]
    file = own("[tier.paid]\nthen = oops\n")
    assert models("job_match", "free") == ["zai/glm-4.7-flash", OFFLINE]
    assert routing.candidates("job_match", OFFLINE)[0].max_tokens == 5
    assert (routing.queue("free"), routing.queues()["free"].concurrency) == ("free", 2)
    with pytest.raises(InputError, match="routing_invalid"):
        routing.check()  # what is asked by whoever can mend it
    file.write_text("[task.default]\nmax_tokens = 66\n")
    routing.check()
    assert routing.candidates("job_match", OFFLINE)[0].max_tokens == 66


def test_runs_are_swept_while_the_table_is_broken(
    own: Callable[[str], Path], owner: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    own("")
    assert engine.start()
    handed: list[str] = []
    monkeypatch.setattr(engine, "enqueue", lambda *_, queue: handed.append(queue))
    with database.session(owner) as db:
        client = Client(name="Ann")
        db.add(client)
        db.flush()
        version = Resume(
            client_id=client.id, kind=ResumeKind.RESUME, version=1, origin=next(iter(Origin)), text="x", locale="en"
        )
        db.add(version)
        db.flush()
        for route in ("paid", "free"):  # as a crash leaves them: the engine knows nothing of them
            db.add(
                Run(
                    id=route, kind=next(iter(RunKind)), status=RunStatus.SUMMARY_PENDING, client_id=client.id,
                    resume_id=version.id, model=route, locale="en",
                )
            )  # fmt: skip
        db.commit()
    own("[tier.paid]\nthen = oops\n")
    engine.sweep()
    assert {"runs", "free"} == set(handed)


def test_the_line_of_what_is_not_toml_is_told(own: Callable[[str], Path]) -> None:
    file = own("[tier.paid]\n\nthen = oops\n")
    with pytest.raises(InputError) as caught:
        routing.check()
    assert caught.value.values["path"] == f"{file}:3:8"


def test_what_is_no_text_is_refused(own: Callable[[str], Path]) -> None:
    own("").write_bytes("[tier.paid]\n# 付费".encode("gbk"))
    with pytest.raises(InputError, match="routing_invalid") as caught:
        routing.check()
    assert caught.value.values["where"] == "UTF-8"


def test_what_is_no_file_is_refused(folder: Path, configure: Configure) -> None:
    (folder / "data" / "routing.toml").mkdir(parents=True)
    with pytest.raises(InputError, match="routing_invalid"):
        routing.check()
    configure(routing=folder / "missing.toml")  # who names a file means it
    with pytest.raises(InputError, match="routing_invalid") as caught:
        routing.check()
    assert str(folder / "missing.toml") in caught.value.message("zh")


# --- always -----------------------------------------------------------------------------------------------------


def test_nothing_secret_is_shown(
    own: Callable[[str], Path], configure: Configure, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    own(f"""
        [provider.mine]
        api_base = "http://user:{SECRET}@office/v1"
        options = {{ extra_headers = {{ token = "{SECRET}" }} }}
        [tier.paid]
        default = ["mine/x"]
    """)
    configure(model="openai/mine", api_key=SECRET, api_base=f"http://user:{SECRET}@host")
    found = routing.candidates("job_match", "paid")
    assert found[0].api_key == SECRET
    assert SECRET in found[1].api_base
    assert SECRET not in repr([found, routing.rows("job_match"), routing.queues()]) + caplog.text


NAMES = st.sampled_from([OPENAI, GEMINI, "zai/glm-5.3", "ollama/qwen3:8b", OFFLINE, "mine/a", "mine/b"])
TIER_ROWS = st.fixed_dictionaries(
    {},
    optional={
        "then": st.sampled_from(TIERS),
        **{name: st.lists(NAMES, max_size=4) for name in ("default", *get_args(Task))},
    },
)


@given(
    tables=st.dictionaries(st.sampled_from(TIERS), TIER_ROWS),
    present=st.sets(st.sampled_from(KEYS)),
    model=st.sampled_from(["", OFFLINE, OPENAI, "mine/a", "any/thing"]),
    sees=st.sampled_from(["", OPENAI, "any/eyes"]),
)
@hypothesis_settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_written_the_offline_analyst_is_the_last(
    folder: Path, tables: dict[str, dict[str, Any]], present: set[str], model: str, sees: str
) -> None:
    lines = ["[provider.mine]"]
    for tier, row in tables.items():
        lines += [f"[tier.{tier}]", *(f"{name} = {value!r}" for name, value in row.items())]
    file = folder / "table.toml"
    file.write_text("\n".join(lines))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JOBMATCH_ROUTING", str(file))
        patch.setenv("JOBMATCH_MODEL", model)
        patch.setenv("JOBMATCH_VISION_MODEL", sees)
        for name in present:
            patch.setenv(f"{name}_API_KEY", "x")
        forget()
        routing._load.cache_clear()  # the file changes faster than its time
        for route in TIERS:
            for task in TEXT_TASKS:
                found = models(task, route)
                assert found[-1] == OFFLINE
                assert len(found) == len(set(found))
            pictures = models(VISION, route)
            assert OFFLINE not in pictures
            assert len(pictures) == len(set(pictures))
        assert routing.tiers()[-1] == "offline"
    forget()
