"""The terminal entry: `python -m core COMMAND`; the commands stand in `core.cli.commands`.

Whatever the caller can mend (input, settings, a model that fails) ends with exit status 2 and one line on standard
error; Ctrl-C with 130.
"""

import io
import logging
import sys
from collections.abc import Sequence

from core import i18n
from core.errors import WorkbenchError

INTERRUPTED = 130  # 128 + SIGINT, as shells count


def main(argv: Sequence[str] | None = None) -> int:
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a C locale must not keep a Chinese report from being printed
            stream.reconfigure(encoding="utf-8", errors="replace")
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s %(message)s")
    locale = i18n.DEFAULT
    try:
        from core.cli import commands  # noqa: PLC0415 (slow enough for a Ctrl-C to fall into it)

        arguments = commands.parser().parse_args(argv)
        locale = arguments.locale or locale
        arguments.run(arguments)
    except WorkbenchError as error:
        return _failed(error.message(locale), 2)
    except KeyboardInterrupt:
        return _failed(i18n.translate(locale, "failure.stopped"), INTERRUPTED)
    except BrokenPipeError:  # the reader, such as `head`, has seen enough
        return 0
    return 0


def _failed(message: str, status: int) -> int:
    # A file name may hold a line break, or bytes that are no text.
    line = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in message)
    print(f"error: {line}", file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main())
