"""Both languages say the same things, and every failure has words."""

import re
import string
from collections.abc import Iterator
from typing import Any

import pytest

from core import i18n
from core.errors import InputError
from core.settings import ROOT


def leaves(table: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for key, value in table.items():
        if isinstance(value, dict):
            yield from leaves(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def test_the_languages_have_the_same_keys_and_placeholders() -> None:
    shapes = [
        {key: {field for _, field, _, _ in string.Formatter().parse(text) if field} for key, text in leaves(catalogue)}
        for catalogue in map(i18n.catalogue, i18n.LOCALES)
    ]
    assert shapes[0] == shapes[1]


@pytest.mark.parametrize("locale", i18n.LOCALES)
def test_every_code_that_is_raised_has_a_message(locale: str) -> None:
    sources = [path.read_text("utf-8") for path in (ROOT / "core").rglob("*.py")]
    raised = {code for text in sources for code in re.findall(r'(?:Input|State|Model)Error\(\s*"(\w+)"', text)}
    assert len(raised) > 15
    assert raised <= set(i18n.catalogue(locale)["failure"])


@pytest.mark.parametrize(
    "key", re.findall(r'\bt\(\s*"([\w.]+)"', "\n".join(p.read_text("utf-8") for p in (ROOT / "app").rglob("*.py")))
)
def test_every_text_of_the_pages_exists(key: str) -> None:
    assert i18n.translate("en", f"app.{key}")


def test_a_message_is_filled_in() -> None:
    error = InputError("jd_too_short", length=3, limit=40)
    assert "3" in error.message("en")
    assert "40" in error.message("zh")


@pytest.mark.parametrize(
    ("tag", "locale"),
    [("zh-CN", "zh"), ("zh", "zh"), ("zh_Hant_TW", "zh"), ("en-GB", "en"), ("fr", "en"), ("", "en"), (None, "en")],
)
def test_the_browsers_language(tag: str | None, locale: str) -> None:
    assert i18n.best_locale(tag) == locale


@pytest.mark.parametrize(
    ("text", "locale"),
    [("熟悉 Python 和 SQL，三年以上经验", "zh"), ("Python developer in 上海 wanted", "en"), ("", "en"), ("123", "en")],
)
def test_the_language_of_a_text(text: str, locale: str) -> None:
    assert i18n.detect_locale(text) == locale
