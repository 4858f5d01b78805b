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
from typing import Any

import yaml
from jinja2 import StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from core import schemas
from core.i18n import LOCALES
from core.settings import ROOT

FOLDER = ROOT / "prompts"
Message = dict[str, Any]  # role, and content: a text, or a list of parts when there are pictures

_FRONT_MATTER = re.compile(r"\A---\n(.*?)\n---\n(.*)\Z", re.S)
_SECTION = re.compile(r"^# (system|user)[ \t]*$", re.M)
_BLOCK = re.compile(r'^<data name="(\w+)" id="(\w+)">\n(.*?)\n</data id="\2">$', re.M | re.S)
_LINE_NUMBER = re.compile(r"^\d+\| ", re.M)
# Zero-width, bidi and tag characters, variation selectors, controls: what a coach cannot see must not reach a model.
_HIDDEN = re.compile(
    "[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\U000e0000-\U000e01ef\ud800-\udfff\x00-\x08\x0b-\x1f\x7f]"
)


class PromptError(Exception):
    """A template file is malformed; raised when it is loaded, which a test does for all of them."""


def clean(text: str) -> str:
    """Text as a reader sees it: hidden characters dropped, NFC, line ends as newlines."""
    return _HIDDEN.sub("", unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n")))


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
        environment = ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=False)
        values = {name: block(name, text) if name in self.untrusted and text else text for name, text in inputs.items()}
        values["schema_json"] = _schema_json(self.schema)
        system, user = (environment.from_string(text).render(values).strip() for text in (self.system, self.user))
        parts = [{"type": "text", "text": user}, *map(_picture, images)]
        return [{"role": "system", "content": system}, {"role": "user", "content": parts if images else user}]


def _schema_json(schema: type[schemas.Contract]) -> str:
    return json.dumps(schema.model_json_schema(), ensure_ascii=False, separators=(",", ":"))


@cache
def load(task: str, locale: str) -> Prompt:
    """Read one template; raises PromptError when the file does not have the declared shape."""
    raw = (FOLDER / task / f"{locale}.md").read_text("utf-8").replace("\r\n", "\n")
    match = _FRONT_MATTER.match(raw)
    if match is None:
        raise PromptError(f"{task}/{locale}: no front matter")
    meta = yaml.safe_load(match[1])
    pieces = _SECTION.split(match[2])
    sections = dict(zip(pieces[1::2], pieces[2::2], strict=True))
    if meta.get("task") != task or set(sections) != {"system", "user"}:
        raise PromptError(f"{task}/{locale}: wrong task or sections")
    schema = getattr(schemas, meta["schema"])
    return Prompt(
        task=task,
        locale=locale,
        version=meta["version"],
        schema=schema,
        inputs=frozenset(meta["inputs"]),
        untrusted=frozenset(meta["untrusted"]),
        system=sections["system"],
        user=sections["user"],
        hash=hashlib.sha256((raw + _schema_json(schema)).encode()).hexdigest()[:12],
    )


def check() -> list[str]:
    """Load every template in every locale and return the task names; raises PromptError where locales disagree."""
    tasks = sorted(folder.name for folder in FOLDER.iterdir() if (folder / f"{next(iter(LOCALES))}.md").exists())
    for task in tasks:
        shapes = {(p.version, p.schema, p.inputs, p.untrusted) for p in (load(task, locale) for locale in LOCALES)}
        if len(shapes) != 1:
            raise PromptError(f"{task}: the locales disagree in their front matter")
    return tasks
