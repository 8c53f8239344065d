"""The columns of exported cases."""

from inspect_station.casework.words import SOURCES
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
