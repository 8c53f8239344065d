"""A pipe ledger as chemical plants keep it: 46 columns under two rows of bands, a blank row, sizes as 外径*壁厚."""

from pathlib import Path

from inspect_station.accounts.scope import Actor
from inspect_station.registry.ledgers import service
from inspect_station.registry.models import Equipment, Inspection
from tests.conftest import NOW, Cast
from tests.registry.ledgers import books

FIRST = {
    "序号": "1", "使用单位": "福州甲化工有限公司", "装置名称": "丙烯装置", "区域": "100单元", "使用登记证编号": "管30闽A00001(26)",
    "管道注册代码": "8310350100201500001", "管道名称": "丙烯输送管", "管道编号": "PL-10001-150-B2A", "管道级别": "GC2",
    "管道类别": "工业管道", "敷设方式": "架空", "起点": "V-101", "终点": "E-102", "P&ID号": "PID-101", "单线图号": "ISO-1001",
    "材质": "20（GB/T8163-2008）", "规格（外径*壁厚）": "159*4.5", "公称直径(DN)": "DN150", "壁厚(mm)": "4.5",
    "管道长度(m)": "320.5", "输送介质": "丙烯", "介质危害程度": "易燃", "设计压力(MPa)": "2.5/FV", "工作压力(MPa)": "1.8",
    "设计温度(℃)": "常温", "工作温度(℃)": "25", "腐蚀裕量(mm)": "1.5", "保温材料": "岩棉", "保温层厚度(mm)": "/",
    "防腐方式": "油漆", "焊口数量": "86", "管件数量": "24", "阀门数量": "6", "安全阀数量": "-", "设计单位": "某设计院",
    "安装单位": "某安装公司", "安装年月": "2014-06", "投用年月": "2014.10", "最近一次全面检验日期": "2021年5月",
    "检验结论": "符合要求", "安全状况等级": "2级", "检验机构": "省特检院", "检验报告编号": "GD-2021-0101",
    "下次全面检验日期": "2027-05", "最近一次年度检查日期": "2026/3/12", "备注": "／",
}  # fmt: skip
SECOND = FIRST | {
    "序号": "2", "管道编号": "PL-10002-80-B2A", "规格（外径*壁厚）": "Φ89*4/Φ57*3.5", "管道长度(m)": "1.2km", "管道级别": "GC1",
    "检验结论": "-", "安全状况等级": "", "检验报告编号": "/", "下次全面检验日期": "2026.12.01起",
}  # fmt: skip


def test_a_pipe_sheet_of_46_columns_comes_in_whole_and_a_second_time_changes_nothing(
    cast: Cast, tmp_path: Path
) -> None:
    title = ["压力管道台账", *[None] * 45]
    bands = ["", *[None] * 15, "管道规格", *[None] * 5, "设计/工作条件", *[None] * 15, "检验情况", *[None] * 7]
    rows = [title, bands, list(FIRST), [None] * 46, list(FIRST.values()), list(SECOND.values())]
    assert {len(row) for row in rows} == {46}
    path = books.xlsx(tmp_path / "管道.xlsx", {"工业管道": rows})

    def bring():
        return service.import_file(Actor.system("测试"), path, NOW, folder=tmp_path / "spool", write=True)

    told = bring()
    assert (told["created"], told["refused"], told["problems"]) == (2, 0, [])
    assert (told["sheets"][0]["kind"], told["sheets"][0]["unmapped"]) == ("pipes", ["序号"])
    lines = {e.line_number: e for e in Equipment.select().where(Equipment.form == "line")}
    assert [(n, e.length_mm, e.traits["pipe_grade"]) for n, e in lines.items()] == [
        ("PL-10001-150-B2A", 320_500, "GC2"),
        ("PL-10002-80-B2A", 1_200_000, "GC1"),
    ]
    assert lines["PL-10002-80-B2A"].technical["规格（外径*壁厚）"] == "Φ89*4/Φ57*3.5"
    found = Inspection.select().order_by(Inspection.equipment, Inspection.clock.desc())
    assert [(i.clock, i.completed_on, i.conclusion, i.grade, i.next_due) for i in found] == [
        ("periodic", "2021-05", "符合要求", 2, "2027-05"),
        ("annual", "2026-03-12", None, None, None),
        ("periodic", "2021-05", None, None, "2026-12-01"),
        ("annual", "2026-03-12", None, None, None),
    ]
    assert bring()["unchanged"] == 2
