"""What each provider of the shipped table is really sent, read off the wire; no request leaves this machine.

The snapshots in `tests/payloads/` are rewritten by `UPDATE_PAYLOADS=1 pytest tests/test_payloads.py`; read the
difference before you keep it.
"""

import base64
import io
import json
import os
import threading
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, get_args

import pytest
from PIL import Image

from core import i18n, llm, prompts, routing, schemas
from core.errors import ModelError
from core.routing import VISION, Candidate, JsonMode, Task

SNAPSHOTS = Path(__file__).parent / "payloads"
UPDATE = bool(os.environ.get("UPDATE_PAYLOADS"))
TABLE = tomllib.loads(routing.TABLE.read_text("utf-8"))
PROVIDERS = {name: row for name, row in TABLE["provider"].items() if name != "offline"}
MODES: tuple[JsonMode, ...] = get_args(JsonMode)
TEXT: Task = "job_summary"
MODELS = [
    (task, model)
    for task, tier in [(task, tier) for task in (TEXT, VISION) for tier in TABLE["tier"].values()]
    for model in tier.get(task, tier["default"])
    if model != "offline/analyst"
]


@dataclass(frozen=True)
class Request:
    path: str
    headers: dict[str, str]
    body: dict[str, Any]


class Wire:
    """Where all providers are reached in these tests; it refuses every request, after it has kept it."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.url = ""
        self.sent: dict[tuple[str, Candidate], Request] = {}


class _Handler(BaseHTTPRequestHandler):
    wire: Wire

    def log_message(self, *_: object) -> None:
        pass

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.wire.requests.append(Request(self.path, {k.lower(): v for k, v in self.headers.items()}, body))
        answer = b'{"error": {"message": "no", "type": "authentication_error", "code": 401}}'
        self.send_response(401)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)


@pytest.fixture(scope="module")
def everybody() -> Iterator[Wire]:
    wire = Wire()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"wire": wire}))
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    wire.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield wire
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def wire(everybody: Wire, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Wire:
    """Every provider has its key, and its address is on loopback."""
    addresses = "\n".join(f'[provider.{name}]\napi_base = "{everybody.url}"' for name in PROVIDERS)
    (folder / "data").mkdir()
    (folder / "data" / "routing.toml").write_text(addresses)
    for row in PROVIDERS.values():
        if "key" in row:
            monkeypatch.setenv(row["key"], f"secret-of-{row['key']}")
    return everybody


def candidate(task: str, model: str) -> Candidate:
    return next(c for tier in ("paid", "free") for c in routing.candidates(task, tier) if c.model == model)


def picture() -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8), "white").save(buffer, "PNG")
    return buffer.getvalue()


def sent(wire: Wire, task: str, asked: Candidate) -> Request:
    """The one request for a task; what several tests ask for is sent once."""
    if (task, asked) in wire.sent:
        return wire.sent[task, asked]
    wire.requests.clear()
    inputs = dict.fromkeys(prompts.load(task, "en").inputs, "Python")
    with pytest.raises(ModelError, match="auth"):
        llm.complete(task, "en", inputs, [asked], images=[picture()] if task == VISION else [])
    requests = [request for request in wire.requests if request.path != "/api/show"]  # Ollama's look at its own model
    assert len(requests) == 1
    wire.sent[task, asked] = requests[0]
    return requests[0]


# --- snapshots --------------------------------------------------------------------------------------------------


def shown(request: Request, task: str) -> dict[str, Any]:
    """A request as it is kept: keys by the name of their variable, without texts; the schema only of a picture."""
    messages = prompts.load(task, "en").render(dict.fromkeys(prompts.load(task, "en").inputs, "Python"))
    texts = {messages[0]["content"]: "<system prompt>", messages[1]["content"]: "<user prompt>"}
    texts[base64.b64encode(picture()).decode()] = "<picture>"

    def masked(value: Any) -> Any:
        if isinstance(value, list):
            return [masked(item) for item in value]
        if isinstance(value, dict):
            whole = task == VISION or "properties" not in value
            return {name: masked(item) for name, item in value.items()} if whole else "<schema>"
        if isinstance(value, str):
            for text, name in texts.items():
                value = value.replace(text, name)
        return value

    headers = {n: v for n, v in request.headers.items() if "secret-of-" in v or n.startswith("anthropic-")}
    headers = {name: value.replace("secret-of-", "") for name, value in sorted(headers.items())}
    return {"path": request.path, "headers": headers, "body": masked(request.body)}


@pytest.mark.parametrize("provider", PROVIDERS)
def test_requests_are_as_they_were(wire: Wire, provider: str) -> None:
    found = {
        f"{task} {model} {mode}": shown(sent(wire, task, replace(candidate(task, model), json_mode=mode)), task)
        for task, model in MODELS
        if model.startswith(f"{provider}/")
        for mode in MODES
    }
    file = SNAPSHOTS / f"{provider}.json"
    if UPDATE:
        SNAPSHOTS.mkdir(exist_ok=True)
        file.write_text(json.dumps(found, indent=2, ensure_ascii=False) + "\n", "utf-8")
    assert found == json.loads(file.read_text("utf-8"))


def test_no_snapshot_is_left_over() -> None:
    assert {file.stem for file in SNAPSHOTS.iterdir()} == set(PROVIDERS)


# --- what must be in them, whatever the snapshots say -----------------------------------------------------------


def asked_mode(body: dict[str, Any]) -> JsonMode:
    """How a request asks for JSON, in the words of whichever provider."""
    kind = (body.get("response_format") or body.get("output_format") or {}).get("type")
    gemini, ollama = body.get("generationConfig", {}), body.get("format")
    if kind == "json_schema" or "response_json_schema" in gemini or isinstance(ollama, dict):
        return "schema"
    if kind == "json_object" or gemini.get("response_mime_type") == "application/json" or ollama == "json":
        return "object"
    return "prompt"


def limits(body: dict[str, Any]) -> dict[str, Any]:
    """The names that providers have for the settings of a request, with their values."""
    return {**body, **body.get("generationConfig", {}), **body.get("options", {})}


def longest(body: dict[str, Any]) -> int | None:
    names = ("max_tokens", "max_completion_tokens", "max_output_tokens", "num_predict")
    return next((limits(body)[name] for name in names if name in limits(body)), None)


@pytest.mark.parametrize(("task", "model"), MODELS)
def test_nothing_that_the_table_says_is_dropped(wire: Wire, task: str, model: str) -> None:
    asked = candidate(task, model)
    request = sent(wire, task, asked)
    assert asked_mode(request.body) == asked.json_mode
    assert longest(request.body) == asked.max_tokens
    takes_temperature = model.partition("/")[0] not in ("openai", "anthropic")  # their newest models refuse any
    assert limits(request.body).get("temperature") == (asked.temperature if takes_temperature else None)
    assert (base64.b64encode(picture()).decode() in json.dumps(request.body)) == (task == VISION)


@pytest.mark.parametrize(
    ("task", "model", "told"),
    [
        (TEXT, "openai/gpt-5.4-mini", {"reasoning_effort": "low"}),
        (TEXT, "gemini/gemini-3.8-flash", {"thinkingConfig": {"thinkingLevel": "low", "includeThoughts": True}}),
        (TEXT, "deepseek/deepseek-v4-flash", {"reasoning_effort": "low"}),
        (TEXT, "dashscope/qwen3.8-max", {"enable_thinking": False}),
        (TEXT, "zai/glm-5.3", {"reasoning_effort": "low"}),
        (TEXT, "zai/glm-4.7-flash", {"thinking": {"type": "disabled"}}),
        (VISION, "zai/glm-4.5v", {"thinking": {"type": "disabled"}}),
        (TEXT, "openrouter/openai/gpt-oss-120b:free", {"reasoning_effort": "low"}),
        (TEXT, "ollama/qwen3:8b", {"think": False, "num_ctx": 32_768}),
        (VISION, "ollama/qwen3-vl:8b", {"think": False, "num_ctx": 32_768}),
    ],
)
def test_models_are_told_how_long_to_think(wire: Wire, task: str, model: str, told: dict[str, Any]) -> None:
    assert told.items() <= limits(sent(wire, task, candidate(task, model)).body).items()


@pytest.mark.parametrize(("task", "model"), MODELS)
def test_a_key_goes_to_its_own_provider_only(wire: Wire, task: str, model: str) -> None:
    request = sent(wire, task, candidate(task, model))
    own = PROVIDERS[model.partition("/")[0]].get("key", "nobody's")
    everything = json.dumps([request.path, request.headers, request.body])
    assert {row["key"] for row in PROVIDERS.values() if f"secret-of-{row.get('key')}" in everything} <= {own}
    headers = [value.removeprefix("Bearer ") for value in request.headers.values()]
    assert (f"secret-of-{own}" in headers) == (own != "nobody's")
    assert "secret-of-" not in json.dumps([request.path, request.body])


def test_a_server_of_ones_own_is_not_sent_the_key_of_openai(wire: Wire, folder: Path) -> None:
    (folder / "data" / "routing.toml").write_text(
        f'[provider.mine]\napi_base = "{wire.url}/v1"\nlitellm = "openai"\n[tier.paid]\ndefault = ["mine/llama"]\n'
    )
    request = sent(wire, TEXT, routing.candidates(TEXT, "paid")[0])
    assert request.path == "/v1/chat/completions"
    assert request.body["model"] == "llama"
    assert asked_mode(request.body) == "object"
    assert "secret-of-" not in json.dumps(request.headers)


@pytest.mark.parametrize("locale", i18n.LOCALES)
@pytest.mark.parametrize("task", get_args(Task))
def test_prompts_say_json(task: str, locale: str) -> None:
    # DeepSeek and DashScope refuse their JSON mode without the word.
    prompt = prompts.load(task, locale)
    assert "JSON" in json.dumps(prompt.render(dict.fromkeys(prompt.inputs, "x")))


# --- schemas ----------------------------------------------------------------------------------------------------

KEYWORDS = {"type", "properties", "required", "additionalProperties", "items", "enum", "anyOf", "description"}
COUNTS = {"minItems", "maxItems"}
CONTRACTS = {task: prompts.load(task, "en").schema for task in get_args(Task)}


def faults(schema: dict[str, Any], keywords: set[str], at: str = "", depth: int = 1) -> Iterator[str]:
    """What OpenAI's strict mode, Anthropic or Gemini would refuse, or forgive and not honour."""
    if unknown := set(schema) - keywords:
        yield f"{at}: {sorted(unknown)}"
    if schema.get("type") == "object":
        if schema.get("additionalProperties") is not False:
            yield f"{at}: takes other keys"
        if schema.get("required") != list(schema["properties"]):
            yield f"{at}: optional keys"
        if depth > 10:
            yield f"{at}: too deep"
    inner = {**schema.get("properties", {}), **dict(enumerate(schema.get("anyOf", [])))}
    inner |= {"items": schema["items"]} if "items" in schema else {}
    for name, value in inner.items():
        yield from faults(value, keywords, f"{at}.{name}", depth + (schema.get("type") == "object"))


def schema_in(body: dict[str, Any]) -> dict[str, Any]:
    places = (
        body.get("response_format", {}).get("json_schema", {}).get("schema"),
        body.get("output_format", {}).get("schema"),
        body.get("generationConfig", {}).get("response_json_schema"),
        body.get("format"),
    )
    return next(place for place in places if place)


@pytest.mark.parametrize("task", get_args(Task))
@pytest.mark.parametrize("provider", [name for name, row in PROVIDERS.items() if row["json_mode"] == "schema"])
def test_schemas_are_such_as_the_provider_takes(wire: Wire, provider: str, task: Task) -> None:
    model = next(
        model for of, model in MODELS if model.startswith(f"{provider}/") and (of == VISION) == (task == VISION)
    )
    request = sent(wire, task, candidate(task, model))
    schema = schema_in(request.body)
    assert list(faults(schema, KEYWORDS if provider == "anthropic" else KEYWORDS | COUNTS)) == []
    assert list(schema["properties"]) == list(CONTRACTS[task].model_json_schema()["properties"])  # in their order
    strict = request.body.get("response_format", {}).get("json_schema", {}).get("strict")
    assert strict is (True if provider == "openai" else None)


def test_schemas_keep_what_the_contracts_say(wire: Wire) -> None:
    schema = schema_in(sent(wire, "job_match", candidate("job_match", "openai/gpt-5.4-mini")).body)["properties"]
    assert (schema["recommendations"]["minItems"], schema["recommendations"]["maxItems"]) == (3, 3)
    verdict = schema["verdicts"]["items"]["properties"]
    assert verdict["status"]["enum"] == list(get_args(schemas.Status))
    assert set(verdict["quotes"]["items"]["properties"]) == {"source", "text"}  # `verified` is not the model's to say
    resume = schema_in(sent(wire, "resume_summary", candidate("resume_summary", "openai/gpt-5.4-mini")).body)
    years = resume["properties"]["profile"]["properties"]["years_of_experience"]
    assert years["anyOf"] == [{"type": "number"}, {"type": "null"}]
    assert (
        "title"
        in schema_in(sent(wire, TEXT, candidate(TEXT, "openai/gpt-5.4-mini")).body)["properties"]["raw_sections"][
            "items"
        ]["properties"]
    )  # a key of ours, not the keyword


# --- litellm's own table of models ------------------------------------------------------------------------------

# OpenRouter has hundreds that come and go, and it tells the cost itself; a local model has no price.
NOT_LISTED = ("openrouter", "ollama")


def listed(model: str) -> dict[str, Any] | None:
    llm.warm_up()
    import litellm

    name = model.partition("/")[2] if model.startswith(("openai/", "anthropic/")) else model
    entry: dict[str, Any] | None = litellm.model_cost.get(name)
    return entry


@pytest.mark.parametrize(("task", "model"), [(t, m) for t, m in MODELS if not m.startswith(NOT_LISTED)])
def test_shipped_models_can_do_what_they_are_for(wire: Wire, task: str, model: str) -> None:
    entry = listed(model)
    assert entry is not None
    assert entry["input_cost_per_token"] is not None
    assert entry["output_cost_per_token"] is not None
    retired = entry.get("deprecation_date")
    assert retired is None or date.fromisoformat(retired) > datetime.now(UTC).date()
    assert task != VISION or entry["supports_vision"]
    tasks = [task] if task == VISION else [name for name in get_args(Task) if name != VISION]
    assert entry["max_output_tokens"] >= max(candidate(name, model).max_tokens for name in tasks)
    free = model in TABLE["tier"]["free"]["default"] + TABLE["tier"]["free"]["job_vision"]
    assert (entry["output_cost_per_token"] == 0) == free


def test_models_that_are_not_listed_are_so_on_purpose() -> None:
    assert {m for _, m in MODELS if listed(m) is None} == {m for _, m in MODELS if m.startswith(NOT_LISTED)}
