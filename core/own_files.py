"""TOML files that an install brings of its own, and what may be wrong with them."""

import re
import tomllib
from pathlib import Path
from typing import Any

_POSITION = re.compile(r"\(at line (\d+), column (\d+)\)$")  # at the end of tomllib's messages


class Unusable(Exception):
    """`where` says what is wrong in a word or two, `position` is ":line:column" as editors write it, or empty."""

    def __init__(self, where: str, position: str = "") -> None:
        super().__init__(where)
        self.where = where
        self.position = position


def read(path: Path, most: int) -> dict[str, Any]:
    """The parsed file, which may have `most` bytes. Raises Unusable, which never holds a word of the file."""
    try:
        with path.open("rb") as file:
            content = file.read(most + 1)
        if len(content) > most:
            raise Unusable(f"> {most // 1000} kB")
        return tomllib.loads(content.decode("utf-8-sig"))
    except RecursionError:  # of brackets in brackets
        raise Unusable("TOML") from None
    except tomllib.TOMLDecodeError as error:
        found = _POSITION.search(str(error))
        raise Unusable("TOML", f":{found[1]}:{found[2]}" if found else "") from None
    except UnicodeDecodeError:
        raise Unusable("UTF-8") from None
    except OSError as error:
        raise Unusable(error.strerror or type(error).__name__) from None
