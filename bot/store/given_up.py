"""What a trigger that was refused or given up changes: it opened no alert, so nothing resolves it.

Derived anew from the lane's entries, also when such a trigger is sent again after all.
"""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Row, bindparam, delete, func, insert, select, update

from bot.ledger import EntryState
from bot.model import EventAction
from bot.store.database import Transaction
from bot.store.schema import open_alerts, outbox, recoveries

_WAITING = (EntryState.PENDING, EntryState.LEASED, EntryState.BLOCKED, EntryState.HELD)
_LIVING = (*_WAITING, EntryState.SENT)

# Without a channel it is a person's call, which belongs to no job.
_triggers = select(outbox).where(
    outbox.c.id.in_(bindparam("ids", expanding=True)),
    outbox.c.action == EventAction.TRIGGER,
    outbox.c.channel != "",
)
_before = select(func.max(outbox.c.seq)).where(
    outbox.c.lane == bindparam("of_lane"),
    outbox.c.seq < bindparam("of_seq"),
    outbox.c.action == EventAction.RESOLVE,
    outbox.c.state.in_(_LIVING),
)
_since = (
    select(outbox)
    .where(
        outbox.c.lane == bindparam("of_lane"),
        outbox.c.seq > bindparam("since"),
        outbox.c.action.in_((EventAction.TRIGGER, EventAction.RESOLVE)),
        outbox.c.state.in_(_LIVING),
    )
    .order_by(outbox.c.seq, outbox.c.ordinal)
)
_was_open = update(outbox).where(outbox.c.id == bindparam("of_id")).values(was_open=bindparam("is"))
_of_alert = (
    open_alerts.c.job == bindparam("of_job"),
    open_alerts.c.rule == bindparam("of_rule"),
    open_alerts.c.lane == bindparam("of_lane"),
)
_newer = select(open_alerts.c.opened).where(*_of_alert, open_alerts.c.opened > bindparam("of_seq"))
_close = delete(open_alerts).where(*_of_alert)
_recovery = select(recoveries.c.seq).where(
    recoveries.c.job == bindparam("of_job"), recoveries.c.rule == bindparam("of_rule")
)


def judge_alerts(transaction: Transaction, ids: Collection[int]) -> None:
    """Derive which alerts are open after these entries were refused, given up, or sent again."""
    if not ids:
        return
    for trigger in transaction.rows(_triggers, ids=sorted(ids)):
        _judge(transaction, trigger)


def is_recovered(transaction: Transaction, row: Row[Any]) -> bool:
    """Tell whether a trigger's job has recovered, and no resolve would follow this trigger."""
    if row.action != EventAction.TRIGGER:
        return False
    recovered = transaction.rows(_recovery, of_job=row.job, of_rule=row.rule)
    if not any(each.seq > row.seq for each in recovered):
        return False
    behind = transaction.rows(_since, of_lane=row.lane, since=row.seq)
    return not any(each.action == EventAction.RESOLVE for each in behind)


def _judge(transaction: Transaction, trigger: Row[Any]) -> None:
    lane = {"of_lane": trigger.lane}
    before = transaction.rows(_before, **lane, of_seq=trigger.seq)[0][0] or 0
    living = transaction.rows(_since, **lane, since=before)
    _correct_resolves(transaction, living)
    alert = {**lane, "of_job": trigger.job, "of_rule": trigger.rule}
    if transaction.rows(_newer, **alert, of_seq=trigger.seq):
        return  # a newer trigger has opened it
    resolved = [row.seq for row in living if row.action == EventAction.RESOLVE]
    resolved += [row.seq for row in transaction.rows(_recovery, **_without_lane(alert))]
    since = max([before, *resolved])
    opened = [
        row.seq
        for row in living
        if row.action == EventAction.TRIGGER
        and (row.job, row.rule) == (trigger.job, trigger.rule)
        and row.seq > since
    ]
    transaction.change(_close, **alert)
    if opened:
        row = {name: getattr(trigger, name) for name in ("job", "rule", "lane")}
        keys = {"key_ref": trigger.key_ref, "dedup_key": trigger.dedup_key}
        transaction.write(insert(open_alerts), [{**row, **keys, "opened": max(opened)}])


def _without_lane(alert: dict[str, Any]) -> dict[str, Any]:
    return {name: alert[name] for name in ("of_job", "of_rule")}


def _correct_resolves(transaction: Transaction, living: Sequence[Row[Any]]) -> None:
    """Let resolves that still wait say whether there is anything to resolve."""
    is_open, wrong = False, []
    for row in living:
        if row.action == EventAction.RESOLVE and row.state in _WAITING and row.was_open != is_open:
            wrong.append({"of_id": row.id, "is": is_open})
        is_open = row.action == EventAction.TRIGGER
    transaction.write(_was_open, wrong)
