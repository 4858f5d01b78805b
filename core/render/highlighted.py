"""A document with what was quoted from it marked, as HTML: Markdown would not keep its lines and spaces."""

from collections.abc import Mapping, Sequence

from core.highlights import Segment
from core.render.escape import escape_html
from core.render.report import STATUS_ICONS
from core.schemas import Source, Status

# A long document scrolls in a box of its own. All colours let the page show through, be it light or dark.
_BOX = "white-space:pre-wrap;overflow-wrap:anywhere;max-height:32rem;overflow-y:auto;line-height:1.7;font-size:.875rem;"
_BOX += "padding:.75rem 1rem;border:1px solid color-mix(in srgb,currentColor 20%,transparent);border-radius:.5rem"
_MARK = "background:color-mix(in srgb,{color} 26%,transparent);color:inherit;border-radius:.2em;padding:.1em 0"
# Of a passage quoted for several requirements the first that is among them.
_COLORS: dict[Status, str] = {"met": "#0d9488", "partial": "#d97706", "missing": "#dc2626", "unclear": "#6b7280"}
# Where a link has led.
_FOUND = "<style>sup span{scroll-margin-top:8rem}sup span:target{outline:2px solid;border-radius:.1em}</style>"
_IDS = "user-select:none;font-size:.7em;font-weight:600;line-height:0;padding:0 .3em;opacity:.8"


def anchors(documents: Mapping[Source, Sequence[Segment]]) -> dict[str, str]:
    """By requirement, the name of its first mark in `highlighted_html`: in the first of the documents that has one."""
    found: dict[str, str] = {}
    for source, segments in documents.items():
        for requirement_id in (i for segment in segments for i in segment.requirement_ids):
            found.setdefault(requirement_id, _anchor(source, requirement_id))
    return found


def _anchor(source: Source, requirement_id: str) -> str:
    return f"quoted-{source}-{requirement_id}"


def highlighted_html(
    segments: Sequence[Segment], source: Source, requirements: Mapping[str, str], verdicts: Mapping[str, Status]
) -> str:
    """The segments as they stand; behind each passage that was quoted the ids of the requirements it was quoted for,
    with the sign of each verdict, and what `requirements` says of each id as its tooltip. Its colour says whether it
    speaks for the client or against. The first mark of each has a name to link to. Shows the texts and does nothing
    else."""
    named: set[str] = set()
    marked = "".join(_html(segment, source, requirements, verdicts, named) for segment in segments)
    return f'{_FOUND}<div style="{_BOX}" tabindex="0">{marked}</div>'


def _html(
    segment: Segment,
    source: Source,
    requirements: Mapping[str, str],
    verdicts: Mapping[str, Status],
    named: set[str],
) -> str:
    text, ids = escape_html(segment.text), segment.requirement_ids
    if not ids:
        return text
    tip = escape_html("\n".join(f"{i} {requirements.get(i, '')}".rstrip() for i in ids))
    given = {verdicts[i] for i in ids if i in verdicts}
    mark = _MARK.format(color=next((color for status, color in _COLORS.items() if status in given), _COLORS["unclear"]))
    signs = " ".join(_sign(i, "" if i in named else _anchor(source, i), verdicts) for i in ids)
    named.update(ids)
    return f'<mark style="{mark}" title="{tip}">{text}<sup style="{_IDS}">{signs}</sup></mark>'


def _sign(requirement_id: str, anchor: str, verdicts: Mapping[str, Status]) -> str:
    name = f' id="{escape_html(anchor)}"' if anchor else ""
    icon = STATUS_ICONS[verdicts[requirement_id]] if requirement_id in verdicts else ""
    return f"<span{name}>{icon}{escape_html(requirement_id)}</span>"
