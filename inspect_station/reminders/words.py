"""The outbox's words as people read them."""

from inspect_station.reminders.channels import CHANNELS
from inspect_station.reminders.quiets import MARK

STATE_WORDS = {
    "queued": ("待发", "hourglass-split"),
    "claimed": ("正在发送", "send"),
    "failed": ("未送达，会再试", "arrow-clockwise"),
    "uncertain": ("不确定，会再发", "question-circle"),
    "sent": ("已发出", "check-circle"),
    "refused": ("未能送达", "x-circle"),
    "superseded": ("被后来的提醒取代", "dash-circle"),
    "suppressed": ("未发", "slash-circle"),
}
# The tabs of the page: (states, word, icon).
FATES = {
    "waiting": (("queued", "claimed"), "待发", "hourglass-split"),
    "trying": (("failed", "uncertain"), "重试中", "arrow-clockwise"),
    "sent": (("sent",), "已发出", "check-circle"),
    "refused": (("refused",), "未能送达", "x-circle"),
    "dropped": (("superseded", "suppressed"), "未发", "slash-circle"),
}
CHANNEL_WORDS = {name: label for name, (label, _) in CHANNELS.items()}
REASON_WORDS = {
    "moved": "到期日期已变化或已无须办理",
    "recipient_gone": "收件人已停用或更换",
}
OUTCOME_WORDS = {
    "sent": "对方已接收",
    "failed": "未送达",
    "refused": "被拒绝",
    "uncertain": "不确定是否送达",
    "interrupted": "发送进程中断",
}


def state_word(state: str, channel: str) -> str:
    """A letter that only lies in the folder was not sent, and is not called so."""
    return "已写入文件夹" if state == "sent" and channel == "folder" else STATE_WORDS[state][0]


def reason_word(reason: str) -> str:
    if reason.startswith(MARK):
        return f"暂不提醒：{reason.removeprefix(MARK)}"
    return REASON_WORDS.get(reason, reason)
