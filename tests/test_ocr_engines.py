"""Which engines can be had, what stands in for one that cannot, and the two that are not the default."""

import base64
import io
import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import accumulate
from pathlib import Path
from typing import get_args

import pytest
from PIL import Image, ImageDraw

from core import llm, ocr, prompts, routing
from core.errors import Cancelled, InputError, ModelError
from core.ocr import easy, engines, vision
from core.ocr.tiles import tiles
from core.ocr.transcript import DOUBTFUL
from core.routing import Candidate
from core.schemas import PictureLine, PictureText
from core.settings import Settings
from tests.support.model_server import ModelServer

REAL_WEIGHTS = os.environ.get("JOBMATCH_EASYOCR_DIR", "")  # read before the fixtures hide the machine's settings
REAL_EASYOCR = easy.find_spec("easyocr") is not None


def picture(text: str = "Five years of SQL", size: tuple[int, int] = (640, 120)) -> Image.Image:
    image = Image.new("RGB", size, "white")
    ImageDraw.Draw(image).text((30, 30), text, fill="black", font_size=44)
    return image


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No memory of earlier tests' failures; a loaded default engine is kept, for it takes a second."""
    easyocr = engines._LOCAL["easyocr"]
    monkeypatch.setitem(
        engines._LOCAL, "easyocr", replace(easyocr, _attempt=None, _failure=None, _lock=threading.Lock())
    )
    for name in [name for name in sys.modules if name.split(".")[0] == "easyocr"]:
        monkeypatch.delitem(sys.modules, name)
    yield
    sys.modules.pop("easyocr", None)


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Put a package named easyocr with this source on the path; the file it returns has a line for every import."""

    def write(source: str) -> Path:
        package = tmp_path / "packages" / "easyocr"
        package.mkdir(parents=True)
        imports = tmp_path / "imports"
        imports.touch()
        head = f"with open({str(imports)!r}, 'a') as f: f.write('imported\\n')\n__version__ = '1.7.2'\n"
        (package / "__init__.py").write_text(head + source)
        monkeypatch.syspath_prepend(package.parent)
        return imports

    return write


def reader(body: str, head: str = "") -> str:
    """Source of a package whose Reader has the real one's signature, as far as it is used."""
    return f"""
{head}
class Reader:
    def __init__(self, lang_list, gpu=True, model_storage_directory=None, user_network_directory=None,
                 download_enabled=True, verbose=True):
        {body}
"""


# --- which can be had -----------------------------------------------------------------------------------------


def test_the_names_are_those_of_the_setting() -> None:
    assert set(engines.NAMES) == set(get_args(Settings.model_fields["ocr_engine"].annotation))
    assert Settings.model_fields["ocr_engine"].default == engines.DEFAULT


def test_asking_what_is_there_loads_nothing_heavy() -> None:
    script = """
import sys
from core.ocr import engines
print([engines.unavailable(name) for name in engines.NAMES])
print(sorted({"rapidocr", "onnxruntime", "cv2", "easyocr", "torch", "litellm"} & set(sys.modules)))
"""
    output = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    codes, loaded = output.splitlines()
    assert loaded == "[]"
    assert codes.startswith("[None, ")
    assert codes.endswith("'vision_not_configured']")


def test_easyocr_that_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(easy, "find_spec", lambda name: None)
    assert engines.unavailable("easyocr") == "easyocr_not_installed"
    with pytest.raises(InputError) as caught:
        engines.get("easyocr", locale="en")
    assert caught.value.code == "easyocr_not_installed"


@pytest.mark.parametrize(
    "failure",
    [
        'RuntimeError("operator torchvision::nms does not exist")',
        'ImportError("libtorch")',
        'OSError("libcudart.so.13: cannot open shared object file")',
    ],
)
def test_easyocr_that_cannot_be_imported_is_tried_once(failure: str, install: Callable[[str], Path]) -> None:
    imports = install(f"raise {failure}")
    assert engines.unavailable("easyocr") is None  # only loading it tells
    for _ in range(3):
        engine, code = engines.resolve("easyocr", locale="en")
        assert (engine.name, code) == ("rapidocr", "easyocr_broken")
    assert engines.unavailable("easyocr") == "easyocr_broken"
    assert imports.read_text() == "imported\n"
    assert "SQL" in " ".join(piece.text for piece in engine.read(picture()))


@pytest.mark.parametrize(
    ("failure", "code"),
    [
        ('FileNotFoundError("Missing x/craft_mlt_25k.pth and downloads disabled")', "easyocr_no_weights"),
        ('URLError("Name or service not known")', "easyocr_no_weights"),
        ('AssertionError("MD5 hash mismatch, possible file corruption")', "easyocr_no_weights"),
        ("""NameError("name 'corrupt_msg' is not defined")""", "easyocr_no_weights"),
        ('BadZipFile("File is not a zip file")', "easyocr_no_weights"),
        ('PermissionError("easyocr")', "easyocr_no_weights"),
        ('RuntimeError("Error(s) in loading state_dict")', "easyocr_broken"),
    ],
)
def test_easyocr_that_cannot_be_made(failure: str, code: str, install: Callable[[str], Path]) -> None:
    install(reader(f"raise {failure}", "from urllib.error import URLError\nfrom zipfile import BadZipFile"))
    engine, failed = engines.resolve("easyocr", locale="en")
    assert (engine.name, failed) == ("rapidocr", code)
    assert engines.unavailable("easyocr") == code


def test_weights_that_are_missing_are_known_without_loading(
    install: Callable[[str], Path], configure: Callable[..., None], tmp_path: Path
) -> None:
    imports = install(reader("pass"))
    configure(easyocr_download=False, easyocr_dir=tmp_path / "weights")
    assert engines.unavailable("easyocr") == "easyocr_no_weights"
    assert engines.resolve("easyocr", locale="en")[1] == "easyocr_no_weights"
    assert imports.read_text() == ""
    (tmp_path / "weights").mkdir()
    for name in easy.WEIGHTS:
        (tmp_path / "weights" / name).touch()
    engines._LOCAL["easyocr"]._failure = None
    assert engines.unavailable("easyocr") is None


def test_weights_are_tried_again_after_a_while(install: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch) -> None:
    install(reader("if len(open(IMPORTS).read()) < 2: raise OSError('no network')", "IMPORTS = 'tries'"))
    Path("tries").write_text("")
    assert engines.resolve("easyocr", locale="en")[1] == "easyocr_no_weights"
    Path("tries").write_text("ok")
    assert engines.resolve("easyocr", locale="en")[1] == "easyocr_no_weights"
    monkeypatch.setattr(engines, "PATIENCE", 0)
    engine, failed = engines.resolve("easyocr", locale="en")
    assert (engine.name, failed) == ("easyocr", None)


def test_a_download_without_end_is_not_waited_for(
    install: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    install(reader("import time; time.sleep(5)"))
    monkeypatch.setattr(engines, "LOAD_SECONDS", 0.3)
    started = time.monotonic()
    with pytest.raises(InputError) as caught:
        engines.get("easyocr", locale="en")
    assert caught.value.code == "easyocr_no_weights"
    assert time.monotonic() - started < 3
    assert engines.unavailable("easyocr") == "easyocr_no_weights"


def test_a_download_that_took_too_long_serves_whoever_asks_next(
    install: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    imports = install(reader("import time; time.sleep(2)"))
    monkeypatch.setattr(engines, "LOAD_SECONDS", 0.3)
    assert engines.resolve("easyocr", locale="en")[1] == "easyocr_no_weights"
    assert engines.resolve("easyocr", locale="en")[1] == "easyocr_no_weights"
    monkeypatch.setattr(engines, "LOAD_SECONDS", 30)
    monkeypatch.setattr(engines, "PATIENCE", 0)
    engine, failed = engines.resolve("easyocr", locale="en")
    assert (engine.name, failed) == ("easyocr", None)
    assert engines.unavailable("easyocr") is None
    assert imports.read_text() == "imported\n"


def test_who_waits_for_an_engine_can_stop_and_it_is_loaded_all_the_same(install: Callable[[str], Path]) -> None:
    imports = install(reader("import time; time.sleep(2)"))
    asked: list[float] = []

    def waiting() -> None:
        asked.append(time.monotonic())
        if len(asked) == 2:
            raise Cancelled

    def at_once() -> None:
        raise Cancelled

    started = time.monotonic()
    with pytest.raises(Cancelled):
        engines.resolve("easyocr", locale="en", waiting=waiting)
    assert asked[1] - started == pytest.approx(2 * engines.HEARTBEAT, abs=0.4)
    with pytest.raises(Cancelled):  # another one, who waits for the same attempt
        engines.get("easyocr", locale="en", waiting=at_once)
    assert time.monotonic() - started < 1.8
    engine, failed = engines.resolve("easyocr", locale="en")
    assert (engine.name, failed) == ("easyocr", None)
    assert imports.read_text() == "imported\n"
    assert engines.get("easyocr", locale="en", waiting=at_once) is engine


def test_a_broken_default_is_said_and_does_not_stop_the_warm_up(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def make() -> engines.Engine:
        raise ImportError("onnxruntime")

    monkeypatch.setitem(engines._LOCAL, "rapidocr", engines._Local("rapidocr", make, "ocr_broken", "ocr_broken"))
    with caplog.at_level(logging.WARNING, "core.ocr"):
        engines.warm_up()
    assert len(caplog.messages) == 1
    assert engines.unavailable("rapidocr") == "ocr_broken"
    for name in ("rapidocr", "vision", ""):
        with pytest.raises(InputError) as caught:
            engines.resolve(name, locale="en")
        assert caught.value.code == "ocr_broken"


def test_there_is_one_default_engine_for_all_threads() -> None:
    found: list[engines.Engine] = []
    threads = [threading.Thread(target=lambda: found.append(engines.default())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert {id(engine) for engine in found} == {id(engines.get("rapidocr", locale="zh"))}
    assert engines.resolve("", locale="en") == (found[0], None)


def test_a_name_that_does_not_exist_is_an_error() -> None:
    with pytest.raises(KeyError):
        engines.resolve("tesseract", locale="en")


# --- easyocr --------------------------------------------------------------------------------------------------

WORKING = (
    reader(
        "self.arguments = [lang_list, gpu, model_storage_directory, user_network_directory, download_enabled, verbose]"
        "; self.busy = False"
    )
    + """
    def readtext(self, image):
        import time
        import numpy as np
        assert not self.busy, "two threads at once"
        self.busy = True
        time.sleep(0.05)
        self.busy = False
        if image.shape[1] == 7:
            raise RuntimeError("not enough memory: you tried to allocate 900000000000 bytes")
        assert image.dtype == np.uint8 and image.shape[2] == 3
        w, h = np.int32(image.shape[1]), np.int32(image.shape[0])
        box = [[np.int32(0), np.int32(0)], [w, np.int32(0)], [w, h], [np.int32(0), h]]
        return [(box, " 数据分析师 ", np.float64(0.71)), (box, "  ", np.float64(0.0))]
"""
)


def test_easyocr_is_asked_for_both_languages_on_the_cpu(
    install: Callable[[str], Path], configure: Callable[..., None], tmp_path: Path
) -> None:
    install(WORKING)
    engine = engines.get("easyocr", locale="en")
    assert isinstance(engine, easy.EasyEngine)
    weights = str(tmp_path / "data" / "easyocr")
    assert engine._reader.arguments == [["ch_sim", "en"], False, weights, weights, True, False]
    assert (engine.name, engine.version, engine.finds_places) == ("easyocr", "1.7.2", True)
    assert engines.get("easyocr", locale="zh") is engine
    assert engines.resolve("easyocr", locale="zh") == (engine, None)


def test_what_easyocr_finds_becomes_pieces(install: Callable[[str], Path]) -> None:
    install(WORKING)
    (piece,) = engines.get("easyocr", locale="en").read(Image.new("L", (200, 50)))
    assert (piece.text, piece.confidence) == ("数据分析师", 0.71)
    assert piece.box == ((0, 0), (200, 0), (200, 50), (0, 50))
    assert piece.model_dump_json()


def test_easyocr_reads_for_one_thread_at_a_time(install: Callable[[str], Path]) -> None:
    install(WORKING)
    engine = engines.get("easyocr", locale="en")
    texts: list[str] = []
    threads = [threading.Thread(target=lambda: texts.append(engine.read(picture())[0].text)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert texts == ["数据分析师"] * 4


def test_easyocr_that_fails_at_a_picture_is_a_model_error(install: Callable[[str], Path]) -> None:
    install(WORKING)
    with pytest.raises(ModelError) as caught:
        engines.get("easyocr", locale="en").read(Image.new("RGB", (7, 7)))
    assert caught.value.code == "easyocr_broken"


@pytest.mark.skipif(not REAL_EASYOCR, reason="easyocr is not installed")
def test_the_real_easyocr_reads_or_says_why_not(configure: Callable[..., None], tmp_path: Path) -> None:
    configure(easyocr_download=False, easyocr_dir=REAL_WEIGHTS or tmp_path)
    engine, failure = engines.resolve("easyocr", locale="en")
    if failure is None:
        assert engine.name == "easyocr"
    else:
        assert failure in {"easyocr_broken", "easyocr_no_weights"}
        assert engines.unavailable("easyocr") == failure
    assert "SQL" in " ".join(piece.text for piece in engine.read(picture()))


# --- vision ---------------------------------------------------------------------------------------------------


@pytest.fixture
def sighted(paced: Candidate, configure: Callable[..., None]) -> Candidate:
    """The loopback model, configured as the one that sees."""
    configure(vision_model="openai/eyes")
    return routing.candidates("job_match", "openai/eyes")[0]


def sent_pictures(body: dict[str, list[dict[str, object]]]) -> list[Image.Image]:
    parts = [
        part for message in body["messages"] if isinstance(message["content"], list) for part in message["content"]
    ]
    urls = [part["image_url"]["url"] for part in parts if part["type"] == "image_url"]
    return [Image.open(io.BytesIO(base64.b64decode(url.partition(";base64,")[2], validate=True))) for url in urls]


@pytest.mark.parametrize("locale", ["en", "zh"])
def test_the_model_is_sent_the_picture_and_its_lines_become_pieces(
    locale: str, sighted: Candidate, server: ModelServer
) -> None:
    engine, failure = engines.resolve("vision", locale=locale)
    assert (engine.name, engine.finds_places, failure) == ("vision", False, None)
    tile = picture(size=(900, 333))
    first, second = engine.read(tile)
    assert (first.text, first.box, first.confidence) == ("Data Analyst", None, 1.0)
    assert second.text == "Salary 20-3OK"
    assert second.confidence < DOUBTFUL
    (body,) = server.bodies
    (sent,) = sent_pictures(body)
    assert sent.format == "PNG"
    assert sent.tobytes() == tile.tobytes()
    assert body["messages"][1]["content"][0]["type"] == "text"


@pytest.mark.parametrize("locale", ["en", "zh"])
def test_the_version_names_the_model_and_the_prompt(
    locale: str, sighted: Candidate, monkeypatch: pytest.MonkeyPatch
) -> None:
    prompt = prompts.load("job_vision", locale)
    assert engines.get("vision", locale=locale).version == f"openai/eyes {prompt.hash}"
    monkeypatch.setattr(prompts, "load", lambda task, locale: replace(prompt, hash="other"))
    assert engines.get("vision", locale=locale).version == "openai/eyes other"


def long_picture(width: int, height: int) -> Image.Image:
    """Rows of text from end to end."""
    image = Image.new("RGB", (width, height), "white")
    draw = ImageDraw.Draw(image)
    for number, top in enumerate(range(20, height - 60, 80)):
        draw.text((20, top), f"Line {number} of a posting", fill="black", font_size=36)
    return image


@pytest.mark.parametrize("locale", ["en", "zh"])
def test_a_long_picture_is_one_call_with_its_parts_in_order(
    locale: str, sighted: Candidate, server: ModelServer
) -> None:
    image = long_picture(720, 6000)
    seen: list[tuple[int, int]] = []
    transcript = ocr.read(image, engines.get("vision", locale=locale), lambda done, total: seen.append((done, total)))
    assert [p.text for p in transcript.paragraphs] == ["Data Analyst", "Salary 20-3OK"]
    assert list(dict.fromkeys(seen)) == [(0, 1), (1, 1)]  # told again while the model thinks
    assert server.requests["job_vision"] == 1
    (body,) = server.bodies
    parts = sent_pictures(body)
    assert len(parts) == len(tiles(image)) > 2
    whole = Image.new("RGB", image.size)
    for top, part in zip(accumulate([0, *(part.height for part in parts)]), parts, strict=False):
        whole.paste(part, (0, top))
    assert whole.tobytes() == image.tobytes()


def test_a_failing_call_for_a_long_picture_is_not_repeated(sighted: Candidate, server: ModelServer) -> None:
    server.fail("job_vision", 401)
    with pytest.raises(ModelError):
        ocr.read(long_picture(720, 6000), engines.get("vision", locale="en"))
    assert server.requests["job_vision"] == 1


def test_a_picture_of_too_many_parts_is_made_smaller() -> None:
    parts = [Image.open(io.BytesIO(data)) for data in vision.files(long_picture(400, 40_000))]
    assert 10 < len(parts) <= vision.MAX_PARTS
    (width,) = {part.width for part in parts}
    assert sum(part.height for part in parts) / width == pytest.approx(100, rel=0.01)
    assert width > 200


def test_all_parts_together_keep_within_what_a_request_may_have(monkeypatch: pytest.MonkeyPatch) -> None:
    noise = Image.frombytes("RGB", (600, 6000), os.urandom(600 * 6000 * 3))
    before = vision.files(noise)
    monkeypatch.setattr(vision, "MAX_REQUEST", 600_000)
    after = vision.files(noise)
    assert sum(map(len, before)) > 600_000 >= sum(map(len, after))
    assert len(before) == len(after) > 1


@pytest.mark.parametrize("size", [(1000, 60_000), (60_000, 1000), (12, 9_000), (12, 12), (2000, 2000)])
def test_a_picture_of_any_shape_can_be_sent(size: tuple[int, int]) -> None:
    assert 1 <= len(vision.files(Image.new("RGB", size, "white"))) <= vision.MAX_PARTS


def test_a_thread_that_would_shrink_to_nothing_is_refused() -> None:
    with pytest.raises(InputError, match="image_too_small"):
        vision.files(Image.new("RGB", (200, 280_000), "white"))


def test_a_line_with_breaks_in_it_is_several_and_an_empty_one_is_none(sighted: Candidate, server: ModelServer) -> None:
    server.picture = PictureText(lines=[PictureLine(text="one\n two \n\n三"), PictureLine(text=" ")])
    engine = engines.get("vision", locale="en")
    assert [piece.text for piece in engine.read(picture())] == ["one", "two", "三"]


def test_a_picture_without_text_has_no_pieces(sighted: Candidate, server: ModelServer) -> None:
    server.picture = PictureText()
    assert engines.get("vision", locale="en").read(picture("")) == []


def test_a_model_may_leave_out_what_is_obvious() -> None:
    answer = llm.parse('{"lines": ["Bare", {"text": "Null", "uncertain": null}, {"text": "T"}]}', PictureText)
    assert answer == PictureText(lines=[PictureLine(text="Bare"), PictureLine(text="Null"), PictureLine(text="T")])


@pytest.mark.parametrize(
    ("fault", "code", "tries"),
    [
        (401, "auth", 1),
        (404, "model_not_found", 1),
        (500, "provider_down", 2),
        ("no_pictures", "picture_refused", 1),
        ("no_endpoint", "picture_refused", 1),
        ("prose", "refused", 1),
        ("cut", "cut_off", 2),
        ("length", "cut_off", 1),
        ("empty", "empty", 1),
        ("hang", "timeout", 1),
    ],
)
def test_a_fault_of_the_model_ends_with_its_code(
    fault: str | int, code: str, tries: int, sighted: Candidate, server: ModelServer
) -> None:
    server.fail("job_vision", fault, fault)
    engine = vision.VisionEngine([replace(sighted, stall_seconds=1)], "en")
    with pytest.raises(ModelError) as caught:
        engine.read(picture())
    assert caught.value.code == code
    assert server.requests["job_vision"] == tries


def test_asked_once_more_the_model_still_has_the_picture(sighted: Candidate, server: ModelServer) -> None:
    server.fail("job_vision", "wrong_schema")
    assert len(engines.get("vision", locale="en").read(picture())) == 2
    first, second = server.bodies
    assert len(second["messages"]) == len(first["messages"]) + 2
    assert [sent.size for sent in sent_pictures(second)] == [picture().size]


def test_a_refused_json_mode_is_loosened_with_the_picture(sighted: Candidate, server: ModelServer) -> None:
    server.fail("job_vision", "no_json_mode")
    assert len(engines.get("vision", locale="en").read(picture())) == 2
    assert [len(sent_pictures(body)) for body in server.bodies] == [1, 1]


def test_the_listener_hears_the_call_and_can_stop_it(sighted: Candidate, server: ModelServer) -> None:
    class Stop(llm.Listener):
        def __init__(self) -> None:
            self.calls: list[llm.Call] = []

        def text(self, chunk: str) -> None:
            raise Cancelled

        def finished(self, call: llm.Call) -> None:
            self.calls.append(call)

    listener = Stop()
    engine, failure = engines.resolve("vision", locale="en", listener=listener)
    assert failure is None
    with pytest.raises(Cancelled):
        engine.read(picture())
    assert [(call.task, call.model, call.outcome) for call in listener.calls] == [
        ("job_vision", "openai/eyes", "cancelled")
    ]


@pytest.mark.parametrize("name", ["", "offline/analyst"])
def test_vision_without_a_model_that_sees_is_replaced(name: str, configure: Callable[..., None]) -> None:
    configure(vision_model=name)
    assert engines.unavailable("vision") == "vision_not_configured"
    engine, failure = engines.resolve("vision", locale="en")
    assert (engine.name, failure) == ("rapidocr", "vision_not_configured")
    with pytest.raises(InputError) as caught:
        vision.VisionEngine([routing.Candidate(name)] if name else [], "en")
    assert caught.value.code == "vision_not_configured"


def sent(image: Image.Image) -> Image.Image:
    (data,) = vision.files(image)
    assert len(data) <= vision.MAX_BYTES
    return Image.open(io.BytesIO(data))


def test_a_picture_is_sent_as_the_smaller_kind_of_file() -> None:
    drawn, taken = sent(picture()), sent(Image.effect_noise((400, 300), 60).convert("RGB"))
    assert (drawn.format, drawn.size) == ("PNG", (640, 120))
    assert (taken.format, taken.size) == ("JPEG", (400, 300))


def test_a_picture_too_large_to_send_is_shrunk() -> None:
    shrunk = sent(Image.frombytes("RGB", (2400, 2000), os.urandom(2400 * 2000 * 3)))
    assert shrunk.width < 2400
    assert shrunk.width / shrunk.height == pytest.approx(1.2, abs=0.01)


def test_a_large_photo_is_sent_smaller_and_stays_as_it_was() -> None:
    photo = Image.new("RGB", (8000, 6000), "white")
    assert sent(photo).size == (3000, 2250)
    assert photo.size == (8000, 6000)


# --- rapidocr -------------------------------------------------------------------------------------------------


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="the system does not bind processes to cores")
def test_the_default_engine_takes_the_cores_it_may_use() -> None:
    bind = "import os; os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})"
    script = f"{bind}; from core.ocr import rapid; print(rapid._cores())"
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout == "1\n"
