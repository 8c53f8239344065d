"""Reading the kinds of file people have, in a child process."""

import csv
from pathlib import Path

import pytest

from inspect_station.registry.ledgers import reading
from tests.registry.ledgers import books
from tests.registry.ledgers.reader import read_file

ROWS = [["单位名称", "设备名称", "位号", "下次检验日期"], ["甲公司", "储罐，大", "0042", "2027-03"]]


def rows_of(path):
    with reading.read(path, folder=path.parent) as spool:
        return [(sheet.name, list(sheet.rows())) for sheet in spool.sheets]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_delimited_text_is_read_in_every_usual_encoding(tmp_path, encoding, separator):
    path = tmp_path / "台账.csv"
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file, delimiter=separator).writerows(ROWS)
    assert rows_of(path) == [("台账", [[1, ROWS[0]], [2, ROWS[1]]])]


def test_an_old_xls_is_read_with_its_leading_noughts(tmp_path):
    path = books.xls(tmp_path / "old.xls", ROWS)
    assert rows_of(path) == [("设备", [[1, ROWS[0]], [2, ROWS[1]]])]


def test_an_xlsx_named_xls_is_read_by_its_content(tmp_path):
    path = books.xlsx(tmp_path / "named.xls", {"台账": ROWS})
    assert rows_of(path) == [("台账", [[1, ROWS[0]], [2, ROWS[1]]])]


def test_rows_are_numbered_as_the_spreadsheet_shows_them_and_columns_from_a(tmp_path):
    path = books.xlsx(tmp_path / "a.xlsx", {"台账": [[], [], [None, "设备名称"], [], [None, "罐"]]})
    assert rows_of(path) == [("台账", [[3, ["", "设备名称"]], [5, ["", "罐"]]])]


def test_hidden_sheets_are_named_and_left_out(tmp_path):
    import xlsxwriter

    with xlsxwriter.Workbook(str(tmp_path / "h.xlsx")) as book:
        book.add_worksheet("可见").write(0, 0, "x")
        hidden = book.add_worksheet("隐藏")
        hidden.write(0, 0, "y")
        hidden.hide()
    with reading.read(tmp_path / "h.xlsx", folder=tmp_path) as spool:
        assert ([sheet.name for sheet in spool.sheets], spool.hidden) == (["可见"], ["隐藏"])


def test_a_spool_is_removed_when_it_is_closed_and_when_reading_fails(tmp_path):
    folder = tmp_path / "spool"
    folder.mkdir()
    with reading.read(books.plain(tmp_path / "a.xlsx"), folder=folder):
        assert len(list(folder.iterdir())) == 1
    (tmp_path / "b.xlsx").write_bytes(b"PK\x03\x04 broken")
    with pytest.raises(reading.LedgerRefused):
        reading.read(tmp_path / "b.xlsx", folder=folder)
    assert list(folder.iterdir()) == []


def test_the_parents_memory_does_not_grow_with_the_rows(tmp_path):
    import tracemalloc

    def peak(count):
        path = tmp_path / f"{count}.csv"
        path.write_text("设备名称,位号\n" + "".join(f"罐{n},V-{n}\n" for n in range(count)), encoding="utf-8")
        with reading.read(path, folder=tmp_path) as spool:
            tracemalloc.start()
            assert sum(1 for _ in spool.sheets[0].rows()) == count + 1
            size = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
        return size

    assert peak(20_000) < 1.5 * peak(2_000)


def test_three_sheets_of_three_kinds_are_read_each_in_its_way(tmp_path):
    path = books.xlsx(
        tmp_path / "three.xlsx",
        {
            "锅炉": [["单位名称", "锅炉名称", "位号"], ["甲", "热水锅炉", "B-1"]],
            "说明": [["请按要求填写"]],
            "压力管道": [["单位名称", "管道名称", "管道编号"], ["甲", "蒸汽线", "L-1"]],
        },
    )
    layouts, facts = read_file(path)
    assert [layout.kind for layout in layouts] == ["boilers", "pipes"]
    assert [row.equipment["catalogue_code"] for row in facts] == ["1200", "8300"]


def test_the_reading_child_loads_nothing_of_the_application(tmp_path):
    """Its start-up counts against every import, and less code is less to attack."""
    import subprocess
    import sys

    package = Path(reading.__file__).parent
    code = "import sys; sys.path.insert(0, sys.argv[1]); import sandbox.child; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-I", "-c", code, str(package)], capture_output=True, text=True, check=True
    )
    assert not {"flask", "peewee", "inspect_station"} & set(done.stdout.split())
