"""A backup is worth what its restore proves."""

import zipfile
from argparse import Namespace
from datetime import timedelta
from pathlib import Path

import pytest

from inspect_station import db as database
from inspect_station import sealing
from inspect_station.accounts import audit, station
from inspect_station.accounts.scope import Actor
from inspect_station.backup import service, tables
from inspect_station.commands.safety import bring_back
from inspect_station.db import db
from inspect_station.errors import Conflict, InvalidInput
from inspect_station.registry.models import Enterprise, Equipment
from inspect_station.workcalendar import service as workcalendar
from tests.conftest import NOW, SECRET, Cast, dispose
from tests.reminders import park

SYSTEM = Actor.system()


@pytest.fixture
def filled(cast: Cast, tmp_path: Path) -> Path:
    """A station with something in it, a self-reference included; returns the folder of its files."""
    made = {"enterprise": cast.jia, "created_at": NOW, "updated_at": NOW}
    child = Equipment.create(catalogue_code="7310", name="安全阀", form="accessory", **made)
    parent = Equipment.create(catalogue_code="2150", name="反应釜", traits={"material": "metal"}, **made)
    Equipment.update(parent=parent).where(Equipment.id == child.id).execute()
    files = tmp_path / "files"
    files.mkdir()
    (files / "report.pdf").write_bytes(b"%PDF a report")
    return files


def contents() -> dict[str, list]:
    skip = {"station_setting", "audit_entry"}
    return {s.name: list(tables.rows(s)) for s in tables.shapes() if s.name not in skip}


def fresh_database(tmp_path: Path) -> None:
    dispose(db.obj)
    database.bind(f"sqlite:///{tmp_path / 'other.db'}")
    db.connect()


def test_a_backup_of_either_engine_restores_whole_into_an_empty_database(filled: Path, tmp_path: Path) -> None:
    before = contents()
    service.back_up(SYSTEM, tmp_path / "copy.zip", filled, NOW)
    fresh_database(tmp_path)
    service.restore(tmp_path / "copy.zip", tmp_path / "restored", NOW)
    assert contents() == before
    assert (tmp_path / "restored" / "report.pdf").read_bytes() == b"%PDF a report"
    assert list(audit.broken_links()) == []


def test_a_database_that_migrate_has_filled_by_itself_still_takes_a_backup(filled: Path, tmp_path: Path) -> None:
    workcalendar.seed(NOW)
    before = contents()
    service.back_up(SYSTEM, tmp_path / "copy.zip", filled, NOW)
    fresh_database(tmp_path)
    database.migrate()
    workcalendar.seed(NOW)
    service.restore(tmp_path / "copy.zip", tmp_path / "restored", NOW)
    assert contents() == before


def test_after_a_restore_sending_waits_for_a_person(filled: Path, tmp_path: Path) -> None:
    service.back_up(SYSTEM, tmp_path / "copy.zip", filled, NOW)
    fresh_database(tmp_path)
    service.restore(tmp_path / "copy.zip", tmp_path / "restored", NOW)
    assert station.get(service.SENDING_PAUSED)["why"] == "restored"


@pytest.mark.parametrize(("key", "told"), [(SECRET, False), ("the key of another machine", True)])
def test_a_restore_says_at_once_that_the_key_is_missing(
    cast: Cast, tmp_path: Path, capsys: pytest.CaptureFixture[str], key: str, told: bool
) -> None:
    sealing.use(SECRET)
    park.robot_of(cast.jia, "wecom", "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=geheim")
    service.back_up(SYSTEM, tmp_path / "copy.zip", tmp_path / "files", NOW)
    fresh_database(tmp_path)
    sealing.use(key)
    try:
        assert bring_back(Namespace(file=tmp_path / "copy.zip", settings=park.settings(tmp_path))) == 0
    finally:
        sealing.use(SECRET)
    assert ("STATION_OLD_SECRET_KEYS" in capsys.readouterr().out) == told


def test_after_a_restore_new_rows_get_new_numbers(filled: Path, tmp_path: Path, station) -> None:
    service.back_up(SYSTEM, tmp_path / "copy.zip", filled, NOW)
    for shape in reversed(tables.shapes()):
        if shape.name != "audit_entry":
            db.execute_sql(f'DELETE FROM "{shape.name}"')
    tables.advance_sequences()
    with db.atomic(), zipfile.ZipFile(tmp_path / "copy.zip") as archive:
        manifest = service.verify(tmp_path / "copy.zip")
        manifest["tables"] = [t for t in manifest["tables"] if t["name"] != "audit_entry"]
        service._fill(archive, manifest)
    made = Enterprise.create(name="丙公司", created_at=NOW, updated_at=NOW)
    assert Enterprise.select().where(Enterprise.id == made.id).count() == 1


def test_a_damaged_backup_is_found_and_nothing_is_written(filled: Path, tmp_path: Path) -> None:
    service.back_up(SYSTEM, tmp_path / "copy.zip", filled, NOW)
    with zipfile.ZipFile(tmp_path / "copy.zip") as good, zipfile.ZipFile(tmp_path / "bad.zip", "w") as bad:
        for name in good.namelist():
            data = good.read(name)
            bad.writestr(name, data.replace("甲".encode(), "申".encode()) if "enterprise" in name else data)
    fresh_database(tmp_path)
    with pytest.raises(InvalidInput, match=r"tables/enterprise\.jsonl 的内容已损坏"):
        service.restore(tmp_path / "bad.zip", tmp_path / "restored", NOW)
    assert db.get_tables() == []


def test_half_a_backup_is_refused(filled: Path, tmp_path: Path) -> None:
    service.back_up(SYSTEM, tmp_path / "copy.zip", filled, NOW)
    (tmp_path / "half.zip").write_bytes((tmp_path / "copy.zip").read_bytes()[:-200])
    with pytest.raises(InvalidInput, match="请换另一份备份"):
        service.verify(tmp_path / "half.zip")


def test_restoring_over_a_used_database_is_refused(filled: Path, tmp_path: Path) -> None:
    service.back_up(SYSTEM, tmp_path / "copy.zip", filled, NOW)
    with pytest.raises(Conflict, match="只能恢复到空库"):
        service.restore(tmp_path / "copy.zip", tmp_path / "restored", NOW)


def test_of_nightly_copies_the_latest_are_kept_and_what_is_not_ours_stays(filled: Path, tmp_path: Path) -> None:
    folder = tmp_path / "copies"
    for day in range(4):
        path, dropped = service.back_up_into(SYSTEM, folder, 2, filled, NOW + timedelta(days=day))
        (folder / "notes.zip").write_text("not ours")
    assert dropped == ["station-20261123-093000.zip"]
    assert sorted(p.name for p in folder.iterdir()) == [
        "notes.zip", "station-20261124-093000.zip", "station-20261125-093000.zip"
    ]  # fmt: skip
    assert service.verify(path)["made_at"].startswith("2026-11-25")


def test_a_copy_that_cannot_be_written_is_told_in_a_sentence_and_leaves_nothing(filled: Path, tmp_path: Path) -> None:
    with pytest.raises(Conflict, match="备份没有做成"):
        service.back_up(SYSTEM, tmp_path / "no-such-folder" / "copy.zip", filled, NOW)
    assert list(tmp_path.rglob("copy*")) == []


def test_an_existing_file_is_not_overwritten(filled: Path, tmp_path: Path) -> None:
    (tmp_path / "copy.zip").write_text("something precious")
    with pytest.raises(Conflict, match="已存在"):
        service.back_up(SYSTEM, tmp_path / "copy.zip", filled, NOW)
    assert (tmp_path / "copy.zip").read_text() == "something precious"
