"""Every text a person reads, from `core/locales/{en,zh}.toml`, by dotted key."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

LOCALES = {"zh": "中文", "en": "English"}
DEFAULT = "en"


@cache
def catalogue(locale: str) -> dict[str, Any]:
    """The parsed file of one locale; raises KeyError for a locale that is not in `LOCALES`."""
    if locale not in LOCALES:
        raise KeyError(locale)
    return tomllib.loads((Path(__file__).parent / "locales" / f"{locale}.toml").read_text("utf-8"))


def translate(locale: str, key: str, **values: object) -> str:
    """The text at `key` ("failure.not_found") with its `{placeholders}` filled; KeyError when there is none."""
    text: Any = catalogue(locale)
    for part in key.split("."):
        text = text[part]
    if not isinstance(text, str):
        raise KeyError(key)
    return text.format(**values) if values else text


def reason(locale: str, failure_code: str) -> str:
    """Why a model did not answer, in a few words."""
    known = catalogue(locale)["report"]["reason"]
    return str(known.get(failure_code, known["unknown"]))


def best_locale(tag: str | None) -> str:
    """The locale for a browser's language tag ("zh-Hans-CN" -> "zh"); English when there is no match."""
    language = (tag or "").replace("_", "-").split("-")[0].lower()
    return language if language in LOCALES else DEFAULT


def detect_locale(text: str) -> str:
    """The language a text is mostly written in: Chinese when at least a fifth of its letters are Han characters."""
    return "zh" if han_share(text) >= 0.2 else "en"


def han_share(text: str) -> float:
    """Which part of the letters are Han characters; 0 without letters."""
    letters = [c for c in text if c.isalpha()]
    return sum("\u3400" <= c <= "\u9fff" for c in letters) / max(len(letters), 1)
