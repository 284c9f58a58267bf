"""The type of a document by its beginning: what a practice's documents usually are."""

_MARKS = (
    (b"\xff\xd8\xff", "image/jpeg", "jpg"),
    (b"\x89PNG\r\n\x1a\n", "image/png", "png"),
    (b"II\x2a\x00", "image/tiff", "tif"),
    (b"MM\x00\x2a", "image/tiff", "tif"),
    (b"GIF87a", "image/gif", "gif"),
    (b"GIF89a", "image/gif", "gif"),
    (b"{\\rtf", "application/rtf", "rtf"),
)
_PLAIN = frozenset(range(0x20, 0x7F)) | frozenset(b"\t\n\x0c\r") | frozenset(range(0x80, 0x100))
# As much of a document as is looked at.
BEGINNING = 4096


def content_type(begin: bytes) -> tuple[str, str]:
    """The media type, and the extension of such a file."""
    for mark, kind, extension in _MARKS:
        if begin.startswith(mark):
            return kind, extension
    if begin.startswith(b"%PDF-") or b"\n%PDF-" in begin:
        return "application/pdf", "pdf"
    if begin.lstrip()[:14].lower().startswith((b"<html", b"<!doctype html")):
        return "text/html", "html"
    if begin and _PLAIN.issuperset(begin):
        try:
            begin.decode()
        except UnicodeDecodeError:
            return "text/plain; charset=windows-1252", "txt"
        return "text/plain; charset=utf-8", "txt"
    return "application/octet-stream", "bin"
