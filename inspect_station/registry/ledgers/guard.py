"""A first look at an uploaded file, before anything parses it: by content, never by extension alone.

Cheap enough for a web request: magic bytes, the zip directory, the names inside an OLE container. What needs the
sheets themselves is looked at by ``sandbox.scan`` in the child process.
"""

from __future__ import annotations

import stat
import zipfile
from pathlib import Path
from typing import Literal

from .refusals import LedgerRefused

Form = Literal["xlsx", "xls", "csv"]

MAX_FILE_BYTES = 64 << 20
MAX_ENTRIES = 2_000
MAX_UNPACKED_BYTES = 512 << 20
# Excel's own sheets pack 10 to 30 times, very repetitive ones about 100 times; a bomb packs 1 000 times.
MAX_PACK_RATIO = 250
RATIO_MATTERS_FROM = 16 << 20

_OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_FOREIGN_MAGICS = {
    b"%PDF": "PDF 文件",
    b"\x89PNG": "PNG 图片",
    b"\xff\xd8\xff": "JPEG 图片",
    b"GIF8": "GIF 图片",
    b"MZ": "程序文件",
    b"\x7fELF": "程序文件",
    b"Rar!": "RAR 压缩包",
    b"7z\xbc\xaf": "7z 压缩包",
    b"\x1f\x8b": "gzip 压缩包",
    b"{\\rtf": "RTF 文档",
    b"SQLite format 3": "数据库文件",
}
_TEXT_SUFFIXES = {".csv", ".txt", ".tsv"}
_WORKBOOK_SUFFIXES = {".xlsx", ".xls", ".xlsm"}


def look(path: Path, name: str | None = None) -> Form:
    """The form of the file, or ``LedgerRefused`` with a named reason; ``name`` is what the person called it."""
    suffix = Path(name or path.name).suffix.lower()
    head = _head(path)
    if head.startswith(b"PK"):
        _look_into_zip(path)
        return "xlsx"
    if head.startswith(_OLE_MAGIC):
        _look_into_ole(path)
        return "xls"
    _refuse_foreign(head)
    _refuse_misnamed_text(head, suffix)
    return "csv"


def _head(path: Path) -> bytes:
    if not path.is_file():
        raise LedgerRefused("file_missing")
    size = path.stat().st_size
    if size == 0:
        raise LedgerRefused("file_empty")
    if size > MAX_FILE_BYTES and not _may_be_long_text(path):
        raise LedgerRefused("file_too_large")
    with path.open("rb") as file:
        return file.read(4096)


def _may_be_long_text(path: Path) -> bool:
    """Text is streamed, so it may be eight times as long as a workbook, which is held in memory."""
    with path.open("rb") as file:
        head = file.read(8)
    return not head.startswith((b"PK", _OLE_MAGIC)) and path.stat().st_size <= 8 * MAX_FILE_BYTES


def _refuse_foreign(head: bytes) -> None:
    for magic, what in _FOREIGN_MAGICS.items():
        if head.startswith(magic):
            raise LedgerRefused("renamed", f"内容是{what}")


def _refuse_misnamed_text(head: bytes, suffix: str) -> None:
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if start.startswith((b"<html", b"<!doctype html", b"<table", b"<meta", b"<?xml")):
        raise LedgerRefused("html_table")
    if suffix in _WORKBOOK_SUFFIXES:
        raise LedgerRefused("renamed", f"扩展名是 {suffix}，内容却不是工作簿")
    if suffix not in _TEXT_SUFFIXES:
        raise LedgerRefused("file_type")


def _look_into_zip(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError, UnicodeError) as broken:
        raise LedgerRefused("zip_damaged") from broken
    _check_entries(entries)
    _check_sizes(entries)
    _check_parts({entry.filename.lower().replace("\\", "/") for entry in entries})


def _check_entries(entries: list[zipfile.ZipInfo]) -> None:
    if len(entries) > MAX_ENTRIES:
        raise LedgerRefused("zip_entries", f"共 {len(entries)} 个")
    names = [entry.filename.lower() for entry in entries]
    if len(set(names)) < len(names):
        raise LedgerRefused("zip_entries", "名称重复")
    for entry in entries:
        _check_entry(entry)
    _refuse_overlaps(entries)


def _check_entry(entry: zipfile.ZipInfo) -> None:
    name = entry.orig_filename
    unsafe = name.startswith(("/", "\\")) or ".." in name.replace("\\", "/").split("/")
    if unsafe or ":" in name or any(ord(character) < 32 for character in name):
        raise LedgerRefused("zip_paths", "含有目录跳转或控制字符")
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise LedgerRefused("zip_paths", "含有符号链接")
    if entry.flag_bits & 0x1:
        raise LedgerRefused("encrypted")
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise LedgerRefused("zip_damaged")


def _refuse_overlaps(entries: list[zipfile.ZipInfo]) -> None:
    """Entries that share bytes unpack one small body many times (the overlapping kind of zip bomb)."""
    end = 0
    for entry in sorted(entries, key=lambda entry: entry.header_offset):
        if entry.header_offset < end:
            raise LedgerRefused("zip_bomb", "部件相互重叠")
        end = entry.header_offset + 30 + entry.compress_size


def _check_sizes(entries: list[zipfile.ZipInfo]) -> None:
    total = sum(entry.file_size for entry in entries)
    if total > MAX_UNPACKED_BYTES:
        raise LedgerRefused("zip_bomb", f"{total >> 20} MB")
    for entry in entries:
        if entry.file_size > RATIO_MATTERS_FROM and entry.file_size > MAX_PACK_RATIO * entry.compress_size:
            raise LedgerRefused("zip_bomb", f"压缩比 {entry.file_size // max(entry.compress_size, 1)} 倍")


def _check_parts(names: set[str]) -> None:
    if "xl/workbook.xml" not in names or "[content_types].xml" not in names:
        raise LedgerRefused("renamed", _what_zip(names))
    if any(name.endswith("vbaproject.bin") or "/activex/" in name or "/macrosheets/" in name for name in names):
        raise LedgerRefused("macros")
    if any(name.startswith("xl/externallinks/") for name in names):
        raise LedgerRefused("external_links", "引用了其他工作簿")
    if "xl/connections.xml" in names:
        raise LedgerRefused("external_links", "引用了外部数据源")


def _what_zip(names: set[str]) -> str:
    if any(name.startswith("word/") for name in names):
        return "内容是 Word 文档"
    if any(name.startswith("ppt/") for name in names):
        return "内容是演示文稿"
    if "xl/workbook.bin" in names:
        return "内容是 .xlsb 二进制工作簿"
    if "content.xml" in names:
        return "内容是 OpenDocument 文件"
    return "内容是压缩包，不是工作簿"


def _look_into_ole(path: Path) -> None:
    names = _ole_names(path.read_bytes())
    if names & {"encryptedpackage", "encryptioninfo"}:
        raise LedgerRefused("encrypted")
    if names & {"_vba_project_cur", "vba", "_vba_project"}:
        raise LedgerRefused("macros")
    if not names & {"workbook", "book"}:
        what = "内容是 Word 文档" if "worddocument" in names else "内容不是工作簿"
        raise LedgerRefused("renamed", what)


def _ole_names(data: bytes) -> set[str]:
    """Names in the directory of a compound file: 128-byte entries on 128-byte borders ([MS-CFB] 2.6.1)."""
    names = set()
    for offset in range(512, len(data) - 127, 128):
        length, kind = int.from_bytes(data[offset + 64 : offset + 66], "little"), data[offset + 66]
        if kind in (1, 2, 5) and 2 < length <= 64 and length % 2 == 0:
            name = data[offset : offset + length - 2].decode("utf-16-le", "replace")
            if name.isprintable():
                names.add(name.lower())
    return names
