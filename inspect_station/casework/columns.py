"""The columns of exported cases."""

from inspect_station.casework.words import SOURCES, STAGES
from inspect_station.export import Column

CASES = (
    Column("报检号", "number", 16),
    Column("状态", "state_word", 18),
    Column("企业", "enterprise_name", 30),
    Column("项数", "item_count", 8),
    Column("其中严重逾期", "late_count", 12),
    Column("来源", lambda row: SOURCES[row["source"]], 12),
    Column("提交时间", lambda row: row["submitted_at"].strftime("%Y-%m-%d %H:%M"), 18),
    Column("提交人", "submitted_by", 12),
    Column("希望日期（自）", "wished_from", 14),
    Column("希望日期（至）", "wished_to", 14),
    Column("约定日期", "agreed_on", 14),
    Column("首问负责人", "keeper_name", 12),
    Column("受理期限", "accept_by", 14),
    Column("限时办结", lambda row: "；".join(f"{p.label}{p.words}" for p in row["promises"]), 30),
    Column("不予受理或撤回的原因", "refusal", 40),
)

REPORTS = (
    Column("报告编号", "number", 20),
    Column("进度", lambda row: f"已{STAGES[row['stage']]}", 12),
    Column("企业", "enterprise_name", 30),
    Column("检验日期", "completed_on", 14),
    Column("项数", "item_count", 8),
    Column("检验人员", "people", 20),
    Column("承诺期限", "report_by", 14),
    Column("限时办结", lambda row: f"{row['promise'].label}{row['promise'].words}", 20),
    Column("签发日期", lambda row: row["issued_at"].strftime("%Y-%m-%d") if row["issued_at"] else "", 14),
    Column("复检", lambda row: f"第 {row['again']} 次" if row["again"] else "", 8),
)
POSTPONEMENTS = (
    Column("状态", "state_word", 24),
    Column("企业", "enterprise_name", 30),
    Column("设备", lambda row: f"{row['device_name']} {row['line_number'] or row['own_number']}", 26),
    Column("检验项目", "clock_label", 14),
    Column("原到期日", "original_due", 14),
    Column("延期至", "until", 14),
    Column("原因", "reason", 40),
    Column("监控和应急措施", "measures", 40),
    Column("批准人", "approved_by", 12),
    Column("申请时间", lambda row: row["asked_at"].strftime("%Y-%m-%d %H:%M"), 18),
    Column("申请人", "asked_by", 12),
    Column("检验机构意见", "opinion", 30),
    Column("备案日期", "filed_on", 14),
    Column("备案文号", "document", 24),
)
