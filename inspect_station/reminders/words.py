"""The outbox's words as people read them."""

from inspect_station.reminders.channels import CHANNELS, NOTICE
from inspect_station.reminders.channels.config import ELECTRONIC
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
# The same to the enterprise a letter is for: what it means to the reader, not how far our machine has come.
FIRM_FATES = {
    "waiting": "即将发出",
    "trying": "正在再发",
    "sent": "已发出",
    "refused": "没有送到",
    "dropped": "不再需要",
}
CHANNEL_WORDS = {name: kind.label for name, kind in CHANNELS.items()}
REASON_WORDS = {
    "moved": "到期日期已变化或已无须办理",
    "recipient_gone": "收件人已停用或更换",
    "reachable": "企业已有可用的地址，改由渠道发送",
}
OUTCOME_WORDS = {
    "sent": "对方已接收",
    "failed": "未送达",
    "refused": "被拒绝",
    "uncertain": "不确定是否送达",
    "interrupted": "发送进程中断",
    "limited": "对方限速，稍后再发",
}


# What a person does has no address; this stands in its place.
BY_PERSON = {"phone": "检验站打电话", "print": "检验站送书面通知"}


def state_word(state: str, channel: str, *, to_firm: bool = False) -> str:
    """A letter that only lies in the folder was not sent, and is not called so; a person calls, or prints and delivers."""
    if channel == NOTICE:
        return {"queued": "已打印，等送达", "sent": "已送达"}.get(state, "已作废")
    if channel in BY_PERSON and state == "sent":
        return "已书面送达" if channel == "print" else "已电话告知"
    if channel in BY_PERSON and state == "queued":
        return "即将通知" if to_firm else "等人通知"
    if state == "sent" and channel == "folder":
        return "没有真正发出" if to_firm else "已写入文件夹"
    return _firm_word(state) if to_firm else STATE_WORDS[state][0]


def _firm_word(state: str) -> str:
    return next(FIRM_FATES[fate] for fate, (states, _, _) in FATES.items() if state in states)


def reason_word(reason: str) -> str:
    if reason.startswith(MARK):
        return f"暂不提醒：{reason.removeprefix(MARK)}"
    return REASON_WORDS.get(reason, reason)


# What came of a call, or of a printed notice. (word, whether the enterprise has been told)
HAND_WORDS = {
    "reached": ("已告知", True),
    "no_answer": ("没有接通", False),
    "later": ("约好再打", False),
    "wrong_number": ("号码不对", False),
    "delivered": ("已送达", True),
}

# What the audit trail keeps of the acts of this area.
AUDIT_WORDS = {
    **{name: word for name, word in CHANNEL_WORDS.items() if name in ELECTRONIC},
    **{name: word for name, (word, _) in HAND_WORDS.items()},
    "by_hand": "有人暂停",
    "restored": "从备份恢复",
    "downtime": "停用过久",
    "clock_jump": "时钟跳动",
    "channel": "渠道",
    "outcome": "结果",
    "letters": "封数",
    "items": "项数",
    "staff": "站内信",
    "order": "渠道次序",
    "on": "启用的渠道",
    "escalate_after": "等答复的天数",
    "sms.url": "短信网关地址",
    "sms.headers": "短信请求头",
    "sms.method": "短信请求方法",
    "sms.form": "短信请求格式",
    "sms.body": "短信请求内容",
    "sms.template": "短信模板",
    "sms.template_code": "短信模板编号",
    "sms.free_variables": "短信模板变量",
    "sms.success_path": "短信回答看哪一项",
    "sms.success_value": "短信已接收的值",
    "sms.words_path": "短信说明在哪一项",
    "sms.limited_values": "短信发得太快的值",
}
