"""Every figure once: its name, what exactly is counted (as it stands behind the name on the page), and its unit."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Definition:
    """`relation` names the rows it counts. `rate`: those that count among them, in per cent; `part`: their number.

    `good` says which way is better: 1 more, -1 less, 0 neither.
    """

    key: str
    label: str
    sentence: str
    relation: str
    group: str
    unit: str = "项"
    rate: bool = False
    part: bool = False
    good: int = 0

    @property
    def share(self) -> bool:
        """Whether it is told of how many it counts: a rate, or a number among others."""
        return self.rate or self.part


_ALL = (
    Definition(
        "due", "应检",
        "到期日落在本期内、由检验机构实施的检验项目。已检的按当时答复的到期日，未检的按现在的到期日；批准延期的按新日期，待确定的按最后期限。",
        "due", "head",
    ),
    Definition("due_done", "其中已检", "本期应检项目中，到本期最后一天（本期未完时到今天）为止已检的。", "due", "head", part=True, good=1),
    Definition(
        "inspected", "完成检验",
        "检验日期在本期内、由检验机构实施的检验，提前检和补检都在内；更正过的只算最后一条。检验日期只知月份的算在当月 28 日。",
        "inspected", "head", good=1,
    ),
    Definition(
        "overdue", "期末超期",
        "到本期最后一天（本期未完时到今天）已过最后期限、仍未检的项目；之后才补检的也算在内。后来停用、报废的不再计入。",
        "overdue", "head", good=-1,
    ),
    Definition(
        "rate_inspected", "定检率", "本期应检项目中已按期末时点检验的，除以本期应检项目（在用；批准延期的按新日期）。",
        "due", "rates", "%", rate=True, good=1,
    ),
    Definition(
        "rate_overdue", "超期率", "期末超期的在用项目，除以期末在用、由检验机构实施的全部检验项目。",
        "in_use", "rates", "%", rate=True, good=-1,
    ),
    Definition(
        "rate_first_pass", "一次合格率",
        "本期首次检验（上一次不合格之后的复检除外）中，首次结论合格的比例；没有填结论的不算合格。",
        "first", "rates", "%", rate=True, good=1,
    ),
    Definition(
        "rate_initiative", "主动报检率", "本期应检项目中，企业在收到任何提醒之前就已报检的比例；撤回和不予受理的不算。",
        "initiative", "rates", "%", rate=True, good=1,
    ),
    Definition(
        "rate_report", "报告及时率", "承诺签发日在本期内的报告中，在承诺日（含）之前签发的比例；未到承诺日且未签发的不计。",
        "report", "rates", "%", rate=True, good=1,
    ),
    Definition(
        "promise_accept", "受理承诺", "承诺受理日在本期内的报检中，按时作出受理决定的比例。",
        "accept", "promises", "%", rate=True, good=1,
    ),
    Definition(
        "promise_schedule", "约期承诺", "承诺约定日在本期内的报检中，按时提出检验日期的比例。",
        "schedule", "promises", "%", rate=True, good=1,
    ),
    Definition(
        "promise_reinspect", "复检承诺", "承诺复检日在本期内的整改回复中，按时安排复检的比例。",
        "reinspect", "promises", "%", rate=True, good=1,
    ),
    Definition("reports_issued", "签发报告", "本期内批准签发的检验报告。", "issued", "work", "份", good=1),
    Definition("findings_issued", "下达意见书", "本期内下达的检验意见通知书。", "findings", "work", "份"),
    Definition("findings_closed", "办结意见书", "本期内确认整改办结的检验意见通知书。", "closed", "work", "份", good=1),
    Definition("findings_open", "期末未办结意见书", "到期末已下达、尚未办结的检验意见通知书。", "open_findings", "work", "份", good=-1),
    Definition("clinic_visits", "诊所出诊", "出诊日在本期内的工业诊所出诊，取消的不算。", "clinic_visits", "clinic", "次", good=1),
    Definition(
        "clinic_findings", "诊所发现", "本期出诊中发现的问题，撤销的不算；按一般、较重、严重分。", "clinic_findings", "clinic", "条"
    ),
    Definition(
        "clinic_repeated", "其中重复出现", "本期诊所发现中，同一企业以前已发现过的同一问题。",
        "clinic_findings", "clinic", "条", part=True, good=-1,
    ),
    Definition(
        "rate_clinic", "处方按期办结率", "处方期限在本期内的诊所发现中，到期限（含）已整改办结的比例；未到期限且未办结的不计。",
        "clinic_done", "clinic", "%", rate=True, good=1,
    ),
    Definition("reminders_sent", "发出提醒", "本期内成功发出的提醒，一封里可以有多台设备。", "sent", "told", "封"),
    Definition("reminders_answered", "收到答复", "本期发出的提醒中，企业已通过链接或门户答复的。", "sent", "told", "封", part=True, good=1),
    Definition(
        "firms_silent", "没有回音的企业", "本期内收到过提醒，从本期第一天起既没有答复、也没有报检的企业。",
        "silent", "told", "家", good=-1,
    ),
    Definition(
        "firms_served", "服务企业", "正常经营的企业中，本期内有过检验、意见书或诊所出诊的。",
        "served", "told", "家", part=True, good=1,
    ),
    Definition(
        "firms_unseen", "90 天未走访",
        "正常经营的企业中，到期末的 90 天内没有由检验机构实施的检验、也没有诊所出诊的。",
        "unseen", "told", "家", good=-1,
    ),
)  # fmt: skip
DEFINITIONS: Mapping[str, Definition] = {each.key: each for each in _ALL}
GROUPS: Mapping[str, str] = {
    "head": "检验任务",
    "rates": "比率",
    "promises": "限时办结",
    "work": "报告和意见书",
    "clinic": "工业诊所",
    "told": "提醒和服务",
}
BUSINESS: Mapping[str, str] = {"first": "首次检验", "regular": "定期检验", "again": "复检"}
GRADES: Mapping[str, str] = {"minor": "一般", "major": "较重", "severe": "严重"}
