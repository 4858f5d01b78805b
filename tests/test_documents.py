"""Files and pasted text to clean text and pictures: what is read, what is refused, and that nothing else can happen."""

import io
import re
import sys
import time
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from core import documents, i18n, sandbox
from core.documents import (
    MAX_BYTES,
    MAX_CHARACTERS,
    MAX_SCANNED_PAGES,
    Document,
    Page,
    read_document,
    read_text,
)
from core.errors import InputError
from core.filetypes import MAX_PICTURE_BYTES
from tests.support import files

EXTENSIONS = [".pdf", ".docx", ".txt", ".md", ".doc", ".png", ".exe", ""]
ENGLISH = ("Emily Chen, Senior Backend Engineer", "Led the migration of the payments ledger to Go services.")
CHINESE = ("张伟 高级数据分析师", "负责增长业务线数据指标体系建设,主导32个实验。")
PDF = files.pdf([files.lines(*ENGLISH)], [files.lines(*CHINESE, font=files.CHINESE_FONT)])
DOCX = files.docx_file(*ENGLISH, header="Resume", table=[["Python", "SQL"], ["Go", "Rust"]])
SCAN = files.pdf([files.photo(files.marked(500, 500))], [files.lines(*ENGLISH)])
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)


def refusal(read: Callable[[], object]) -> InputError:
    """The error a reading ends with; it must have a message in every language."""
    with pytest.raises(InputError) as caught:
        read()
    for locale in i18n.LOCALES:
        message = caught.value.message(locale)
        assert message
        assert "{" not in message
    return caught.value


def outcome(read: Callable[[], object]) -> object:
    """What is read or the refusal; any other exception fails the test. A refusal must have a message."""
    try:
        return read()
    except InputError as error:
        caught = error
    assert all(caught.message(locale) for locale in i18n.LOCALES)
    return caught


def text_of(*pages: str, media_type: str) -> Document:
    return Document(media_type, tuple(Page(text) for text in pages))


def shown(page: Page) -> Image.Image:
    """The picture of a page."""
    assert page.text is None
    return Image.open(io.BytesIO(page.picture or b""))


def shape(document: Document) -> str:
    """What its pages are, in order: "t" for text, "p" for a picture."""
    return "".join("t" if page.picture is None else "p" for page in document.pages)


def file_refusal(data: bytes, filename: str) -> InputError:
    return refusal(lambda: read_document(data, filename))


@pytest.fixture
def in_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where it is about what a file says: a process of its own for each takes longer than all the rest."""
    monkeypatch.setattr(documents, "_parse_in_child", lambda *told: tuple(documents._parse(*told)))


# --- PDF ------------------------------------------------------------------------------------------------------


def test_pdf_of_two_languages():
    document = read_document(PDF, "resume.PDF")
    assert document == text_of("\n".join(ENGLISH), "\n".join(CHINESE), media_type="application/pdf")
    assert document.text == "\n".join([*ENGLISH, *CHINESE])
    assert not document.scanned


@pytest.mark.usefixtures("in_process")
def test_pdf_columns_are_read_one_after_the_other():
    left = ["CONTACT", "emily@example.com", "SKILLS", "Go, Python", "EDUCATION", "M.S. Computer Science"]
    right = ["Emily Chen", "Backend Engineer", "EXPERIENCE", "Northwind Commerce", "PROJECTS", "go-ledger"]
    data = files.pdf([files.lines(*left, x=50), files.lines(*right, x=300)])
    assert read_document(data, "resume.pdf").text.splitlines() == left + right


LEFT = ["CONTACT", "emily@example.com", "Seattle, WA", "SKILLS", "Go, Python", "LANGUAGES", "English (native)"]
RIGHT = ["Emily Chen", "Engineer", "EXPERIENCE", "Northwind Commerce", "Led the migration of", "the ledger", "to Go"]


def rows(left: list[str], right: list[str], x: float) -> list[files.Draw]:
    """Two columns drawn row by row."""
    pairs = zip(left, right, strict=True)
    return [draw for n, (one, two) in enumerate(pairs) for draw in (row(one, 50, n), row(two, x, n))]


def row(text: str, x: float, number: int) -> files.Draw:
    return files.lines(text, x=x, y=720 - 16 * number)


@pytest.mark.usefixtures("in_process")
def test_pdf_columns_drawn_row_by_row_are_read_one_after_the_other():
    title = files.lines("Resume of Emily Chen, who builds payment systems in Seattle", x=50)
    data = files.pdf([title, *rows(LEFT, RIGHT, 230)])
    assert read_document(data, "a.pdf").text.splitlines()[1:] == LEFT + RIGHT


@pytest.mark.parametrize(
    ("left", "right", "x"),
    [
        (["EXPERIENCE", *["Engineer, Acme"] * 6], ["Page 1", *["2019 - 2021"] * 6], 400),
        (["EXPERIENCE", "2019", "2020", "EDUCATION", "2015", "SKILLS", "Tools"], ["Acme built a ledger"] * 7, 150),
    ],
    ids=["dates on the right", "headings on the left"],
)
@pytest.mark.usefixtures("in_process")
def test_pdf_rows_that_belong_together_stay_together(left: list[str], right: list[str], x: float):
    read = read_document(files.pdf(rows(left, right, x)), "a.pdf").text.splitlines()
    assert [line.split() for line in read] == [[*a.split(), *b.split()] for a, b in zip(left, right, strict=True)]


@pytest.mark.usefixtures("in_process")
def test_pdf_keeps_the_hyphen_at_the_end_of_a_line():
    data = files.pdf([files.lines("Led cross-", "functional teams in three countries", "and two continents for years")])
    assert "cross-functional teams" in read_document(data, "a.pdf").text.replace("\n", "")


@pytest.mark.usefixtures("in_process")
def test_pdf_form_fields_are_read():
    data = files.pdf([files.lines(*ENGLISH), files.form_field("Kubernetes administrator")])
    assert "Kubernetes administrator" in read_document(data, "a.pdf").text


@pytest.mark.usefixtures("in_process")
def test_pdf_blank_pages_are_left_out():
    document = read_document(files.pdf([], [files.lines(*ENGLISH)], []), "a.pdf")
    assert document == text_of("\n".join(ENGLISH), media_type="application/pdf")


@pytest.mark.usefixtures("in_process")
def test_pdf_short_page_with_a_logo_is_no_scan():
    assert read_document(files.pdf([files.lines("Emily Chen"), files.picture(120, 120)]), "a.pdf").text == "Emily Chen"


def test_pdf_of_blank_pages():
    assert file_refusal(files.pdf([], []), "a.pdf").code == "file_no_text"


@pytest.mark.parametrize(
    "page",
    [
        [files.picture()],
        [files.picture(), files.lines("Scanned with CamScanner")],
        [files.outlines(400)],
        [files.outlines(400), files.lines("Page 2")],
    ],
    ids=["picture", "watermark", "outlines", "outlines with a number"],
)
@pytest.mark.usefixtures("in_process")
def test_pdf_scans_are_pictures_in_the_order_of_the_pages(page: list[files.Draw]):
    text = [files.lines(*ENGLISH)]
    assert shape(read_document(files.pdf(page, page), "scan.pdf")) == "pp"
    document = read_document(files.pdf(text, page, [], text, page), "a.pdf")
    assert shape(document) == "tptp"
    assert document.pages[0] == document.pages[2] == Page("\n".join(ENGLISH))
    assert document.scanned
    with pytest.raises(ValueError, match="have not been read"):
        _ = document.text


@pytest.mark.usefixtures("in_process")
def test_pdf_letters_without_meaning_are_a_picture():
    data = files.pdf([files.lines(*ENGLISH)], [files.lines(*ENGLISH, font=files.EMBEDDED_FONT)])
    assert shape(read_document(data, "a.pdf")) == "tt"
    assert shape(read_document(files.with_meaningless_letters(data), "a.pdf")) == "tp"


@pytest.mark.usefixtures("in_process")
def test_pdf_scan_shows_what_is_on_the_page():
    data = files.pdf([files.photo(files.marked(2480, 3508)), files.lines("CamScanner", x=500, y=20)])
    picture = shown(read_document(data, "a.pdf").pages[0])
    assert picture.size == pytest.approx((1240, 1754), abs=1)  # 150 dpi
    assert files.is_marked(picture)


@pytest.mark.parametrize(
    ("pixels", "place", "read"),
    [
        ((1240, 1754), None, (1240, 1754)),
        ((2480, 3508), None, (1240, 1754)),
        ((620, 877), None, (620, 877)),
        ((540, 4800), (250, 0, 94.7, 842), (540, 4800)),
        ((2160, 1000), (0, 400, 595, 275), (2160, 1000)),
    ],
    ids=["as fine as needed", "finer", "coarser", "long screenshot", "wide screenshot"],
)
@pytest.mark.usefixtures("in_process")
def test_pdf_page_that_is_one_picture_keeps_its_pixels(pixels, place, read):
    data = files.pdf([files.photo(files.marked(*pixels), place)])
    picture = shown(read_document(data, "a.pdf").pages[0])
    assert picture.size == pytest.approx(read, rel=0.01)
    assert files.is_marked(picture)


@pytest.mark.usefixtures("in_process")
def test_pdf_beside_a_picture_nothing_is_cut_off():
    logo = files.photo(Image.new("RGB", (500, 500), "red"), (250, 20, 95, 95))
    data = files.pdf([files.photo(files.marked(540, 4800), (250, 200, 60, 600)), logo, files.outlines(20)])
    assert shown(read_document(data, "a.pdf").pages[0]).size == pytest.approx((1240, 1754), abs=1)


@pytest.mark.usefixtures("in_process")
def test_pdf_picture_outside_the_page():
    data = files.pdf([files.photo(files.marked(600, 900), (700, 100, 200, 300))])
    assert shown(read_document(data, "a.pdf").pages[0]).size == pytest.approx((1240, 1754), abs=1)


@pytest.mark.parametrize("turn", [90, 180, 270])
@pytest.mark.usefixtures("in_process")
def test_pdf_turned_page_is_read_upright(turn: int):
    picture = shown(
        read_document(files.turned(files.pdf([files.photo(files.marked(620, 877))]), turn), "a.pdf").pages[0]
    )
    upright = picture.rotate(turn, expand=True)
    assert upright.width < upright.height
    assert files.is_marked(upright)


def test_pdf_huge_page_is_made_smaller():
    data = files.pdf(
        [files.photo(files.marked(2000, 2000), (0, 0, 14_000, 14_000)), files.lines("x")], size=(14_400, 14_400)
    )
    picture = shown(read_document(data, "a.pdf").pages[0])
    assert 10_000_000 < picture.width * picture.height < 21_000_000


def test_pdf_as_many_scans_as_are_read():
    scans = [[files.photo(files.marked(1240, 1754))]] * MAX_SCANNED_PAGES
    document = read_document(files.pdf(*scans, [files.lines(*ENGLISH)]), "a.pdf")
    assert shape(document) == "p" * MAX_SCANNED_PAGES + "t"
    error = file_refusal(files.pdf(*scans, [files.lines(*ENGLISH)], [files.picture()]), "a.pdf")
    assert (error.code, error.values) == ("file_too_many_scans", {"pages": 21, "limit": 20})


def test_pdf_text_between_scans_is_limited_and_cleaned():
    data = files.pdf([files.picture()], [files.lines("x" * 49, "y" * 49 + "  ")])
    assert read_document(data, "a.pdf", limit=99).pages[1].text == "x" * 49 + "\n" + "y" * 49
    error = refusal(lambda: read_document(data, "a.pdf", limit=98))
    assert (error.code, error.values) == ("text_too_long", {"length": 99, "limit": 98})


def test_pdf_with_a_password_is_refused():
    assert file_refusal(files.pdf([files.lines(*ENGLISH)], password="s3cret"), "a.pdf").code == "file_encrypted"


def test_pdf_that_only_forbids_editing_is_read():
    data = files.pdf([files.lines(*ENGLISH)], owner_password="s3cret")
    assert read_document(data, "a.pdf").text == "\n".join(ENGLISH)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.99])
def test_truncated_pdf_is_refused_not_read_in_part(share: float):
    assert file_refusal(PDF[: int(len(PDF) * share)], "a.pdf").code == "file_damaged"


def test_pdf_that_lost_only_its_end_is_refused():
    # PDFium would repair this one, and nobody could tell what else is missing.
    assert file_refusal(PDF[: PDF.rindex(b"startxref")], "a.pdf").code == "file_damaged"


def test_pdf_with_rubbish_around_is_read():
    assert read_document(b"HTTP/1.1 200 OK\r\n\r\n" + PDF + bytes(2000), "a.pdf") == read_document(PDF, "a.pdf")


def test_pdf_with_absurdly_many_pages():
    assert file_refusal(files.pdf_of_repeated_pages(5000), "a.pdf").code == "file_bomb"


def test_pdf_that_would_be_parsed_for_ever(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sandbox, "SECONDS", 3)
    started = time.monotonic()
    # Where memory is limited, the parser gives up before the deadline.
    assert file_refusal(files.pdf_of_nested_forms(12), "a.pdf").code in ("file_bomb", "file_damaged")
    assert time.monotonic() - started < 10


def test_deadline(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sandbox, "SECONDS", 0.001)
    assert file_refusal(PDF, "a.pdf").code == "file_bomb"


# --- DOCX -----------------------------------------------------------------------------------------------------


def test_docx_is_read_whole_and_in_order():
    data = files.docx_file(
        "Emily Chen",
        header="Resume 2025",
        footer="References on request",
        table=[["Python", "Five years"], ["数据分析", "三年"]],
        raw=[files.text_box("Looking for: data roles")],
    )
    document = read_document(data, "resume.docx")
    assert [line for line in document.text.splitlines() if line] == [
        "Resume 2025",
        "Emily Chen",
        "Python",
        "Five years",
        "数据分析",
        "三年",
        "Looking for: data roles",
        "References on request",
    ]
    assert document.media_type.endswith("wordprocessingml.document")
    assert shape(document) == "t"


@pytest.mark.usefixtures("in_process")
def test_docx_inline_elements():
    run = "<w:r><w:t>{}</w:t></w:r>"
    paragraph = (
        f"<w:p {files.WORD_NAMESPACES}><w:pPr><w:tabs><w:tab w:val='left' w:pos='720'/></w:tabs></w:pPr>"
        "<w:r><w:t>Acme</w:t><w:tab/><w:t>2019</w:t><w:br/><w:t>full</w:t><w:noBreakHyphen/><w:t>time</w:t></w:r>"
        "<w:r><w:t xml:space='preserve'> </w:t></w:r>"
        f"<w:ins>{run.format('kept')}</w:ins><w:del><w:r><w:delText>gone</w:delText><w:t>gone</w:t></w:r></w:del>"
        f"<w:hyperlink>{run.format(', linked')}</w:hyperlink></w:p>"
    )
    document = read_document(files.docx_file("First", raw=[paragraph]), "a.docx")
    assert document.text == "First\nAcme\t2019\nfull-time kept, linked"


def paragraph(text: str, properties: str = "") -> str:
    return f"<w:p {files.WORD_NAMESPACES}><w:pPr>{properties}</w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>"


@pytest.mark.parametrize(
    ("text", "properties", "read"),
    [
        ("Built it", "<w:numPr><w:ilvl w:val='0'/><w:numId w:val='3'/></w:numPr>", "• Built it"),
        ("Built it", "<w:pStyle w:val='ListBullet'/>", "• Built it"),
        ("Built it", "<w:pStyle w:val='ListNumber2'/>", "• Built it"),
        ("(2019) Built it", "<w:pStyle w:val='ListBullet'/>", "• (2019) Built it"),
        ("– Built it", "<w:pStyle w:val='ListBullet'/>", "– Built it"),
        ("1、搭建团队", "<w:pStyle w:val='ListNumber'/>", "1、搭建团队"),
        ("", "<w:pStyle w:val='ListBullet'/>", ""),
        ("Built it", "<w:pStyle w:val='ListBullet'/><w:numPr><w:numId w:val='0'/></w:numPr>", "Built it"),
        ("Experience", "<w:pStyle w:val='Heading1'/><w:numPr><w:numId w:val='3'/></w:numPr>", "Experience"),
        ("Built it", "<w:pStyle w:val='ListParagraph'/>", "Built it"),
    ],
)
@pytest.mark.usefixtures("in_process")
def test_docx_list_paragraphs_keep_a_bullet(text: str, properties: str, read: str):
    data = files.docx_file("First", raw=[paragraph(text, properties), paragraph("Last")])
    assert read_document(data, "a.docx").text == "\n".join(["First", read, "Last"])


@pytest.mark.usefixtures("in_process")
def test_docx_styles_that_are_based_on_each_other():
    def loop(name: str, content: bytes) -> bytes:
        head, mark, tail = content.partition(b"</w:styles>")
        pair = "".join(
            f"<w:style w:type='paragraph' w:styleId='{one}'>"
            f"<w:name w:val='{one}'/><w:basedOn w:val='{other}'/></w:style>"
            for one, other in (("A", "B"), ("B", "A"), ("Mine", "ListBullet"))
        )
        return head + pair.encode() + mark + tail if name == "word/styles.xml" else content

    raw = [paragraph("one", "<w:pStyle w:val='A'/>"), paragraph("two", "<w:pStyle w:val='Mine'/>")]
    data = files.rewritten(files.docx_file("First", raw=raw), loop)
    assert read_document(data, "a.docx").text == "First\none\n• two"


@pytest.mark.usefixtures("in_process")
def test_docx_of_scans():
    first, second = files.encoded(files.marked(827, 1169), "PNG"), files.encoded(files.marked(600, 900), "JPEG")
    data = files.docx_file(pictures=[first, second, first])
    document = read_document(data, "a.docx")
    assert document.pages == (Page(picture=first), Page(picture=second))
    assert document.media_type.endswith("wordprocessingml.document")


@pytest.mark.usefixtures("in_process")
def test_docx_with_text_is_read_without_its_pictures():
    data = files.docx_file("Emily", pictures=[files.encoded(files.marked(827, 1169), "PNG")])
    assert read_document(data, "a.docx").text == "Emily"


@pytest.mark.usefixtures("in_process")
def test_docx_pictures_that_say_nothing():
    icon, line = files.encoded(files.marked(100, 100), "PNG"), files.encoded(Image.new("L", (600, 2)), "PNG")
    assert file_refusal(files.docx_file(pictures=[icon, line]), "a.docx").code == "file_no_text"
    scan = files.encoded(files.marked(827, 1169), "PNG")
    assert read_document(files.docx_file(pictures=[icon, scan, line]), "a.docx").pages == (Page(picture=scan),)


def docx_with(content: bytes) -> bytes:
    """A DOCX of one picture whose bytes are those instead."""
    data = files.docx_file(pictures=[files.encoded(files.marked(827, 1169), "PNG")])
    return files.rewritten(data, lambda name, old: content if name.endswith(".png") else old)


def test_docx_picture_that_cannot_be_shown():
    whole = files.encoded(files.marked(827, 1169), "PNG")
    assert file_refusal(docx_with(b"\xd7\xcd\xc6\x9a" + bytes(500)), "a.docx").code == "file_no_text"  # WMF
    assert file_refusal(docx_with(whole[:20]), "a.docx").code == "file_no_text"
    assert file_refusal(docx_with(whole[:-200]), "a.docx").code == "image_damaged"


def test_docx_of_too_many_scans():
    scans = [files.encoded(Image.new("L", (500, 500), shade), "PNG") for shade in range(MAX_SCANNED_PAGES + 1)]
    error = file_refusal(files.docx_file(pictures=scans), "a.docx")
    assert (error.code, error.values) == ("file_too_many_scans", {"pages": 21, "limit": 20})
    assert shape(read_document(files.docx_file(pictures=scans[1:]), "a.docx")) == "p" * MAX_SCANNED_PAGES


def test_docx_without_anything():
    assert file_refusal(files.docx_file(), "a.docx").code == "text_empty"


@pytest.mark.parametrize("share", [0.1, 0.5, 0.99])
def test_truncated_docx(share: float):
    assert file_refusal(DOCX[: int(len(DOCX) * share)], "a.docx").code == "file_damaged"


@pytest.mark.parametrize("megabytes", [50, 200])
def test_zip_bomb_is_refused_unopened(megabytes: int):
    bomb = files.zip_file({"[Content_Types].xml": b"", "word/document.xml": bytes(megabytes * 1024 * 1024)})
    assert len(bomb) < MAX_BYTES
    assert file_refusal(bomb, "a.docx").code == "file_bomb"


def test_zip_of_very_many_entries():
    assert file_refusal(files.zip_file({f"word/{n}": b"" for n in range(3000)}), "a.docx").code == "file_bomb"


def with_document_prefix(prefix: bytes, first_text: bytes) -> bytes:
    def replace(name: str, content: bytes) -> bytes:
        if name != "word/document.xml":
            return content
        declaration, body = content.split(b"?>", 1)
        return declaration + b"?>" + prefix + body.replace(b"Emily", first_text, 1)

    return files.rewritten(DOCX, replace)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_xml_with_entities_is_refused(encoding: str):
    laughs = "".join(f'<!ENTITY l{n + 1} "{f"&l{n};" * 10}">' for n in range(12))
    bomb = with_document_prefix(f'<!DOCTYPE x [<!ENTITY l0 "lol">{laughs}]>'.encode(), b"&l12;")
    if encoding == "utf-16":

        def recode(name: str, content: bytes) -> bytes:
            return (
                content.decode().replace("UTF-8", "UTF-16").encode("utf-16") if name == "word/document.xml" else content
            )

        bomb = files.rewritten(bomb, recode)
    assert file_refusal(bomb, "a.docx").code == "file_bomb"


def test_external_entity_is_never_read(tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("do not read me")
    data = with_document_prefix(b'<!DOCTYPE x [<!ENTITY e SYSTEM "%s">]>' % secret.as_uri().encode(), b"&e;")
    assert file_refusal(data, "a.docx").code == "file_bomb"


# --- plain text -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "gb18030"])
def test_text_encodings(codec: str):
    text = "张伟，高级数据分析师\n• Python：五年"
    data = text.encode(codec)
    assert read_document(data, "a.txt") == text_of(text, media_type="text/plain")


def test_markdown_by_its_extension():
    assert read_document(b"# Emily\n\n- Go", "cv.md") == text_of("# Emily\n\n- Go", media_type="text/markdown")
    assert read_document(b"plain", "resume").media_type == "text/plain"


@pytest.mark.parametrize(
    "data",
    [
        "Résumé of José Müller – São Paulo".encode("cp1252"),
        "張偉，資深資料分析師，負責業務指標".encode("big5"),
        "no byte order mark".encode("utf-16-le"),
        bytes(range(256)) * 4,
        b"\x01\x02\x03 abc",
        b"\xef\xbb\xbf\xff",
    ],
    ids=["cp1252", "big5", "utf-16 unmarked", "bytes", "controls", "bad after mark"],
)
def test_undecodable_text_is_refused_not_garbled(data: bytes):
    assert file_refusal(data, "a.txt").code == "text_encoding"


# --- types and sizes ------------------------------------------------------------------------------------------

ODT = files.zip_file({"mimetype": b"application/vnd.oasis.opendocument.text", "content.xml": b"<x/>"})
XLSX = files.zip_file({"[Content_Types].xml": b"<x/>", "xl/workbook.xml": b"<x/>"})
PPTX = files.zip_file({"[Content_Types].xml": b"<x/>", "ppt/presentation.xml": b"<x/>"})
BROKEN_PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)
HTML = b"\n<!-- saved -->\n<!DOCTYPE html><html><body>Resume</body></html>"
MHTML = b"MIME-Version: 1.0\r\nContent-Type: multipart/related\r\n\r\nResume"


@pytest.mark.parametrize(
    ("data", "filename", "found"),
    [
        (XLSX, "a.docx", "XLSX"),
        (PPTX, "a.docx", "PPTX"),
        (ODT, "a.docx", "ODF"),
        (files.zip_file({"a.txt": b"x"}), "a.docx", "ZIP"),
        (rb"{\rtf1 hello}", "a.txt", "RTF"),
        (HTML, "a.pdf", "HTML"),
        (b"Just words", "a.pdf", "TXT"),
        (b"Just words", "a.docx", "TXT"),
        (b"Just words", "a.png", "TXT"),
        (HTML, "a.jpeg", "HTML"),
    ],
)
def test_content_that_is_not_what_the_name_says(data: bytes, filename: str, found: str):
    error = file_refusal(data, filename)
    assert error.code == "file_type_mismatch"
    assert error.values["found"] == found
    assert error.values["extension"] == "." + filename.split(".")[1]
    assert found in error.message("zh")


@pytest.mark.parametrize(
    ("data", "filename", "found"),
    [
        (b"\0\0\0\x1cftypavif\0\0\0\0mif1avifmiaf" + bytes(100), "photo.avif", "AVIF"),
        (b"8BPS\0\1" + bytes(40), "photo.psd", ".psd"),
        (HTML, "resume.doc", "HTML"),
        (MHTML, "resume.doc", "MHTML"),
        (rb"{\rtf1 hello}", "a.rtf", "RTF"),
        (XLSX, "a.xlsx", "XLSX"),
        (OLE + "Workbook".encode("utf-16-le"), "a.xls", "XLS"),
        (b"MZ\x90\0" + bytes(40), "a.exe", ".exe"),
        (b"a,b\n1,2", "a.csv", ".csv"),
        (b"words", "a.<script>", "?"),
    ],
)
def test_types_that_are_not_accepted(data: bytes, filename: str, found: str):
    error = file_refusal(data, filename)
    assert error.code == "file_type_unknown"
    assert error.values["found"] == found
    assert all("DOCX" in error.message(locale) for locale in i18n.LOCALES)


@pytest.mark.parametrize(
    ("data", "filename", "code"),
    [
        (b"", "a.pdf", "file_empty"),
        (b"", "a.png", "file_empty"),
        (BROKEN_PNG, "a.png", "image_damaged"),
        (BROKEN_PNG, "a.txt", "image_damaged"),
        (bytes(500), "a.png", "image_damaged"),
        (bytes(500), "a.pdf", "file_damaged"),
        (BROKEN_PNG + bytes(MAX_PICTURE_BYTES), "a.png", "image_too_large"),
        (files.encoded(Image.new("L", (3, 300)), "PNG"), "a.png", "image_too_small"),
        (bytes(MAX_BYTES + 1), "a.pdf", "file_too_large"),
        (OLE + "WordDocument".encode("utf-16-le"), "a.doc", "file_legacy_doc"),
        (OLE + "WordDocument".encode("utf-16-le"), "a.docx", "file_legacy_doc"),
        (OLE + "EncryptedPackage".encode("utf-16-le"), "a.docx", "file_encrypted"),
        (b"\x00\x01\x02\xff" * 50, "a.pdf", "file_damaged"),
        (b"%PDF-1.7\n%%EOF", "a.pdf", "file_damaged"),
        (b" \n\t\n", "a.txt", "text_empty"),
    ],
)
def test_refusals(data: bytes, filename: str, code: str):
    assert file_refusal(data, filename).code == code


def test_content_decides_where_the_name_says_nothing():
    assert read_document(PDF, "resume").media_type == "application/pdf"
    assert read_document(DOCX, "resume.tmp\0").media_type.endswith("wordprocessingml.document")


@pytest.mark.parametrize("name", ["a.docx", "a.txt", "a.png", "a.pdf", "a.exe", "a"])
@pytest.mark.usefixtures("in_process")
def test_content_decides_what_a_readable_file_is(name: str):
    assert read_document(PDF, name).media_type == "application/pdf"
    assert read_document(DOCX, name).text.startswith("Resume\nEmily")
    photo = files.encoded(files.marked(300, 400), "JPEG")
    assert read_document(photo, name) == Document("image/jpeg", (Page(picture=photo),))


# --- pictures -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("format", "media_type"),
    [
        ("PNG", "image/png"),
        ("JPEG", "image/jpeg"),
        ("WEBP", "image/webp"),
        ("GIF", "image/gif"),
        ("BMP", "image/bmp"),
        ("TIFF", "image/tiff"),
    ],
)
def test_picture_is_a_page_as_it_is(format: str, media_type: str):
    data = files.encoded(files.marked(300, 400), format)
    assert read_document(data, "screen") == Document(media_type, (Page(picture=data),))


def test_picture_may_be_larger_than_other_files():
    data = files.encoded(files.marked(300, 400), "BMP") + bytes(MAX_BYTES)
    assert read_document(data, "a.bmp").scanned


def test_tiff_of_several_pages():
    sheets = [files.marked(300, 400), files.marked(200, 600), files.marked(500, 300)]
    document = read_document(files.encoded(sheets[0], "TIFF", save_all=True, append_images=sheets[1:]), "fax.tif")
    assert [shown(page).size for page in document.pages] == [(300, 400), (200, 600), (500, 300)]
    assert all(files.is_marked(shown(page)) for page in document.pages)
    sheets = [Image.new("L", (20, 20))] * (MAX_SCANNED_PAGES + 1)
    data = files.encoded(sheets[0], "TIFF", save_all=True, append_images=sheets[1:])
    assert file_refusal(data, "fax.tif").code == "file_too_many_scans"


@pytest.mark.parametrize("make", [lambda text: files.docx_file(*text.split("\n")), str.encode], ids=["docx", "txt"])
def test_limit_on_length_is_exact_and_cuts_nothing(make: Callable[[str], bytes]):
    name = "a.docx" if make is not str.encode else "a.txt"
    longest = "\n".join(["x" * 99] * (MAX_CHARACTERS // 100)) + "y"
    assert len(longest) == MAX_CHARACTERS
    assert read_document(make(longest), name).text == longest
    error = file_refusal(make(longest + "z"), name)
    assert (error.code, error.values) == ("text_too_long", {"length": MAX_CHARACTERS + 1, "limit": MAX_CHARACTERS})
    assert "16,001" in error.message("en")


# --- cleaning -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("a  \r\nb\t\r\n\r\n\r\n\r\nc\n", "a\nb\n\nc"),
        ("page one\x0cpage two\u2028line", "page one\npage two\nline"),
        ("\ufeffJava\u200bScript\u202e \u2066x\u2069", "JavaScript x"),
        ("co\u00adoperate", "cooperate"),
        ("hi\U000e0069\U000e0067\ufe0f\U000e0101", "hi"),
        ("⼯作经历：ﬁnance", "工作经历：finance"),
        ("\uf0b7 Excel", "• Excel"),
        ("\uf095139\ue000", "139"),
        ("lone \ud800 half", "lone  half"),
        ("e\u200b\u0301", "é"),
        ("  indented\n    more", "indented\n    more"),
        ("负责（３年）：Ｊａｖａ，ＳＱＬ；是吗？是！", "负责（3年）：Java，SQL；是吗？是！"),
    ],
)
def test_cleaning(raw: str, clean: str):
    assert read_text(raw) == clean


@given(st.text(max_size=300))
def test_cleaning_is_idempotent_and_leaves_nothing_invisible(text: str):
    once = outcome(lambda: read_text(text))
    if isinstance(once, InputError):
        assert once.code == "text_empty"
        return
    assert read_text(once) == once
    assert unicodedata.is_normalized("NFKC", re.sub("[，：；！？（）]", ",", once))
    assert not [c for c in once if c not in "\n\t" and unicodedata.category(c) in ("Cc", "Cf", "Cs", "Co")]
    assert "\n\n\n" not in once
    assert all(line == line.rstrip() for line in once.split("\n"))
    once.encode()


def test_cleaning_is_idempotent_for_every_character():
    for start in range(0, sys.maxunicode, 4096):
        once = documents._clean("\n".join(f"a{chr(code)}b" for code in range(start, start + 4096)))
        assert documents._clean(once) == once, hex(start)


@pytest.mark.parametrize(
    "text", ["a" + "\u0301\u0323" * 100_000, " " * 300_000 + "x", "e\u0301 " * 10_000_000, "\n " * 150_000]
)
def test_hostile_text_takes_no_time(text: str):
    started = time.monotonic()
    outcome(lambda: read_text(text))
    assert time.monotonic() - started < 2


def test_marks_of_real_languages_are_kept():
    text = "Nguyễn, हिन्दी, ภาษาไทย"
    assert read_text(text) == unicodedata.normalize("NFKC", text)


# --- whatever comes -------------------------------------------------------------------------------------------


@given(
    st.binary(max_size=400) | st.sampled_from([PDF[:600], DOCX[:600], OLE, BROKEN_PNG, HTML, "张伟".encode("gb18030")]),
    st.sampled_from(EXTENSIONS),
)
@settings(max_examples=60, deadline=None)  # many of them are read in a process of their own
def test_arbitrary_bytes(data: bytes, extension: str):
    assert outcome(lambda: read_document(data, "resume" + extension).pages)


@st.composite
def damaged(draw: st.DrawFn, original: bytes) -> bytes:
    """The file with some bytes changed, perhaps cut short, perhaps with a new end that hides the cut."""
    data = bytearray(original)
    for position in draw(st.lists(st.integers(0, len(data) - 1), max_size=30)):
        data[position] = draw(st.integers(0, 255))
    length = draw(st.just(len(data)) | st.integers(0, len(data)))
    return bytes(data[:length]) + draw(st.sampled_from([b"", b"\n%%EOF\n"]))


@pytest.mark.parametrize(
    ("original", "kind"), [(PDF, "PDF"), (SCAN, "PDF"), (DOCX, "ZIP")], ids=["pdf", "scan", "docx"]
)
def test_damaged_files_in_the_parser(original: bytes, kind: str):
    """Without a child process for each, so that there can be many."""

    @given(damaged(original))
    @settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
    def check(data: bytes) -> None:
        assert outcome(lambda: documents._parse(data, kind, ""))

    check()


@given(st.binary(min_size=1, max_size=20), st.integers(0, 5000))
@settings(max_examples=100, deadline=None)
def test_damaged_xml_in_an_intact_archive(noise: bytes, position: int):
    def replace(name: str, content: bytes) -> bytes:
        at = position % len(content)
        return content[:at] + noise + content[at + len(noise) :] if name == "word/document.xml" else content

    assert outcome(lambda: documents._parse(files.rewritten(DOCX, replace), "ZIP", ""))


@given(st.text(max_size=30), st.sampled_from([b"words", DOCX]))
@settings(deadline=None, max_examples=40)
def test_any_filename(filename: str, data: bytes):
    assert outcome(lambda: read_document(data, filename).text)


def test_many_threads_at_once():
    with ThreadPoolExecutor(8) as pool:
        results = list(
            pool.map(lambda n: read_document((PDF, DOCX)[n % 2], ("a.pdf", "a.docx")[n % 2]).text, range(16))
        )
    assert len(set(results[::2])) == len(set(results[1::2])) == 1


def test_parsers_are_not_imported_by_the_caller():
    import subprocess

    heavy = ("pypdfium2", "docx", "lxml", "PIL", "numpy", "core.ocr")
    code = f"import sys, core.documents; print([m for m in {heavy} if m in sys.modules])"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"
