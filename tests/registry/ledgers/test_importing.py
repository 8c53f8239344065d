"""From a file into the register, on both engines: matching, fates, what is written and what never is."""

from pathlib import Path

import pytest

from inspect_station import db as database
from inspect_station import export
from inspect_station.accounts.models import AuditEntry
from inspect_station.accounts.scope import Actor
from inspect_station.errors import NotAllowed, NotFound
from inspect_station.registry import columns, listing
from inspect_station.registry.ledgers import service
from inspect_station.registry.models import (
    Contact,
    Enterprise,
    Equipment,
    EquipmentTouched,
    Extension,
    FactChange,
    Inspection,
    StatusChange,
)
from inspect_station.sample import load as sample
from tests.conftest import NOW, dispose
from tests.registry.ledgers import books
from tests.statements import counted

HEADINGS = [
    "使用单位",
    "设备名称",
    "设备类别",
    "设备代码",
    "单位内编号",
    "出厂编号",
    "制造单位",
    "检验日期",
    "下次检验日期",
    "检验结论",
    "使用状态",
]
FIRM = "福州甲化工有限公司"


def row(**changed):
    values = dict.fromkeys(HEADINGS)
    values |= {"使用单位": FIRM, "设备名称": "储罐", "设备类别": "第二类压力容器", "单位内编号": "V-1"}
    values |= changed
    return [values[heading] for heading in HEADINGS]


def ledger(tmp_path: Path, *rows, headings=None, name="a.xlsx") -> Path:
    return books.xlsx(tmp_path / name, {"台账": [headings or HEADINGS, *rows]})


def bring(path: Path, *, write=True, actor=None, **options):
    return service.import_file(
        actor or Actor.system("测试"), path, NOW, folder=path.parent / "spool", write=write, **options
    )


def fates(result):
    return {
        fate: result[fate] for fate in ("created", "changed", "unchanged", "refused", "not_pressure") if result[fate]
    }


def codes(result):
    return [(problem["row"], problem["column"], problem["code"]) for problem in result["problems"]]


def snapshot():
    tables = (Enterprise, Equipment, Inspection, Extension, Contact, FactChange, StatusChange, EquipmentTouched)
    return {table.__name__: list(table.select().order_by(table._meta.primary_key).tuples()) for table in tables}


def test_a_row_becomes_a_device_with_its_inspection_and_raw_cells(cast, tmp_path):
    result = bring(ledger(tmp_path, row(检验日期="2023-05", 下次检验日期="2026-05-19", 检验结论="符合要求")))
    assert fates(result) == {"created": 1}
    device = Equipment.get()
    assert (device.enterprise_id, device.name, device.initials, device.catalogue_code) == (
        cast.jia.id,
        "储罐",
        "cg",
        "2150",
    )
    assert device.raw["下次检验日期"] == "2026-05-19"
    assert device.source == "a.xlsx 台账 第 2 行"
    inspection = Inspection.get()
    assert (
        inspection.equipment_id,
        inspection.clock,
        inspection.completed_on,
        inspection.next_due,
        inspection.conclusion,
    ) == (
        device.id,
        "periodic",
        "2023-05",
        "2026-05-19",
        "符合要求",
    )
    assert [touched.equipment_id for touched in EquipmentTouched.select()] == [device.id]


def test_a_dry_run_says_the_same_as_the_write_and_writes_nothing(cast, tmp_path):
    path = ledger(
        tmp_path,
        row(),
        row(单位内编号="V-2", 检验日期="2023-13-01"),
        row(设备类别="乘客电梯"),
        row(使用单位="新来的公司", 单位内编号="N-1"),
        row(单位内编号=None),
    )
    before = snapshot()
    preview = bring(path, write=False)
    assert snapshot() == before
    assert fates(preview) == {"created": 2, "refused": 2, "not_pressure": 1}
    assert preview["rows"] == 5
    written = bring(path)
    assert written == preview


def test_a_second_import_changes_nothing_at_all(cast, tmp_path):
    path = ledger(
        tmp_path,
        row(检验日期="2023-05-01", 下次检验日期="2026-05", 检验结论="符合要求", 使用状态="停用"),
        row(单位内编号="V-2", 设备代码="21503501820100012", 制造单位="某厂", 出厂编号="A-1"),
        row(使用单位="新来的公司", 单位内编号="N-1", 下次检验日期="2027-01"),
    )
    bring(path)
    before = snapshot()
    result = bring(path)
    assert fates(result) == {"unchanged": 3}
    assert result["problems"] == []
    assert snapshot() == before


def test_an_empty_or_missing_cell_erases_nothing(cast, tmp_path):
    bring(ledger(tmp_path, row(制造单位="某厂", 检验日期="2023-05-01", 下次检验日期="2026-05", 检验结论="符合要求")))
    result = bring(ledger(tmp_path, row(制造单位="-", 检验日期="2023-05-01", 检验结论=None)))
    assert fates(result) == {"unchanged": 1}
    assert Equipment.get().maker == "某厂"
    assert Inspection.get().next_due == "2026-05"


def test_a_change_keeps_the_old_value_in_the_devices_history(cast, tmp_path):
    bring(ledger(tmp_path, row()))
    result = bring(ledger(tmp_path, row(设备名称="大储罐", 使用状态="停用"), name="b.xlsx"))
    assert fates(result) == {"changed": 1}
    device = Equipment.get()
    assert (device.name, device.initials, device.status, device.revision) == ("大储罐", "dcg", "stopped", 2)
    changes = {change.field: (change.old, change.new, change.source) for change in FactChange.select()}
    assert changes["name"] == ("储罐", "大储罐", "b.xlsx 台账 第 2 行")
    assert changes["status"][:2] == ("in_use", "stopped")
    assert [change.status for change in StatusChange.select()] == ["stopped"]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"设备代码": "21503501820100012"}, {"设备代码": "21503501820100012", "单位内编号": "V-9"}),
        ({"单位内编号": "V-1"}, {"单位内编号": "V-1", "设备代码": "21503501820100012"}),
        (
            {"单位内编号": None, "出厂编号": "A-1", "制造单位": "某厂"},
            {"单位内编号": "V-1", "出厂编号": "A-1", "制造单位": "某厂"},
        ),
    ],
)
def test_a_device_is_found_again_by_any_of_its_numbers(cast, tmp_path, first, second):
    bring(ledger(tmp_path, row(**first)))
    assert fates(bring(ledger(tmp_path, row(**second)))) == {"changed": 1}
    assert Equipment.select().count() == 1


def test_the_same_makers_number_of_another_maker_is_another_device(cast, tmp_path):
    path = ledger(
        tmp_path,
        row(单位内编号=None, 出厂编号="A-1", 制造单位="甲厂"),
        row(单位内编号=None, 出厂编号="A-1", 制造单位="乙厂"),
    )
    assert fates(bring(path)) == {"created": 2}
    assert fates(bring(path)) == {"unchanged": 2}


def test_a_row_whose_numbers_hit_two_devices_is_refused(cast, tmp_path):
    bring(ledger(tmp_path, row(设备代码="21503501820100012", 单位内编号="V-1"), row(单位内编号="V-2")))
    result = bring(ledger(tmp_path, row(设备代码="21503501820100012", 单位内编号="V-2")))
    assert fates(result) == {"refused": 1}
    assert codes(result) == [(2, "E", "two_devices")]


def test_one_own_number_with_two_device_codes_is_two_devices(cast, tmp_path):
    """Two vessels taken for one would leave one of them uninspected."""
    path = ledger(tmp_path, row(设备代码="21503501820100012"), row(设备代码="21503501820100099"))
    assert fates(bring(path)) == {"created": 2}
    assert fates(bring(path)) == {"unchanged": 2}


def test_a_device_of_another_firm_is_not_taken_over(cast, tmp_path):
    bring(ledger(tmp_path, row(设备代码="21503501820100012")))
    result = bring(ledger(tmp_path, row(设备代码="21503501820100012", 使用单位="连江乙新材料有限公司")))
    assert codes(result) == [(2, "D", "other_enterprise")]
    assert Equipment.get().enterprise_id == cast.jia.id


def test_the_same_own_number_in_two_firms_is_two_devices(cast, tmp_path):
    path = ledger(tmp_path, row(), row(使用单位="连江乙新材料有限公司"))
    assert fates(bring(path)) == {"created": 2}


def test_a_firm_is_known_by_its_short_name_and_by_its_credit_code(cast, tmp_path):
    Enterprise.update(credit_code="91350122MA2XN2LQ81").where(Enterprise.id == cast.jia.id).execute()
    headings = ["使用单位", "统一社会信用代码", "设备名称", "设备类别", "位号"]
    from inspect_station.registry.identifiers import credit_code_check

    code = "91350122MA2XN2LQ8" + credit_code_check("91350122MA2XN2LQ8")
    Enterprise.update(credit_code=code).where(Enterprise.id == cast.jia.id).execute()
    path = ledger(
        tmp_path,
        ["甲化工", None, "罐", "2150", "V-1"],
        ["甲化工（福州）公司", code, "罐", "2150", "V-2"],
        headings=headings,
    )
    result = bring(path)
    assert fates(result) == {"created": 2}
    assert codes(result) == [(3, "A", "enterprise_name")]
    assert Enterprise.select().count() == 2


def test_a_new_firm_is_made_once_and_said_once(cast, tmp_path):
    path = ledger(tmp_path, *(row(使用单位="新来的公司", 单位内编号=f"N-{n}") for n in range(300)))
    result = bring(path)
    assert codes(result) == [(2, "A", "enterprise_new")]
    assert Enterprise.select().where(Enterprise.name == "新来的公司").count() == 1


def test_the_firm_a_person_names_is_for_rows_of_no_other_known_firm(cast, tmp_path):
    path = ledger(
        tmp_path,
        row(使用单位=None),
        row(使用单位="一车间", 单位内编号="V-2"),
        row(使用单位="连江乙新材料有限公司", 单位内编号="V-3"),
    )
    result = bring(path, enterprise=FIRM)
    assert fates(result) == {"created": 2, "refused": 1}
    assert codes(result) == [(4, "A", "enterprise_conflict")]
    assert {device.enterprise_id for device in Equipment.select()} == {cast.jia.id}


def test_a_row_given_twice_counts_once_and_a_contradiction_is_refused(cast, tmp_path):
    path = ledger(tmp_path, row(), row(), row(设备名称="别的罐"))
    result = bring(path)
    assert fates(result) == {"created": 1, "unchanged": 1, "refused": 1}
    assert codes(result) == [(3, "E", "duplicate_row"), (4, "E", "duplicate_row")]
    assert "第 2 行" in result["problems"][1]["message"]


def test_one_device_over_several_rows_keeps_all_its_inspections(cast, tmp_path):
    path = ledger(tmp_path, row(检验日期="2020-05-01"), row(检验日期="2023-05-01", 下次检验日期="2026-05-01"))
    assert fates(bring(path)) == {"created": 1, "changed": 1}
    assert [i.completed_on for i in Inspection.select().order_by(Inspection.completed_on)] == [
        "2020-05-01",
        "2023-05-01",
    ]
    assert fates(bring(path)) == {"unchanged": 2}


def test_a_corrected_inspection_replaces_the_old_record_which_stays_readable(cast, tmp_path):
    bring(ledger(tmp_path, row(检验日期="2023-05-01", 下次检验日期="2026-05-01", 检验结论="符合要求")))
    result = bring(ledger(tmp_path, row(检验日期="2023-05-01", 下次检验日期="2027-05-01")))
    assert fates(result) == {"changed": 1}
    old, new = Inspection.select().order_by(Inspection.id)
    assert (old.replaced_by_id, old.next_due) == (new.id, "2026-05-01")
    assert (new.next_due, new.conclusion) == ("2027-05-01", "符合要求")


def test_a_month_says_nothing_against_a_known_day(cast, tmp_path):
    bring(ledger(tmp_path, row(检验日期="2023-05-11", 下次检验日期="2026-05-11")))
    assert fates(bring(ledger(tmp_path, row(检验日期="2023-05", 下次检验日期="2026-05")))) == {"unchanged": 1}
    assert fates(bring(ledger(tmp_path, row(检验日期="2023-06", 下次检验日期="2026-06")))) == {"changed": 1}


def test_a_next_date_alone_never_overrules_a_dated_inspection(cast, tmp_path):
    bring(ledger(tmp_path, row(检验日期="2023-05-11", 下次检验日期="2026-05-11")))
    result = bring(ledger(tmp_path, row(下次检验日期="2030-05")))
    assert fates(result) == {"unchanged": 1}
    assert codes(result) == [(2, "I", "next_due_alone")]


def test_a_row_that_does_not_say_its_kind_takes_the_devices(cast, tmp_path):
    bring(ledger(tmp_path, row()))
    assert fates(bring(ledger(tmp_path, row(设备类别=None, 检验日期="2024-01-01")))) == {"changed": 1}
    assert Inspection.get().clock == "periodic"
    result = bring(ledger(tmp_path, row(设备类别=None, 单位内编号="X-1", 设备名称="某物")))
    assert codes(result) == [(2, "C", "kind_missing")]


def test_a_wide_word_does_not_blur_a_known_variety(cast, tmp_path):
    bring(ledger(tmp_path, row()))
    assert fates(bring(ledger(tmp_path, row(设备类别="压力容器")))) == {"unchanged": 1}
    assert Equipment.get().catalogue_code == "2150"


PIPES = ["使用单位", "装置", "管道名称", "管道编号", "管道级别", "管道长度(m)", "注册代码", "下次检验日期"]


def test_lines_hang_on_their_installation_and_share_its_code(cast, tmp_path):
    code = "83103501222010010001"
    path = ledger(
        tmp_path,
        [FIRM, "催化装置", "水线", "L-1", "GC2", 12.5, code, "2027-04"],
        [FIRM, "催化装置", "气线", "L-2", "GC1", "0.5km", code, "2027-04"],
        [FIRM, "重整装置", "水线", "L-1", "GC2", 7, code, "2027-04"],
        headings=PIPES,
    )
    assert fates(bring(path)) == {"created": 3}
    installations = {d.id: d.name for d in Equipment.select().where(Equipment.form == "installation")}
    assert sorted(installations.values()) == ["催化装置", "重整装置"]
    lines = [
        (installations[d.parent_id], d.line_number, d.length_mm, d.traits)
        for d in Equipment.select().where(Equipment.form == "line").order_by(Equipment.id)
    ]
    assert lines == [
        ("催化装置", "L-1", 12_500, {"pipe_grade": "GC2"}),
        ("催化装置", "L-2", 500_000, {"pipe_grade": "GC1"}),
        ("重整装置", "L-1", 7_000, {"pipe_grade": "GC2"}),
    ]
    assert fates(bring(path)) == {"unchanged": 3}


def test_a_number_a_line_shares_between_installations_is_ambiguous_without_one(cast, tmp_path):
    bring(ledger(tmp_path, [FIRM, "甲装置", "水线", "L-1"], [FIRM, "乙装置", "水线", "L-1"], headings=PIPES[:4]))
    result = bring(ledger(tmp_path, [FIRM, None, "水线", "L-1"], headings=PIPES[:4]))
    assert codes(result) == [(2, "D", "two_devices")]


def test_an_accessory_hangs_on_its_device(cast, tmp_path):
    bring(ledger(tmp_path, row()))
    headings = ["使用单位", "安全附件名称", "出厂编号", "所属设备", "校验日期", "下次校验日期"]
    path = ledger(
        tmp_path,
        [FIRM, "安全阀", "S-1", "V-1", "2026-01-05", "2027-01-05"],
        [FIRM, "安全阀", "S-2", "V-404", "2026-01-05", "2027-01-05"],
        headings=headings,
    )
    result = bring(path)
    assert fates(result) == {"created": 2}
    assert codes(result) == [(3, "D", "parent_unknown")]
    valve = Equipment.get(Equipment.maker_number == "S-1")
    assert (valve.form, valve.catalogue_code, valve.parent.own_number) == ("accessory", "7310", "V-1")
    assert {i.clock for i in Inspection.select()} == {"calibration"}


def test_a_contact_whose_number_changed_is_ended_not_overwritten(cast, tmp_path):
    headings = ["使用单位", "设备名称", "设备类别", "位号", "安全管理员", "联系电话"]
    for number in ("13805912345", "13805912345", "13905912345"):
        bring(ledger(tmp_path, [FIRM, "罐", "2150", "V-1", "林安全", number], headings=headings))
    old, new = Contact.select().order_by(Contact.id)
    assert (old.mobile, old.ended_on) == ("13805912345", NOW.date())
    assert (new.mobile, new.role, new.ended_on) == ("13905912345", "safety_officer", None)


def test_an_extension_is_recorded_once_under_the_deep_clock(cast, tmp_path):
    headings = ["使用单位", "设备名称", "设备类别", "位号", "下次检验日期", "延期至", "延期批准日期", "延期文件"]
    path = ledger(
        tmp_path,
        [FIRM, "罐", "2150", "V-1", "2026-05", "2026-12-31", "2026-04-01", "闽特检延〔2026〕3号"],
        headings=headings,
    )
    bring(path)
    assert fates(bring(path)) == {"unchanged": 1}
    extension = Extension.get()
    assert (extension.clock, extension.until, str(extension.granted_on)) == ("periodic", "2026-12-31", "2026-04-01")


def test_one_import_is_one_entry_of_the_audit_trail(cast, tmp_path):
    bring(ledger(tmp_path, row()), actor=cast.inspector)
    entry = AuditEntry.get(AuditEntry.act == "ledger.import")
    assert (entry.account_name, entry.detail["created"]) == ("检一", 1)


def test_only_those_who_may_import_import(cast, tmp_path):
    path = ledger(tmp_path, row())
    with pytest.raises(NotAllowed):
        bring(path, actor=cast.auditor)
    with pytest.raises(NotFound):
        bring(path, actor=cast.jia_user)
    assert Equipment.select().count() == 0


def test_unchanged_rows_are_not_written(cast, tmp_path):
    path = ledger(tmp_path, *(row(单位内编号=f"V-{n}", 检验日期="2023-05-01") for n in range(300)))
    bring(path)
    with counted() as statements:
        bring(path)
    writes = [sql for sql in statements if not sql.lstrip().startswith("SELECT")]
    assert len(writes) == 1  # the audit trail
    assert "audit_entry" in writes[0]


def test_hidden_sheets_and_sheets_without_headings_are_named(cast, tmp_path):
    path = books.xlsx(tmp_path / "a.xlsx", {"说明": [["请如实填写"]], "台账": [HEADINGS, row()]})
    result = bring(path)
    assert [problem["code"] for problem in result["problems"]] == ["no_header"]
    assert result["created"] == 1


@pytest.fixture
def park(sqlite_url):
    """The whole sample park: every kind, form, trait, status, and believable mess."""
    bound = database.bind(sqlite_url)
    with bound.connection_context():
        sample.load(7, 1, NOW.date(), NOW)
        yield
    dispose(bound)


def export_to(path: Path) -> Path:
    rows = listing.stream(Actor.system("测试"), listing.Filters())
    export.write_workbook(path, columns.EQUIPMENT, rows, sheet="设备台账")
    return path


def test_our_own_export_of_the_sample_park_imports_again_unchanged(park, tmp_path):
    path = export_to(tmp_path / "台账.xlsx")
    before = snapshot()
    result = bring(path)
    assert [p for p in result["problems"] if p["severity"] == "error"] == []
    assert fates(result) == {"unchanged": Equipment.select().count()}
    assert result["sheets"][0]["unmapped"] == []
    assert snapshot() == before


def test_a_csv_of_ours_with_guarded_cells_imports_again_unchanged(cast, tmp_path):
    texts = {"单位内编号": "-V-1", "设备名称": "=储罐", "出厂编号": "'@7", "制造单位": "＋制造"}
    bring(ledger(tmp_path, row(**texts)))
    rows = listing.stream(Actor.system("测试"), listing.Filters())
    export.write(tmp_path / "台账.csv", columns.EQUIPMENT, rows, sheet="设备台账")
    before = snapshot()
    assert fates(bring(tmp_path / "台账.csv")) == {"unchanged": 1}
    assert snapshot() == before


def test_our_own_export_brings_the_same_devices_into_an_empty_register(park, tmp_path):
    path = export_to(tmp_path / "台账.xlsx")
    devices = known_devices()
    for table in (EquipmentTouched, StatusChange, Extension, Inspection):
        table.delete().execute()
    Equipment.update(parent=None).execute()
    Equipment.delete().execute()
    assert fates(bring(path)) == {"created": len(devices)}
    assert known_devices() == devices


def known_devices():
    return sorted(
        str((d.enterprise.name, d.form, d.catalogue_code, d.name, d.own_number, d.line_number, d.maker_number))
        + str((d.device_code, d.status, d.length_mm, d.traits or {}, d.made_on, d.put_into_use_on, d.quantity))
        for d in Equipment.select()
    )
