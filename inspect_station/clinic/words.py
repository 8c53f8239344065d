"""The words of the clinic: ids and their Chinese, one name for one thing everywhere."""

from collections.abc import Mapping
from datetime import date, datetime

# practice.md §5.
KINDS: Mapping[str, str] = {
    "consult": "咨询",
    "scope": "属性界定",
    "ledger": "台账核对",
    "before": "检前指导",
    "hazard": "隐患排查",
    "rectify": "整改指导",
    "training": "培训",
    "opinion": "征求意见",
}
KIND_NOTES: Mapping[str, str] = {
    "consult": "政策、手续、检验要求",
    "scope": "这台设备是不是特种设备",
    "ledger": "台账和证书对不对得上",
    "before": "检验前现场要准备什么",
    "hazard": "请来现场看一看",
    "rectify": "问题怎么整改才算到位",
    "training": "给操作和管理人员讲一讲",
    "opinion": "对我站的意见和建议",
}
SOURCES: Mapping[str, str] = {
    "portal": "企业门户", "answer": "提醒回复", "phone": "电话", "walk_in": "上门", "scan": "扫码",
}  # fmt: skip
REQUEST_STATES: Mapping[str, tuple[str, str, str]] = {  # word, icon, look
    "open": ("等待答复", "inbox", "apply_now"),
    "answered": ("已答复", "patch-question", "ok"),
    "closed": ("已办结", "check2-circle", "ok"),
    "withdrawn": ("已撤回", "arrow-counterclockwise", "stopped"),
}
OPEN_REQUESTS = ("open", "answered")
PLACES: Mapping[str, str] = {"centre": "园区服务中心", "site": "到企业现场"}
ORIGINS: Mapping[str, str] = {
    "round": "计划走访", "request": "应企业要求", "booked": "预约门诊", "inspection": "随检验同行", "other": "其他",
}  # fmt: skip
VISIT_STATES: Mapping[str, tuple[str, str, str]] = {
    "planned": ("待出诊", "calendar-event", "approaching"),
    "open": ("出诊中", "heart-pulse", "apply_now"),
    "finished": ("回访中", "arrow-clockwise", "approaching"),
    "closed": ("已办结", "check2-circle", "ok"),
    "cancelled": ("已取消", "x-circle", "stopped"),
}
GRADES: Mapping[str, tuple[str, str, str]] = {
    "minor": ("一般", "info-circle", "approaching"),
    "major": ("较重", "exclamation-triangle", "apply_now"),
    "severe": ("严重", "exclamation-octagon", "overdue"),
}
GRADE_NOTES: Mapping[str, str] = {
    "minor": "限期改好即可",
    "major": "须尽快整改，期间加强检查",
    "severe": "严重事故隐患：立即告知企业并报告监管部门",
}
FINDING_STATES: Mapping[str, tuple[str, str, str]] = {
    "open": ("待整改", "hourglass-split", "approaching"),
    "replied": ("已回复，待确认", "send-check", "apply_now"),
    "partly": ("部分整改", "arrow-clockwise", "approaching"),
    "done": ("已整改", "check-circle", "ok"),
    "dropped": ("不再适用", "dash-circle", "stopped"),
}
OPEN_FINDINGS = ("open", "replied", "partly")
ACTS: Mapping[str, str] = {
    "found": "发现", "reply": "企业回复", "done": "确认已整改", "partly": "部分整改", "not_done": "未整改",
    "drop": "不再适用", "tell_unit": "告知使用单位", "tell_authority": "报告监管部门",
}  # fmt: skip
ADVICE = "工业诊所的意见是技术服务，不是法定检验结论，也不代替定期检验。"


def request_number(request_id: int, at: datetime) -> str:
    """A request's number: WZ2026-00012."""
    return f"WZ{at.year}-{request_id:05d}"


def visit_number(visit_id: int, at: datetime) -> str:
    """A visit's number: CZ2026-00012."""
    return f"CZ{at.year}-{visit_id:05d}"


def hours(start_min: int, end_min: int) -> str:
    """09:00–09:30 of minutes counted from midnight."""
    return f"{start_min // 60:02d}:{start_min % 60:02d}–{end_min // 60:02d}:{end_min % 60:02d}"


def days_word(deadline: date, today: date) -> str:
    days = (deadline - today).days
    return f"超期 {-days} 天" if days < 0 else "今天到期" if days == 0 else f"还有 {days} 天"
