"""The register's own words: ids and their Chinese, one name for one thing everywhere."""

from collections.abc import Mapping

from schedules.terms import Clock, Kind, Status, catalogue_prefix

FORMS: Mapping[str, str] = {
    "device": "设备",
    "installation": "管道装置",
    "line": "管道（条）",
    "batch": "气瓶（批）",
    "accessory": "安全附件",
}
ENTERPRISE_STATUSES: Mapping[str, str] = {"active": "在园", "closed": "停业", "moved_out": "迁出"}
CONTACT_ROLES: Mapping[str, str] = {
    "safety_director": "安全总监",
    "safety_officer": "安全员",
    "principal": "主要负责人",
    "equipment_manager": "设备管理员",
    "other": "其他联系人",
}
ROBOT_KINDS: Mapping[str, str] = {"wecom": "企业微信群机器人", "dingtalk": "钉钉群机器人", "feishu": "飞书群机器人"}
STATUSES: Mapping[str, str] = {status.value: status.label for status in Status}
KINDS: Mapping[str, str] = {kind.value: kind.label for kind in Kind}

# 特种设备目录 (质检总局公告2014年第114号), the entries this station meets.
CATALOGUE: Mapping[str, str] = {
    "1100": "承压蒸汽锅炉",
    "1200": "承压热水锅炉",
    "1310": "有机热载体气相炉",
    "1320": "有机热载体液相炉",
    "2110": "超高压容器",
    "2130": "第三类压力容器",
    "2150": "第二类压力容器",
    "2170": "第一类压力容器",
    "2210": "铁路罐车",
    "2220": "汽车罐车",
    "2230": "长管拖车",
    "2240": "罐式集装箱",
    "2250": "管束式集装箱",
    "2310": "无缝气瓶",
    "2320": "焊接气瓶",
    "23T0": "特种气瓶",
    "2410": "医用氧舱",
    "2420": "高气压舱",
    "8110": "输油管道",
    "8120": "输气管道",
    "8210": "燃气管道",
    "8220": "热力管道",
    "8310": "工艺管道",
    "8320": "动力管道",
    "8330": "制冷管道",
    "7310": "安全阀",
    "F220": "爆破片装置",
    "F000": "压力表",
}

EQUIPMENT_FIELDS: Mapping[str, str] = {
    "enterprise": "使用单位",
    "parent": "所属设备（装置）",
    "form": "形式",
    "catalogue_code": "目录代码",
    "name": "设备名称",
    "initials": "拼音首字母",
    "own_number": "单位内编号",
    "maker": "制造单位",
    "maker_number": "出厂编号",
    "device_code": "设备代码",
    "registration_code": "注册代码",
    "certificate_number": "使用登记证编号",
    "line_number": "管道编号",
    "model": "设备型号",
    "location": "使用地点",
    "quantity": "数量",
    "length_mm": "管道长度",
    "technical": "技术参数",
    "traits": "检验特性",
    "status": "使用状态",
    "unregistered": "在用未注册",
    "stopped_on": "停用日期",
    "restarted_on": "重新启用日期",
    "moved_on": "移装日期",
    "made_on": "制造日期",
    "put_into_use_on": "投用日期",
    "design_life_years": "设计使用年限",
    "exempt_by_design": "设计规定不实施定期检验",
    "note": "备注",
}
ENTERPRISE_FIELDS: Mapping[str, str] = {
    "name": "企业名称",
    "short_name": "简称",
    "initials": "拼音首字母",
    "credit_code": "统一社会信用代码",
    "address": "地址",
    "plot": "园区地块",
    "supervising_office": "监管机构",
    "status": "状态",
    "responsible": "负责检验员",
    "note": "备注",
}
INSPECTION_FIELDS: Mapping[str, str] = {
    "clock": "检验项目",
    "completed_on": "检验日期",
    "conclusion": "检验结论",
    "grade": "安全状况等级",
    "next_due": "下次检验日期",
    "report_number": "报告编号",
    "inspectors": "检验人员",
    "institution": "检验机构",
    "note": "备注",
}
# Every changed thing the trail may name; an inspection stands under its clock.
FIELD_WORDS: Mapping[str, str] = {
    **ENTERPRISE_FIELDS,
    **EQUIPMENT_FIELDS,
    **INSPECTION_FIELDS,
    **{f"inspection.{clock.value}": clock.label for clock in Clock},
    **{f"extension.{clock.value}": f"{clock.label}延期" for clock in Clock},
    **CONTACT_ROLES,
}


def prefixes(kind: str) -> tuple[str, ...]:
    """Beginnings of the catalogue codes of a kind; empty for an unknown word."""
    return (catalogue_prefix(Kind(kind)),) if kind in KINDS else ()


def of_search(text: str) -> list[str]:
    """The words a person searches for, all of which must be found; five at most."""
    return text.replace("\0", "").split()[:5]


def catalogue_name(code: str) -> str:
    return CATALOGUE.get(code, "")


def masked_mobile(number: str) -> str:
    """138****1234; other numbers keep their first and last three characters."""
    if len(number) >= 11:
        return f"{number[:3]}{'*' * (len(number) - 7)}{number[-4:]}"
    return f"{number[:2]}{'*' * (len(number) - 4)}{number[-2:]}" if len(number) > 5 else "*" * len(number)


def metres(length_mm: int | None) -> str:
    """A length in metres without needless noughts: 12500 → 12.5."""
    return "" if length_mm is None else f"{length_mm / 1000:.3f}".rstrip("0").rstrip(".")
