"""Who is asking, and what they may see. Every service call begins with an `Actor`."""

from dataclasses import dataclass
from typing import Any

from peewee import SQL, Field

from inspect_station.errors import NotAllowed, NotFound

# What each role may do. Reading follows from being inside the station; an enterprise reads its own only.
PERMISSIONS: dict[str, frozenset[str]] = {
    "admin": frozenset(
        {"accounts", "settings", "import", "edit", "remind", "audit", "backup", "staffing", "ladder", "persons"}
    ),
    "head": frozenset({"import", "edit", "remind", "approve", "audit", "staffing", "ladder", "persons"}),
    "technical_head": frozenset({"edit", "confirm_rules", "remind", "ladder"}),
    "inspector": frozenset({"edit", "remind", "import"}),
    "enterprise": frozenset(),
    "auditor": frozenset({"audit"}),
}

ROLE_NAMES = {
    "admin": "管理员",
    "head": "站长",
    "technical_head": "技术负责人",
    "inspector": "检验员",
    "enterprise": "企业用户",
    "auditor": "审计员",
    "system": "系统",
}


@dataclass(frozen=True)
class Actor:
    """A person (or the system itself) on whose behalf something is done."""

    account_id: int | None
    name: str
    role: str
    enterprise_id: int | None = None

    @classmethod
    def system(cls, name: str = "系统") -> "Actor":
        """Jobs and the command line: sees all, may do all; whoever has the shell has the database."""
        return cls(None, name, "system")

    @property
    def is_staff(self) -> bool:
        return self.enterprise_id is None

    def may(self, permission: str) -> bool:
        return self.role == "system" or permission in PERMISSIONS[self.role]

    def need(self, permission: str) -> None:
        """Raises `NotAllowed`; an enterprise learns nothing of what the station has: `NotFound`."""
        if self.may(permission):
            return
        raise NotAllowed() if self.is_staff else NotFound()

    def need_staff(self) -> None:
        if not self.is_staff:
            raise NotFound()

    def sees(self, enterprise_id: int | None) -> bool:
        return self.is_staff or enterprise_id == self.enterprise_id

    def check(self, enterprise_id: int | None) -> None:
        """Raises `NotFound` for what belongs to another enterprise: foreign and missing look the same."""
        if not self.sees(enterprise_id):
            raise NotFound()


def visible(actor: Actor, enterprise: Field) -> Any:
    """The condition every query carries: rows of the enterprises this actor may see.

    `enterprise` is the column that holds the enterprise's id.
    """
    return SQL("1 = 1") if actor.is_staff else (enterprise == actor.enterprise_id)
