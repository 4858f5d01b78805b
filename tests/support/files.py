"""Builders of real files, as bytes: PDF by reportlab, DOCX by python-docx, the hostile ones by hand."""

import io
import re
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence

import docx
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from PIL import Image
from reportlab.lib.pagesizes import A4
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

CHINESE_FONT = "STSong-Light"
pdfmetrics.registerFont(UnicodeCIDFont(CHINESE_FONT))
EMBEDDED_FONT = "Vera"  # comes with reportlab
pdfmetrics.registerFont(TTFont(EMBEDDED_FONT, "Vera.ttf"))

Draw = Callable[[Canvas], None]
WORD_NAMESPACES = (
    f'{nsdecls("w")} xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
    'xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape" '
    'xmlns:v="urn:schemas-microsoft-com:vml"'
)


# --- pictures -------------------------------------------------------------------------------------------------


def encoded(image: Image.Image, format: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


def marked(width: int, height: int) -> Image.Image:
    """A light picture whose upper left ninth is black, so that one can see whether it is whole and upright."""
    image = Image.new("RGB", (width, height), "#eee")
    image.paste("black", (0, 0, width // 3, height // 3))
    return image


def is_marked(image: Image.Image) -> bool:
    """Whether a picture still looks like `marked`, at any size."""
    small = image.convert("L").resize((30, 30), Image.Resampling.BOX)
    dark = {(x, y) for x in range(30) for y in range(30) if small.getpixel((x, y)) < 128}  # type: ignore[operator]
    return dark == {(x, y) for x in range(10) for y in range(10)}


# --- PDF ------------------------------------------------------------------------------------------------------


def lines(*texts: str, x: float = 72, y: float = 760, font: str = "Helvetica") -> Draw:
    """Draws lines of text downwards from a point (in points from the lower left corner)."""

    def draw(canvas: Canvas) -> None:
        canvas.setFont(font, 11)
        for row, text in enumerate(texts):
            canvas.drawString(x, y - 16 * row, text)

    return draw


def picture(width: int = 827, height: int = 1169) -> Draw:
    """Fills the page with a grey picture of that many pixels; the default is A4 at 100 dpi."""

    def draw(canvas: Canvas) -> None:
        canvas.drawImage(ImageReader(Image.new("L", (width, height), 200)), 0, 0, *A4)

    return draw


def photo(image: Image.Image, place: tuple[float, float, float, float] | None = None) -> Draw:
    """Draws a picture at left, bottom, width, height in points; over the whole of an A4 page by default."""
    return lambda canvas: canvas.drawImage(ImageReader(image), *(place or (0, 0, *A4)))


def outlines(letters: int) -> Draw:
    """Draws shapes as a design program does that turns its letters into paths."""

    def draw(canvas: Canvas) -> None:
        for index in range(letters):
            path = canvas.beginPath()
            path.moveTo(72 + index % 60 * 7, 700 - index // 60 * 16)
            path.lineTo(76 + index % 60 * 7, 708 - index // 60 * 16)
            path.lineTo(78 + index % 60 * 7, 700 - index // 60 * 16)
            canvas.drawPath(path, fill=1)

    return draw


def form_field(value: str) -> Draw:
    return lambda canvas: canvas.acroForm.textfield(name="field", value=value, x=72, y=600, width=300)


def pdf(
    *pages: Sequence[Draw],
    password: str | None = None,
    owner_password: str | None = None,
    size: tuple[float, float] = A4,
) -> bytes:
    """A PDF whose pages are drawn by the given functions, in order; an empty sequence makes a blank page."""
    encryption = None
    if password is not None or owner_password is not None:
        encryption = StandardEncryption(password or "", ownerPassword=owner_password or password, strength=128)
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=size, encrypt=encryption, pageCompression=0)
    for page in pages:
        for draw in page:
            draw(canvas)
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def turned(data: bytes, degrees: int) -> bytes:
    """The same PDF whose pages are shown turned clockwise."""
    return re.sub(rb"/Rotate 0\b", b"/Rotate %d" % degrees, data)


def with_meaningless_letters(data: bytes) -> bytes:
    """The same PDF where embedded fonts map their letters into the private use area, as badly made subsets do."""
    return re.sub(rb"(?m)^(<[4-7][0-9A-F]>) <00(..)>$", rb"\1 <E0\2>", data)


def pdf_of_nested_forms(levels: int, fan_out: int = 10) -> bytes:
    """A page whose form draws the next one `fan_out` times, and so on: `fan_out ** levels` drawings in a few kB."""
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents 4 0 R "
        b"/Resources << /XObject << /X 5 0 R >> >> >>",
        _stream(b"", b"/X Do"),
    ]
    for level in range(levels):
        resources = b"/Resources << /XObject << /X %d 0 R >> >>" % (6 + level)
        head = b"/Type /XObject /Subtype /Form /BBox [0 0 600 800] " + resources
        objects.append(_stream(head, b"/X Do " * fan_out))
    objects.append(_stream(b"/Type /XObject /Subtype /Form /BBox [0 0 600 800]", b"0 0 1 1 re f"))
    return _pdf_of_objects(objects)


def pdf_of_repeated_pages(count: int) -> bytes:
    """A page tree that lists the same page again and again."""
    page = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] >>"
    pages = b"<< /Type /Pages /Count %d /Kids [%s] >>" % (count, b"3 0 R " * count)
    return _pdf_of_objects([b"<< /Type /Catalog /Pages 2 0 R >>", pages, page])


def _stream(head: bytes, content: bytes) -> bytes:
    return b"<< %s /Length %d >>\nstream\n%s\nendstream" % (head, len(content), content)


def _pdf_of_objects(objects: Iterable[bytes]) -> bytes:
    out = bytearray(b"%PDF-1.4\n")
    offsets = []
    for number, content in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    size = len(offsets) + 1
    trailer = b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (size, len(out))
    return bytes(out) + b"xref\n0 %d\n0000000000 65535 f \n" % size + table + trailer


# --- DOCX and other archives ----------------------------------------------------------------------------------


def text_box(text: str) -> str:
    """The XML of a paragraph that anchors a text box, in both forms that Word writes."""
    content = f"<w:txbxContent><w:p><w:r><w:t>{text}</w:t></w:r></w:p></w:txbxContent>"
    return (
        f"<w:p {WORD_NAMESPACES}><w:r><mc:AlternateContent>"
        f'<mc:Choice Requires="wps"><w:drawing><wps:txbx>{content}</wps:txbx></w:drawing></mc:Choice>'
        f"<mc:Fallback><w:pict><v:textbox>{content}</v:textbox></w:pict></mc:Fallback>"
        "</mc:AlternateContent></w:r></w:p>"
    )


def docx_file(
    *paragraphs: str,
    header: str = "",
    footer: str = "",
    table: Sequence[Sequence[str]] = (),
    raw: Sequence[str] = (),
    pictures: Sequence[bytes] = (),
) -> bytes:
    """A DOCX: paragraphs, then a table, then raw `w:p` elements (see `text_box`), then pictures."""
    document = docx.Document()
    for text in paragraphs:
        document.add_paragraph(text)
    if table:
        grid = document.add_table(rows=len(table), cols=len(table[0]))
        for row, texts in zip(grid.rows, table, strict=True):
            for cell, text in zip(row.cells, texts, strict=True):
                cell.text = text
    for xml in raw:
        document.element.body.insert(len(document.element.body) - 1, parse_xml(xml))
    for picture in pictures:
        document.add_picture(io.BytesIO(picture))
    for text, part in ((header, document.sections[0].header), (footer, document.sections[0].footer)):
        if text:
            part.paragraphs[0].text = text
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def rewritten(archive: bytes, replace: Callable[[str, bytes], bytes]) -> bytes:
    """The same ZIP with each entry's content passed through `replace(name, content)`."""
    with zipfile.ZipFile(io.BytesIO(archive)) as source:
        return zip_file({name: replace(name, source.read(name)) for name in source.namelist()})


def zip_file(entries: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in entries.items():
            target.writestr(name, content)
    return buffer.getvalue()
