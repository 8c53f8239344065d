"""Lists as workbooks."""

import csv
import io
import zipfile
from datetime import date

import openpyxl
import pytest

from inspect_station import export
from inspect_station.errors import InvalidInput

COLUMNS = (
    export.Column("名称", "name"),
    export.Column("日期", "on"),
    export.Column("长度", lambda row: row["mm"] / 1000),
)


def test_rows_come_out_as_they_went_in(tmp_path):
    path = tmp_path / "list.xlsx"
    written = export.write_workbook(
        path, COLUMNS, [{"name": "储罐", "on": date(2026, 2, 3), "mm": 1500}], sheet="设备"
    )
    rows = list(openpyxl.load_workbook(path).active.values)
    assert written == 1
    assert rows[0] == ("名称", "日期", "长度")
    assert (rows[1][0], rows[1][1].date(), rows[1][2]) == ("储罐", date(2026, 2, 3), 1.5)


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "http://example.com", "{=A1}", "0042"]
)
def test_no_text_becomes_a_formula_number_or_link(tmp_path, text):
    path = tmp_path / "list.xlsx"
    export.write_workbook(path, COLUMNS[:1], [{"name": text}], sheet="设备")
    cell = openpyxl.load_workbook(path).active["A2"]
    assert cell.data_type == "s"
    assert cell.hyperlink is None
    with zipfile.ZipFile(path) as archive:
        assert b"<f>" not in archive.read("xl/worksheets/sheet1.xml")


def test_a_list_longer_than_a_sheet_goes_on_in_the_next(tmp_path, monkeypatch):
    monkeypatch.setattr(export, "_ROWS_MOST", 3)
    path = tmp_path / "list.xlsx"
    assert export.write_workbook(path, COLUMNS[:1], ({"name": str(n)} for n in range(5)), sheet="设备") == 5
    book = openpyxl.load_workbook(path)
    assert [[row[0] for row in page.values] for page in book] == [
        ["名称", "0", "1"],
        ["名称", "2", "3"],
        ["名称", "4"],
    ]


def test_a_csv_is_written_where_the_files_name_says_so_and_holds_no_formula(tmp_path):
    path = tmp_path / "list.csv"
    rows = [
        {"name": "'=1", "on": None, "mm": 0},
        {"name": "=1+1", "on": date(2026, 2, 3), "mm": -1500},
        {"name": "a\nb", "on": None, "mm": 0},
    ]
    assert export.write(path, COLUMNS, rows, sheet="设备") == 3
    found = list(csv.reader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline="")))
    assert found == [
        ["名称", "日期", "长度"],
        ["''=1", "", "0.0"],
        ["'=1+1", "2026-02-03", "-1.5"],
        ["a\nb", "", "0.0"],
    ]


@pytest.mark.parametrize(
    ("name", "sentence"), [("list.ods", "应为 .xlsx 或 .csv"), ("no/x.csv", "写不了"), ("no/x.xlsx", "写不了")]
)
def test_an_unusable_file_name_is_refused_in_a_sentence(tmp_path, name, sentence):
    with pytest.raises(InvalidInput, match=sentence):
        export.write(tmp_path / name, COLUMNS, [], sheet="设备")
