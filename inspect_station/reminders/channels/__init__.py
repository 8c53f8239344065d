"""How a letter leaves the station. A channel is one class and one line in the table at the end.

`send` returns when the receiver has taken the letter; otherwise it raises `ChannelError`, which says whether another
try makes sense. A channel is opened for a run of letters and closed after it; it belongs to one thread.
"""

from collections.abc import Mapping
from datetime import timedelta

from inspect_station.reminders.channels.base import Channel, ChannelError, Kind, Limit, Outgoing, Target
from inspect_station.reminders.channels.byhand import ByHand
from inspect_station.reminders.channels.folder import FolderChannel
from inspect_station.reminders.channels.mail import MailChannel, connect
from inspect_station.reminders.channels.mime import mail_of
from inspect_station.reminders.channels.robots import (
    TEN_MINUTES,
    DingTalkRobot,
    FeishuRobot,
    RobotChannel,
    WeComRobot,
)
from inspect_station.reminders.channels.sms import PENALTY, SmsChannel

__all__ = [
    "BY_HAND", "CHANNELS", "DISTURBING", "ROBOTS", "Channel", "ChannelError", "FolderChannel", "Kind", "Limit", "MailChannel", "Outgoing",
    "RobotChannel", "SmsChannel", "Target", "connect", "mail_of",
]  # fmt: skip

# 1 + floor((60 s + (burst - 1) × every) ÷ every) letters fit into any minute: 19 of 20, 90 of 100.
_TWENTY = Limit(every=4.0, burst=4, penalty=timedelta(minutes=1))
_TWENTY_THEN_BLOCKED = Limit(every=4.0, burst=4, penalty=TEN_MINUTES)
_HUNDRED = Limit(every=0.7, burst=4, penalty=timedelta(minutes=1))
_GATEWAY = Limit(every=1.0, burst=5, penalty=PENALTY, shared=True)

CHANNELS: Mapping[str, Kind] = {
    "mail": Kind("邮件", MailChannel),
    "wecom": Kind("企业微信群", WeComRobot, "short", _TWENTY),
    "dingtalk": Kind("钉钉群", DingTalkRobot, "short", _TWENTY_THEN_BLOCKED),
    "feishu": Kind("飞书群", FeishuRobot, "short", _HUNDRED),
    "sms": Kind("短信", SmsChannel, "sms", _GATEWAY),
    "phone": Kind("电话名单", ByHand, "none"),
    "print": Kind("书面通知", ByHand, "none"),
    "notice": Kind("通知单", ByHand, "none"),
    "folder": Kind("文件夹（未真正发出）", FolderChannel),
}
ROBOTS: Mapping[str, type[RobotChannel]] = {"wecom": WeComRobot, "dingtalk": DingTalkRobot, "feishu": FeishuRobot}
# They make a telephone ring: never at night, unless the station has set such hours itself.
DISTURBING = (*ROBOTS, "sms")
NOTICE = "notice"  # printed and delivered where notices are kept; on no list of calls
BY_HAND = tuple(name for name, kind in CHANNELS.items() if kind.wording == "none" and name != NOTICE)
