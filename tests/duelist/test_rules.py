"""Rules in plain words, their confirmation from the first reading to the day the data changes, and previews."""

import io
import shutil
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from inspect_station.accounts.models import AuditEntry
from inspect_station.accounts.scope import Actor
from inspect_station.db import db
from inspect_station.duelist import preview, projection, reasons, rulebooks, rules, service
from inspect_station.duelist.query import Filters
from inspect_station.errors import Conflict, InvalidInput, NotAllowed, NotFound
from schedules import rulebook
from schedules.rule import Outcome
from schedules.terms import DecidedBy
from tests.conftest import NOW, TODAY, Cast, csrf_of
from tests.duelist import park as parks
from tests.duelist.conftest import Town

SYSTEM = Actor.system()
KEY = "fixed_vessel.periodic.metal.grade_3"


def edition(actor: Actor = SYSTEM, key: str = KEY) -> rules.Edition:
    return rules.card(actor, key, TODAY).editions[0]


def confirm(actor: Actor, key: str = KEY) -> int:
    digest = edition(key=key).version.digest
    return rules.confirm(actor, key, digest, clause_text="原文……", remark="已查纸质版", now=NOW)


def unverified(**filters: Any) -> list[str]:
    return [i["name"] for i in service.due_items(SYSTEM, Filters(mark="unverified", **filters), TODAY)]


def test_a_confirmation_takes_the_mark_away_and_a_withdrawal_brings_it_back(park: parks.Park, cast: Cast) -> None:
    assert "精馏塔" in unverified(clock="periodic")
    number = confirm(cast.technical_head)
    assert "精馏塔" not in unverified(clock="periodic")
    (row,) = [r for r in service.clocks_of(SYSTEM, park.undetermined.id, TODAY) if r["clock"] == "periodic"]
    assert (row["unverified"], row["confirmed_by"], row["confirmed_on"]) == (False, "技小负", "2026-11-22")
    rules.withdraw(cast.technical_head, number, "看错了版本", NOW)
    assert "精馏塔" in unverified(clock="periodic")
    acts = [row.act for row in AuditEntry.select().where(AuditEntry.object_type == "rule").order_by(AuditEntry.id)]
    assert acts == ["rule.confirm", "rule.withdraw"]


def test_a_confirmation_writes_no_due_row(park: parks.Park, cast: Cast) -> None:
    projection.refresh(TODAY)
    confirm(cast.technical_head)
    assert projection.refresh(TODAY) == 0


def test_the_json_of_a_device_names_who_confirmed(park: parks.Park, cast: Cast) -> None:
    confirm(cast.technical_head)
    items = service.device_items(cast.jia_user, park.undetermined.id, TODAY)
    assert [item["confirmed"] for item in items] == [None, {"by": "技小负", "on": "2026-11-22"}]


def test_a_confirmation_falls_away_when_the_data_changes(
    park: parks.Park, cast: Cast, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    confirm(cast.technical_head)
    assert edition().confirmation
    monkeypatch.setattr(
        rulebooks, "shipped", lambda: changed_book(tmp_path, "一般每3至6年检验一次", "每3至6年检验一次")
    )
    rulebooks.in_force.cache_clear()
    try:
        assert edition().confirmation is None
        assert "精馏塔" in unverified(clock="periodic")
        assert rules.confirmations_of(KEY)[0]["name"] == "技小负"  # still to be read
    finally:
        monkeypatch.undo()
        rulebooks.in_force.cache_clear()
    assert edition().confirmation


def changed_book(folder: Path, old: str, new: str, file: str = "fixed_vessel.toml") -> rulebook.Rulebook:
    return rulebook.load(changed_folder(folder, old, new, file))


def changed_folder(folder: Path, old: str, new: str, file: str = "fixed_vessel.toml") -> Path:
    rules_folder = folder / "rules"
    shutil.copytree(rulebook.RULES, rules_folder)
    path = rules_folder / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    return rules_folder


def test_only_the_technical_head_confirms_and_only_what_stands(park: parks.Park, cast: Cast) -> None:
    for actor in (cast.inspector, cast.head, cast.admin, cast.auditor):
        with pytest.raises(NotAllowed):
            confirm(actor)
    with pytest.raises(NotFound):
        confirm(cast.jia_user)
    with pytest.raises(NotFound, match="规则库中没有"):
        rules.confirm(cast.technical_head, "no.such", "x", clause_text="", remark="", now=NOW)
    with pytest.raises(Conflict, match="变了"):
        rules.confirm(cast.technical_head, KEY, "another digest", clause_text="", remark="", now=NOW)
    confirm(cast.technical_head)
    with pytest.raises(Conflict, match="已被确认"):
        confirm(cast.technical_head)


def test_a_withdrawn_confirmation_may_be_given_again_but_not_withdrawn_twice(park: parks.Park, cast: Cast) -> None:
    number = confirm(cast.technical_head)
    rules.withdraw(cast.technical_head, number, "再核对", NOW)
    with pytest.raises(Conflict, match="已经撤回"):
        rules.withdraw(cast.technical_head, number, "再核对", NOW)
    assert confirm(cast.technical_head) != number


def test_every_rule_has_its_card_and_counts_what_rests_on_it(park: parks.Park, cast: Cast) -> None:
    book = projection.in_force_now().book
    cards = rules.cards(SYSTEM, TODAY)
    assert len(cards) == len(book.rules) + len(book.principles)
    assert len({card.key for card in cards}) == len(cards)
    listed = sum(1 for item in service.due_items(SYSTEM, Filters(), TODAY) if item.get("source"))
    assert sum(card.resting for card in cards) == listed
    assert rules.card(cast.yi_user, "fixed_vessel.annual.yearly", TODAY).resting == 1
    assert len(list(service.due_items(SYSTEM, Filters(rule=KEY), TODAY))) == edition().resting == 2


def test_intervals_are_told_in_words() -> None:
    version = next(v for v in rulebook.load().versions if v.outcome is Outcome.INTERVAL)

    def said(least: int | None, most: int | None, who: DecidedBy = DecidedBy.RULE) -> str:
        return rules.interval_words(replace(version, min_months=least, max_months=most, decided_by=who))

    assert said(72, 72) == "6 年"
    assert said(36, 72, DecidedBy.INSTITUTION) == "3 年至 6 年，由检验机构确定"
    assert said(None, 12) == "不超过 1 年"
    assert said(18, 18) == "18 个月"
    assert said(None, None, DecidedBy.INSTITUTION) == "期限未查实或没有固定期限，由检验机构确定"


def test_what_would_change_a_date_is_asked_of_the_engine(park: parks.Park) -> None:
    explanation = reasons.explain(SYSTEM, park.undetermined.id, "periodic", TODAY)
    effects = {change.condition: change.effect for change in explanation.changes}
    assert effects["最近一次检验的安全状况等级为 1 级"] == "2031-06-01 到期"
    assert effects["最近一次检验的安全状况等级为 5 级"].startswith("不得继续使用")
    assert [past["when"] for past in explanation.history] == ["2025-06-01"]


def test_a_preview_says_which_dates_move_and_by_how_much(park: parks.Park, cast: Cast, tmp_path: Path) -> None:
    folder = changed_folder(tmp_path, 'clause = "7.2"\nmonths = 12', 'clause = "7.2"\nmonths = 24')
    number = preview.make(cast.technical_head, [], str(folder), TODAY, NOW)
    result = preview.find(cast.technical_head, number)
    assert result["kept"].compared == 11
    assert {move["clock"] for move in result["moves"]} == {"annual"}
    assert result["later"] == result["total"] > 5
    move = next(m for m in result["moves"] if m["name"] == "分汽缸")
    assert (move["old"], move["new"], move["days"]) == ("2020-03-15", "2021-03-15", 365)


def test_a_preview_of_the_same_rulebook_moves_nothing(park: parks.Park, cast: Cast) -> None:
    files = [(path.name, path.read_bytes()) for path in rulebook.RULES.glob("*.toml")]
    result = preview.find(cast.technical_head, preview.make(cast.technical_head, files, "", TODAY, NOW))
    assert (result["total"], result["same_book"]) == (0, True)


def zipped(files: dict[str, bytes]) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return held.getvalue()


def test_a_zip_is_read_like_its_files(park: parks.Park, cast: Cast) -> None:
    content = zipped({f"rules/{p.name}": p.read_bytes() for p in rulebook.RULES.glob("*.toml")})
    number = preview.make(cast.technical_head, [("新规则.zip", content)], "", TODAY, NOW)
    assert preview.find(cast.technical_head, number)["same_book"]


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ([], "请选择规则文件"),
        ([("a.zip", b"no zip at all")], "“a.zip”打不开"),
        ([("rules.xlsx", b"x")], "“rules.xlsx”不是规则文件"),
        ([("boiler.toml", b"not = [toml")], "规则文件 boiler.toml，规则 （整份文件）：不是有效的 TOML 文件"),
        ([(f"{n}.toml", b"") for n in range(61)], "太多或太大"),
        ([("big.zip", zipped({"big.toml": b"#" * 1_000_001}))], "太多或太大"),
        ([("up.zip", zipped({"../../boiler.toml": b"kind = 'boiler'"}))], "规则文件"),
    ],
)
def test_a_bad_rulebook_is_refused_with_its_sentence(
    park: parks.Park, cast: Cast, files: list[tuple[str, bytes]], words: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        preview.make(cast.technical_head, files, "", TODAY, NOW)
    assert words in refused.value.message


def test_a_missing_folder_is_named(park: parks.Park, cast: Cast) -> None:
    with pytest.raises(InvalidInput, match="没有“/no/such/folder”这个目录"):
        preview.make(cast.technical_head, [], "/no/such/folder", TODAY, NOW)


def test_the_technical_head_confirms_and_withdraws_on_the_page(town: Town) -> None:
    browser = town.browser("technical_head")
    token = csrf_of(browser)
    digest = browser.get(f"/rules/{KEY}").get_data(as_text=True).split('name="digest" value="')[1].split('"')[0]
    form = {"csrf_token": token, "digest": digest, "clause_text": "照录的条文", "remark": "2016年版第57页"}
    page = browser.post(f"/rules/{KEY}/confirm", data=form, follow_redirects=True).get_data(as_text=True)
    assert "技小负 于 2026-11-22 09:30 确认" in page
    assert "照录的条文" in page
    why = browser.get(f"/equipment/{town.park.undetermined.id}/due/periodic").get_data(as_text=True)
    assert "技小负 于 2026-11-22 对照原文确认" in why
    assert "（待核实）" not in why
    again = browser.post("/rules/confirmations/1/withdraw", data={"csrf_token": token, "reason": ""})
    assert again.status_code == 422
    done = browser.post(
        "/rules/confirmations/1/withdraw", data={"csrf_token": token, "reason": "再查"}, follow_redirects=True
    )
    assert "撤回：再查" in done.get_data(as_text=True)


def test_an_overlong_remark_is_refused_and_what_was_typed_is_kept(town: Town) -> None:
    browser = town.browser("technical_head")
    with db.connection_context():
        digest = edition().version.digest
    form = {"csrf_token": csrf_of(browser), "digest": digest, "clause_text": "打好的条文", "remark": "长" * 1001}
    answer = browser.post(f"/rules/{KEY}/confirm", data=form)
    assert answer.status_code == 422
    assert "打好的条文" in answer.get_data(as_text=True)
    assert "最多 1000 个字" in answer.get_data(as_text=True)


def test_the_list_of_open_rules_shrinks_with_each_confirmation(town: Town) -> None:
    browser = town.browser("technical_head")
    address = "/rules?mark=unverified&kind=fixed_vessel"
    before = browser.get(address).get_data(as_text=True)
    with db.connection_context():
        confirm(town.cast.technical_head)
    after = browser.get(address).get_data(as_text=True)
    assert ">金属容器，3级" in before
    assert ">金属容器，3级" not in after


def test_a_preview_on_the_page_shows_the_refusal_and_the_result(town: Town) -> None:
    browser = town.browser("technical_head")
    token = csrf_of(browser)
    bad = {"csrf_token": token, "files": (io.BytesIO(b"not = [toml"), "boiler.toml")}
    refused = browser.post("/rules/preview", data=bad, content_type="multipart/form-data")
    assert refused.status_code == 422
    assert "规则文件 boiler.toml" in refused.get_data(as_text=True)
    content = zipped({p.name: p.read_bytes() for p in rulebook.RULES.glob("*.toml")})
    good = {"csrf_token": token, "files": (io.BytesIO(content), "新.zip")}
    page = browser.post("/rules/preview", data=good, content_type="multipart/form-data", follow_redirects=True)
    assert "没有日期会变" in page.get_data(as_text=True)


def test_who_does_a_check_is_set_on_the_page(town: Town) -> None:
    browser = town.browser("technical_head")
    with db.connection_context():
        form = {row["name"]: row["value"] for row in rules.done_by(town.cast.technical_head)}
    form |= {"csrf_token": csrf_of(browser), "fixed_vessel.annual": "institution"}
    page = browser.post("/rules/done-by", data=form, follow_redirects=True).get_data(as_text=True)
    assert "（已改）" in page
    assert browser.post("/rules/done-by", data=form | {"fixed_vessel.annual": "nobody"}).status_code == 422


def test_the_rules_as_json(town: Town) -> None:
    answer = town.browser().get("/api/v1/rules").get_json()
    found = next(rule for rule in answer["items"] if rule["rule"] == KEY)
    assert found["resting"] == 2
    assert found["versions"][0]["clause"] == "8.1.6.1"
    assert found["versions"][0]["confirmed"] is None
