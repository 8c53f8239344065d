"""The words of a case: ids and their Chinese, one name for one thing everywhere."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

SOURCES: Mapping[str, str] = {"portal": "企业门户", "answer": "提醒回复", "desk": "窗口登记"}
# An application: word, icon.
STATES: Mapping[str, tuple[str, str]] = {
    "submitted": ("已提交，等待受理", "inbox"),
    "accepted": ("已受理，等待约定日期", "check-circle"),
    "scheduled": ("已约定检验日期", "calendar-check"),
    "inspecting": ("检验中", "clipboard-check"),
    "done": ("完成", "check2-circle"),
    "refused": ("不予受理", "x-circle"),
    "withdrawn": ("企业撤回", "arrow-counterclockwise"),
}
FURTHEST_DAYS = 400  # a day named further ahead is a slip of the year
OPEN_STATES = ("submitted", "accepted", "scheduled", "inspecting")
TASK_STATES: Mapping[str, str] = {
    "waiting": "等待约定日期",
    "agreed": "已约定日期",
    "inspecting": "检验中",
    "rectifying": "挂起，等整改复检",
    "done": "完成",
    "cancelled": "取消",
}
OUTCOMES: Mapping[str, str] = {
    "": "办理中",
    "inspected": "已检验",
    "refused": "不予受理",
    "withdrawn": "已撤回",
    "cancelled": "已取消",
}
SIDES: Mapping[str, str] = {"station": "检验站", "enterprise": "企业"}
STAGES: Mapping[str, str] = {"written": "编制", "checked": "校核", "reviewed": "审核", "issued": "批准签发"}


@dataclass(frozen=True)
class ReasonKind:
    """Why a row is due but not done. `quiet_days`: how many calendar days it may keep reminders away; 0: not at all."""

    label: str
    quiet_days: int = 0
    needs_evidence: bool = False


# practice.md §2. What quiets is what the enterprise can do nothing more about, or what another duty took the place of.
REASONS: Mapping[str, ReasonKind] = {
    "unreachable": ReasonKind("联系不上"),
    "urged": ReasonKind("多次催促未办"),
    "wishes_later": ReasonKind("企业希望在到期日之后检验"),
    "works_elsewhere": ReasonKind("设备在外地作业"),
    "not_found": ReasonKind("找不到设备或单位"),
    "dismantled": ReasonKind("设备已拆除，待办注销", 30),
    "failed": ReasonKind("检验不合格"),
    "rectifying": ReasonKind("等待整改", 30, needs_evidence=True),
    "notice_served": ReasonKind("已下达检验意见通知书", 0, needs_evidence=True),
    "ordered_out": ReasonKind("已责令停用", 30, needs_evidence=True),
    "extension_asked": ReasonKind("延期申请中", 30),
    "extension_approved": ReasonKind("延期已批准，待登记", 15, needs_evidence=True),
    "not_special": ReasonKind("不属于特种设备", 30, needs_evidence=True),
    "duplicate": ReasonKind("重复档案，待合并", 15),
    "wrong_data": ReasonKind("资料有误，待更正", 15),
    "other_body": ReasonKind("其他机构已检验，待报告", 30, needs_evidence=True),
    "idle": ReasonKind("现场闲置，待办停用", 30),
    "site_not_ready": ReasonKind("现场不具备检验条件", 15),
}


def number_of(application_id: int, submitted_at: datetime) -> str:
    """An application's number: BJ2026-000123."""
    return f"BJ{submitted_at.year}-{application_id:06d}"
