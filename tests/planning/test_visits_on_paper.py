"""Published visits as a workbook, from the page and from the command line: the same rows, each to whom it concerns."""

from pathlib import Path

import openpyxl
import pytest
from flask import Flask

from inspect_station import cli
from inspect_station.planning import service
from tests.conftest import downloaded, log_in, people
from tests.planning import park


def sheet_of(book: openpyxl.Workbook) -> list[tuple[object, ...]]:
    return list(book.worksheets[0].iter_rows(values_only=True))


def test_published_visits_leave_as_a_workbook_by_page_and_command(
    sqlite_app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with people(sqlite_app) as cast:
        park.make(cast)
        park.in_force(cast)
        visits = service.published(cast.head)
        own = service.published(cast.yi_user)
    settings = sqlite_app.config["STATION"]
    monkeypatch.setenv("STATION_DATABASE_URL", settings.database_url)
    monkeypatch.setenv("STATION_DATA_DIR", settings.data_dir)
    file = tmp_path / "visits.xlsx"
    assert cli.main(["export", "inspection_visits", str(file)]) == 0
    assert f"已写出 {len(visits)} 项" in capsys.readouterr().out
    heading, *written = sheet_of(openpyxl.load_workbook(file))
    assert heading[:6] == ("日期", "星期", "开始", "结束", "企业", "检验什么")
    assert [(row[0].date(), row[4], row[6], row[8]) for row in written] == [
        (v.on, v.enterprise, v.count, "、".join(name for _, name in v.people)) for v in visits
    ]
    assert sheet_of(downloaded(log_in(sqlite_app, cast.head), "/plan/visits.xlsx")) == [heading, *written]
    theirs = sheet_of(downloaded(log_in(sqlite_app, cast.yi_user), "/plan/visits.xlsx"))[1:]
    assert {row[4] for row in theirs} == {cast.yi.name}
    assert len(theirs) == len(own) > 0


def test_a_choice_narrows_the_workbook_and_an_unusable_one_is_named(
    sqlite_app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with people(sqlite_app) as cast:
        park.make(cast)
        park.in_force(cast)
        first = service.published(cast.head)[0]
        among = len(service.published(cast.head, last=first.on, enterprise_id=first.enterprise_id))
    monkeypatch.setenv("STATION_DATABASE_URL", sqlite_app.config["STATION"].database_url)
    monkeypatch.setenv("STATION_DATA_DIR", sqlite_app.config["STATION"].data_dir)
    file = str(tmp_path / "visits.csv")
    choice = ["--until", first.on.isoformat(), "--enterprise", str(first.enterprise_id)]
    assert cli.main(["export", "inspection_visits", file, *choice]) == 0
    assert f"已写出 {among} 项" in capsys.readouterr().out
    assert cli.main(["export", "inspection_visits", file, "--since", "下周"]) == 2
    assert "到访日期起" in capsys.readouterr().err
