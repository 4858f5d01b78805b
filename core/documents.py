"""Resumes and job descriptions, from files (PDF, DOCX, plain text, Markdown, pictures) and from pasted text.

A file is untrusted. What it is, its content decides, not its name. PDF and DOCX are parsed in a child
process (`core.sandbox`): PDFium is neither thread-safe nor interruptible, and a few kilobytes of nested forms keep it
busy for hours. Whatever a file holds, the only exception these functions raise is `InputError`.

A page is text or a picture: a scan is handed on as pixels, for `core.ocr` to read. Nothing is silently cut: text over
the limit, more scanned pages than can be read and files cut short are all refused, each with its own code.
"""

import base64
import contextlib
import io
import json
import math
import re
import sys
import unicodedata
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import PurePath
from typing import Any

from core import filetypes, sandbox
from core.errors import InputError
from core.reading_order import column_text

MAX_BYTES = 10 * 1024 * 1024
MAX_CHARACTERS = 16_000  # of a resume
MAX_SCANNED_PAGES = 20  # of one file

ACCEPTED = "PDF, DOCX, TXT, Markdown (.md), PNG, JPEG, WebP, GIF, BMP, TIFF, HEIC"


@dataclass(frozen=True)
class Page:
    """One page, or the whole of a text without pages. Either `text`, cleaned, or `picture`, for `images.decode`."""

    text: str | None = None
    picture: bytes | None = None


@dataclass(frozen=True)
class Document:
    """The pages of a file in order, at least one; blank pages are left out."""

    media_type: str
    pages: tuple[Page, ...]

    @property
    def scanned(self) -> bool:
        """Whether any page is a picture, so that the text is not known yet."""
        return any(page.picture is not None for page in self.pages)

    @property
    def text(self) -> str:
        """The whole text, as `read_text` cleans it. ValueError for a scanned document, which has none yet."""
        if self.scanned:
            raise ValueError("the pictures of this document have not been read")
        return "\n".join(page.text or "" for page in self.pages)


Files = Sequence[tuple[str, Document]]  # each with its name, in the order they are read


def read_document(data: bytes, filename: str, limit: int = MAX_CHARACTERS) -> Document:
    """The pages of a file in reading order; the text of all of them together has at most `limit` characters.

    At most `MAX_BYTES` bytes, or `filetypes.MAX_PICTURE_BYTES` of a picture. `filename` only tells Markdown from plain
    text and is checked against content that cannot be read; it may be any string.
    Raises InputError: file_empty, file_too_large, file_type_unknown, file_type_mismatch, file_legacy_doc,
    file_encrypted, file_damaged, file_bomb, file_no_text, file_too_many_scans with `pages` and `limit`; what
    `read_text` raises, text_encoding for bytes that are no text, and what `images.decode` raises for a picture.
    """
    if not data:
        raise InputError("file_empty")
    if filetypes.recognise(data) in filetypes.PICTURES:
        return _read_picture(data)
    if len(data) > MAX_BYTES:
        # Rounded up, so that a size just over the limit does not read as the limit.
        raise InputError("file_too_large", size=math.ceil(len(data) / 2**20 * 10) / 10, limit=MAX_BYTES // 2**20)
    extension = PurePath(filename.strip()).suffix.lower()
    kind = _kind(data, extension)
    if kind in _PARSERS:
        pages = _parse_in_child(data, kind, extension if extension in _CLAIMS else "", limit)
        document = Document(_MEDIA_TYPES[kind], pages)
        return _without_icons(document) if kind == "ZIP" and document.scanned else document
    if kind is not None:
        raise _wrong_type(kind, extension)
    text = read_text(_decode(data, extension), limit)
    return Document(_TEXT_TYPES[extension], (Page(text),))


def read_text(text: str, limit: int = MAX_CHARACTERS) -> str:
    """Pasted text, cleaned: NFKC but for Chinese punctuation, no invisible or control characters, no trailing spaces,
    blank lines folded.

    Raises InputError: text_empty; text_too_long with `length` (before cleaning if far too long) and `limit`.
    """
    if not (cleaned := _clean_within(text, limit)):
        raise InputError("text_empty")
    return cleaned


# --- what a file is -------------------------------------------------------------------------------------------

# What an extension promises.
_CLAIMS = {".pdf": "PDF", ".docx": "DOCX", ".txt": "TXT", ".text": "TXT", ".md": "MD", ".markdown": "MD"} | {
    extension: name
    for name, extensions in {
        "PNG": (".png",),
        "JPEG": (".jpg", ".jpeg"),
        "WEBP": (".webp",),
        "GIF": (".gif",),
        "BMP": (".bmp",),
        "TIFF": (".tif", ".tiff"),
        "HEIC": (".heic", ".heif"),
    }.items()
    for extension in extensions
}
# A file without an extension whose bytes are text is taken as plain text.
_TEXT_TYPES = {"": "text/plain", ".txt": "text/plain", ".text": "text/plain"} | dict.fromkeys(
    (".md", ".markdown"), "text/markdown"
)
# Streams of an OLE compound file, by their names in its directory; the first that occurs decides.
_OLE_STREAMS = {"EncryptedPackage": "encrypted", "WordDocument": "DOC", "Workbook": "XLS", "PowerPoint Document": "PPT"}


def _kind(data: bytes, extension: str) -> str | None:
    """One of "PDF" and "ZIP", the name of a type that cannot be read, or None for what may be text."""
    kind = filetypes.recognise(data)
    if kind == "OLE":
        return _ole_kind(data)
    # Readers of PDF accept up to 1,024 bytes of rubbish before the header; in a text the same bytes mean nothing.
    return "PDF" if kind is None and extension == ".pdf" and b"%PDF-" in data[:1024] else kind


def _ole_kind(data: bytes) -> str:
    kind = next((kind for stream, kind in _OLE_STREAMS.items() if stream.encode("utf-16-le") in data), "OLE")
    if kind == "encrypted":
        raise InputError("file_encrypted")
    if kind == "DOC":
        raise InputError("file_legacy_doc")
    return kind


def _wrong_type(found: str, extension: str) -> InputError:
    if extension in _CLAIMS:
        return InputError("file_type_mismatch", extension=extension, found=found, accepted=ACCEPTED)
    return InputError("file_type_unknown", found=found, accepted=ACCEPTED)


# --- plain text -----------------------------------------------------------------------------------------------

# The longer mark first: UTF-32's begins with UTF-16's.
_BYTE_ORDER_MARKS = {
    b"\xef\xbb\xbf": "utf-8-sig",
    b"\xff\xfe\0\0": "utf-32",
    b"\0\0\xfe\xff": "utf-32",
    b"\xff\xfe": "utf-16",
    b"\xfe\xff": "utf-16",
}


_CONTROLS = re.compile(r"[\x01-\x08\x0e-\x1a\x1c-\x1f]")


def _decode(data: bytes, extension: str) -> str:
    """Bytes that carry no signature, as text; refuses them where the extension promises something else."""
    text = _decoded(data)
    if extension not in _TEXT_TYPES:
        claim = _CLAIMS.get(extension)
        if claim is not None and text is None:
            raise InputError("image_damaged" if claim in filetypes.PICTURES else "file_damaged")
        if claim is not None:
            raise _wrong_type("TXT", extension)
        # The extension comes from the name a person gave: show it only if it can be nothing but an extension.
        raise _wrong_type(extension if re.fullmatch(r"\.[a-z0-9]{1,8}", extension) else "?", extension)
    if text is None:
        raise InputError("text_encoding")
    return text


def _decoded(data: bytes) -> str | None:
    """UTF-8, UTF-16 or UTF-32 with a byte order mark, or GB18030; None for anything else."""
    marked = next((codec for mark, codec in _BYTE_ORDER_MARKS.items() if data.startswith(mark)), None)
    for codec in [marked] if marked else ["utf-8", "gb18030"]:
        with contextlib.suppress(UnicodeDecodeError):
            text = data.decode(codec)
            return None if _is_rubbish(text, guessed=codec == "gb18030") else text
    return None


def _is_rubbish(text: str, *, guessed: bool) -> bool:
    if "\0" in text or len(_CONTROLS.findall(text)) > len(text) / 100:
        return True
    # Most byte pairs above ASCII are some GB18030 character, but real Chinese is written with the 7,445 of GB 2312:
    # Western and Big5 texts read as GB18030 are mostly others.
    foreign = [c for c in text[: 2 * MAX_CHARACTERS] if c > "\x7f"]
    return guessed and sum(_in_gb2312(c) for c in foreign) < 0.8 * len(foreign)


def _in_gb2312(character: str) -> bool:
    try:
        return bool(character.encode("gb2312"))
    except UnicodeEncodeError:
        return False


# --- cleaning -------------------------------------------------------------------------------------------------

# Bullets of the Symbol and Wingdings fonts, which Word maps into the private use area at U+F000.
_SYMBOL_BULLETS = dict.fromkeys("\uf0b7\uf0a7\uf06c\uf06e\uf075\uf076\uf0d8\uf0a8\uf0fc\uf0e0\uf0b2", "•")
# Invisible though not of category Cf: fillers, variation selectors and the reserved parts of
# Default_Ignorable_Code_Point (Unicode, DerivedCoreProperties.txt). Text can be smuggled in all of them.
_INVISIBLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2065\u3164\ufe00-\ufe0f\uffa0\ufff0-\ufff8\U000e0000-\U000e0fff]"
)
# All but Chinese punctuation, which a person is to find again as written; what compares texts folds it for itself.
_FOLDED = re.compile("[^，：；！？（）]+")
_REPLACED_CATEGORIES = {"Cc": "", "Cf": "", "Cs": "", "Co": " "}  # Co: icon fonts; a space keeps the words apart
# Unicode Stream-Safe Text Format (UAX #15, section 13): no language needs more marks on a letter, and normalising
# takes time quadratic in their number.
_MAX_MARKS = 30


def _clean_within(text: str, limit: int) -> str:
    # Cleaning costs time, and no honest text is twenty times as long before it as after.
    cleaned = _clean(text) if len(text) <= 20 * limit else text
    if len(cleaned) > limit:
        raise InputError("text_too_long", length=len(cleaned), limit=limit)
    return cleaned


def _clean(text: str) -> str:
    # Lines first: form feeds and U+2028 end a line, and would be dropped as controls.
    text = "\n".join(text.splitlines())
    text = text.translate({ord(c): new for c in set(text) if (new := _replacement(c)) is not None})
    text = _FOLDED.sub(lambda match: unicodedata.normalize("NFKC", match[0]), _limit_marks(text))
    lines = "\n".join(line.rstrip() for line in text.split("\n"))
    return re.sub(r"\n{3,}", "\n\n", lines).strip()


def _replacement(character: str) -> str | None:
    """What stands for a character that must not stay; None to keep it."""
    if character in "\n\t":
        return None
    if _INVISIBLE.match(character):
        return ""
    return _SYMBOL_BULLETS.get(character, _REPLACED_CATEGORIES.get(unicodedata.category(character)))


def _limit_marks(text: str) -> str:
    if not any(map(unicodedata.combining, set(text))):
        return text
    runs = groupby(text, key=lambda c: unicodedata.combining(c) > 0)
    return "".join("".join(list(run)[:_MAX_MARKS]) if marks else "".join(run) for marks, run in runs)


# --- pictures -------------------------------------------------------------------------------------------------

_PICTURE_PIXELS = 200_000  # an A4 page at 46 dpi: with fewer, no text in the picture would be legible


def _read_picture(data: bytes) -> Document:
    from core.ocr import images  # noqa: PLC0415 - loads NumPy and Pillow, which other files do without

    pictures = images.pages(data, MAX_SCANNED_PAGES)
    return Document(filetypes.PICTURES[images.kind(data) or ""], tuple(Page(picture=picture) for picture in pictures))


def _without_icons(document: Document) -> Document:
    """A document of pictures only, without those that are icons or lines, or that no program could show."""
    from core.ocr import images  # noqa: PLC0415 - loads NumPy and Pillow, which other files do without

    def legible(picture: bytes) -> bool:
        try:
            width, height = images.size(picture)
        except InputError as error:
            if error.code in ("image_damaged", "image_too_small"):
                return False
            raise
        return width * height >= _PICTURE_PIXELS

    kept = [page.picture for page in document.pages if page.picture is not None and legible(page.picture)]
    if not kept:
        raise InputError("file_no_text")
    pictures: list[bytes] = []
    for picture in kept:
        pictures += images.pages(picture, MAX_SCANNED_PAGES)
        if len(pictures) > MAX_SCANNED_PAGES:
            raise InputError("file_too_many_scans", pages=max(len(pictures), len(kept)), limit=MAX_SCANNED_PAGES)
    return Document(document.media_type, tuple(Page(picture=picture) for picture in pictures))


# --- the child process ----------------------------------------------------------------------------------------


def _parse_in_child(data: bytes, kind: str, extension: str, limit: int) -> tuple[Page, ...]:
    try:
        output = sandbox.run(__name__, kind, extension, str(limit), data=data)
    except TimeoutError:
        raise InputError("file_bomb") from None
    except ChildProcessError:  # the parser crashed
        raise InputError("file_damaged") from None
    answer: dict[str, Any] = json.loads(output)
    if "code" in answer:
        raise InputError(answer["code"], **answer["values"])
    return tuple(Page(text, picture and base64.b64decode(picture)) for text, picture in answer["pages"])


def _parse(data: bytes, kind: str, extension: str, limit: int = MAX_CHARACTERS) -> list[Page]:
    """Runs in the child; like `read_document`, raises nothing but InputError."""
    try:
        return _cleaned(_PARSERS[kind](data, extension), limit)
    except (InputError, ImportError):  # the latter is a broken installation, not a broken file
        raise
    except MemoryError:
        raise InputError("file_bomb") from None
    except Exception:  # hostile bytes make the parsers raise nearly anything; it all means that the file is broken
        raise InputError("file_damaged") from None


def _cleaned(pages: list[Page], limit: int) -> list[Page]:
    texts = [page.text for page in pages if page.text is not None]
    # All of it may be too long, or empty, where no single page is.
    (read_text if len(texts) == len(pages) else _clean_within)("\n".join(texts), limit)
    cleaned = [page if page.text is None else Page(_clean(page.text)) for page in pages]
    return [page for page in cleaned if page.text != ""]


def _serve(kind: str, extension: str, limit: str) -> None:
    sandbox.confine()
    answer: dict[str, Any]
    try:
        pages = _parse(sys.stdin.buffer.read(), kind, extension, int(limit))
        answer = {"pages": [(page.text, page.picture and base64.b64encode(page.picture).decode()) for page in pages]}
    except InputError as error:
        answer = {"code": error.code, "values": error.values}
    sys.stdout.write(json.dumps(answer))


# --- PDF ------------------------------------------------------------------------------------------------------

_MAX_PAGES = 300
_FEW_LETTERS = 50  # a page with fewer may be a scan with a page number or a scanner app's watermark
_DRAWN_PATHS = 100  # a page of text converted to outlines has a path for every letter
_UNREADABLE_SHARE = 0.2  # of a page's characters, from fonts that do not say which letters their shapes are


def _read_pdf(data: bytes, _: str) -> list[Page]:
    import pypdfium2  # noqa: PLC0415 - only the child needs it

    # A PDF ends with this mark (ISO 32000-1, 7.5.5). PDFium would repair a truncated file and leave out its last pages.
    if b"%%EOF" not in data.rstrip(b"\0 \t\r\n")[-1024:]:
        raise InputError("file_damaged")
    try:
        pdf = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        locked = error.err_code in (pypdfium2.raw.FPDF_ERR_PASSWORD, pypdfium2.raw.FPDF_ERR_SECURITY)
        raise InputError("file_encrypted" if locked else "file_damaged") from None
    if len(pdf) > _MAX_PAGES:
        raise InputError("file_bomb")
    if pdf.get_formtype():
        pdf.init_forms()
        for page in pdf:
            page.flatten()  # what was typed into form fields is not part of a page's text before
    texts: list[str | None] = [_printed(page) for page in pdf]
    for number, text in enumerate(texts):
        if _is_scan(pdf[number], text or ""):
            texts[number] = None
    scans = texts.count(None)
    if scans > MAX_SCANNED_PAGES:
        raise InputError("file_too_many_scans", pages=scans, limit=MAX_SCANNED_PAGES)
    if not scans and not _letters("".join(text or "" for text in texts)):
        raise InputError("file_no_text")
    return [Page(picture=_rendered(pdf[number])) if text is None else Page(text) for number, text in enumerate(texts)]


def _printed(page: Any) -> str:
    printed = page.get_textpage()
    # PDFium writes U+0002 for a hyphen at the end of a line.
    return (column_text(printed) or str(printed.get_text_bounded())).replace("\x02", "-")


def _is_scan(page: Any, text: str) -> bool:
    """Whether what a person reads on the page is not in its text: a scan, outlines, or letters without a meaning."""
    from pypdfium2 import raw  # noqa: PLC0415 - only the child needs it

    unreadable = sum(c == "\ufffd" or unicodedata.category(c) in ("Co", "Cn") for c in text)
    if unreadable >= 10 and unreadable > _UNREADABLE_SHARE * len(text):
        return True
    if _letters(text) >= _FEW_LETTERS:
        return False
    sizes = [image.get_px_size() for image in page.get_objects([raw.FPDF_PAGEOBJ_IMAGE])]
    if sum(width * height for width, height in sizes) >= _PICTURE_PIXELS:
        return True
    return sum(1 for _ in page.get_objects([raw.FPDF_PAGEOBJ_PATH])) >= _DRAWN_PATHS


def _letters(text: str) -> int:
    return sum(map(str.isalnum, text))


# Scans are read reliably from 150 dpi: no more letters of 9-point text are misread than at 300 dpi.
_RESOLUTION = 150 / 72  # pixels per point
_ACROSS = 1240  # pixels of the shorter side of A4 at 150 dpi; a smaller page is a screenshot and not smaller print
_RENDERED_PIXELS = 20_000_000  # of one page; A1 at 150 dpi
_JPEG_QUALITY = 92  # as `images.encode`, which this process does not load


def _rendered(page: Any) -> bytes:
    """A page as JPEG, in the resolution that reading needs and no finer than a picture that is all of the page."""
    crop, native = _only_picture(page)
    width, height = page.get_width() - crop[0] - crop[2], page.get_height() - crop[1] - crop[3]
    scale = min(native, max(_RESOLUTION, _ACROSS / min(width, height)), math.sqrt(_RENDERED_PIXELS / (width * height)))
    buffer = io.BytesIO()
    page.render(scale=scale, crop=crop).to_pil().convert("RGB").save(buffer, "JPEG", quality=_JPEG_QUALITY)
    return buffer.getvalue()


def _only_picture(page: Any) -> tuple[tuple[float, float, float, float], float]:
    """What to cut off (left, bottom, right, top, in points) around the only picture of a page; its pixels per point.

    Programs that put a picture on a page shrink a long screenshot to a narrow strip of it. Where the page holds
    anything else nothing is cut off, and its resolution is without limit.
    """
    from pypdfium2 import raw  # noqa: PLC0415 - only the child needs it

    whole = (0.0, 0.0, 0.0, 0.0), math.inf
    objects = list(page.get_objects(max_depth=1))
    alone = len(objects) == 1 and objects[0].type == raw.FPDF_PAGEOBJ_IMAGE and not raw.FPDFPage_GetAnnotCount(page)
    if not alone or page.get_rotation():
        return whole
    (left, bottom, right, top), (x, y, to_right, to_top) = objects[0].get_bounds(), page.get_bbox()
    if min(right, to_right) - max(left, x) < 1 or min(top, to_top) - max(bottom, y) < 1:
        return whole  # it is drawn beside the page
    crop = (max(0, left - x), max(0, bottom - y), max(0, to_right - right), max(0, to_top - top))
    columns, rows = objects[0].get_px_size()
    return crop, math.sqrt(columns * rows / ((right - left) * (top - bottom)))


# --- DOCX -----------------------------------------------------------------------------------------------------

_MAX_ENTRIES = 2_000
_MAX_UNPACKED = 100 * 1024 * 1024
# Office XML shrinks some 20 times; a file that is not small and shrinks far more is made to exhaust memory.
_MAX_RATIO = 100
_SMALL = 10 * 1024 * 1024
# What a ZIP holds, by how the names of its entries begin.
_ZIP_KINDS = {"word/": "DOCX", "xl/": "XLSX", "ppt/": "PPTX", "content.xml": "ODF", "OEBPS/": "EPUB", "Index/": "iWork"}

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_PARAGRAPH = f"{_W}p"
_BREAKS = {f"{_W}tab": "\t", f"{_W}br": "\n", f"{_W}cr": "\n", f"{_W}noBreakHyphen": "-"}
# Not to be read: properties (their w:tab is a tab stop), deleted or moved-away text, a ruby text's pronunciation, and
# the second form in which old programs find a text box.
_SKIPPED = {f"{_W}{name}" for name in ("pPr", "rPr", "sectPr", "del", "moveFrom", "rt")} | {
    "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
}
_R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_PICTURE_REFERENCES = (f"{_R}embed", f"{_R}id")  # of a:blip, and of v:imagedata in older files
_LIST_STYLES = re.compile(r"list (?:bullet|number)", re.IGNORECASE)
_HEADING_STYLES = re.compile(r"(?:heading|title|subtitle)\b", re.IGNORECASE)
# A typed mark of a list item: any sign that opens neither a quotation nor a bracket nor a number, or a numeral.
_MARKED = re.compile(r"\s*(?:[^\w\s\"'“‘「『《〈【\[(（+.$¥€£@#~<]|[(（]?\d{1,2}(?:[)）、]|\.(?!\d)))")
_PARTS_BEFORE, _PARTS_AFTER = ("header",), ("footnotes", "endnotes", "footer")


def _read_zip(data: bytes, extension: str) -> list[Page]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        kind = _inspect_zip(archive, len(data))
    if kind != "DOCX":
        raise _wrong_type(kind, extension)
    return _read_docx(data)


def _inspect_zip(archive: zipfile.ZipFile, size: int) -> str:
    """What the archive holds; raises before anything large is unpacked (zipfile never reads past a declared size)."""
    entries = archive.infolist()
    unpacked = sum(entry.file_size for entry in entries)
    if len(entries) > _MAX_ENTRIES or unpacked > _MAX_UNPACKED or unpacked > max(_SMALL, _MAX_RATIO * size):
        raise InputError("file_bomb")
    if any(entry.flag_bits & 1 for entry in entries):
        raise InputError("file_encrypted")
    names = [entry.filename for entry in entries]
    kind = next((kind for start, kind in _ZIP_KINDS.items() if any(n.startswith(start) for n in names)), "ZIP")
    if kind == "DOCX":
        for entry in entries:
            # A DTD is forbidden in Office files (ECMA-376-2, 8.2) and serves only to define entities that explode.
            # Without the zero bytes the search also finds it in UTF-16.
            if entry.filename.endswith((".xml", ".rels")) and b"<!DOCTYPE" in archive.read(entry).replace(b"\0", b""):
                raise InputError("file_bomb")
    return kind


def _read_docx(data: bytes) -> list[Page]:
    import docx  # noqa: PLC0415 - only the child needs it
    from docx.oxml import parse_xml  # noqa: PLC0415

    document = docx.Document(io.BytesIO(data))
    related: dict[str, list[Any]] = {}
    for relation in document.part.rels.values():
        if not relation.is_external:
            related.setdefault(relation.reltype.rsplit("/", 1)[-1], []).append(relation.target_part)
    parts = [
        *(part for name in _PARTS_BEFORE for part in related.get(name, [])),
        document.part,
        *(part for name in _PARTS_AFTER for part in related.get(name, [])),
    ]
    styles = _style_marks(document.styles.element)
    # Headers of the first, the even and the other pages are parts of their own, and mostly say the same.
    texts = dict.fromkeys("\n".join(_paragraphs(parse_xml(part.blob), styles)) for part in parts)
    text = "\n".join(text for text in texts if text.strip())
    if _letters(text):
        return [Page(text)]
    if "image" not in related:
        raise InputError("text_empty")
    pictures = _pictures(document.part)
    if not pictures:
        raise InputError("file_no_text")
    return [Page(picture=picture) for picture in pictures]


def _pictures(part: Any) -> list[bytes]:
    """The pictures of a document's body that may be read, each once, by where they first stand."""
    names = dict.fromkeys(element.get(name) for element in part.element.iter() for name in _PICTURE_REFERENCES)
    found = (part.related_parts[name].blob for name in names if name in part.related_parts)
    return [blob for blob in found if filetypes.recognise(blob) in filetypes.PICTURES]


def _style_marks(root: Any) -> dict[str, str]:
    """What its style puts before a paragraph, by style id: "•" for a list, "" for a heading, even a numbered one.

    Styles that say nothing, themselves or by the styles they are based on, are left out.
    """
    marks: dict[str, str] = {}
    based_on: dict[str, str] = {}
    for style in root.iter(f"{_W}style"):
        identifier = style.get(f"{_W}styleId", "")
        name, base = (_value(style, tag) for tag in ("name", "basedOn"))
        properties = style.find(f"{_W}pPr")
        based_on[identifier] = base
        if _HEADING_STYLES.match(name) or _value(properties, "outlineLvl"):
            marks[identifier] = ""
        elif _LIST_STYLES.match(name) or _numbered(properties):
            marks[identifier] = "•"
    for identifier in based_on:
        ancestor, seen = identifier, {identifier}
        while ancestor not in marks and (ancestor := based_on.get(ancestor, "")) not in seen:
            seen.add(ancestor)
        if ancestor in marks:
            marks[identifier] = marks[ancestor]
    return marks


def _value(parent: Any, *names: str) -> str:
    """The w:val of the element down that path, or an empty string."""
    found = None if parent is None else parent.find("/".join(f"{_W}{name}" for name in names))
    return "" if found is None else found.get(f"{_W}val", "")


def _numbered(properties: Any) -> bool:
    # The number 0 takes a paragraph out of the list its style puts it in (ECMA-376-1, 17.9.18).
    return _value(properties, "numPr", "numId") not in ("", "0")


def _mark(properties: Any, styles: dict[str, str]) -> str:
    """The bullet Word draws before a paragraph with these properties; it is not part of the text."""
    style = styles.get(_value(properties, "pStyle"))
    if style == "" or _value(properties, "outlineLvl") or _value(properties, "numPr", "numId") == "0":
        return ""
    return "•" if style or _numbered(properties) else ""


def _paragraphs(root: Any, styles: dict[str, str]) -> Iterator[str]:
    """The text of every paragraph, by where it starts: a text box comes after the paragraph it is anchored in.

    A paragraph of a list starts with a bullet, whatever Word draws there.
    """
    from lxml import etree  # noqa: PLC0415 - only the child needs it

    paragraphs: list[list[str]] = []
    marks: list[str] = []
    open_paragraphs: list[list[str]] = []
    walker = etree.iterwalk(root, events=("start", "end"))
    for event, element in walker:
        if event == "end":
            if element.tag == _PARAGRAPH:
                open_paragraphs.pop()
        elif element.tag in _SKIPPED:
            walker.skip_subtree()
        elif element.tag == _PARAGRAPH:
            open_paragraphs.append([])
            paragraphs.append(open_paragraphs[-1])
            marks.append(_mark(element.find(f"{_W}pPr"), styles))
        elif open_paragraphs:
            text = element.text or "" if element.tag == f"{_W}t" else _BREAKS.get(element.tag, "")
            open_paragraphs[-1].append(text)
    for mark, text in zip(marks, map("".join, paragraphs), strict=True):
        yield f"{mark} {text.lstrip()}" if mark and text.strip() and not _MARKED.match(text) else text


_PARSERS = {"PDF": _read_pdf, "ZIP": _read_zip}
_MEDIA_TYPES = {
    "PDF": "application/pdf",
    "ZIP": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}

if __name__ == "__main__":
    _serve(*sys.argv[1:])
