"""What is kept about a person: handed out, taken out, and not kept for ever."""

import json
from datetime import date, timedelta
from pathlib import Path

import pytest

from inspect_station import cli, config, jobs
from inspect_station.accounts import audit, persons, service, sessions
from inspect_station.accounts.models import Account, AuditEntry, LoginSession
from inspect_station.errors import Conflict, NotFound
from inspect_station.registry import contact_data
from inspect_station.registry import service as registry
from inspect_station.registry.models import Contact, FactChange
from tests.conftest import NOW, SECRET, TODAY, Cast

GOOD = "看见大海 2026 春暖"


def contact_of(cast: Cast) -> int:
    given = {"role": "safety_officer", "name": "林安全", "mobile": "13812345678", "email": "lin@jia.example"}
    return registry.contacts.add(cast.head, cast.jia.id, given, now=NOW, today=TODAY)


def everything() -> str:
    """All that the tables with people in them hold, but for the trail."""
    return " ".join(
        str(row) for table in (Account, Contact, FactChange, LoginSession) for row in table.select().dicts()
    )


def test_an_account_is_handed_out_whole_and_without_its_keys(cast: Cast) -> None:
    account = service.find_login("insp1")
    token = service.use_link(
        service.issue_link(cast.admin, account, NOW, 72), NOW, "10.0.0.7", "Firefox", password=GOOD
    )
    told = persons.export(cast.admin, account.id, NOW)
    assert told["account"]["name"] == "检一"
    assert [row["address"] for row in told["log_ins"]] == ["10.0.0.7"]
    assert {row["act"] for row in told["acts"]} >= {"account.password", "account.login_by_link"}
    said = str(told)
    assert token not in said
    assert Account.get_by_id(account.id).password_hash not in said
    assert AuditEntry.select().where(AuditEntry.act == "person.export").count() == 1


def test_a_forgotten_account_is_closed_and_nameless_and_the_chain_of_the_trail_still_holds(cast: Cast) -> None:
    account = service.find_login("insp1")
    Account.update(mobile="13912345678", email="jian@station.example").where(Account.id == account.id).execute()
    token = sessions.start(account, NOW, "10.0.0.7")
    persons.forget(cast.admin, account.id, NOW)
    assert sessions.find(token, NOW, idle=timedelta(hours=1), longest=timedelta(hours=1)) is None
    left = everything()
    assert not any(word in left for word in ("检一", "13912345678", "jian@station.example", "insp1", "10.0.0.7"))
    assert Account.get_by_id(account.id).disabled_at is not None
    assert list(audit.broken_links()) == []
    with pytest.raises(Conflict, match="自己"):
        persons.forget(cast.admin, cast.admin.account_id or 0, NOW)


def test_a_contact_in_use_is_not_forgotten_and_an_ended_one_leaves_no_trace_but_the_trails(cast: Cast) -> None:
    number = contact_of(cast)
    with pytest.raises(Conflict, match="请先停用"):
        contact_data.forget(cast.admin, number, NOW)
    told = contact_data.export(cast.admin, number, NOW)
    assert told["contact"]["mobile"] == "13812345678"
    Contact.update(ended_on=TODAY).where(Contact.id == number).execute()
    contact_data.forget(cast.admin, number, NOW)
    left = everything()
    assert not any(word in left for word in ("林安全", "13812345678", "lin@jia.example"))
    assert list(audit.broken_links()) == []


def test_only_an_administrator_hands_out_or_takes_out(cast: Cast) -> None:
    number = contact_of(cast)
    for actor in (cast.jia_user, cast.yi_user):
        with pytest.raises(NotFound):
            contact_data.export(actor, number, NOW)
    with pytest.raises(Exception, match="没有这项权限"):
        persons.forget(cast.inspector, cast.head.account_id or 0, NOW)


def test_the_nightly_job_forgets_contacts_that_ended_three_years_ago_and_no_sooner(
    cast: Cast, tmp_path: Path
) -> None:
    old, kept = contact_of(cast), contact_of(cast)
    Contact.update(ended_on=date(2023, 11, 22)).where(Contact.id == old).execute()
    Contact.update(ended_on=date(2023, 11, 24)).where(Contact.id == kept).execute()
    done = jobs.job_named("purge").run(config.Settings(data_dir=str(tmp_path), secret_key=SECRET), NOW)
    assert done["contacts"] == 1
    assert (Contact.get_by_id(old).name, Contact.get_by_id(kept).name) == (contact_data.GONE, "林安全")
    assert jobs.job_named("purge").run(config.Settings(secret_key=SECRET), NOW)["contacts"] == 0


def test_by_the_command_a_file_only_the_caller_can_read(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("STATION_DATABASE_URL", sqlite_url)
    monkeypatch.setenv("STATION_DATA_DIR", str(tmp_path))
    cli.main(["user", "add", "lin", "--name", "林检验", "--role", "inspector"])
    file = tmp_path / "lin.json"
    assert cli.main(["person", "export", "--login", "lin", str(file)]) == 0
    assert json.loads(file.read_text())["account"]["name"] == "林检验"
    assert file.stat().st_mode & 0o077 == 0
    assert cli.main(["person", "export", "--login", "lin", str(file)]) == 2
    assert cli.main(["person", "forget", "--login", "lin"]) == 0
    assert "审计记录" in capsys.readouterr().out
