"""Which addresses a group robot may have: known here, so that a wrong one is refused where it is typed."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from inspect_station.registry.words import ROBOT_KINDS

HOSTS: Mapping[str, tuple[str, ...]] = {
    "wecom": ("qyapi.weixin.qq.com",),
    "dingtalk": ("oapi.dingtalk.com",),
    "feishu": ("open.feishu.cn", "open.larksuite.com"),
}


def address_problem(url: str, kind: str, further: str) -> str:
    """What is wrong with a robot's address, as one sentence; empty where nothing is.

    `further`: host names of the station's own, comma separated.
    """
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        parts.port  # noqa: B018 - raises where it is no number
    except ValueError:
        return "网址写错了，请从机器人的设置页重新复制"
    own = {name.strip().lower() for name in further.split(",") if name.strip()}
    if host in own and parts.scheme in {"http", "https"}:
        return ""
    if parts.scheme != "https":
        return "应为 https:// 开头的完整网址"
    hosts = HOSTS[kind]
    return "" if host in hosts else f"{ROBOT_KINDS[kind]}的网址应在 {'、'.join(hosts)} 上，现在是 {host or '空的'}"
