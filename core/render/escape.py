"""Untrusted text made inert for Markdown as Streamlit renders it.

Streamlit adds to CommonMark: GFM (tables, bare links), LaTeX, `:directives[]`, emoji and icons. A backslash disarms
what the parser sees. Bare links, emoji and icons are looked for again in the parsed text, where no backslash is left: a
zero-width space parts them.
"""

import html
import re

_ZERO_WIDTH_SPACE = "\u200b"
_WORD_JOINER = "\u2060"
_NO_BREAK_SPACE = "\u00a0"
_BACKSLASHED = str.maketrans({c: "\\" + c for c in "\\`*_[]<>#|~$:&"})
# Control characters, lone surrogates, and what reorders or hides text on a screen: bidi marks, tag characters.
_UNSEEN = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\U000e0000-\U000e007f]+"
)
# Each match ends just before the character that would complete a link, an emoji or an icon.
_ALMOST = re.compile(r":/(?=/)|www(?=\.)|[-.\w+](?=@)|:[\w+-]+(?=:)|:material(?=/)", re.IGNORECASE)
# What only Streamlit reads as markup, or what is none where it stands: an "&" without ";", a "#" after a letter.
_NEEDLESS = re.compile(r"\\\\|(?<=\S)\\(?=:)|\\(?=&(?!\w+;))|(?<=\w)\\(?=#)")
_OURS = re.compile(rf"`([^`]*)`|\\([!-/:-@\[-`{{-~])|{_ZERO_WIDTH_SPACE}")
_LINE_START = re.compile(r"\A(?:[-+=]|[0-9]{1,9}[.)])")  # lists and setext underlines; one line only comes out


def escape(text: str) -> str:
    """Markdown that shows `text` and does nothing else, on one line, white space collapsed as a browser would.

    Append-only, so it can be streamed: `escape(a + b).startswith(escape(a))`.
    """
    text = _UNSEEN.sub("", text).lstrip()
    text = re.sub(r"\s+", " ", text)
    text = _ALMOST.sub(lambda match: match[0] + _ZERO_WIDTH_SPACE, text)
    return _LINE_START.sub(lambda match: f"{match[0][:-1]}\\{match[0][-1]}", text.translate(_BACKSLASHED))


def escape_html(text: str) -> str:
    """HTML that shows `text` as it is and does nothing else, inside an element or a quoted attribute."""
    return html.escape(_UNSEEN.sub("", text))


def literal(text: str) -> str:
    """A short value a person copies (an address, a link) as a code span: not clickable, copied without additions."""
    text = re.sub(r"\s+", " ", _UNSEEN.sub("", text)).strip()
    return f"`{text}`" if text and "`" not in text and ":material/" not in text else escape(text)


def for_file(markdown: str) -> str:
    """Our Markdown without the backslashes that only Streamlit needs: to be read as a file, not shown on a page."""
    return _NEEDLESS.sub(lambda match: match[0] if len(match[0]) > 1 else "", _breakable(markdown))


def unbroken(word: str) -> str:
    """A word of ours that stays on one line: a narrow table column would break Chinese after every character."""
    return _WORD_JOINER.join(word).replace(f"{_WORD_JOINER} {_WORD_JOINER}", _NO_BREAK_SPACE)


def _breakable(text: str) -> str:
    return text.replace(_WORD_JOINER, "").replace(_NO_BREAK_SPACE, " ")


def plain(markdown: str) -> str:
    """Our Markdown for a terminal: headings, lists and tables as they are, texts as they were before `escape`."""
    return _OURS.sub(lambda match: match[1] or match[2] or "", _breakable(markdown))
