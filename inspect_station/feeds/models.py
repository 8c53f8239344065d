"""Who subscribed, and what each event said last."""

from peewee import SQL, AutoField, CharField, DateField, ForeignKeyField, IntegerField, Node

from inspect_station.accounts.models import Account
from inspect_station.db import MomentField, Table

_EMPTY: list[Node] = [SQL("DEFAULT ''")]


class CalendarFeed(Table):
    """A subscription of one person. Its address holds a secret that is shown once; only the hash is kept."""

    id = AutoField()
    token_hash = CharField(max_length=64, unique=True)
    account = ForeignKeyField(Account, on_delete="CASCADE")
    name = CharField(max_length=60, default="", constraints=_EMPTY)
    created_at = MomentField()
    revoked_at = MomentField(null=True)
    fetched_at = MomentField(null=True)


class FeedEvent(Table):
    """What was last told under a UID, by whichever feed, so that SEQUENCE rises when it changes."""

    uid = CharField(max_length=80, primary_key=True)
    told_on = DateField()
    # A digest of the rest that was told: summary, description, place.
    told = CharField(max_length=64)
    sequence = IntegerField(default=0, constraints=[SQL("DEFAULT 0")])
    changed_at = MomentField()
