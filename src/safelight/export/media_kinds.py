"""What a format is, in the words of a report: picture, video, or something else; and its MIME type."""

from __future__ import annotations

_PICTURES = {
    "jpeg": "image/jpeg",
    "png": "image/png",
    "gif": "image/gif",
    "webp": "image/webp",
    "bmp": "image/bmp",
    "tiff": "image/tiff",
    "heic": "image/heic",
    "heif": "image/heif",
    "avif": "image/avif",
    "jp2": "image/jp2",
    "ico": "image/vnd.microsoft.icon",
    "icns": "image/icns",
    "jbig2": "image/x-jbig2",
    "jxl": "image/jxl",
    "psd": "image/vnd.adobe.photoshop",
    "raw": "image/x-raw",
    "preview": "image/jpeg",
}
_VIDEOS = {
    "mp4": "video/mp4",
    "m4v": "video/mp4",
    "mov": "video/quicktime",
    "3gp": "video/3gpp",
    "mkv": "video/x-matroska",
    "webm": "video/webm",
    "avi": "video/x-msvideo",
    "mpeg": "video/mpeg",
    "wmv": "video/x-ms-wmv",
    "flv": "video/x-flv",
    "mpegts": "video/mp2t",
    "ogg": "video/ogg",
}
PICTURE, VIDEO, OTHER = "pictures", "videos", "other files"


def media_kind(format: str | None) -> str:
    """Return `pictures`, `videos` or `other files` for a format found by content."""
    if format in _PICTURES:
        return PICTURE
    return VIDEO if format in _VIDEOS else OTHER


def mime_type(format: str | None) -> str:
    """Return the MIME type of a format; `application/octet-stream` where it is not known here."""
    name = format or ""
    return _PICTURES.get(name) or _VIDEOS.get(name) or "application/octet-stream"
