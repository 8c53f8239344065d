"""Files that would harm a careless reader (measures R9): each gets a named reason, and nothing else happens."""

import io
import struct
import time
import zipfile
from pathlib import Path

import openpyxl
import pytest

from inspect_station.registry.ledgers import guard, reading
from inspect_station.registry.ledgers.refusals import REASONS, LedgerRefused
from tests.registry.ledgers import books
from tests.registry.ledgers.books import edited, plain, zipped

SHEET = "xl/worksheets/sheet1.xml"
TYPES = b'<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'


def base(tmp_path: Path) -> Path:
    return plain(tmp_path / "base.xlsx")


def sheet_data(body: bytes):
    return lambda old: old[: old.index(b"<sheetData>") + 11] + body + old[old.index(b"</sheetData>") :]


def with_sheet(tmp_path, body: bytes) -> Path:
    return edited(base(tmp_path), tmp_path / "x.xlsx", {SHEET: sheet_data(body)})


def far_cell(tmp_path):
    return with_sheet(
        tmp_path, b'<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    )


def far_cell_alone(tmp_path):
    return with_sheet(tmp_path, b'<row r="1"><c r="A1"><v>1</v></c><c r="XFD1048576"><v>1</v></c></row>')


def far_cell_single_quoted(tmp_path):
    return with_sheet(tmp_path, b"<row r='1'><c r='A1'><v>1</v></c><c r='XFD1048576'><v>1</v></c></row>")


def far_cell_prefixed(tmp_path):
    def edit(old):
        body = b'<x:row r="1"><x:c r="A1"><x:v>1</x:v></x:c><x:c r="XFD1048576"><x:v>1</x:v></x:c></x:row>'
        main = b'xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
        return b"<x:worksheet " + main + b"><x:sheetData>" + body + b"</x:sheetData></x:worksheet>"

    return edited(base(tmp_path), tmp_path / "x.xlsx", {SHEET: edit})


ODD_SPELLINGS = {
    "line_break": b'<c\nr="XFD1048576"><v>1</v></c>',
    "tab": b'<c s="1"\tr="XFD1048576"><v>1</v></c>',
    "no_space": b'<c s="1"r="XFD1048576"><v>1</v></c>',
    "spaces_at_the_sign": b'<c r = "XFD1048576"><v>1</v></c>',
    "space_behind_the_sign": b'<c r= "XFD1048576"><v>1</v></c>',
    "small_letters": b'<c r="xfd1048576"><v>1</v></c>',
    "endless_number": b'<c r="XFD' + b"9" * 5_000 + b'"><v>1</v></c>',
}


def far_cell_spelled(spelling: str):
    """XML leaves these freedoms, no spreadsheet program takes them, the reader understands them (found by `make fuzz`)."""

    def make(tmp_path):
        return with_sheet(tmp_path, b'<row r="1"><c r="A1"><v>1</v></c>' + ODD_SPELLINGS[spelling] + b"</row>")

    make.__name__ = f"far_cell_{spelling}"
    return make


def far_row_in_the_middle(tmp_path):
    rows = b'<row s="1"\nr="1048576"><c><v>1</v></c></row><row r="2"><c r="ZZ2"><v>1</v></c></row>'
    return with_sheet(tmp_path, b'<row r="1"><c r="A1"><v>1</v></c></row>' + rows)


def sheet_under_another_name(tmp_path):
    far = b'<worksheet><sheetData><row r="1"><c r="XFD1048576"><v>1</v></c></row></sheetData></worksheet>'
    return moved_sheet(tmp_path, "xl/theme/part.xml", far)


def sheet_called_a_picture(tmp_path):
    far = b'<worksheet><sheetData><row r="1"><c r="XFD1048576"><v>1</v></c></row></sheetData></worksheet>'
    return moved_sheet(tmp_path, "xl/media/image1.png", far)


def moved_sheet(tmp_path, name: str, body: bytes) -> Path:
    """The book calls another part its sheet."""

    def link(old: bytes) -> bytes:
        return old.replace(b"worksheets/sheet1.xml", name.removeprefix("xl/").encode())

    return edited(base(tmp_path), tmp_path / "x.xlsx", {"xl/_rels/workbook.xml.rels": link, SHEET: None, name: body})


def beyond_the_last_column(tmp_path):
    return with_sheet(tmp_path, b'<row r="1"><c r="A1"><v>1</v></c><c r="ZZZZ9"><v>1</v></c></row>')


def wide_and_long(tmp_path):
    rows = b"".join(b'<row r="%d"><c r="ZZ%d"><v>1</v></c></row>' % (n, n) for n in range(1, 1_000_000, 50_000))
    return with_sheet(tmp_path, b'<row r="1"><c r="A1"><v>1</v></c></row>' + rows)


def too_many_filled(tmp_path):
    rows = (
        b'<row r="%d">' % n + b"".join(b"<c><v>%d</v></c>" % (n * c) for c in range(200)) for n in range(1, 20_101)
    )
    return with_sheet(tmp_path, b"".join(rows))


def empty_styled(tmp_path):
    """Five million cells that hold nothing but a format."""
    names = [f"{letter}{n}".encode() for n in range(1, 21) for letter in "ABCDEFGHIJ"]
    row = b'<row r="%d">' + b"".join(b'<c r="%s" s="1"/>' % name for name in names) + b"</row>"
    return with_sheet(tmp_path, b"".join(row % (n * n) for n in range(1, 25_101)))


def long_shared_strings(tmp_path):
    """One long text in hundreds of thousands of cells: 16 MB of strings become gigabytes."""
    strings = (
        b'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>'
        + b"a" * 32_000
        + b"</t></si></sst>"
    )
    body = b"".join(b'<row r="%d">' % n + b'<c t="s"><v>0</v></c>' * 20 + b"</row>" for n in range(1, 3_001))
    return edited(base(tmp_path), tmp_path / "x.xlsx", {SHEET: sheet_data(body), "xl/sharedStrings.xml": strings})


def bomb(tmp_path):
    return edited(base(tmp_path), tmp_path / "x.xlsx", {"xl/media/a.xml": b"\x20" * (64 << 20)})


def overlapping_parts(tmp_path):
    path = base(tmp_path)
    data = bytearray(path.read_bytes())
    end = data.rindex(b"PK\x05\x06")
    start = struct.unpack("<I", data[end + 16 : end + 20])[0]
    second = data.index(b"PK\x01\x02", start + 4)
    data[second + 42 : second + 46] = data[start + 42 : start + 46]  # both entries point at the same bytes
    target = tmp_path / "x.xlsx"
    target.write_bytes(bytes(data))
    return target


def too_many_parts(tmp_path):
    return zipped(tmp_path / "x.xlsx", {f"xl/{n}.xml": b"x" for n in range(2_001)})


def doubled_part(tmp_path):
    path = tmp_path / "x.xlsx"
    path.write_bytes(base(tmp_path).read_bytes())
    with pytest.warns(UserWarning, match="Duplicate name"), zipfile.ZipFile(path, "a") as archive:
        archive.writestr(SHEET, b"<worksheet/>")
    return path


def climbing_path(tmp_path):
    return edited(base(tmp_path), tmp_path / "x.xlsx", {"../../etc/cron.d/x": b"x"})


def absolute_path(tmp_path):
    return edited(base(tmp_path), tmp_path / "x.xlsx", {"/etc/passwd": b"x"})


def backslash_path(tmp_path):
    return edited(base(tmp_path), tmp_path / "x.xlsx", {"xl\\..\\..\\x": b"x"})


def symbolic_link(tmp_path):
    path = tmp_path / "x.xlsx"
    path.write_bytes(base(tmp_path).read_bytes())
    link = zipfile.ZipInfo("xl/link")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(link, "/etc/passwd")
    return path


def encrypted_part(tmp_path):
    path = tmp_path / "x.xlsx"
    data = bytearray(base(tmp_path).read_bytes())
    for magic, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = data.index(magic)
        data[at + offset] |= 1
    path.write_bytes(bytes(data))
    return path


def ole(*names: str) -> bytes:
    """A compound file's header and directory entries with these names."""
    entries = b""
    for name in names:
        coded = name.encode("utf-16-le")
        entries += coded.ljust(64, b"\0") + struct.pack("<H", len(coded) + 2) + b"\x02\x01" + bytes(60)
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504) + entries + bytes(512)


def encrypted_workbook(tmp_path):
    (tmp_path / "x.xlsx").write_bytes(ole("Root Entry", "EncryptedPackage", "EncryptionInfo"))
    return tmp_path / "x.xlsx"


def word_document(tmp_path):
    (tmp_path / "x.xls").write_bytes(ole("Root Entry", "WordDocument"))
    return tmp_path / "x.xls"


def old_macros(tmp_path):
    (tmp_path / "x.xls").write_bytes(ole("Root Entry", "Workbook", "_VBA_PROJECT_CUR"))
    return tmp_path / "x.xls"


def broken_xls(tmp_path):
    (tmp_path / "x.xls").write_bytes(ole("Root Entry", "Workbook"))
    return tmp_path / "x.xls"


def macros(tmp_path):
    return edited(base(tmp_path), tmp_path / "x.xlsm", {"xl/vbaProject.bin": b"x"})


def macros_named_xlsx(tmp_path):
    return edited(base(tmp_path), tmp_path / "x.xlsx", {"xl/vbaProject.bin": b"x"})


def macro_sheet(tmp_path):
    return edited(base(tmp_path), tmp_path / "x.xlsx", {"xl/macrosheets/sheet1.xml": b"x"})


def active_controls(tmp_path):
    return edited(base(tmp_path), tmp_path / "x.xlsx", {"xl/activeX/activeX1.bin": b"x"})


def external_book(tmp_path):
    return edited(base(tmp_path), tmp_path / "x.xlsx", {"xl/externalLinks/externalLink1.xml": b"<x/>"})


def data_connection(tmp_path):
    return edited(base(tmp_path), tmp_path / "x.xlsx", {"xl/connections.xml": b"<x/>"})


def entities_in_the_sheet(tmp_path):
    lol = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>'
    return edited(base(tmp_path), tmp_path / "x.xlsx", {SHEET: lambda old: lol + old[old.index(b"<worksheet") :]})


def entities_in_the_strings(tmp_path):
    part = b'<?xml version="1.0"?><!DOCTYPE x SYSTEM "file:///etc/passwd"><sst/>'
    return edited(base(tmp_path), tmp_path / "x.xlsx", {"xl/sharedStrings.xml": part})


def entities_in_the_book(tmp_path):
    part = b'<?xml version="1.0"?><!DOCTYPE x SYSTEM "http://127.0.0.1/x"><workbook/>'
    return edited(base(tmp_path), tmp_path / "x.xlsx", {"xl/workbook.xml": part})


def utf16_sheet(tmp_path):
    return edited(base(tmp_path), tmp_path / "x.xlsx", {SHEET: lambda old: old.decode().encode("utf-16")})


def declared_latin(tmp_path):
    part = b'<?xml version="1.0" encoding="ISO-8859-1"?><worksheet/>'
    return edited(base(tmp_path), tmp_path / "x.xlsx", {SHEET: part})


def torn_sheet(tmp_path):
    return edited(base(tmp_path), tmp_path / "x.xlsx", {SHEET: lambda old: old[: len(old) // 2]})


def endless_tag(tmp_path):
    return with_sheet(tmp_path, b'<row r="1"><c r="A1"><v>' + bytes(range(97, 123)) * 400_000)


def no_relations(tmp_path):
    return edited(base(tmp_path), tmp_path / "x.xlsx", {"xl/_rels/workbook.xml.rels": None})


def cut_off(tmp_path):
    data = base(tmp_path).read_bytes()
    (tmp_path / "x.xlsx").write_bytes(data[: len(data) // 2])
    return tmp_path / "x.xlsx"


def flipped_bytes(tmp_path):
    path = tmp_path / "x.xlsx"
    data = bytearray(base(tmp_path).read_bytes())
    with zipfile.ZipFile(io.BytesIO(bytes(data))) as archive:
        at = archive.getinfo(SHEET).header_offset + 30 + len(SHEET) + 20
    data[at : at + 40] = bytes(40)
    path.write_bytes(bytes(data))
    return path


def only_hidden(tmp_path):
    book = openpyxl.Workbook()
    book.active["A1"] = "x"
    book.create_sheet("b")["A1"] = "y"
    book.save(tmp_path / "b.xlsx")
    return edited(
        tmp_path / "b.xlsx",
        tmp_path / "x.xlsx",
        {"xl/workbook.xml": lambda old: old.replace(b'state="visible"', b'state="hidden"')},
    )


def named(name: str, body: bytes):
    def make(tmp_path):
        (tmp_path / name).write_bytes(body)
        return tmp_path / name

    make.__name__ = name
    return make


def docx(tmp_path):
    return zipped(tmp_path / "x.xlsx", {"[Content_Types].xml": TYPES, "word/document.xml": b"<x/>"})


def binary_book(tmp_path):
    return zipped(tmp_path / "x.xlsx", {"[Content_Types].xml": TYPES, "xl/workbook.bin": b"x"})


def open_document(tmp_path):
    return zipped(tmp_path / "x.xlsx", {"mimetype": b"x", "content.xml": b"<x/>"})


def huge_file(tmp_path):
    with (tmp_path / "x.xlsx").open("wb") as file:
        file.write(b"PK\x03\x04")
        file.truncate(guard.MAX_FILE_BYTES + 1)
    return tmp_path / "x.xlsx"


KINDS = [
    (far_cell, "cell_out_of_range"),
    (far_cell_alone, "cell_out_of_range"),
    (far_cell_single_quoted, "cell_out_of_range"),
    (far_cell_prefixed, "cell_out_of_range"),
    *((far_cell_spelled(spelling), "cell_out_of_range") for spelling in ODD_SPELLINGS),
    (far_row_in_the_middle, "cell_out_of_range"),
    (sheet_under_another_name, "cell_out_of_range"),
    (sheet_called_a_picture, "zip_paths"),
    (beyond_the_last_column, "cell_out_of_range"),
    (wide_and_long, "cell_out_of_range"),
    (too_many_filled, "too_many_cells"),
    (empty_styled, "too_many_cells"),
    (long_shared_strings, "memory_exceeded"),
    (bomb, "zip_bomb"),
    (overlapping_parts, "zip_bomb"),
    (too_many_parts, "zip_entries"),
    (doubled_part, "zip_entries"),
    (climbing_path, "zip_paths"),
    (absolute_path, "zip_paths"),
    (backslash_path, "zip_paths"),
    (symbolic_link, "zip_paths"),
    (encrypted_part, "encrypted"),
    (encrypted_workbook, "encrypted"),
    (word_document, "renamed"),
    (old_macros, "macros"),
    (broken_xls, "unreadable"),
    (macros, "macros"),
    (macros_named_xlsx, "macros"),
    (macro_sheet, "macros"),
    (active_controls, "macros"),
    (external_book, "external_links"),
    (data_connection, "external_links"),
    (entities_in_the_sheet, "xml_entities"),
    (entities_in_the_strings, "xml_entities"),
    (entities_in_the_book, "xml_entities"),
    (utf16_sheet, "xml_encoding"),
    (declared_latin, "xml_encoding"),
    (torn_sheet, "unreadable"),
    (endless_tag, "xml_malformed"),
    (no_relations, "xml_malformed"),
    (cut_off, "zip_damaged"),
    (flipped_bytes, "zip_damaged"),
    (only_hidden, "no_sheets"),
    (docx, "renamed"),
    (binary_book, "renamed"),
    (open_document, "renamed"),
    (huge_file, "file_too_large"),
    (named("x.xlsx", b"%PDF-1.7 ..."), "renamed"),
    (named("y.xlsx", b"MZ\x90\x00 program"), "renamed"),
    (named("z.xlsx", "单位名称,设备名称\n".encode()), "renamed"),
    (named("page.xls", b"<html><table><tr><td>x</td></tr></table></html>"), "html_table"),
    (named("empty.xlsx", b""), "file_empty"),
    (named("nul.csv", b"a,b\n1,\x002\n"), "nul_bytes"),
    (named("odd.csv", b"a,b\n\xff\xfe\xfa\x80\x81,\xff\xff\n"), "text_encoding"),
    (named("quote.csv", b'a,b\n"' + b"x" * 40_000 + b'",2\n'), "csv_malformed"),
    (named("ledger.exe", "单位名称,设备名称\n".encode()), "file_type"),
    (named("ledger.json", b"{}"), "file_type"),
]


@pytest.mark.parametrize(("make", "code"), KINDS, ids=lambda value: getattr(value, "__name__", value))
def test_a_hostile_file_gets_a_named_reason_and_leaves_nothing_behind(tmp_path, make, code):
    path = make(tmp_path)
    spools = tmp_path / "spools"
    spools.mkdir()
    began = time.monotonic()
    with pytest.raises(LedgerRefused) as refused:
        reading.read(path, folder=spools)
    assert refused.value.code == code
    assert refused.value.message.endswith("。")
    assert time.monotonic() - began < reading.WALL_SECONDS
    assert list(spools.iterdir()) == []


def test_many_parts_that_are_only_together_too_large_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(guard, "MAX_UNPACKED_BYTES", 2_000)
    with pytest.raises(LedgerRefused) as refused:
        reading.read(base(tmp_path), folder=tmp_path)
    assert refused.value.code == "zip_bomb"


def test_a_reader_that_takes_too_long_is_ended(tmp_path):
    path = tmp_path / "long.csv"
    path.write_text("设备名称,位号\n" * 300_000, encoding="utf-8")
    with pytest.raises(LedgerRefused) as refused:
        reading.read(path, folder=tmp_path, seconds=0.05)
    assert refused.value.code == "time_exceeded"


def test_a_spool_that_grows_too_large_is_ended(tmp_path, monkeypatch):
    """One long text repeated in the sheet; the limit is lowered in a copy of the child so that the test stays short."""
    path = tmp_path / "wide.csv"
    path.write_text("设备名称,位号\n" + f"{'长' * 30_000},1\n" * 100, encoding="utf-8")
    start = reading._START.replace(
        "from sandbox.child import main;",
        "from sandbox import child; child.SPOOL_BYTES = 100_000; main = child.main;",
    )
    monkeypatch.setattr(reading, "_START", start)
    with pytest.raises(LedgerRefused) as refused:
        reading.read(path, folder=tmp_path)
    assert refused.value.code == "content_too_large"


def test_an_ordinary_ledger_with_hyperlinks_and_pictures_is_not_refused(tmp_path):
    import xlsxwriter

    with xlsxwriter.Workbook(str(tmp_path / "ok.xlsx")) as book:
        sheet = book.add_worksheet()
        sheet.write_url(0, 0, "https://example.com")
        sheet.insert_textbox(3, 3, "说明")
    with reading.read(tmp_path / "ok.xlsx", folder=tmp_path) as spool:
        assert len(spool.sheets) == 1


def test_every_reason_is_a_whole_sentence():
    assert all(sentence.endswith("。") for sentence in REASONS.values())
    with pytest.raises(KeyError):
        LedgerRefused("no_such_reason")


def test_books_used_here_are_themselves_readable(tmp_path):
    """A mistake in the tests' own workbook must not pass for a refusal."""
    with reading.read(base(tmp_path), folder=tmp_path) as spool:
        assert [number for number, _ in spool.sheets[0].rows()] == [1, 2]
    assert books.FORMS["small_ledger"]["leaf_headers"]
