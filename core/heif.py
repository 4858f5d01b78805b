"""HEIC, the photos of an iPhone, to PNG, in a child process: on some damaged files libheif takes its process with it.

The answer is a line of JSON with the size in pixels, or with "missing" where the decoder is not installed. Behind it,
unless there are too many pixels, comes the PNG, upright and not compressed.
"""

import io
import json
import sys

from core import sandbox


def to_png(data: bytes, most: int) -> tuple[tuple[int, int], bytes]:
    """Width and height as the header has them, and the picture; no bytes where it has over `most` pixels.

    Raises ImportError when the decoder is not installed; TimeoutError and ChildProcessError for a broken picture.
    """
    head, _, png = sandbox.run(__name__, str(most), data=data).partition(b"\n")
    answer = json.loads(head)
    if "missing" in answer:
        raise ImportError(answer["missing"])
    return (answer["width"], answer["height"]), png


def _serve(most: int) -> None:
    sandbox.confine()
    out = sys.stdout.buffer
    try:
        from pi_heif import HeifImageFile  # noqa: PLC0415 - only the child needs it
    except ImportError as error:
        out.write(json.dumps({"missing": error.name}).encode() + b"\n")
        return
    # Applies the rotation of the container, and then no longer says that there is one in EXIF.
    picture = HeifImageFile(io.BytesIO(sys.stdin.buffer.read()))
    width, height = picture.size
    out.write(json.dumps({"width": width, "height": height}).encode() + b"\n")
    if width * height > most:
        return
    picture.load()
    # Pillow writes no premultiplied colours.
    straight = picture.convert(picture.mode.upper()) if picture.mode in ("RGBa", "La") else picture
    straight.info = {}
    straight.save(out, "PNG", compress_level=0)


if __name__ == "__main__":
    _serve(int(sys.argv[1]))
