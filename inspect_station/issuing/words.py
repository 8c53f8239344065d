"""The register's words."""

from inspect_station.notices.model import NoticeKind

KINDS = {kind.value: kind.label for kind in NoticeKind}
SHORT_KINDS = {"due": "到期报检通知", "overdue": "超期催检通知", "preparation": "准备告知书"}
STANDINGS = {"open": "未送达", "delivered": "已送达", "void": "已作废"}
STANDING_ICONS = {"open": "hourglass-split", "delivered": "check-circle", "void": "slash-circle"}
