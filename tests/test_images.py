"""Pictures to upright RGB pixels: every format and mode, what is refused, and that nothing else can happen."""

import base64
import io
import struct
import subprocess
import sys
import threading
import time
import tracemalloc
import warnings
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from core import i18n
from core.errors import InputError
from core.filetypes import MAX_PICTURE_BYTES
from core.ocr import images
from core.ocr.images import MAX_PIXELS, decode, encode, kind, pages, preview, size
from tests.support.files import encoded

# 64 x 48 pixels as `card()`, with an orientation of 6 both in its EXIF and as a rotation of the container (irot).
HEIC = base64.b64decode(
    "AAAAHGZ0eXBoZWljAAAAAG1pZjFoZWljbWlhZgAAAbRtZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAAAAAAAAAAAAAAADRpbG9jAA"
    "AAAERAAAIAAQAAAAAB2AABAAAAAAAAACAAAgAAAAAB+AABAAAAAAAAACQAAAA4aWluZgAAAAAAAgAAABVpbmZlAgAAAAABAABodmMxAAAAABVp"
    "bmZlAgAAAQACAABFeGlmAAAAAA5waXRtAAAAAAABAAAA82lwcnAAAADTaXBjbwAAAHZodmNDAQNwAAAAkAAAAAAAHvAA/P34+AAADwNgAAEAGE"
    "ABDAH//wNwAAADAJAAAAMAAAMAHroCQGEAAQAqQgEBA3AAAAMAkAAAAwAAAwAeoCCBBZbq5Ka5uAhoMCAAAAMDIAAAAwAhYgABAAZEAcFzwIkA"
    "AAAUaXNwZQAAAAAAAABAAAAAQAAAAChjbGFwAAAAQAAAAAEAAAAwAAAAAQAAAAAAAAAC////8AAAAAIAAAAQcGl4aQAAAAADCAgIAAAACWlyb3"
    "QDAAAAGGlwbWEAAAAAAAAAAQABBYECBIOFAAAAGmlyZWYAAAAAAAAADmNkc2MAAgABAAEAAABMbWRhdAAAABwoAa8ZgPcByL//16IMqs/MpBnO"
    "xQ+7SFx1r0rAAAAABkV4aWYAAE1NACoAAAAIAAEBEgADAAAAAQAGAAAAAAAA"
)
ORIENTATION = 0x0112


def card(mode: str = "RGB", dark: object = 0, light: object = 255) -> Image.Image:
    """A light picture of 64 x 48 pixels whose upper left third is dark, so that every turn of it looks different."""
    if mode in ("RGB", "CMYK", "YCbCr"):
        picture = card("L").convert("RGB").convert(mode)
    else:
        picture = Image.new(mode, (64, 48), light)  # type: ignore[arg-type]
        picture.paste(dark, (0, 0, 32, 16))  # type: ignore[arg-type]
    return picture


def looks_like_card(picture: Image.Image, tolerance: int = 12) -> bool:
    difference = np.abs(np.asarray(picture, int) - np.asarray(card(), int))
    return picture.mode == "RGB" and picture.size == (64, 48) and float(np.mean(difference)) <= tolerance


def refusal(data: bytes, read: Callable[[bytes], object] = decode) -> InputError:
    """The error a reading ends with; it must have a message in every language."""
    with pytest.raises(InputError) as caught:
        read(data)
    for locale in i18n.LOCALES:
        message = caught.value.message(locale)
        assert message
        assert "{" not in message
    return caught.value


def outcome(data: bytes, read: Callable[[bytes], object] = decode) -> object:
    """What is read, pixels as bytes, or the code of the refusal; any other exception fails the test."""
    try:
        found = read(data)
    except InputError as error:
        refused = error
    else:
        return found.tobytes() if isinstance(found, Image.Image) else found
    assert all(refused.message(locale) for locale in i18n.LOCALES)
    return refused.code


# --- formats and modes ----------------------------------------------------------------------------------------

FORMATS = {
    "PNG": encoded(card(), "PNG"),
    "JPEG": encoded(card(), "JPEG", quality=95),
    "JPEG progressive": encoded(card(), "JPEG", quality=95, progressive=True),
    "MPO": encoded(card(), "MPO", save_all=True, append_images=[Image.new("RGB", (64, 48))]),
    "WEBP": encoded(card(), "WEBP", lossless=True),
    "WEBP lossy": encoded(card(), "WEBP", quality=95),
    "GIF": encoded(card(), "GIF"),
    "BMP": encoded(card(), "BMP"),
    "TIFF": encoded(card(), "TIFF"),
    "TIFF lzw": encoded(card(), "TIFF", compression="tiff_lzw"),
    "TIFF jpeg": encoded(card(), "TIFF", compression="jpeg", quality=95),
    "TIFF fax": encoded(card("1", 0, 1), "TIFF", compression="group4"),
    "TIFF big": encoded(card(), "TIFF", big_tiff=True),
}


@pytest.mark.parametrize("name", FORMATS)
def test_formats(name: str):
    data = FORMATS[name]
    assert kind(data) == name.replace("MPO", "JPEG").split()[0]
    assert size(data) == (64, 48)
    assert looks_like_card(decode(data))


def test_heic_is_turned_once():
    assert kind(HEIC) == "HEIC"
    assert looks_like_card(decode(HEIC).transpose(Image.Transpose.ROTATE_90))


def test_heic_without_its_package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    (tmp_path / "pi_heif.py").write_text("raise ImportError")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert refusal(HEIC).code == "image_heic_unsupported"
    assert looks_like_card(decode(FORMATS["PNG"]))


def test_rle_bitmap():
    rows = bytes([64, 1, 0, 0]) * 32 + bytes([32, 0, 32, 1, 0, 0]) * 16 + bytes([0, 1])
    palette = bytes(4) + b"\xff\xff\xff\0"
    header = struct.pack("<IiiHHIIiiII", 40, 64, 48, 1, 8, 1, len(rows), 0, 0, 2, 2)
    data = b"BM" + struct.pack("<IHHI", 62 + len(rows), 0, 0, 62) + header + palette + rows
    assert looks_like_card(decode(data), 0)


@pytest.mark.parametrize(
    ("picture", "format"),
    [
        (card("1", 0, 1), "PNG"),
        (card("L"), "PNG"),
        (card("L"), "JPEG"),
        (card().convert("P"), "PNG"),
        (card().convert("P"), "TIFF"),
        (card("LA", (0, 255), (255, 255)), "PNG"),
        (card("RGBA", (0, 0, 0, 255), (255, 255, 255, 255)), "TIFF"),
        (card("CMYK"), "JPEG"),
        (card("CMYK"), "TIFF"),
        (card("YCbCr"), "TIFF"),
        (card("I;16", 0, 65535), "PNG"),
        (card("I;16", 0, 65535), "TIFF"),
        (card("I", -(2**30), 2**30), "TIFF"),
        (card("F", 0.0, 1.0), "TIFF"),
    ],
    ids=lambda value: getattr(value, "mode", value),
)
def test_modes(picture: Image.Image, format: str):
    assert looks_like_card(decode(encoded(picture, format)), 6)


def test_sixteen_bits_are_scaled_and_not_clipped():
    ramp = Image.fromarray(np.tile(np.linspace(0, 65535, 256).astype(np.uint16), (32, 1)))
    shades = np.asarray(decode(encoded(ramp, "PNG")))[0, :, 0].astype(int)
    assert np.abs(shades - np.arange(256)).max() <= 1
    twelve_bits = Image.fromarray(np.tile(np.linspace(0, 4095, 256).astype(np.uint16), (32, 1)))
    assert np.abs(np.asarray(decode(encoded(twelve_bits, "TIFF")))[0, :, 0].astype(int) - np.arange(256)).max() <= 1


def test_values_that_are_no_numbers():
    values = np.full((48, 64), 1.0, np.float32)
    values[:16, :32] = 0
    values[20, 20], values[30, 30] = np.nan, np.inf
    assert looks_like_card(decode(encoded(Image.fromarray(values), "TIFF")))


@pytest.mark.parametrize("mode", ["I;16", "F"])
def test_deep_blank_page(mode: str):
    assert decode(encoded(Image.new(mode, (40, 40), 7), "TIFF")).getextrema() == ((255, 255),) * 3


@pytest.mark.parametrize("format", ["GIF", "WEBP", "PNG"])
def test_first_frame_of_an_animation(format: str):
    data = encoded(card(), format, save_all=True, append_images=[Image.new("RGB", (64, 48), "red")] * 3, lossless=True)
    assert looks_like_card(decode(data))


# --- transparency ---------------------------------------------------------------------------------------------


def lettering(colour: str, panel: str | None = None) -> Image.Image:
    """Strokes on a transparent ground, some of them on a panel."""
    picture = Image.new("RGBA", (200, 120))
    if panel:
        picture.paste(panel, (20, 60, 180, 110))
    for x in range(10, 190, 6):
        picture.paste(colour, (x, 10, x + 2, 30))
        picture.paste(colour, (x, 35, x + 2, 50))
    return picture


@pytest.mark.parametrize(
    ("picture", "ground"),
    [
        (lettering("black"), 255),
        (lettering("#333"), 255),
        (lettering("white"), 0),
        (lettering("#ddd"), 0),
        (lettering("#222", panel="#eee"), 255),
        (lettering("#eee", panel="#222"), 0),
        (Image.new("RGBA", (40, 40)), 255),
    ],
    ids=["black", "dark", "white", "light", "dark beside light panel", "light beside dark panel", "nothing at all"],
)
@pytest.mark.parametrize("format", ["PNG", "WEBP"])
def test_letters_show_on_what_is_put_behind_them(picture: Image.Image, ground: int, format: str):
    shown = decode(encoded(picture, format, lossless=True))
    assert shown.getpixel((0, 0)) == (ground,) * 3
    assert shown.size == picture.size


def test_transparency_in_other_forms():
    palette = Image.new("P", (64, 48), 1)
    palette.putpalette([0, 0, 0, 255, 0, 0])
    palette.paste(0, (0, 0, 32, 16))
    # One index stands for nothing at all, as bytes of opacity, or a colour.
    for data in (
        encoded(palette, "PNG", transparency=1),
        encoded(palette, "PNG", transparency=bytes([255, 0])),
        encoded(palette, "GIF", transparency=1),
        encoded(card("L"), "PNG", transparency=255),
        encoded(card(), "PNG", transparency=(255, 255, 255)),
        encoded(card("LA", (0, 255), (0, 0)), "PNG"),
    ):
        assert looks_like_card(decode(data), 0)


def test_half_transparent_pixels_are_blended():
    grey = decode(encoded(Image.new("RGBA", (40, 40), (0, 0, 0, 128)), "PNG")).getpixel((5, 5))
    assert grey == (127, 127, 127)


# --- orientation ----------------------------------------------------------------------------------------------

# How a camera held in each way stores an upright picture.
STORED = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


def turned(orientation: int, format: str, **options: object) -> bytes:
    way = STORED.get(orientation)
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    return encoded(card() if way is None else card().transpose(way), format, exif=exif, **options)


@pytest.mark.parametrize("orientation", STORED)
@pytest.mark.parametrize(
    ("format", "options"),
    [("JPEG", {}), ("PNG", {}), ("WEBP", {}), ("TIFF", {}), ("TIFF", {"compression": "tiff_lzw"})],
    ids=["jpeg", "png", "webp", "tiff", "tiff lzw"],
)
def test_orientation(orientation: int, format: str, options: dict[str, str]):
    upright = decode(turned(orientation, format, **options))
    assert looks_like_card(upright)
    assert not upright.getexif()
    assert not upright.info


@pytest.mark.parametrize("orientation", [0, 9, 65535])
def test_orientation_that_does_not_exist(orientation: int):
    assert looks_like_card(decode(turned(orientation, "JPEG")))


def test_orientation_behind_the_pixels_of_a_png():
    chunks = turned(6, "PNG")
    start = chunks.index(b"eXIf") - 4
    end = start + 12 + struct.unpack(">I", chunks[start : start + 4])[0]
    last = chunks.index(b"IEND") - 4
    data = chunks[:start] + chunks[end:last] + chunks[start:end] + chunks[last:]
    assert looks_like_card(decode(data))


@given(st.binary(max_size=60))
@settings(max_examples=50, deadline=None)
@pytest.mark.filterwarnings("ignore")
def test_broken_exif_does_not_matter(noise: bytes):
    picture = decode(encoded(card(), "JPEG", exif=b"Exif\0\0MM\0*\0\0\0\x08" + noise))
    assert picture.size in ((64, 48), (48, 64))


# --- what is refused ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "file_empty"),
        (b"Just words", "image_type_unknown"),
        (b"%PDF-1.4", "image_type_unknown"),
        (b"\0\0\0\x1cftypavif\0\0\0\0mif1avifmiaf" + bytes(100), "image_type_unknown"),
        (b"\0\0\0\x20ftypmif1\0\0\0\0mif1avifmiafMA1B" + bytes(100), "image_type_unknown"),
        (b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic" + bytes(100), "image_damaged"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "image_damaged"),
        (b"\xff\xd8\xff\xe0" + bytes(40), "image_damaged"),
        (b"GIF89a", "image_damaged"),
        (b"\x89PNG\r\n\x1a\n" + bytes(MAX_PICTURE_BYTES), "image_too_large"),
        (encoded(Image.new("L", (1, 1)), "PNG"), "image_too_small"),
        (encoded(Image.new("L", (300, 5)), "JPEG"), "image_too_small"),
    ],
)
def test_refusals(data: bytes, code: str):
    assert refusal(data).code == code
    assert refusal(data, lambda data: pages(data, 5)).code == code


def test_a_size_just_over_the_limit_does_not_read_as_the_limit():
    error = refusal(FORMATS["PNG"] + bytes(MAX_PICTURE_BYTES))
    assert error.values == {"size": 15.1, "limit": 15}


def test_smallest_picture():
    assert decode(encoded(Image.new("L", (12, 12), 255), "PNG")).size == (12, 12)


def png(width: int, height: int, *chunks: tuple[bytes, bytes]) -> bytes:
    """A PNG of 8-bit grey that says it has that size, whatever the chunks hold."""
    header = (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
        for name, content in (header, *chunks, (b"IEND", b""))
    )


def gif(screen: tuple[int, int], frame: tuple[int, int]) -> bytes:
    extension = b"!\xfe\x05hello\x03abc\0!\xf9\x04\x09\0\0\0\0"  # disposal by background: room is made at once
    picture = struct.pack("<BHHHHB", 0x2C, 0, 0, *frame, 0) + b"\x02\x02\x4c\x01\0;"
    return b"GIF89a" + struct.pack("<HHBBB", *screen, 0x80, 0, 0) + bytes(6) + extension + picture


def tiff(width: int, height: int) -> bytes:
    tags = {256: width, 257: height, 258: 8, 259: 1, 262: 1, 273: 8, 277: 1, 278: height, 279: width * height}
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags.items())
    return b"II*\0" + struct.pack("<IH", 8, len(tags)) + entries + bytes(4)


def jpeg(width: int, height: int) -> bytes:
    data = FORMATS["JPEG"]
    at = data.index(b"\xff\xc0") + 5
    return data[:at] + struct.pack(">HH", height, width) + data[at + 4 :]


def webp(width: int, height: int) -> bytes:
    canvas = struct.pack("<I", width - 1)[:3] + struct.pack("<I", height - 1)[:3]
    data = FORMATS["WEBP"][12:]
    body = b"WEBPVP8X" + struct.pack("<I", 10) + bytes(4) + canvas + data
    return b"RIFF" + struct.pack("<I", len(body)) + body


BOMBS = {
    "PNG": png(60_000, 60_000, (b"IDAT", zlib.compress(bytes(10_000_000)))),
    "PNG just above": png(10_000, 6_001, (b"IDAT", zlib.compress(bytes(10_000)))),
    "PNG where Pillow warns": png(10_000, 10_000, (b"IDAT", zlib.compress(bytes(10_000)))),
    "GIF": gif((65_535, 65_535), (10, 10)),
    "GIF frame": gif((100, 100), (65_535, 65_535)),
    "GIF frame where Pillow warns": gif((100, 100), (10_000, 10_000)),
    "TIFF": tiff(60_000, 60_000),
    "JPEG": jpeg(65_000, 65_000),
    "BMP": b"BM" + struct.pack("<IHHIIiiHHIIiiII", 99, 0, 0, 54, 40, 60_000, 60_000, 1, 24, 0, 0, 0, 0, 0, 0),
}


@pytest.mark.parametrize("name", BOMBS)
def test_pixels_are_counted_before_they_are_decoded(name: str):
    started = time.monotonic()
    tracemalloc.start()
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # a warning would become "image_damaged"
        error = refusal(BOMBS[name])
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert error.code == "image_too_many_pixels"
    assert error.values["limit"] == MAX_PIXELS // 10**6
    assert peak < 30_000_000
    assert time.monotonic() - started < 5


def test_as_many_pixels_as_are_allowed():
    assert size(png(10_000, 6_000)) == (10_000, 6_000)


def test_canvas_that_lies():
    assert refusal(webp(16_000, 16_000)).code in ("image_too_many_pixels", "image_damaged")
    assert refusal(webp(100, 100)).code == "image_damaged"


def test_pixels_that_unpack_to_far_more_than_the_size_says():
    data = png(64, 48, (b"IDAT", zlib.compress(bytes(50_000_000), 9)))
    tracemalloc.start()
    assert decode(data).size == (64, 48)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 5_000_000


@pytest.mark.parametrize(("megabytes", "times"), [(100, 1), (1, 80)], ids=["one", "many"])
def test_text_that_unpacks_to_far_more(megabytes: int, times: int):
    text = (b"zTXt", b"Comment\0\0" + zlib.compress(bytes(megabytes * 2**20), 9))
    rows = (b"IDAT", zlib.compress(bytes(65 * 48)))
    started = time.monotonic()
    assert refusal(png(64, 48, *[text] * times, rows)).code == "image_damaged"
    assert time.monotonic() - started < 10


def test_limits_of_pillow_are_left_alone():
    before = (Image.MAX_IMAGE_PIXELS, PngImagePlugin.MAX_TEXT_CHUNK, dict(Image.OPEN), list(warnings.filters))
    for data in (*FORMATS.values(), HEIC):
        decode(data)
    after = (Image.MAX_IMAGE_PIXELS, PngImagePlugin.MAX_TEXT_CHUNK, dict(Image.OPEN), list(warnings.filters))
    assert before[:2] == after[:2]
    assert "HEIF" not in after[2]
    assert before[3] == after[3]


# --- whatever comes -------------------------------------------------------------------------------------------

NOISE = Image.fromarray(np.random.default_rng(7).integers(0, 256, (80, 60, 3), np.uint8))
LARGER = {
    "PNG": encoded(NOISE, "PNG"),
    "JPEG": encoded(NOISE, "JPEG"),
    "JPEG progressive": encoded(NOISE, "JPEG", progressive=True),
    "WEBP": encoded(NOISE, "WEBP"),
    "GIF": encoded(NOISE, "GIF"),
    "BMP": encoded(NOISE, "BMP"),
    "TIFF": encoded(NOISE, "TIFF"),
    "TIFF lzw": encoded(NOISE, "TIFF", compression="tiff_lzw"),
}


@pytest.mark.parametrize("name", LARGER)
@pytest.mark.filterwarnings("ignore")
def test_a_picture_cut_short_is_whole_or_refused(name: str):
    data = LARGER[name]
    whole = decode(data)

    @given(st.integers(1, len(data) - 1))
    @settings(max_examples=60, deadline=None)
    def check(length: int) -> None:
        assert outcome(data[:length]) in (whole.tobytes(), "image_damaged", "image_type_unknown")

    check()
    assert refusal(data[: len(data) * 9 // 10]).code == "image_damaged"


@pytest.mark.parametrize("name", [*LARGER, "TIFF fax", "TIFF jpeg", "MPO"])
@pytest.mark.filterwarnings("ignore")
def test_changed_bytes(name: str):
    data = (FORMATS | LARGER)[name]

    @given(st.lists(st.tuples(st.integers(0, min(len(data), 600) - 1), st.integers(0, 255)), max_size=8))
    @settings(max_examples=60, deadline=None)
    def check(changes: list[tuple[int, int]]) -> None:
        changed = bytearray(data)
        for position, value in changes:
            changed[position] = value
        for read in (decode, size, lambda data: pages(data, 3)):
            assert outcome(bytes(changed), read)

    check()


@given(
    st.sampled_from([b"", *(data[:16] for data in LARGER.values()), *(data[:40] for data in LARGER.values())]),
    st.binary(max_size=300),
)
@settings(max_examples=200, deadline=None)
@pytest.mark.filterwarnings("ignore")
def test_arbitrary_bytes(start: bytes, rest: bytes):
    assert outcome(start + rest)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.99])
def test_heic_cut_short(share: float):
    assert refusal(HEIC[: int(len(HEIC) * share)]).code == "image_damaged"


def test_heic_that_makes_its_decoder_crash():
    unnamed = HEIC.replace(b"Exif", b"\xd8xif", 1)  # the type of an item, which is not checked to be ASCII
    assert outcome(unnamed) == "image_damaged"
    assert decode(HEIC)


def test_many_threads_at_once():
    every = list((LARGER | FORMATS).values()) * 4
    one_by_one = [decode(data).tobytes() for data in every]
    barrier = threading.Barrier(8)

    def read(data: bytes) -> bytes:
        return decode(data).tobytes()

    with ThreadPoolExecutor(8, initializer=barrier.wait) as pool:
        assert list(pool.map(read, every)) == one_by_one


def sparse(mode: str, mark: object) -> Image.Image:
    """16 megapixels of one mode, nothing but for a mark."""
    picture = Image.new(mode, (4000, 4000))
    picture.paste(mark, (100, 100, 900, 900))  # type: ignore[arg-type]
    return picture


@pytest.mark.parametrize(
    ("picture", "options"),
    [
        (sparse("RGBA", "black"), {}),
        (sparse("LA", (0, 255)), {}),
        (sparse("P", 1), {"transparency": 0}),
        (sparse("I;16", 60_000), {}),
        (sparse("RGB", "red"), {"exif": {ORIENTATION: 6}}),
    ],
    ids=lambda value: getattr(value, "mode", ""),
)
@pytest.mark.skipif(sys.platform == "win32", reason="the system does not tell a process its peak")
def test_decoding_takes_little_more_memory_than_two_pictures(picture: Image.Image, options: dict[str, object]):
    if "exif" in options:
        exif = Image.Exif()
        exif.update(options["exif"])  # type: ignore[arg-type]
        options = {"exif": exif}
    script = """
import resource, sys
import numpy
from core.ocr import images
data = sys.stdin.buffer.read()
images.decode(data[int(sys.argv[1]):])
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
images.decode(data[:int(sys.argv[1])])
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
    large, small = encoded(picture, "PNG", **options), encoded(card("RGBA"), "PNG")
    command = [sys.executable, "-c", script, str(len(large))]
    child = subprocess.run(command, input=large + small, capture_output=True, check=True)
    kilobytes = int(child.stdout) / (1024 if sys.platform == "darwin" else 1)
    assert kilobytes * 1024 / (16 * 10**6) < 10  # bytes a pixel; Pillow has four in either picture


@pytest.mark.parametrize(("large", "at_once"), [(3_000, 1), (3_072, 2)], ids=["large", "small"])
@pytest.mark.parametrize("read", [decode, lambda data: pages(data, 5)], ids=["decode", "pages"])
@pytest.mark.parametrize("name", ["PNG", "two pages"])
def test_large_pictures_are_decoded_one_at_a_time(
    name: str, read: Callable[[bytes], object], large: int, at_once: int, monkeypatch: pytest.MonkeyPatch
):
    data = FORMATS["PNG"] if name == "PNG" else multi_page(card(), card())
    busy: list[int] = [0]
    seen: list[int] = []
    convert = images._rgb

    def slow(image: Image.Image) -> Image.Image:
        busy[0] += 1
        seen.append(busy[0])
        time.sleep(0.2)
        busy[0] -= 1
        return convert(image)

    monkeypatch.setattr(images, "_rgb", slow)
    monkeypatch.setattr(images, "_LARGE", large)
    with ThreadPoolExecutor(2) as pool:
        assert all(pool.map(read, [data, data]))
    assert max(seen) == at_once


def test_a_refused_large_picture_leaves_room_for_the_next():
    damaged = png(4_000, 4_000, (b"IDAT", zlib.compress(bytes(10_000))))
    assert refusal(damaged).code == "image_damaged"
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(outcome, damaged).result(timeout=20) == "image_damaged"


def test_what_is_put_behind_letters_does_not_depend_on_strips(monkeypatch: pytest.MonkeyPatch):
    """Only the rows at which the panel begins and ends count, and the dark ones inside it do not."""
    picture = Image.new("RGBA", (40, 48))
    picture.paste("#ddd", (0, 12, 40, 36))
    picture.paste("#222", (0, 20, 40, 30))
    data = encoded(picture, "PNG")
    whole = decode(data)
    for pixels in (1, 40, 40 * 12, 40 * 13):
        monkeypatch.setattr(images, "_STRIP", pixels)
        assert decode(data).tobytes() == whole.tobytes()
    assert whole.getpixel((0, 0)) == (0, 0, 0)


def test_the_range_of_deep_pixels_does_not_depend_on_strips(monkeypatch: pytest.MonkeyPatch):
    ramp = np.linspace(100, 60_000, 40 * 48).astype(np.uint16).reshape(48, 40)
    data = encoded(Image.fromarray(ramp), "PNG")
    whole = decode(data)
    assert whole.getextrema() == ((0, 255),) * 3
    monkeypatch.setattr(images, "_STRIP", 200)
    assert decode(data).tobytes() == whole.tobytes()


# --- several pages --------------------------------------------------------------------------------------------


def multi_page(*frames: Image.Image, **options: object) -> bytes:
    return encoded(frames[0], "TIFF", save_all=True, append_images=frames[1:], **options)


def shade(level: int, size: tuple[int, int] = (60, 40), mode: str = "L") -> Image.Image:
    return Image.new(mode, size, level)


def test_pages_of_a_tiff_in_order():
    data = multi_page(shade(0), shade(100, (40, 60)), shade(1, mode="1"))
    found = [decode(page) for page in pages(data, 3)]
    assert [page.size for page in found] == [(60, 40), (40, 60), (60, 40)]
    assert [page.getpixel((5, 5)) for page in found] == [(0, 0, 0), (100, 100, 100), (255, 255, 255)]
    assert decode(data).size == (60, 40)


@pytest.mark.parametrize("name", ["TIFF", "MPO", "PNG", "GIF"])
def test_one_picture_stays_as_it_is(name: str):
    assert pages(FORMATS[name], 1) == [FORMATS[name]]


def test_heic_becomes_what_is_quick_to_read():
    (page,) = pages(HEIC, 1)
    assert kind(page) == "JPEG"
    assert looks_like_card(decode(page).transpose(Image.Transpose.ROTATE_90))


def test_too_many_pages():
    error = refusal(multi_page(*[shade(n) for n in range(5)]), lambda data: pages(data, 4))
    assert (error.code, error.values) == ("file_too_many_scans", {"pages": 5, "limit": 4})


def test_thumbnails_are_no_pages():
    small = shade(9, (20, 20))
    small.encoderinfo = {"tiffinfo": {254: 1}}
    buffer = io.BytesIO()
    from PIL import TiffImagePlugin

    with TiffImagePlugin.AppendingTiffWriter(buffer) as writer:
        for picture, info in ((shade(0), {}), (shade(9, (20, 20)), {254: 1}), (shade(200), {})):
            picture.save(writer, "TIFF", tiffinfo=info)
            writer.newFrame()
    found = [decode(page).getpixel((5, 5)) for page in pages(buffer.getvalue(), 5)]
    assert found == [(0, 0, 0), (200, 200, 200)]


def test_a_damaged_page_is_refused_with_the_rest():
    good = multi_page(NOISE, NOISE.transpose(Image.Transpose.ROTATE_180), compression="tiff_deflate")
    middle = len(good) * 3 // 4
    assert (
        refusal(good[:middle] + bytes(200) + good[middle + 200 :], lambda data: pages(data, 5)).code == "image_damaged"
    )


def test_a_large_page_beside_a_small_one():
    buffer = multi_page(shade(0, mode="1"), shade(1, (9_000, 7_000), "1"), compression="group4")
    assert refusal(buffer, lambda data: pages(data, 5)).code == "image_too_many_pixels"


# --- bytes for reading and for showing ------------------------------------------------------------------------


def test_encoding_keeps_the_picture():
    again = decode(encode(NOISE.resize((600, 800))))
    difference = np.abs(np.asarray(again, int) - np.asarray(NOISE.resize((600, 800)), int))
    assert again.size == (600, 800)
    assert difference.mean() < 12


def test_finer_scans_are_made_smaller():
    assert decode(encode(Image.new("RGB", (2600, 3900), "white"))).size == (2480, 3720)


@pytest.mark.parametrize(
    ("given", "shown"),
    [((800, 600), (800, 600)), ((1080, 9000), (1080, 9000)), ((3840, 2160), (1600, 900)), ((20, 80_000), (16, 65_500))],
)
def test_preview_is_as_wide_as_a_browser_shows(given: tuple[int, int], shown: tuple[int, int]):
    with Image.open(io.BytesIO(preview(Image.new("RGB", given, "white")))) as picture:
        assert (picture.format, picture.size) == ("JPEG", shown)


def test_preview_of_a_side():
    with Image.open(io.BytesIO(preview(Image.new("RGB", (1080, 9000)), longest=160))) as picture:
        assert picture.size == (19, 160)


def test_preview_is_never_large():
    grain = Image.fromarray(np.random.default_rng(1).integers(0, 256, (6000, 1600, 3), np.uint8))
    data = preview(grain)
    assert len(data) <= 4 * 2**20
    with Image.open(io.BytesIO(data)) as picture:
        assert picture.width >= 800
