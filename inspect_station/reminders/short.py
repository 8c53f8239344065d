"""The same letter in few words: for group robots a text of at most 2 048 bytes, for text messages an approved template."""

from collections.abc import Sequence

from inspect_station.config import Settings
from inspect_station.reminders.channels.robots import TEXT_MOST
from inspect_station.reminders.channels.sms import TEXT_MOST as SMS_MOST
from inspect_station.reminders.channels.sms import render
from inspect_station.reminders.letter import SECTIONS, Item, Letter, one_line

_LINES_MOST = 8
_NAME_MOST = 60


def text(settings: Settings, written: Letter, link: str) -> str:
    """Everything owed is counted; as many devices as fit are named, the most urgent first."""
    total = written.total
    head = [f"【{'催检通知' if total else '处方提醒'}】{_cut(written.enterprise)}"]
    if total:
        head.append(f"共 {total} 项特种设备的检验、检查需要办理：{_counted(written)}。")
        head += [f"最早：{earliest(written)}"] if earliest(written) else []
    tail = [
        *_prescribed(written),
        f"查看清单和办法：{link}",
        f"{one_line(settings.station_name)}{f'，电话 {settings.station_phone}' if settings.station_phone else ''}"
        f"，编号 {written.number}",
    ]
    return "\n".join([*head, *_named(written.items, head, tail, total), *tail])


def _prescribed(written: Letter) -> list[str]:
    """How many prescriptions of the clinic wait, and the most urgent one."""
    if not written.prescriptions:
        return []
    first = written.prescriptions[0]
    words = f"工业诊所处方 {len(written.prescriptions)} 项待整改，最早期限 {first.deadline}（{first.days_words}）"
    return [f"{words}：{_cut(first.symptom)}。"]


def _counted(written: Letter) -> str:
    return "，".join(f"{title} {written.counts[name]} 项" for name, title, _ in SECTIONS if written.counts[name])


def _named(items: Sequence[Item], head: Sequence[str], tail: Sequence[str], total: int) -> list[str]:
    """Lines that fit, and a last one that says how many are left out."""
    lines: list[str] = []
    shown = 0
    for item in items[:_LINES_MOST]:
        line = _line(item)
        left = total - shown - item.count
        rest = [f"另有 {left} 项未列出。"] if left else []
        if len("\n".join([*head, *lines, line, *rest, *tail]).encode()) > TEXT_MOST:
            break
        lines.append(line)
        shown += item.count
    return [*lines, f"另有 {total - shown} 项未列出。"] if lines and shown < total else lines


def _line(item: Item) -> str:
    days = f"（{item.days}）" if item.days else ""
    return "· " + " ".join(filter(None, (_cut(item.device), _cut(item.own_number), item.clock, f"{item.due}{days}")))


def _cut(name: str) -> str:
    flat = one_line(name)
    return flat if len(flat) <= _NAME_MOST else flat[: _NAME_MOST - 1] + "…"


def earliest(written: Letter) -> str:
    """The first of the dates, as the letter writes it."""
    dated = [item for item in written.every if item.sort[1]]
    return min(dated, key=lambda item: str(item.sort[1])).due if dated else ""


def values(settings: Settings, written: Letter, link: str) -> dict[str, str]:
    """What a text message's template may name."""
    first = written.prescriptions[0].deadline.isoformat() if written.prescriptions else ""
    counts = {name: str(count) for name, count in written.counts.items() if name != "undetermined"}
    return {
        **counts,
        "firm": _cut(written.enterprise),
        "total": str(written.total or len(written.prescriptions)),
        "prescriptions": str(len(written.prescriptions)),
        "earliest": earliest(written) or (first if not written.total else "") or "日期待确定",
        "number": written.number,
        "station": one_line(settings.station_name),
        "phone": settings.station_phone,
        "link": link,
    }


def sms(template: str, filled: dict[str, str]) -> str:
    """The text message; empty where the template cannot be filled, which its channel reports."""
    try:
        return one_line(render(template, filled))[:SMS_MOST]
    except (KeyError, ValueError, IndexError):
        return ""
