"""Pictures as people have them (screenshots, photos, scans) to upright RGB pixels, and back to bytes for a browser.

A picture is untrusted. Its size is checked in its header before any pixel is decoded, and it is decoded whole or
refused: half a picture is half a job description. Whatever the bytes hold, only `InputError` is raised.

Pillow's plugins are called directly and not by `Image.open`: no other format can be reached, and its process-wide
limit on pixels, with the warnings that go with it, stays what it is for everybody else.

The largest picture takes 500 MB while it is decoded: what Pillow makes of the file, and the RGB picture, each with four
bytes a pixel (as WebP twice that, for the canvases of its decoder). Everything else is done in strips, and large
pictures are decoded one at a time.
"""

import io
import math
import struct
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from importlib import import_module
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFile

from core import filetypes, heif
from core.errors import InputError
from core.filetypes import MAX_PICTURE_BYTES

KINDS = tuple(filetypes.PICTURES)
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
    with _opened(data) as image:
        return _upright(image)


def pages(data: bytes, limit: int) -> list[bytes]:
    """The pictures of a file, each as bytes that `decode` takes quickly: mostly the bytes themselves.

    Every page of a TIFF is a picture; these and HEIC become JPEG. All are decoded once, so that none fails later.
    Raises InputError as `decode`, and file_too_many_scans with `pages` and `limit`.
    """
    with _opened(data) as image:
        name = kind(data)
        frames = list(_frames(image)) if name == "TIFF" else [0]
        if len(frames) > limit:
            raise InputError("file_too_many_scans", pages=len(frames), limit=limit)
        if len(frames) == 1:
            upright = _upright(image)
            return [encode(upright) if name == "HEIC" else data]
    return [_page(data, frame) for frame in frames]


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

_LARGE = 12_000_000  # pixels; the camera of a common phone, 100 MB while it is decoded
_large_ones = threading.RLock()


def _alone(is_large: bool) -> AbstractContextManager[object]:
    return _large_ones if is_large else nullcontext()


@contextmanager
def _opened(data: bytes, frame: int = 0) -> Iterator[ImageFile.ImageFile]:
    """The picture as `_open` gives it, or another frame of it; nobody else has a large one open meanwhile."""
    # A HEIC is decoded when it is opened.
    with _guarded(), _alone(kind(data) == "HEIC"):
        image = _open(data)
        if frame:
            image.seek(frame)
            _check(image.size)
        with _alone(image.width * image.height > _LARGE):
            yield image


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
    if len(data) > MAX_PICTURE_BYTES:
        # Rounded up, so that a size just over the limit does not read as the limit.
        raise InputError(
            "image_too_large", size=math.ceil(len(data) / 2**20 * 10) / 10, limit=MAX_PICTURE_BYTES // 2**20
        )
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


def _page(data: bytes, number: int) -> bytes:
    with _opened(data, number) as image:
        return encode(_upright(image))


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
    """The picture in RGB, turned; the one given is closed, for there may be no room for a third."""
    image.load()
    turn = _TURNS.get(_orientation(image))  # after loading: in PNG it may come last, and TIFF turns itself
    rgb = _rgb(image)
    image.close()
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
        return _from_deep(image)
    if image.has_transparency_data:
        return _on_background(image)
    return image.copy() if image.mode == "RGB" else image.convert("RGB")


_STRIP = 2**20  # pixels


def _strips(image: Image.Image, margin: int = 0) -> Iterator[tuple[int, int, Image.Image]]:
    """The picture in parts of its full width, each with its first row and the row after its last.

    `margin` is how many rows more the part itself has on either side, where the picture has them.
    """
    rows = max(1, _STRIP // image.width)
    for top in range(0, image.height, rows):
        bottom = min(top + rows, image.height)
        yield top, bottom, image.crop((0, max(top - margin, 0), image.width, min(bottom + margin, image.height)))


def _from_deep(image: Image.Image) -> Image.Image:
    """Values of 16 and 32 bits as bytes: darkest black, brightest white, since the range in use is not on record."""
    extremes = [(values.min(), values.max()) for _, _, strip in _strips(image) for values in [_numbers(strip)]]
    low, high = float(min(low for low, _ in extremes)), float(max(high for _, high in extremes))
    shown = Image.new("RGB", image.size, "white")
    if low == high:
        return shown
    for top, _, strip in _strips(image):
        values = (_numbers(strip) - low) * (255 / (high - low))
        shown.paste(Image.fromarray(np.rint(values).astype(np.uint8)), (0, top))
    return shown


def _numbers(image: Image.Image) -> npt.NDArray[np.float32]:
    return np.nan_to_num(np.asarray(image, dtype=np.float32), nan=0.0, posinf=0.0, neginf=0.0)


def _on_background(image: Image.Image) -> Image.Image:
    """A picture on white, or on black when what borders on its transparent parts is light: text must show."""
    light = dark = 0
    for top, bottom, strip in _strips(image, margin=1):
        brightness = _brightness_of_edge(strip, first=min(top, 1), rows=bottom - top)
        light += int(np.count_nonzero(brightness > 127))
        dark += int(np.count_nonzero(brightness <= 127))
    filled = Image.new("RGB", image.size, "black" if light > dark else "white")
    for top, _, strip in _strips(image):
        part = _rgba(strip)
        filled.paste(part, (0, top), mask=part)
    return filled


def _rgba(image: Image.Image) -> Image.Image:
    # Pillow converts premultiplied colours only one step at a time.
    straight = {"RGBa": "RGBA", "La": "LA"}.get(image.mode)
    return (image.convert(straight) if straight else image).convert("RGBA")


def _brightness_of_edge(image: Image.Image, first: int, rows: int) -> npt.NDArray[np.uint8]:
    """The brightness of each solid pixel, in `rows` rows from `first` on, that borders on a transparent one."""
    image = _rgba(image)
    solid = np.asarray(image.getchannel("A")) >= _SOLID
    bare = ~solid
    edge = np.zeros_like(solid)
    edge[1:] |= bare[:-1]
    edge[:-1] |= bare[1:]
    edge[:, 1:] |= bare[:, :-1]
    edge[:, :-1] |= bare[:, 1:]
    edge &= solid
    inner = slice(first, first + rows)
    brightness: npt.NDArray[np.uint8] = np.asarray(image.convert("L"))[inner][edge[inner]]
    return brightness
