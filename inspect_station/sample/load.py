"""Write the sample park into an empty database, in a few bulk inserts for each firm."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from inspect_station.accounts import service as accounts
from inspect_station.accounts import station
from inspect_station.accounts.models import Account
from inspect_station.accounts.scope import Actor
from inspect_station.db import Table, bulk_insert, db
from inspect_station.duelist import service as duelist
from inspect_station.errors import Conflict
from inspect_station.registry.models import Contact, Enterprise, Equipment, Extension, Inspection
from inspect_station.sample import cases, clinic, devices, firms, plan, recipes, staff, told
from inspect_station.sample.devices import Made

FIRMS = 55
_ACTOR = Actor.system("示例数据")

STAFF = (
    ("admin", "管小理", "admin"),
    ("zhanzhang", "林站长", "head"),
    ("jishu", "黄技术", "technical_head"),
    ("chenjian", "陈检", "inspector"),
    ("linyan", "林验", "inspector"),
    ("zhenggui", "郑规", "inspector"),
    ("huangce", "黄测", "inspector"),
    ("shenji", "吴审计", "auditor"),
)


@dataclass(frozen=True)
class Loaded:
    enterprises: int
    equipment: int
    inspections: int
    better_plan: int | None


def load(seed: int, scale: int, today: date, now: datetime, *, better: bool = False) -> Loaded:
    """The whole park in one transaction: 55 firms times `scale`. Raises `Conflict` unless the database is empty.

    `better`: a plan is left to be worked out, see `plan.furnish`.
    """
    if Enterprise.select().exists() or Account.select().exists():
        raise Conflict(
            "数据库里已有内容，示例数据只能装入空库；请另选一个 STATION_DATA_DIR 或 STATION_DATABASE_URL。"
        )
    rng = random.Random(seed)  # noqa: S311 - a reproducible sample, no secret
    with db.atomic():
        inspectors = _staff(now)
        made = list(firms.firms(rng, FIRMS * scale, now))
        ids = _insert(Enterprise, [{**row, "responsible": rng.choice(inspectors)} for row, _ in made])
        bulk_insert(Contact, [c for n, i in enumerate(ids) for c in firms.contacts(rng, i, n, today, now)])
        counts = [_equip(rng, i, profile, today, now) for i, (_, profile) in zip(ids, made, strict=True)]
        _users(ids[:FIRMS], now)
        if scale == 1:
            # The first letters are told as of some days ago: computed as of then, the due list needs one pass, not three.
            duelist.refresh(today - told.BEFORE)
        staff.furnish(_ACTOR, today, now)
        cases.applications(rng, today, now)
        clinic.furnish(random.Random(seed + 6), today, now)  # noqa: S311 - its own, so that the rest stays as it was
        station.put(station.SAMPLE, {"seed": seed, "scale": scale}, now)
        asked = None
        if scale == 1:  # a park for load tests gets its plan by the page, in its own time
            asked = plan.furnish(_ACTOR, ids, today, now, better=better)
    return Loaded(len(ids), sum(d for d, _ in counts), sum(n for _, n in counts), asked)


def _staff(now: datetime) -> list[int]:
    made = [
        accounts.create_account(_ACTOR, login=login, name=name, role=role, now=now, sample=True)
        for login, name, role in STAFF
    ]
    return [account.id for account in made if account.role == "inspector"]


def _users(enterprise_ids: Sequence[int], now: datetime) -> None:
    for number, enterprise_id in enumerate(enterprise_ids, start=1):
        login = f"qiye{number:02d}"
        accounts.create_account(
            _ACTOR,
            login=login,
            name=f"企业用户{number:02d}",
            role="enterprise",
            enterprise_id=enterprise_id,
            now=now,
            sample=True,
        )


def _equip(rng: random.Random, enterprise_id: int, profile: str, today: date, now: datetime) -> tuple[int, int]:
    """One firm's devices: first those that stand alone, then the lines and accessories that belong to one."""
    plan = [(recipe, rng.randint(least, most)) for recipe, least, most in recipes.PROFILES[profile]]
    made = [
        devices.device(rng, recipe, enterprise_id, number, today, now)
        for recipe, count in plan
        for number in range(1, count + 1)
    ]
    alone = [m for m in made if m.row["form"] in {"device", "batch"}]
    attached = [m for m in made if m.row["form"] == "accessory"]
    lines = [m for m in made if m.row["form"] == "line"]
    alone_ids = _insert(Equipment, [m.row for m in alone])
    _give_parents(attached, alone_ids[: len(attached)] or alone_ids, each=1)
    installations = [_installation(lines[i], now) for i in range(0, len(lines), 25)]
    _give_parents(lines, _insert(Equipment, installations), each=25)
    ids = [*alone_ids, *_insert(Equipment, [m.row for m in [*attached, *lines]])]
    pairs = list(zip(ids, [*alone, *attached, *lines], strict=True))
    made_rows = [(m, row) for i, m in pairs for row in devices.inspections(rng, m, i, today, now)]
    rows = [row for _, row in made_rows]
    bulk_insert(Inspection, rows)
    longer = [devices.extension(m, row["equipment"], row, today, now) for m, row in made_rows]
    bulk_insert(Extension, [row for row in longer if row][::7][:3])
    return len(ids) + len(installations), len(rows)


def _give_parents(children: Sequence[Made], parents: Sequence[int], each: int) -> None:
    for index, child in enumerate(children):
        child.row["parent"] = parents[(index // each) % len(parents)] if parents else None


def _installation(first_line: Made, now: datetime) -> dict[str, object]:
    """A pipe installation for lines: the certificate is the installation's, the clocks are the lines'."""
    row = first_line.row
    return {
        **row,
        "form": "installation",
        "name": row["name"].removesuffix("管") + "管道装置",
        "own_number": (row["own_number"] or row["line_number"]).replace(first_line.recipe.prefix, "GD"),
        "line_number": "",
        "length_mm": None,
        "status": "in_use",
        "stopped_on": None,
        "technical": None,
        "traits": None,
        "created_at": now - timedelta(days=1),
    }


def _insert(table: type[Table], rows: Sequence[dict[str, object]]) -> list[int]:
    """Insert rows and return their ids in order: nobody else writes to an empty database in this transaction."""
    name = table._meta.table_name
    (last,) = db.execute_sql(f'SELECT COALESCE(MAX(id), 0) FROM "{name}"').fetchone()  # noqa: S608
    bulk_insert(table, rows)
    return [i for (i,) in db.execute_sql(f'SELECT id FROM "{name}" WHERE id > {last} ORDER BY id')]  # noqa: S608
