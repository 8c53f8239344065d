"""导入 step by step: upload, headings, preview, one confirmation, progress, result; left and come back to."""

import io
import json
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from inspect_station import cli
from inspect_station.accounts.models import AuditEntry
from inspect_station.accounts.scope import Actor
from inspect_station.db import db
from inspect_station.errors import Conflict
from inspect_station.registry.ledgers import importing, launcher, reading, service, work
from inspect_station.registry.ledgers.models import LedgerImport, LedgerMapping, LedgerRow
from inspect_station.registry.models import Equipment, FactChange, Inspection
from tests.conftest import NOW, csrf_of, downloaded, log_in, people
from tests.registry.ledgers import books

FIRM = "福州甲化工有限公司"
ROWS = [
    ["使用单位", "设备名称", "设备类别", "代号", "检验日期", "下次检验日期"],
    [FIRM, "储罐", "2150", "V-1", "2023-05-01", "2026-05"],
    [FIRM, "储罐", "2150", "V-2", "2023-02-30", "2026-05"],
    [FIRM, "电梯", "乘客电梯", "T-1", None, None],
]
SYSTEM = Actor.system("测试")


@pytest.fixture
def at_once(monkeypatch):
    """The work is done before the page answers, in this process; one test below starts the real one."""

    def start(settings, import_id):
        work.work(SYSTEM, import_id, settings.data_path / "imports", lambda: NOW)

    monkeypatch.setattr(launcher, "start", start)


def upload(client, path: Path, **form):
    data = {"file": (io.BytesIO(path.read_bytes()), path.name), "csrf_token": csrf_of(client), **form}
    return client.post("/imports", data=data, content_type="multipart/form-data")


def post(client, url, **form):
    return client.post(url, data={"csrf_token": csrf_of(client), **form})


def _inspectors_browser(app):
    with people(app) as cast:
        pass
    return log_in(app, cast.inspector)


@pytest.fixture
def browser(sqlite_app):
    """Where one engine is enough."""
    return _inspectors_browser(sqlite_app)


@pytest.fixture
def any_browser(app):
    return _inspectors_browser(app)


def test_a_ledger_goes_through_headings_preview_and_one_confirmation(app, any_browser, tmp_path, at_once):
    answer = upload(any_browser, books.xlsx(tmp_path / "甲.xlsx", {"台账": ROWS}))
    assert (answer.status_code, answer.location) == (302, "/imports/1")
    mapping = any_browser.get("/imports/1").text
    assert "表头在第 1 行" in mapping
    assert "1 列未认出" in mapping
    assert "V-1；V-2；T-1" in mapping

    chosen = ["enterprise", "name", "kind", "own_number", "completed_on", "next_due"]
    post(
        any_browser, "/imports/1/mapping", remember="1", **{f"column.0.{n}": field for n, field in enumerate(chosen)}
    )
    preview = any_browser.get("/imports/1").text
    assert "将新增 1 台（条），更改 0 台" in preview
    assert "退回 1 行" in preview
    assert "不是存在的日期" in preview
    with db.connection_context():
        assert Equipment.select().count() == 0
        assert {row.fate for row in LedgerRow.select()} == {"created", "refused", "not_pressure"}

    assert "电梯" in any_browser.get("/imports/1?fate=not_pressure").text
    assert "电梯" not in any_browser.get("/imports/1?fate=created").text
    assert "V-2" in any_browser.get("/imports/1?problems=1").text

    post(any_browser, "/imports/1/confirm")
    assert "导入完成" in any_browser.get("/imports/1").text
    with db.connection_context():
        assert Equipment.get().own_number == "V-1"
        assert Inspection.get().account.name == "检一"
        acts = [entry.act for entry in AuditEntry.select().where(AuditEntry.object_type == "ledger")]
        assert acts == ["ledger.upload", "ledger.confirm", "ledger.import"]
        folder = Path(app.config["STATION"].data_dir) / "imports"
    assert list(folder.iterdir()) == []


def test_a_remembered_mapping_serves_the_next_file_of_the_same_form(app, any_browser, tmp_path, at_once):
    path = books.xlsx(tmp_path / "甲.xlsx", {"台账": ROWS})
    upload(any_browser, path)
    chosen = ["enterprise", "name", "kind", "own_number", "completed_on", "next_due"]
    post(
        any_browser, "/imports/1/mapping", remember="1", **{f"column.0.{n}": field for n, field in enumerate(chosen)}
    )
    upload(any_browser, path)
    assert "列未认出" not in any_browser.get("/imports/2").text
    with db.connection_context():
        assert LedgerMapping.get().mapping["代号"] == "own_number"


def test_a_ledger_without_its_firm_is_mended_on_the_page_and_not_uploaded_again(any_browser, tmp_path, at_once):
    path = tmp_path / "无单位.csv"
    path.write_text("设备名称,设备类别,代号\n储罐,2150,V-1\n储罐,2150,V-2\n", encoding="gbk")
    upload(any_browser, path)
    chosen = {f"column.0.{n}": field for n, field in enumerate(["name", "kind", "own_number"])}
    post(any_browser, "/imports/1/mapping", **chosen)
    preview = any_browser.get("/imports/1").text
    assert "没有可写入的内容" in preview
    assert "确认导入" not in preview
    assert "退回 2 处" in preview  # one kind of problem, not two
    assert "无单位 第 2 行" in preview  # the file's own name, not the one it is kept under

    headings = any_browser.get("/imports/1?headings=1").text
    assert "核对表头" in headings
    assert '<option value="own_number" selected>' in headings  # what the person chose, not the first guess
    post(any_browser, "/imports/1/mapping", enterprise=FIRM, **chosen)
    assert "将新增 2 台（条）" in any_browser.get("/imports/1").text
    post(any_browser, "/imports/1/confirm")
    with db.connection_context():
        assert {device.enterprise.name for device in Equipment.select()} == {FIRM}


@pytest.mark.parametrize(
    ("name", "sheet"), [("a/b\\甲\0\n台账.csv", "甲__台账"), ("..csv", "."), ("长" * 300 + ".csv", "长" * 80)]
)
def test_a_text_tables_sheet_bears_the_files_name_whatever_that_is(tmp_path, name, sheet):
    path = tmp_path / "7.csv"
    path.write_text("单位名称,设备名称,位号\n甲公司,储罐,V-1\n", encoding="utf-8")
    with reading.read(path, name=name, folder=tmp_path) as spool:
        assert [found.name for found in spool.sheets] == [sheet]


def test_the_problems_come_as_a_workbook(sqlite_app, browser, tmp_path, at_once):
    upload(browser, books.xlsx(tmp_path / "甲.xlsx", {"台账": ROWS}), enterprise="")
    post(browser, "/imports/1/mapping", **{"column.0.3": "own_number"})
    sheet = downloaded(browser, "/imports/1/problems.xlsx").active
    rows = list(sheet.iter_rows(values_only=True))
    assert rows[0][:5] == ("工作表", "行", "列", "内容", "结果")
    assert ("台账", 3, "E", "2023-02-30", "退回") in [row[:5] for row in rows]


@pytest.mark.parametrize(
    ("name", "body", "sentence"),
    [
        ("a.xlsx", b"%PDF-1.7", "文件内容与扩展名不符"),
        ("a.csv", b"a,b\n1,\x00", "空字节"),
        ("a.csv", "随便,写写\n1,2\n".encode(), "没有找到表头"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_its_reason(
    sqlite_app, browser, tmp_path, at_once, name, body, sentence, monkeypatch
):
    start = launcher.start

    def quiet(settings, import_id):
        with pytest.raises(service.LedgerRefused):
            start(settings, import_id)

    monkeypatch.setattr(launcher, "start", quiet)
    (tmp_path / name).write_bytes(body)
    answer = upload(browser, tmp_path / name)
    page = answer.text if answer.status_code == 422 else browser.get(answer.location).text
    assert sentence in page
    folder = Path(sqlite_app.config["STATION"].data_dir) / "imports"
    assert not folder.exists() or list(folder.iterdir()) == []


def test_an_upload_without_a_file_says_so(browser):
    answer = post(browser, "/imports")
    assert answer.status_code == 422
    assert "请选择要导入的台账文件" in answer.text


def test_progress_tells_the_page_when_the_step_is_over(sqlite_app, browser, tmp_path, monkeypatch):
    monkeypatch.setattr(launcher, "start", lambda settings, import_id: None)
    upload(browser, books.xlsx(tmp_path / "甲.xlsx", {"台账": ROWS}))
    answer = browser.get("/imports/1/progress")
    assert "HX-Refresh" not in answer.headers
    assert "正在读取" in answer.text
    with db.connection_context():
        work.work(SYSTEM, 1, sqlite_app.config["STATION"].data_path / "imports", lambda: NOW)
    assert browser.get("/imports/1/progress").headers["HX-Refresh"] == "true"


def test_a_killed_import_is_shown_as_stopped_and_starts_over_without_doubling(
    app, any_browser, tmp_path, at_once, monkeypatch
):
    rows = [ROWS[0], *([FIRM, "罐", "2150", f"V-{n}", "2023-05-01", "2026-05"] for n in range(600))]
    upload(any_browser, books.xlsx(tmp_path / "甲.xlsx", {"台账": rows}))
    post(any_browser, "/imports/1/mapping", **{"column.0.3": "own_number"})

    class KilledError(BaseException):
        pass

    def die(seconds):
        raise KilledError

    folder = app.config["STATION"].data_path / "imports"
    with db.connection_context():
        service.confirm(SYSTEM, 1, NOW)
        for engine in ("sqlite", "postgresql"):  # a transaction for each handful, so that some stand when it dies
            monkeypatch.setitem(importing.HANDFUL, engine, 100)
            monkeypatch.setitem(importing.HELD_SECONDS, engine, 0)
        monkeypatch.setattr(work, "run", _dying(work.run, KilledError))
        with pytest.raises(KilledError):
            work.work(SYSTEM, 1, folder, lambda: NOW)
        monkeypatch.undo()
        written = Equipment.select().count()
        assert 0 < written < 600
        job = LedgerImport.get()
        assert job.state == "writing"
        assert not service.is_stopped(job, NOW)
        later = NOW + 2 * service.SILENT_AFTER
        assert service.is_stopped(job, later)
        with pytest.raises(Conflict):
            service.run_again(SYSTEM, 1, NOW)
        service.run_again(SYSTEM, 1, later)
        work.work(SYSTEM, 1, folder, lambda: later)
        job = LedgerImport.get()
        assert (job.state, job.counts["unchanged"], job.counts["created"]) == ("done", written, 600 - written)
        assert (Equipment.select().count(), Inspection.select().count(), FactChange.select().count()) == (600, 600, 0)


def _dying(run, error):
    """The same run, killed after its second handful."""

    def dying(*args, report, **kwargs):
        handfuls = iter([report, report])

        def until(plans):
            step = next(handfuls, None)
            if step is None:
                raise error
            step(plans)

        return run(*args, report=until, **kwargs)

    return dying


def test_of_two_workers_one_does_the_step(sqlite_app, browser, tmp_path, monkeypatch):
    monkeypatch.setattr(launcher, "start", lambda settings, import_id: None)
    upload(browser, books.xlsx(tmp_path / "甲.xlsx", {"台账": ROWS}))
    with db.connection_context():
        assert work._claim(1, NOW) is not None
        assert work._claim(1, NOW) is None
        assert work._claim(1, NOW + timedelta(minutes=10)) is not None


def test_a_step_cannot_be_asked_for_twice_or_out_of_turn(sqlite_app, browser, tmp_path, at_once):
    upload(browser, books.xlsx(tmp_path / "甲.xlsx", {"台账": ROWS}))
    assert post(browser, "/imports/1/confirm").status_code == 409
    assert post(browser, "/imports/1/again").status_code == 409
    assert post(browser, "/imports/1/cancel").status_code == 302
    assert post(browser, "/imports/1/mapping").status_code == 409
    assert browser.get("/imports/77").status_code == 404


def test_an_unknown_field_in_the_form_is_refused(browser, tmp_path, at_once):
    upload(browser, books.xlsx(tmp_path / "甲.xlsx", {"台账": ROWS}))
    assert post(browser, "/imports/1/mapping", **{"column.0.3": "password"}).status_code == 422


def test_an_enterprise_finds_nothing_here(sqlite_app, browser, tmp_path, at_once):
    upload(browser, books.xlsx(tmp_path / "甲.xlsx", {"台账": ROWS}))
    with db.connection_context():
        from inspect_station.accounts import sessions
        from inspect_station.accounts.models import Account

        jia = sessions.actor_of(Account.get(Account.login == "jia"))
    client = log_in(sqlite_app, jia)
    for url in ("/imports", "/imports/1", "/imports/1/progress", "/imports/1/problems.xlsx", "/imports/99"):
        assert client.get(url).status_code == 404
    for act in ("mapping", "confirm", "cancel", "again"):
        assert post(client, f"/imports/1/{act}").status_code == 404


def test_the_real_worker_process_carries_an_upload_to_the_headings(sqlite_app, browser, tmp_path):
    upload(browser, books.xlsx(tmp_path / "甲.xlsx", {"台账": ROWS}))
    assert [process.wait(60) for process in launcher._started] == [0] * len(launcher._started)
    assert "核对表头" in browser.get("/imports/1").text


def _command(url: str, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
        "STATION_DATABASE_URL": url,
        "STATION_DATA_DIR": str(folder),
        "STATION_LOG_LEVEL": "ERROR",
    }
    return subprocess.run(
        [sys.executable, "-m", "inspect_station", "import", *arguments],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_command_line_previews_writes_and_answers_with_the_contracts_json(sqlite_url, tmp_path):
    path = str(books.xlsx(tmp_path / "甲.xlsx", {"台账": ROWS}))
    (tmp_path / "m.json").write_text('{"代号": "own_number"}', encoding="utf-8")
    options = (path, "--json", "--mapping", str(tmp_path / "m.json"))
    preview = _command(sqlite_url, tmp_path, *options, "--dry-run")
    assert preview.returncode == 1
    result = json.loads(preview.stdout)
    assert list(result) == [
        "file", "sheets", "rows", "created", "changed", "unchanged", "refused", "not_pressure", "problems",
    ]  # fmt: skip
    assert list(result["sheets"][0]) == ["sheet", "header_row", "kind", "mapped", "unmapped"]
    assert result["sheets"][0]["mapped"]["代号"] == "own_number"
    assert result["problems"][-1] == {
        "sheet": "台账",
        "row": 3,
        "column": "E",
        "value": "2023-02-30",
        "code": "date_impossible",
        "message": "“2023-02-30”不是存在的日期；请核对。",
        "severity": "error",
    }
    assert json.loads(_command(sqlite_url, tmp_path, *options).stdout) == result
    assert json.loads(_command(sqlite_url, tmp_path, *options).stdout)["unchanged"] == 1


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("missing.xlsx",), "找不到文件"),
        (("a.csv", "--mapping", "nothing.json"), "nothing.json 读不了"),
        (("a.csv", "--mapping", "bad.json"), "不是有效的 JSON"),
        (("a.csv", "--mapping", "odd.json"), "“位号”对应的字段“secret”不存在"),
        (("words.csv",), "没有找到表头"),
    ],
)
def test_unusable_input_is_one_sentence_and_exit_code_two(
    sqlite_url, tmp_path, monkeypatch, capsys, arguments, sentence
):
    monkeypatch.setenv("STATION_DATABASE_URL", sqlite_url)
    monkeypatch.setenv("STATION_DATA_DIR", str(tmp_path))
    (tmp_path / "a.csv").write_text("设备名称,位号\n罐,V-1\n", encoding="utf-8")
    (tmp_path / "words.csv").write_text("一些文字\n", encoding="utf-8")
    (tmp_path / "bad.json").write_text("{", encoding="utf-8")
    (tmp_path / "odd.json").write_text('{"位号": "secret"}', encoding="utf-8")
    placed = [str(tmp_path / argument) if "." in argument else argument for argument in arguments]
    assert cli.main(["import", *placed]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert sentence in said.err
    assert said.err.count("\n") == 1
