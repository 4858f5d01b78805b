"""What a file is, by how its bytes begin. The names are shown to people, so they are the same in every language."""

import re

# Pictures that can be read; the keys are names as `recognise` gives them.
PICTURES = {
    "PNG": "image/png",
    "JPEG": "image/jpeg",
    "WEBP": "image/webp",
    "GIF": "image/gif",
    "BMP": "image/bmp",
    "TIFF": "image/tiff",
    "HEIC": "image/heic",
}
MAX_PICTURE_BYTES = 15 * 1024 * 1024  # of a file that is one; other files have a lower limit

# Matched at the start of the file, in this order.
_SIGNATURES = {
    name: re.compile(pattern, re.DOTALL)
    for name, pattern in {
        "PDF": rb"\s*%PDF-",
        "ZIP": rb"PK(\x03\x04|\x05\x06)",
        "OLE": rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        "RTF": rb"\s*\{\\rtf",
        "PNG": rb"\x89PNG\r\n\x1a\n",
        "JPEG": rb"\xff\xd8\xff",
        "GIF": rb"GIF8[79]a",
        "WEBP": rb"RIFF....WEBP",
        "BMP": rb"BM.{4}\0{4}",
        "TIFF": rb"II[*+]\0|MM\0[*+]",
        # Both are boxes of ISO 14496-12; a general brand (mif1) is AVIF if the compatible brands behind it say so.
        "AVIF": rb".{4}ftyp(avi[fs]|m[is]f1.{4}(.{4}){0,12}?avi[fs])",
        "HEIC": rb".{4}ftyp(hei[cmsx]|hev[cmsx]|m[is]f1)",
        "RAR": rb"Rar!\x1a",
        "7Z": rb"7z\xbc\xaf",
        "GZIP": rb"\x1f\x8b\x08",
        # Job boards export such pages as "resume.doc".
        "HTML": rb"(?i)(\xef\xbb\xbf)?\s*(<!--.{0,400}?-->\s*)?<(!doctype\s+html|html\b)",
        "MHTML": rb"(?i)(mime-version:|from: <saved by)",
        "XML": rb"(?i)(\xef\xbb\xbf)?\s*<\?xml\b",
    }.items()
}


def recognise(data: bytes) -> str | None:
    """The name of the type whose signature the bytes begin with; None for what may be text, or anything else."""
    return next((name for name, pattern in _SIGNATURES.items() if pattern.match(data[:1024])), None)
