"""Pictures drawn for tests: screenshots of postings, columns, tables, and what is no text at all."""

import random
import subprocess
from collections.abc import Sequence
from functools import cache

import pytest
from PIL import Image, ImageDraw, ImageFont

LIGHT, DARK = ("#ffffff", "#1a1a1a"), ("#121418", "#e2e4e8")  # background, letters
MARGIN = 1.2  # of the size of the print
LINE, PARAGRAPH = 1.6, 2.1  # distance of lines in a paragraph, and between paragraphs

ZH_JOB = [
    "高级数据分析师",
    "岗位职责",
    "1、负责增长业务线的数据指标体系建设，定期输出日报、周报及专题分析报告；",
    "2、深入理解业务，通过漏斗分析、留存分析定位问题，推动产品与运营策略落地；",
    "3、与数仓团队协作，完善埋点规范与数据口径，保证数据质量；",
    "任职要求",
    "1、统计学、数学、计算机等相关专业本科及以上学历，三年以上数据分析经验；",
    "2、精通数据库查询语言，能独立处理千万级数据；",
    "3、具备良好的业务敏感度、逻辑思维能力和跨部门沟通能力。",
]
EN_JOB = [
    "Senior Backend Engineer",
    "What you will do",
    "• Design, build and operate services in Python, deployed on Kubernetes.",
    "• Own the ledger and reconciliation pipelines built on PostgreSQL and Kafka.",
    "• Mentor three engineers across two squads and lead technical design reviews.",
    "Requirements",
    "• Six years of professional software development experience.",
    "• Strong knowledge of distributed systems and event-driven architecture.",
    "• Excellent written and verbal communication skills.",
]


@cache
def font(size: int, family: str = "Noto Sans CJK SC") -> ImageFont.FreeTypeFont:
    """The installed font of that family; the test is skipped where it is missing."""
    try:
        found = subprocess.run(
            ["fc-match", "-f", "%{family}\n%{file}\n%{index}", family], check=False, capture_output=True, text=True
        )
    except FileNotFoundError:
        pytest.skip("fontconfig is not installed")
    names, path, index = found.stdout.split("\n")
    if family not in names:
        pytest.skip(f"the font {family} is not installed")
    return ImageFont.truetype(path, size, index=int(index))


def picture(
    lines: Sequence[str],
    *,
    width: int = 1080,
    size: int = 40,
    dark: bool = False,
    family: str = "Noto Sans CJK SC",
    height: int | None = None,
    paragraph: float = PARAGRAPH,
) -> Image.Image:
    """Lines of text below each other, broken where the width ends, as a screen does."""
    background, ink = DARK if dark else LIGHT
    broken = [wrapped(line, font(size, family), width - 2 * MARGIN * size) for line in lines]
    needed = round(2 * MARGIN * size + sum(size * (paragraph + LINE * (len(rows) - 1)) for rows in broken))
    image = Image.new("RGB", (width, height or needed), background)
    y = MARGIN * size
    for rows in broken:
        for row in rows:
            draw_text(image, (MARGIN * size, y), row, size, ink, family)
            y += LINE * size
        y += (paragraph - LINE) * size
    return image


def draw_text(
    image: Image.Image, place: tuple[float, float], text: str, size: int, ink: str, family: str = "Noto Sans CJK SC"
) -> None:
    ImageDraw.Draw(image).text(place, text, fill=ink, font=font(size, family))


def wrapped(text: str, style: ImageFont.FreeTypeFont, width: float) -> list[str]:
    """Broken between Chinese characters and at spaces; closing punctuation never begins a row."""
    rows = [""]
    for part in _parts(text):
        if rows[-1] and style.getlength((rows[-1] + part).rstrip()) > width:
            rows.append("")
        rows[-1] += part
    return [row.strip() for row in rows]


def _parts(text: str) -> list[str]:
    parts: list[str] = []
    for before, character in zip(" " + text, text, strict=False):
        wide = character > "\u2e7f" or before > "\u2e7f"
        glued = character in "，。；：、）！？" or (before == "（" and parts)
        if parts and (glued or not (wide or before == " ")):
            parts[-1] += character
        else:
            parts.append(character)
    return parts


def screenshot(lines: Sequence[str], *, dark: bool = False, button: str = "立即沟通") -> Image.Image:
    """A phone's: status bar, the lines, a button at the bottom."""
    body = picture(lines, dark=dark)
    background, ink = DARK if dark else LIGHT
    image = Image.new("RGB", (body.width, body.height + 340), background)
    draw_text(image, (48, 40), "9:41", 36, ink)
    draw_text(image, (860, 40), "5G 87%", 36, ink)
    image.paste(body, (0, 130))
    draw = ImageDraw.Draw(image)
    draw.rounded_rectangle((48, image.height - 170, image.width - 48, image.height - 60), 55, fill="#00bebd")
    draw.text((image.width / 2, image.height - 115), button, fill="white", font=font(40), anchor="mm")
    return image


def two_columns(left: Sequence[str], right: Sequence[str], *, width: int = 1500, size: int = 22) -> Image.Image:
    """A main column and a narrower one beside it, with rows at other heights."""
    sides = [picture(left, width=round(width * 0.68), size=size), picture(right, width=round(width * 0.3), size=size)]
    image = Image.new("RGB", (width, max(side.height for side in sides) + 40), LIGHT[0])
    image.paste(sides[0], (0, 0))
    image.paste(sides[1], (width - sides[1].width, 17))
    return image


def table(rows: Sequence[Sequence[str]], *, width: int = 1200, size: int = 24) -> Image.Image:
    """Cells in frames, columns of equal width."""
    step, column = 3 * size, width // len(rows[0])
    image = Image.new("RGB", (width, step * len(rows) + 2 * size), LIGHT[0])
    draw = ImageDraw.Draw(image)
    for number, row in enumerate(rows):
        for place, cell in enumerate(row):
            corner = place * column + 8, size + number * step
            draw.rectangle((*corner, corner[0] + column - 16, corner[1] + step), outline="#888888")
            draw_text(image, (corner[0] + size / 2, corner[1] + 0.8 * size), cell, size, LIGHT[1])
    return image


def cat(width: int = 900, height: int = 700) -> Image.Image:
    """Fur: a texture of short strokes around two eyes. No text."""
    chance = random.Random(7)
    image = Image.new("RGB", (width, height), "#8a6a4a")
    draw = ImageDraw.Draw(image)
    for _ in range(width * height // 60):
        x, y, shade = chance.randrange(width), chance.randrange(height), chance.randrange(-40, 40)
        end = x + chance.randrange(-6, 7), y + chance.randrange(4, 22)
        draw.line((x, y, *end), fill=(138 + shade, 106 + shade, 74 + shade), width=2)
    for x in (width // 3, 2 * width // 3):
        draw.ellipse((x - 60, height // 3 - 40, x + 60, height // 3 + 40), fill="#b8c860")
        draw.ellipse((x - 14, height // 3 - 36, x + 14, height // 3 + 36), fill="#101010")
    return image
