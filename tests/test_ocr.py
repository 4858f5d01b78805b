"""Pictures drawn here are read by the real engine. Geometry that needs no engine is tested with made-up pieces."""

import logging
import threading
import time
import unicodedata
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as trials
from hypothesis import strategies as st
from PIL import Image

from core import ocr
from core.errors import InputError
from core.ocr import layout, lookalikes, rotation, wrapping
from core.ocr.rapid import RapidEngine
from core.ocr.tiles import cuts, tiles
from core.ocr.transcript import Piece, Transcript
from tests.support import pictures
from tests.support.pictures import EN_JOB, ZH_JOB


@pytest.fixture(scope="module")
def engine() -> RapidEngine:
    made = RapidEngine()
    made.warm()
    return made


def normalised(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).split())


def texts(transcript: Transcript) -> list[str]:
    """Paragraphs without white space, which is not what these tests are about."""
    return [normalised(paragraph.text) for paragraph in transcript.paragraphs]


def expected(lines: Sequence[str]) -> list[str]:
    return [normalised(line) for line in lines]


def piece(text: str, left: float, top: float, right: float, height: float = 20, confidence: float = 0.99) -> Piece:
    bottom = top + height
    return Piece(text=text, box=((left, top), (right, top), (right, bottom), (left, bottom)), confidence=confidence)


def paragraphs(*pieces: Piece, width: int = 1000) -> list[str]:
    return [paragraph.text for paragraph in layout.paragraphs(pieces, width)]


# --- reading --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize(("job", "family"), [(ZH_JOB, "Noto Sans CJK SC"), (EN_JOB, "Liberation Sans")])
def test_both_languages_are_read_to_the_letter(engine: RapidEngine, job: list[str], family: str, dark: bool) -> None:
    found = ocr.read(pictures.picture(job, dark=dark, family=family), engine)
    assert texts(found) == expected(job)
    assert (found.engine, found.version, found.rotation) == ("rapidocr", engine.version, 0)
    assert found.confidence > 0.95


def test_pixels_of_boxes_are_those_of_the_picture(engine: RapidEngine) -> None:
    image = pictures.picture(ZH_JOB)
    found = ocr.read(image, engine)
    assert (found.width, found.height) == image.size
    ink = np.asarray(image.convert("L")) < 128
    for line in (line for paragraph in found.paragraphs for line in paragraph.lines):
        for (left, top), _, (right, bottom), _ in line.boxes:
            inside = ink[int(top) : int(bottom) + 1, int(left) : int(right) + 1]
            assert inside.any()
            assert not ink[int(top) : int(bottom) + 1, int(right) + 12 :].any()


@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
@pytest.mark.parametrize("job", [ZH_JOB[1:4], EN_JOB])
def test_pictures_that_lie_are_turned(engine: RapidEngine, job: list[str], degrees: int) -> None:
    image = pictures.picture(job, width=900, size=26)
    found = ocr.read(rotation.turn(image, (360 - degrees) % 360), engine)
    assert (found.rotation, texts(found)) == (degrees, expected(job))
    assert (found.width, found.height) == image.size


def test_a_tall_picture_that_lies_is_cut_after_turning(engine: RapidEngine) -> None:
    lines = [f"第{number}条、负责{number * 7}个业务模块的指标体系建设" for number in range(1, 27)]
    image = pictures.picture(lines)
    assert len(tiles(image)) > 1
    found = ocr.read(rotation.turn(image, 90), engine)
    assert (found.rotation, texts(found)) == (270, expected(lines))


def test_little_text_is_never_turned(engine: RapidEngine) -> None:
    sign = pictures.picture(["招", "聘"], width=200, size=80)
    assert ocr.read(sign, engine).rotation == 0


def test_chinese_written_downwards_is_not_turned(engine: RapidEngine) -> None:
    columns = ["诚聘英才共创未来", "销售经理数名薪资面议", "要求大专以上学历", "有经验者优先录用"]
    image = Image.new("RGB", (900, 1200), "white")
    for number, column in enumerate(columns):
        for place, character in enumerate(column):
            pictures.draw_text(image, (700 - number * 160, 60 + place * 100), character, 80, "#111111")
    found = ocr.read(image, engine)
    assert (found.rotation, texts(found)) == (0, columns)


def test_tiles_lose_and_double_nothing(engine: RapidEngine) -> None:
    lines = [f"{number}、跟进第{number}个项目的进度，完成周报与复盘；" for number in range(1, 45)]
    image = pictures.picture(lines)
    assert len(tiles(image)) >= 3
    seen: list[tuple[int, int]] = []
    found = ocr.read(image, engine, lambda done, total: seen.append((done, total)))
    assert texts(found) == expected(lines)
    assert list(dict.fromkeys(seen)) == [(number, len(tiles(image))) for number in range(len(tiles(image)) + 1)]
    assert seen == sorted(seen)


def test_on_tile_may_stop_the_reading(engine: RapidEngine) -> None:
    class Stop(Exception):
        pass

    def stop(done: int, total: int) -> None:
        if done == 1:
            raise Stop

    with pytest.raises(Stop):
        ocr.read(pictures.picture([*ZH_JOB] * 5), engine, stop)


def numbers(rows: int, columns: int, size: int = 20) -> Image.Image:
    """A sheet of numbers from 10000 on, row by row."""
    image = Image.new("RGB", (columns * 5 * size, rows * 2 * size), "white")
    for number in range(rows * columns):
        row, column = divmod(number, columns)
        place = column * 5 * size + size // 2, row * 2 * size + size // 4
        pictures.draw_text(image, place, str(10000 + number), size, "#000000", "Liberation Sans")
    return image


def test_no_piece_is_one_too_many(engine: RapidEngine) -> None:
    image = numbers(48, 24, 16)  # as many as the detector stops at by its own settings, and more
    (regions,) = engine._regions(np.ascontiguousarray(np.asarray(image)[:, :, ::-1]))
    assert len(regions) == 48 * 24


def test_a_reading_is_stopped_in_the_midst_of_a_tile(engine: RapidEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    class Stop(Exception):
        pass

    seen: list[tuple[int, int]] = []

    def stop(done: int, total: int) -> None:
        seen.append((done, total))
        if len(seen) == 4:
            raise Stop

    monkeypatch.setattr(ocr, "_HEARTBEAT", 0.0)
    with pytest.raises(Stop):
        ocr.read(numbers(10, 10), engine, stop)
    assert seen == [(0, 1)] * 4
    assert not engine._lock.locked()


def test_heartbeats_are_seldom(monkeypatch: pytest.MonkeyPatch) -> None:
    class Fast:
        name, version, finds_places = "fast", "1", True

        def read(self, image: Image.Image) -> list[Piece]:
            raise AssertionError

        def read_gradually(self, image: Image.Image) -> Iterator[list[Piece]]:
            for number in range(100):
                yield [piece(f"{number} words of text", 10, 30 * number, 300)]

    clock = iter(number / 10 for number in range(1000))
    monkeypatch.setattr("core.ocr.time.monotonic", lambda: next(clock))
    seen: list[tuple[int, int]] = []
    found = ocr.read(Image.new("RGB", (400, 1000)), Fast(), lambda done, total: seen.append((done, total)))
    assert len(found.paragraphs) == 100
    assert 10 < len(seen) < 30


def test_another_picture_does_not_wait_for_a_dense_one(engine: RapidEngine) -> None:
    dense = engine.read_gradually(numbers(20, 20))
    assert [next(dense) for _ in range(3)]
    with ThreadPoolExecutor(1) as pool:
        other = pool.submit(engine.read, pictures.picture(["招聘"], width=300))
        assert other.result(60)[0].text == "招聘"
    assert sum(map(len, dense)) > 300


def test_a_picture_that_lies_is_read_once(engine: RapidEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    image = pictures.picture(EN_JOB, width=1000, size=24)
    upright = len(engine.read(image))
    recognised: list[int] = []
    real = engine._reader.recognize_txt

    def counted(crops: list[object]) -> object:
        recognised.append(len(crops))
        return real(crops)

    monkeypatch.setattr(engine._reader, "recognize_txt", counted)
    assert ocr.read(rotation.turn(image, 180), engine).rotation == 180
    assert upright < sum(recognised) <= upright + 16


@pytest.mark.parametrize("shift", [0, 12])
def test_strips_of_small_print_lose_and_double_nothing(engine: RapidEngine, shift: int) -> None:
    lines = [f"{1000 + number} small print on a very large screen" for number in range(70)]
    image = Image.new("RGB", (3840, 2160), "white")
    for number, line in enumerate(lines):
        for column in range(2):  # of two columns at different heights no row is free
            place = 60 + 1900 * column, 20 + shift + 30 * number + 15 * column
            pictures.draw_text(image, place, f"{line} {column}", 16, "#000000", "Liberation Sans")
    found = engine.read(image)
    assert sorted(normalised(p.text) for p in found) == sorted(normalised(f"{n} {c}") for n in lines for c in range(2))


def test_two_columns_are_read_one_after_the_other(engine: RapidEngine) -> None:
    side = ["Similar jobs", "Staff Engineer, Ledger", "Bluefin Bank", "Platform Engineer", "Helio Health, Austin"]
    found = ocr.read(pictures.two_columns(EN_JOB, side), engine)
    assert texts(found) == expected([*EN_JOB, *side])


def test_rows_of_a_table_stay_rows(engine: RapidEngine) -> None:
    rows = [
        ["岗位代码", "单位名称", "岗位", "人数", "学历"],
        ["A0301", "市大数据中心", "信息管理", "3人", "本科"],
        ["A0302", "市人才服务局", "综合管理", "1人", "本科"],
        ["B0207", "第一人民医院", "科研助理", "2人", "博士"],
        ["B0210", "市图书馆", "编目采访", "1人", "硕士"],
        ["C0115", "区融媒体中心", "记者编辑", "4人", "本科"],
    ]
    found = ocr.read(pictures.table(rows), engine)
    assert texts(found) == expected("".join(row) for row in rows)


def test_what_belongs_to_the_screen_is_set_aside(engine: RapidEngine) -> None:
    found = ocr.read(pictures.screenshot(ZH_JOB), engine)
    kept = [normalised(paragraph.text) for paragraph in found.paragraphs if paragraph.clutter is None]
    assert kept == expected(ZH_JOB)
    assert {paragraph.clutter for paragraph in found.paragraphs} == {None, "status_bar", "button"}


def test_tilted_pictures_are_read_in_order(engine: RapidEngine) -> None:
    image = pictures.picture(EN_JOB, width=1000, size=28).rotate(4, expand=True, fillcolor="#dddddd", resample=3)
    assert texts(ocr.read(image, engine)) == expected(EN_JOB)


def test_small_print_of_a_large_screen_is_not_shrunk_away(engine: RapidEngine) -> None:
    image = pictures.picture(EN_JOB, width=3840, height=2160, size=15, family="Liberation Sans")
    assert texts(ocr.read(image, engine)) == expected(EN_JOB)


def test_several_threads_share_one_engine(engine: RapidEngine) -> None:
    jobs = [ZH_JOB[:3], EN_JOB[:3], ZH_JOB[3:6], EN_JOB[3:6]]
    images = [pictures.picture(job, width=800, size=28) for job in jobs]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda image: texts(ocr.read(image, engine)), images))
    assert found == [expected(job) for job in jobs]


def test_models_are_loaded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = []
    monkeypatch.setattr("core.ocr.rapid._reader", lambda: loaded.append(threading.get_ident()) or (lambda pixels: None))
    fresh = RapidEngine()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: fresh.warm(), range(8)))
    assert len(loaded) == 1


def test_the_log_has_no_text(engine: RapidEngine, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        ocr.read(pictures.picture(["机密的职位"], width=400), engine)
    assert caplog.messages
    assert "机密" not in caplog.text


# --- pictures without text ------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [(1, 1), (5, 300), (300, 5), (2, 3000), (3000, 2), (31, 31)])
def test_tiny_pictures_have_no_text(engine: RapidEngine, size: tuple[int, int]) -> None:
    found = ocr.read(Image.new("RGB", size, "white"), engine)
    assert (found.paragraphs, found.width, found.height) == ((), *size)


@pytest.mark.parametrize("size", [(12, 5_000_000), (1_000_000, 60)])
def test_threads_are_refused(engine: RapidEngine, size: tuple[int, int]) -> None:
    with pytest.raises(InputError, match="image_too_small"):
        ocr.read(Image.new("RGB", size, "white"), engine)


@pytest.mark.parametrize("image", [Image.new("RGB", (800, 600), "white"), pictures.cat(), pictures.cat(320, 240)])
def test_no_text_is_refused(engine: RapidEngine, image: Image.Image) -> None:
    with pytest.raises(InputError, match="image_no_text"):
        ocr.check([ocr.read(image, engine)])


def test_a_picture_without_text_among_others_is_no_error(engine: RapidEngine) -> None:
    ocr.check([ocr.read(pictures.cat(), engine), ocr.read(pictures.picture(ZH_JOB), engine)])
    with pytest.raises(InputError, match="image_no_text"):
        ocr.check([])


@pytest.mark.parametrize(("job", "factor"), [(ZH_JOB, 4), (EN_JOB, 5)])
def test_what_is_too_blurred_is_refused(engine: RapidEngine, job: list[str], factor: int) -> None:
    image = pictures.picture(job, width=700, size=20)
    ocr.check([ocr.read(image.reduce(2), engine)])
    with pytest.raises(InputError, match="image_blurry"):
        ocr.check([ocr.read(image.reduce(factor), engine)])


# --- lines and paragraphs -------------------------------------------------------------------------------------


def test_broken_lines_are_joined_and_items_are_not(engine: RapidEngine) -> None:
    lines = [
        "About the job",
        "We are building the payments infrastructure that powers more than forty thousand merchants across North "
        "America and Europe and you will own services that process a large volume every year without fail",
        "• Own the ledger pipelines",
        "• Improve observability with dashboards and alerts and cut the latency of the slowest requests by a third",
        "• Partner with Risk",
    ]
    image = pictures.picture(lines, width=900, size=30, family="Liberation Sans")
    found = ocr.read(image, engine)
    assert texts(found) == expected(lines)
    assert len(found.paragraphs[1].lines) > 2


def test_a_line_goes_on_only_where_it_had_no_room() -> None:
    full = piece("负责推荐系统的召回与排序，持续优化点击", 40, 100, 960, 40)
    assert paragraphs(full, piece("率与转化", 40, 160, 230, 40)) == ["负责推荐系统的召回与排序，持续优化点击率与转化"]
    short = piece("负责推荐系统的召回与排序", 40, 100, 560, 40)
    wide = piece("一二三四五六七八九十一二三四五六七八九", 40, 400, 960, 40)
    assert len(paragraphs(short, piece("率与转化", 40, 160, 230, 40), wide)) == 3


@pytest.mark.parametrize(
    "second",
    [
        piece("2、熟悉常用的数据库", 40, 160, 400, 40),  # an item
        piece("• 熟悉常用的数据库", 40, 160, 400, 40),
        piece("熟悉常用的数据库", 40, 200, 400, 40),  # too far down
        piece("熟悉常用的数据库", 240, 160, 600, 40),  # other edge
        piece("熟悉常用的数据库", 40, 160, 600, 62),  # larger print
    ],
)
def test_what_speaks_against_joining(second: Piece) -> None:
    rows = [
        piece("1、负责推荐系统的召回与排序，持续优化点", 40, 40, 960, 40),
        piece("击率与转化", 40, 100, 240, 40),
        piece("一二三四五六七八九十一二三四五六七八九", 40, 300, 960, 40),
    ]
    assert paragraphs(*rows)[0].endswith("点击率与转化")
    full = piece("1、负责推荐系统的召回与排序，持续优化点", 40, 100, 960, 40)
    assert len(paragraphs(full, second)) == 2


def test_a_sentence_that_ends_is_not_joined_to_the_next() -> None:
    full = piece("本科及以上学历，计算机相关专业优先考虑。", 40, 100, 960, 40)
    assert len(paragraphs(full, piece("熟悉常用的数据库", 40, 160, 400, 40))) == 2


@pytest.mark.parametrize(
    ("before", "after", "whole"),
    [
        ("持续优化点", "击率", "持续优化点击率"),
        ("deployed on", "Kubernetes", "deployed on Kubernetes"),
        ("scikit-", "learn", "scikit-learn"),
        ("熟悉", "Python", "熟悉Python"),
        ("Hive、", "Spark", "Hive、Spark"),
        ("salary -", "bonus", "salary - bonus"),
    ],
)
def test_how_parts_are_joined(before: str, after: str, whole: str) -> None:
    assert wrapping.joined(before, after) == whole


def test_labels_broken_into_two_rows_are_one_list() -> None:
    first = [
        piece(text, 60 + 240 * n, 100, 230 + 240 * n, 40) for n, text in enumerate(["SQL", "Hive", "Spark", "ETL"])
    ]
    body = piece("一二三四五六七八九十一二三四五六七八九", 40, 300, 990, 40)
    assert paragraphs(*first, piece("数据建模", 60, 180, 230, 40), body)[0] == "SQL Hive Spark ETL 数据建模"
    below = [piece(text, 60 + 240 * n, 180, 230 + 240 * n, 40) for n, text in enumerate("甲乙丙丁")]
    assert paragraphs(*first, *below, body)[:2] == ["SQL Hive Spark ETL", "甲 乙 丙 丁"]


def test_a_number_glued_to_an_item_is_parted() -> None:
    rows = ["1. 本科及以上学历；", "2.5年以上产品经验；", "3. 熟练掌握办公软件。"]
    found = paragraphs(*(piece(text, 40, 40 * n, 400) for n, text in enumerate(rows)))
    assert found == ["1. 本科及以上学历；", "2. 5年以上产品经验；", "3. 熟练掌握办公软件。"]
    alone = paragraphs(piece("要求", 40, 0, 90), piece("2.5年以上产品经验；", 40, 60, 400))
    assert alone == ["要求", "2.5年以上产品经验；"]


def test_pieces_without_places_keep_their_order() -> None:
    pieces = [Piece(text=text, box=None, confidence=0.5) for text in ("岗位", "职责", "要求")]
    found = layout.paragraphs(pieces, 100)
    assert [paragraph.text for paragraph in found] == ["岗位", "职责", "要求"]
    assert all(line.doubtful and line.boxes == () for paragraph in found for line in paragraph.lines)


@pytest.mark.parametrize("jitter", [0, 6])
def test_time_grows_with_the_number_of_pieces_and_not_its_square(jitter: float) -> None:
    def seconds(count: int) -> float:
        chance = np.random.default_rng(2)
        pieces = []
        for number in range(count):
            x, y = np.add(chance.uniform(-jitter, jitter, 2), (number % 25 * 140, number // 25 * 34))
            pieces.append(piece("w", x, y, x + 70, 22))
        started = time.process_time()
        assert len(layout.paragraphs(pieces, 3500)) <= count
        return time.process_time() - started

    # The quickest of three: a machine with other work slows them unevenly. With the square it would be sixteen times.
    few, many = (min(seconds(count) for _ in range(3)) for count in (1000, 4000))
    assert many < 10 * few


# --- look-alikes ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("read", "right"),
    [
        ("了解Cl/CD流程", "了解CI/CD流程"),
        ("Kafka and AwS Lambda", "Kafka and AWS Lambda"),
        ("KPl, R0I", "KPI, ROI"),
        ("上海・浦东", "上海·浦东"),
        ("Al and HCl, ls -l, 101, aws, awl", "Al and HCl, ls -l, 101, aws, awl"),
        ("データ・センター", "データ・センター"),
    ],
)
def test_known_terms_are_spelled_right(read: str, right: str) -> None:
    assert lookalikes.corrected(read) == right


@given(st.text("IlO0Ww1|SQCAPD/ -中・", max_size=20))
def test_correcting_keeps_the_length_and_is_idempotent(text: str) -> None:
    once = lookalikes.corrected(text)
    assert len(once) == len(text)
    assert lookalikes.corrected(once) == once


# --- any geometry ---------------------------------------------------------------------------------------------

_places = st.tuples(
    st.floats(0, 2000), st.floats(0, 2000), st.floats(1, 900), st.floats(1, 90), st.floats(-0.4, 0.4), st.booleans()
)


@trials(max_examples=150, deadline=None)
@given(st.lists(_places, max_size=40))
def test_no_piece_is_lost_or_doubled(places: list[tuple[float, float, float, float, float, bool]]) -> None:
    pieces = []
    for number, (x, y, length, height, slope, marked) in enumerate(places):
        rise = length * slope
        box = ((x, y), (x + length, y + rise), (x + length, y + rise + height), (x, y + height))
        pieces.append(Piece(text=f"{'• ' if marked else ''}p{number}q", box=box, confidence=0.9))
    found = layout.paragraphs(pieces, 2000)
    read = [name for paragraph in found for line in paragraph.lines for name in line.text.split() if name != "•"]
    assert sorted(read) == sorted(f"p{number}q" for number in range(len(places)))
    boxes = [box for paragraph in found for line in paragraph.lines for box in line.boxes]
    assert sorted(boxes) == sorted(piece.box for piece in pieces if piece.box)
    assert layout.paragraphs(pieces, 2000) == found


@trials(max_examples=60, deadline=None)
@given(st.integers(0, 2**32), st.integers(0, 12000), st.integers(1, 40), st.sampled_from([0, 15, 60, 255]))
def test_cuts_cover_the_height_in_order(seed: int, height: int, width: int, noise: int) -> None:
    chance = np.random.default_rng(seed)
    gray = chance.integers(0, noise + 1, (height, width), dtype=np.uint8)
    places = cuts(gray)
    assert places[0] == 0
    assert places[-1] == height
    assert all(0 < below - above <= 4500 for above, below in pairwise(places))


@trials(max_examples=20, deadline=None)
@given(st.integers(40, 90), st.integers(3000, 9000), st.booleans(), st.booleans())
def test_cuts_never_go_through_a_line(pitch: int, height: int, framed: bool, sideways: bool) -> None:
    gray = np.full((height, 900), 250, np.uint8)
    chance = np.random.default_rng(pitch)
    for top in range(20, height - pitch, pitch):
        gray[top : top + pitch // 2, 40:860] = np.repeat(chance.integers(0, 2, (1, 820)) * 250, pitch // 2, axis=0)
    if framed:
        gray[:, 5:9] = 0
    image = Image.fromarray(gray.T if sideways else gray).convert("RGB")
    found = tiles(image)
    assert len(found) > 1
    for box in found[1:]:
        start = box[0] if sideways else box[1]
        assert (start - 20) % pitch >= pitch // 2
    assert [box[2] if sideways else box[3] for box in found] == [
        *(box[0] if sideways else box[1] for box in found[1:]),
        height,
    ]
