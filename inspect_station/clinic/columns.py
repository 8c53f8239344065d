"""The columns of exported visits and prescriptions."""

from inspect_station.export import Column

VISITS = (
    Column("出诊号", "number", 16),
    Column("状态", "state_word", 10),
    Column("企业", "enterprise_name", 30),
    Column("内容", "kind_word", 12),
    Column("来由", "origin_word", 12),
    Column("计划日期", "planned_on", 12),
    Column("出诊日期", "visited_on", 12),
    Column("检验员", "inspector_name", 12),
    Column("我站人员", "station_people", 20),
    Column("企业人员", "unit_people", 20),
    Column("地点", "place", 20),
    Column("诊断数", "found_count", 8),
    Column("未办结", "open_count", 8),
    Column("其中严重", "severe_count", 8),
    Column("用时（分钟）", "minutes", 12),
    Column("小结", "summary", 50),
    Column("签字人", "signed_by", 12),
    Column("没有签字的原因", "unsigned_reason", 24),
)
FINDINGS = (
    Column("出诊号", "visit_number", 16),
    Column("状态", "state_word", 14),
    Column("企业", "enterprise_name", 30),
    Column("设备", lambda r: " ".join(filter(None, (r["device_name"], r["line_number"] or r["own_number"]))), 24),
    Column("发现日期", "visited_on", 12),
    Column("症状", "symptom", 40),
    Column("诊断", "diagnosis", 30),
    Column("依据", "basis", 30),
    Column("等级", "grade_word", 8),
    Column("处方", "measure", 40),
    Column("由谁", "who", 12),
    Column("期限", "deadline", 12),
    Column("重复发现", lambda r: r["repeats"] is not None, 10),
    Column("告知企业", "unit_told_at", 18),
    Column("报告监管部门", "authority_told_at", 18),
    Column("企业回复", "reply", 40),
    Column("检验员", "inspector_name", 12),
)
