"""Notebooks, run with parameters: `notebooks/<number>_<name>.ipynb`, whose cell tagged `parameters` says which."""

import ast
import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import nbformat
import papermill
from nbconvert import HTMLExporter
from papermill.exceptions import PapermillExecutionError

from core.errors import InputError
from core.settings import ROOT

FOLDER = ROOT / "notebooks"
KERNEL = "python3"
# Of the usual page, without the programs it would fetch from elsewhere: what was quoted from a resume is no formula.
_PAGE = "{% extends 'lab/index.html.j2' %}" + "".join(
    f"{{% block html_head_js{part} %}}{{% endblock %}}" for part in ("", "_mathjax", "_mermaidjs")
)


def names() -> list[str]:
    """The notebooks there are."""
    return sorted(path.stem for path in FOLDER.glob("*.ipynb"))


def parameters(name: str, given: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """What was typed, as the types of the notebook's own defaults.

    Raises InputError: `notebook_unknown`, `notebook_parameter` for one it does not take or of another type.
    """
    inspected = papermill.inspect_notebook(str(_path(name)))
    defaults = {key: ast.literal_eval(parameter["default"]) for key, parameter in inspected.items()}
    typed: dict[str, Any] = {}
    for key, text in given:
        try:
            typed[key] = _typed(text, defaults[key])
        except (KeyError, ValueError) as error:
            known = ", ".join(f"{name}={default!r}" for name, default in defaults.items())
            raise InputError("notebook_parameter", name=key, value=text, known=known) from error
    return typed


def execute(name: str, folder: Path, values: Mapping[str, Any]) -> Path:
    """Run a notebook with these parameters, and `output` set to the folder; the executed notebook is kept there, and
    its HTML, whose path is returned. Both go by the notebook's name without its number.

    Raises InputError: `notebook_unknown`, `notebook_failed` when a cell does, `file_unwritable`.
    """
    source, stem = _path(name), re.sub(r"^\d+_", "", name)
    executed, page = folder / f"{stem}.ipynb", folder / f"{stem}.html"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        papermill.execute_notebook(
            str(source),
            str(executed),
            parameters={**values, "output": str(folder)},
            kernel_name=KERNEL,
            progress_bar=False,
            extra_arguments=["--IPKernelApp.log_level=50"],  # what it logs is none of the reader's business
        )
        page.write_text(_html(executed), "utf-8")
    except PapermillExecutionError as error:
        raise InputError("notebook_failed", name=name, error=f"{error.ename}: {error.evalue}", path=executed) from error
    except OSError as error:
        raise InputError("file_unwritable", path=folder, reason=error.strerror or "") from error
    return page


def _path(name: str) -> Path:
    if name not in names():
        raise InputError("notebook_unknown", name=name, known=", ".join(names()))
    return FOLDER / f"{name}.ipynb"


def _typed(text: str, default: object) -> Any:
    """Raises ValueError."""
    value = text if isinstance(default, str) else json.loads(text)
    if type(value) is not type(default):
        raise ValueError(text)
    return value


def _html(notebook: Path) -> str:
    """For readers: without code."""
    hidden = dict.fromkeys(("exclude_input", "exclude_input_prompt", "exclude_output_prompt"), True)
    exporter = HTMLExporter(raw_template=_PAGE, **hidden)  # type: ignore[no-untyped-call]
    page, _ = exporter.from_notebook_node(nbformat.read(notebook, as_version=4))
    return str(page)
