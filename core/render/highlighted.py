"""A document with what was quoted from it marked, as HTML: Markdown would not keep its lines and spaces."""

from collections.abc import Mapping, Sequence

from core.highlights import Segment
from core.render.escape import escape_html

# A long document scrolls in a box of its own. All colours let the page show through, be it light or dark.
_BOX = "white-space:pre-wrap;overflow-wrap:anywhere;max-height:32rem;overflow-y:auto;line-height:1.7;font-size:.875rem;"
_BOX += "padding:.75rem 1rem;border:1px solid color-mix(in srgb,currentColor 20%,transparent);border-radius:.5rem"
_MARK = "background:color-mix(in srgb,#0d9488 26%,transparent);color:inherit;border-radius:.2em;padding:.1em 0"
_IDS = "user-select:none;font-size:.7em;font-weight:600;line-height:0;padding:0 .3em;opacity:.8"


def highlighted_html(segments: Sequence[Segment], requirements: Mapping[str, str]) -> str:
    """The segments as they stand, with the ids of requirements behind each passage that was quoted for them, and what
    `requirements` says of each id as its tooltip. Shows the texts and does nothing else."""
    return f'<div style="{_BOX}" tabindex="0">{"".join(_html(segment, requirements) for segment in segments)}</div>'


def _html(segment: Segment, requirements: Mapping[str, str]) -> str:
    text, ids = escape_html(segment.text), segment.requirement_ids
    if not ids:
        return text
    tip = escape_html("\n".join(f"{i} {requirements.get(i, '')}".rstrip() for i in ids))
    return f'<mark style="{_MARK}" title="{tip}">{text}<sup style="{_IDS}">{escape_html(" ".join(ids))}</sup></mark>'
