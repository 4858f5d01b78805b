"""Pictures as people have them (screenshots, photos, scans) to upright RGB pixels, and back to bytes for a browser.

A picture is untrusted. Its size is checked in its header before any pixel is decoded, and it is decoded whole or
refused: half a picture is half a job description. Whatever the bytes hold, only `InputError` is raised.

Pillow's plugins are called directly and not by `Image.open`: no other format can be reached, and its process-wide
limit on pixels, with the warnings that go with it, stays what it is for everybody else.
"""

import io
import math
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import numpy as np
from PIL import Image, ImageFile

from core import filetypes, heif
from core.documents import MAX_PICTURE_BYTES
from core.errors import InputError

KINDS = tuple(filetypes.PICTURES)
MAX_BYTES = MAX_PICTURE_BYTES
MAX_PIXELS = 60_000_000  # width x height: a 50-megapixel camera, or a screenshot 1080 wide and 55,000 tall
MIN_SIDE = 12  # pixels; a line of text needs as many

_PLUGINS = {
    "PNG": "PIL.PngImagePlugin:PngImageFile",
    "JPEG": "PIL.JpegImagePlugin:JpegImageFile",  # also of MPO, whose first picture is an ordinary JPEG
    "WEBP": "PIL.WebPImagePlugin:WebPImageFile",
    "GIF": "PIL.GifImagePlugin:GifImageFile",
    "BMP": "PIL.BmpImagePlugin:BmpImageFile",
    "TIFF": "PIL.TiffImagePlugin:TiffImageFile",
}


def kind(data: bytes) -> str | None:
    """Which of `KINDS` the bytes are, by how they begin; None when they are no picture that can be read."""
    name = filetypes.recognise(data)
    return name if name in KINDS else None


def size(data: bytes) -> tuple[int, int]:
    """Width and height in pixels as the header has them, before any rotation; raises what `decode` raises for it."""
    with _guarded():
        return _open(data).size


def decode(data: bytes) -> Image.Image:
    """The picture as a person sees it: its first frame or page, upright by its EXIF, RGB, transparency filled.

    Raises InputError: file_empty; image_too_large with `size` and `limit` in MB; image_type_unknown;
    image_heic_unsupported; image_too_many_pixels with `width`, `height` and `limit` in megapixels; image_too_small
    with `width`, `height` and `limit`; image_damaged, also for a picture that is cut short.
    """
    with _guarded():
        return _upright(_open(data))


def pages(data: bytes, limit: int) -> list[bytes]:
    """The pictures of a file, each as bytes that `decode` takes quickly: mostly the bytes themselves.

    Every page of a TIFF is a picture; these and HEIC become JPEG. All are decoded once, so that none fails later.
    Raises InputError as `decode`, and file_too_many_scans with `pages` and `limit`.
    """
    with _guarded():
        image = _open(data)
        name = kind(data)
        frames = list(_frames(image)) if name == "TIFF" else [0]
        if len(frames) > limit:
            raise InputError("file_too_many_scans", pages=len(frames), limit=limit)
        if len(frames) == 1:
            upright = _upright(image)
            return [encode(upright) if name == "HEIC" else data]
        return [encode(_upright(_page(data, frame))) for frame in frames]


# --- bytes of our own -----------------------------------------------------------------------------------------

_QUALITY = 92  # of JPEG; read with as few errors as PNG on scans at 150 dpi, in a seventh of the bytes
_ENOUGH = 2480  # pixels across the shorter side: A4 at 300 dpi
_JPEG_SIDE = 65_500  # pixels; libjpeg's own limit
_PREVIEW_WIDTH = 1600  # pixels; wider than a page of the browser shows
_PREVIEW_BYTES = 4 * 2**20
_PREVIEW_QUALITIES = (85, 70, 50)


def encode(image: Image.Image) -> bytes:
    """An RGB picture as JPEG, to be read later; a page that is scanned finer than 300 dpi is made smaller."""
    return _jpeg(_fit(image, _ENOUGH / min(image.size)), _QUALITY)


def preview(image: Image.Image, longest: int = _JPEG_SIDE) -> bytes:
    """An RGB picture as JPEG for a browser: at most 1600 pixels wide, `longest` on its longer side, and 4 MB."""
    scale = min(_PREVIEW_WIDTH / image.width, longest / max(image.size))
    while True:
        smaller = _fit(image, scale)
        for quality in _PREVIEW_QUALITIES:
            if len(data := _jpeg(smaller, quality)) <= _PREVIEW_BYTES:
                return data
        scale = 0.7 * smaller.width / image.width


def _fit(image: Image.Image, scale: float) -> Image.Image:
    """The picture made smaller by that factor and to what JPEG can hold; never larger."""
    scale = min(scale, _JPEG_SIDE / max(image.size))
    if scale >= 1:
        return image
    width, height = (max(1, round(side * scale)) for side in image.size)
    return image.resize((width, height), Image.Resampling.LANCZOS, reducing_gap=3)


def _jpeg(image: Image.Image, quality: int) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()


# --- opening --------------------------------------------------------------------------------------------------


@contextmanager
def _guarded() -> Iterator[None]:
    try:
        yield
    except (InputError, ImportError):  # the latter is a broken installation, not a broken picture
        raise
    except Exception:  # hostile bytes make the decoders raise nearly anything; it all means that the picture is broken
        raise InputError("image_damaged") from None


def _open(data: bytes) -> ImageFile.ImageFile:
    """The picture with its header read and checked, its pixels not yet decoded."""
    if not data:
        raise InputError("file_empty")
    if len(data) > MAX_BYTES:
        # Rounded up, so that a size just over the limit does not read as the limit.
        raise InputError("image_too_large", size=math.ceil(len(data) / 2**20 * 10) / 10, limit=MAX_BYTES // 2**20)
    name = kind(data)
    if name is None:
        raise InputError("image_type_unknown")
    if name == "HEIC":
        name, data = "PNG", _heic_as_png(data)
    if name == "GIF":
        _check(_gif_size(data))  # the plugin makes room for a first frame larger than the screen
    module, _, plugin = _PLUGINS[name].partition(":")
    image: ImageFile.ImageFile = getattr(import_module(module), plugin)(io.BytesIO(data))
    _check(image.size)
    return image


def _heic_as_png(data: bytes) -> bytes:
    try:
        size, png = heif.to_png(data, MAX_PIXELS)
    except ImportError:
        raise InputError("image_heic_unsupported") from None
    _check(size)
    return png


def _check(size: tuple[int, int]) -> None:
    width, height = size
    if width * height > MAX_PIXELS:
        raise InputError("image_too_many_pixels", width=width, height=height, limit=MAX_PIXELS // 10**6)
    if min(size) < MIN_SIDE:
        raise InputError("image_too_small", width=width, height=height, limit=MIN_SIDE)


def _gif_size(data: bytes) -> tuple[int, int]:
    """The extent of the screen and of the first frame together (GIF89a, sections 18 to 24)."""
    width, height, flags = struct.unpack_from("<HHB", data, 6)
    position = 13 + (3 << (flags & 7) + 1 if flags & 0x80 else 0)
    while data[position] == 0x21:  # an extension: its label, then blocks that begin with their length
        position += 2
        while length := data[position]:
            position += length + 1
        position += 1
    _, left, top, frame_width, frame_height = struct.unpack_from("<BHHHH", data, position)
    return max(width, left + frame_width), max(height, top + frame_height)


def _page(data: bytes, number: int) -> ImageFile.ImageFile:
    image = _open(data)
    image.seek(number)
    _check(image.size)
    return image


_SUBFILE_TYPE = 254  # TIFF 6.0: bit 0 marks a smaller version of another page
_MOST_FRAMES = 1_000  # looked at; a file of mere page headers could hold a million


def _frames(image: Any) -> Iterator[int]:
    """Numbers of the pages of an opened TIFF, without the thumbnails of others."""
    for number in range(_MOST_FRAMES):
        try:
            image.seek(number)
        except EOFError:
            break
        if not image.tag_v2.get(_SUBFILE_TYPE, 0) & 1 or number == 0:
            yield number
    image.seek(0)


# --- pixels ---------------------------------------------------------------------------------------------------

_ORIENTATION = 0x0112
_TURNS = {  # EXIF 2.32, 4.6.5: what undoes each orientation
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_DEEP = ("I", "F")  # how the names of modes begin whose values are not bytes
_SOLID = 64  # of 255: what is less opaque is a shadow or the soft edge of a letter


def _upright(image: ImageFile.ImageFile) -> Image.Image:
    image.load()
    turn = _TURNS.get(_orientation(image))  # after loading: in PNG it may come last, and TIFF turns itself
    rgb = _rgb(image)
    rgb = rgb if turn is None else rgb.transpose(turn)
    rgb.info = {}  # what the file said about itself must not be written into another
    return rgb


def _orientation(image: Image.Image) -> Any:
    try:
        return image.getexif().get(_ORIENTATION)
    except Exception:  # broken EXIF does not make the picture unreadable
        return None


def _rgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith(_DEEP):
        return _from_deep(image).convert("RGB")
    if image.has_transparency_data:
        # Pillow converts premultiplied colours only one step at a time.
        straight = image.convert({"RGBa": "RGBA", "La": "LA"}.get(image.mode, "RGBA")).convert("RGBA")
        return _on_background(straight)
    return image.copy() if image.mode == "RGB" else image.convert("RGB")


def _from_deep(image: Image.Image) -> Image.Image:
    """Values of 16 and 32 bits as bytes: darkest black, brightest white, since the range in use is not on record."""
    values = np.array(image, dtype=np.float32)
    np.nan_to_num(values, copy=False, nan=0.0, posinf=0.0, neginf=0.0)
    low, high = float(values.min()), float(values.max())
    if low == high:
        return Image.new("L", image.size, 255)
    values -= low
    values *= 255 / (high - low)
    return Image.fromarray(np.rint(values).astype(np.uint8))


def _on_background(image: Image.Image) -> Image.Image:
    """An RGBA picture on white, or on black when what borders on its transparent parts is light: text must show."""
    alpha = image.getchannel("A")
    solid = np.asarray(alpha) >= _SOLID
    bare = ~solid
    edge = np.zeros_like(solid)
    edge[1:] |= solid[1:] & bare[:-1]
    edge[:-1] |= solid[:-1] & bare[1:]
    edge[:, 1:] |= solid[:, 1:] & bare[:, :-1]
    edge[:, :-1] |= solid[:, :-1] & bare[:, 1:]
    light = np.asarray(image.convert("L"))[edge]
    background = "black" if light.size and np.median(light) > 127 else "white"
    filled = Image.new("RGB", image.size, background)
    filled.paste(image, mask=alpha)
    return filled
