"""Prompt templates as data: `prompts/<task>/<locale>.md`, checked when loaded.

A template is YAML front matter (task, version, schema, inputs, untrusted) and two sections, `# system` and `# user`,
in sandboxed Jinja2. Untrusted inputs enter as delimited blocks of numbered lines; `blocks` reads them back. Pictures
follow the text of the user section, as OpenAI-style content parts.
"""

import base64
import hashlib
import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from jinja2 import StrictUndefined, TemplateSyntaxError, meta, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from core import schemas
from core.i18n import LOCALES
from core.marks import normalised
from core.settings import ROOT

FOLDER = ROOT / "prompts"
SNIPPETS = FOLDER / "knowledge"  # no templates: coaching snippets, which `core.knowledge` reads
Message = dict[str, Any]  # role, and content: a text, or a list of parts when there are pictures

_FRONT_MATTER = re.compile(r"\A---\n(.*?)\n---\n(.*)\Z", re.S)
_KEY = re.compile(r"^([^\s:]+):", re.M)
_SECTION = re.compile(r"^# (system|user)[ \t]*$", re.M)
_BLOCK = re.compile(r'^<data name="(\w+)" id="(\w+)">\n(.*?)\n</data id="\2">$', re.M | re.S)
_LINE_NUMBER = re.compile(r"^\d+\| ", re.M)
# What a model may take for the end of a line: it must be one, or the rest would stand on a line without a number.
_LINE_END = re.compile("\r\n|[\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
# Of the characters without a shape, those that are of no control or format category: fillers, variation selectors.
_SHAPELESS = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2065\u3164\ufe00-\ufe0f\uffa0\ufff0-\ufff8\U000e0000-\U000e0fff]"
)
_SHAPE = "shape"  # what a template calls the form of the answer
_ENVIRONMENT = ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=False)
_ENVIRONMENT.globals.clear()  # a template knows its inputs and nothing else


class PromptError(Exception):
    """A template file is malformed; raised when it is loaded, which a test does for all of them."""


def clean(text: str) -> str:
    """Text as a reader sees it: hidden characters dropped, NFC, line ends as newlines. Idempotent.

    What a coach cannot see (zero-width, bidi and tag characters, controls) must not reach a model.
    """
    text = _LINE_END.sub("\n", text)
    hidden = {c for c in set(text) if _SHAPELESS.match(c) or unicodedata.category(c) in ("Cc", "Cf", "Cs")}
    return normalised("NFC", text.translate(dict.fromkeys(map(ord, hidden - {"\n", "\t"}))))


def block(name: str, text: str) -> str:
    """Wrap untrusted text. Every line of it is numbered, so no line of it can pass for the closing tag."""
    text = clean(text)
    tag = hashlib.sha256(f"{name}\n{text}".encode()).hexdigest()[:12]
    lines = "\n".join(f"{number:03d}| {line}" for number, line in enumerate(text.split("\n"), 1))
    return f'<data name="{name}" id="{tag}">\n{lines}\n</data id="{tag}">'


def blocks(messages: list[Message]) -> dict[str, str]:
    """The texts that `block` wrapped, by name. The offline analyst gets its inputs this way."""
    return {
        name: _LINE_NUMBER.sub("", lines)
        for message in messages
        for name, _tag, lines in _BLOCK.findall(_text(message))
    }


def _text(message: Message) -> str:
    content: str | list[dict[str, Any]] = message["content"]
    return content if isinstance(content, str) else "\n".join(part.get("text", "") for part in content)


def _picture(data: bytes) -> dict[str, Any]:
    kind = "png" if data.startswith(b"\x89PNG") else "jpeg"
    return {"type": "image_url", "image_url": {"url": f"data:image/{kind};base64,{base64.b64encode(data).decode()}"}}


@dataclass(frozen=True)
class Prompt:
    """One task's template in one language. `hash` covers the wording and the schema it asks for."""

    task: str
    locale: str
    version: int
    schema: type[schemas.Contract]
    inputs: frozenset[str]
    untrusted: frozenset[str]
    system: str
    user: str
    hash: str

    def render(self, inputs: Mapping[str, str], images: Sequence[bytes] = ()) -> list[Message]:
        """The messages of a call; `images` are PNG or JPEG files.

        Raises PromptError unless exactly the declared inputs are given.
        """
        if set(inputs) != self.inputs:
            raise PromptError(f"{self.task}: wrong inputs {sorted(set(inputs) ^ self.inputs)}")
        values = {name: block(name, text) if name in self.untrusted and text else text for name, text in inputs.items()}
        values[_SHAPE] = shape(self.schema)
        system, user = (_ENVIRONMENT.from_string(text).render(values).strip() for text in (self.system, self.user))
        parts = [{"type": "text", "text": user}, *map(_picture, images)]
        return [{"role": "system", "content": system}, {"role": "user", "content": parts if images else user}]


@cache
def shape(schema: type[schemas.Contract]) -> str:
    """The form of a contract in few words: `{"name":string,"status":"met"|"missing","points":[string]}`.

    A third to a fifth of the tokens of the JSON schema, which providers that take one are sent beside the prompt.
    """
    root = schema.model_json_schema()

    def form(part: dict[str, Any]) -> str:
        if "$ref" in part:
            return form(root["$defs"][part["$ref"].rsplit("/", 1)[-1]])
        if "enum" in part:
            return "|".join(map(json.dumps, part["enum"]))
        if "anyOf" in part:
            return "|".join(map(form, part["anyOf"]))
        if part["type"] == "object":
            return "{" + ",".join(f'"{key}":{form(child)}' for key, child in part["properties"].items()) + "}"
        if part["type"] == "array":
            return "[" + ",".join([form(part["items"])] * part.get("minItems", 1)) + "]"
        return str(part["type"])

    return form(root)


def load(task: str, locale: str) -> Prompt:
    """A template; raises PromptError, which names the file, unless it and its translations have the declared shape."""
    if locale not in LOCALES:
        raise PromptError(f"{task}: no such language: {locale}")
    return _load(FOLDER / task)[locale]


def check() -> list[str]:
    """Load every template in every language and return the task names; raises PromptError as `load`."""
    tasks = sorted(folder.name for folder in FOLDER.iterdir() if folder.is_dir() and folder != SNIPPETS)
    for task in tasks:
        _load(FOLDER / task)
    return tasks


# --- reading a file -------------------------------------------------------------------------------------------


class _FrontMatter(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    task: str
    version: int = Field(ge=1)
    contract: str = Field(alias="schema")
    inputs: list[str]
    untrusted: list[str]


@cache
def _load(folder: Path) -> dict[str, Prompt]:
    """The templates of one task by language."""
    prompts = {locale: _read(folder / f"{locale}.md") for locale in LOCALES}
    (first, one), *others = prompts.items()
    for locale, other in others:
        for name in ("version", "schema", "inputs", "untrusted"):
            if getattr(one, name) != getattr(other, name):
                raise PromptError(f"{folder / locale}.md: another {name} than {first}.md")
    return prompts


def _read(path: Path) -> Prompt:
    try:
        raw = path.read_text("utf-8-sig").replace("\r\n", "\n")
    except (OSError, UnicodeDecodeError) as error:
        raise PromptError(f"{path}: cannot be read: {error}") from None
    try:
        prompt = _parsed(path.parent.name, path.stem, raw)
        _try(prompt)
    except PromptError as error:
        raise PromptError(f"{path}: {error}") from None
    return prompt


def _parsed(task: str, locale: str, raw: str) -> Prompt:
    match = _FRONT_MATTER.match(raw)
    if match is None:
        raise PromptError("no front matter between two lines of ---")
    front = _front_matter(match[1])
    if front.task != task:
        raise PromptError(f"task is {front.task}, the folder {task}")
    schema = getattr(schemas, front.contract, None)
    if not (isinstance(schema, type) and issubclass(schema, schemas.Contract)):
        raise PromptError(f"no contract is called {front.contract}")
    before, *pieces = _SECTION.split(match[2])
    if pieces[::2] != ["system", "user"] or before.strip():
        raise PromptError("needs exactly the sections # system and # user, in this order")
    _check_variables(front, pieces[1], pieces[3])
    return Prompt(
        task=task,
        locale=locale,
        version=front.version,
        schema=schema,
        inputs=frozenset(front.inputs),
        untrusted=frozenset(front.untrusted),
        system=pieces[1],
        user=pieces[3],
        hash=hashlib.sha256((raw + json.dumps(schema.model_json_schema())).encode()).hexdigest()[:12],
    )


def _front_matter(text: str) -> _FrontMatter:
    try:
        front = _FrontMatter.model_validate(yaml.safe_load(text))
    except yaml.YAMLError as error:
        raise PromptError(f"front matter is no YAML: {error}") from None
    except ValidationError as error:
        problems = (f"{'.'.join(map(str, e['loc'])) or 'all of it'}: {e['msg']}" for e in error.errors())
        raise PromptError(f"front matter: {'; '.join(problems)}") from None
    for names in (_KEY.findall(text), front.inputs, front.untrusted):
        if len(set(names)) != len(names):
            raise PromptError(f"front matter names something twice: {names}")
    if strangers := set(front.untrusted) - set(front.inputs):
        raise PromptError(f"untrusted, but no input: {sorted(strangers)}")
    return front


def _check_variables(front: _FrontMatter, *sections: str) -> None:
    """Inputs are used as declared, each shown once: a text that is sent twice is paid for twice."""
    used: set[str] = set()
    shown: list[str] = []
    for name, text in zip(("system", "user"), sections, strict=True):
        try:
            tree = _ENVIRONMENT.parse(text)
        except TemplateSyntaxError as error:
            raise PromptError(f"# {name}: {error}") from None
        found = meta.find_undeclared_variables(tree)
        if name == "system" and found & set(front.untrusted):
            raise PromptError(f"untrusted text in the system section: {sorted(found & set(front.untrusted))}")
        used |= found
        shown += [n.name for output in tree.find_all(nodes.Output) for n in output.nodes if isinstance(n, nodes.Name)]
    declared = {*front.inputs, _SHAPE}
    if used != declared:
        raise PromptError(f"declared and used are not the same: {sorted(used ^ declared)}")
    if wrong := [name for name in sorted(declared) if shown.count(name) != 1]:
        raise PromptError(f"not shown exactly once as it is: {wrong}")
    if "JSON" not in "".join(sections):
        raise PromptError("lacks the word JSON, without which some providers refuse to answer in it")


def _try(prompt: Prompt) -> None:
    """Render with every input, then with each untrusted one empty: what can go wrong must do so now."""
    for empty in [None, *sorted(prompt.untrusted)]:
        inputs = {name: "" if name == empty else "x" for name in prompt.inputs}
        try:
            messages = prompt.render(inputs)
        except Exception as error:  # a template may raise anything
            raise PromptError(f"does not render: {type(error).__name__}: {error}") from None
        if blocks(messages) != {name: inputs[name] for name in prompt.untrusted - {empty}}:
            raise PromptError("an untrusted input does not stand on lines of its own")
