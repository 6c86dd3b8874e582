"""Take in a message: everything that follows from it, in one commit.

A batch of messages is loaded, decided in memory (`book`, `runs`) and written as a set: nobody else
writes meanwhile, neither here (one writer) nor on another replica (its lock).
"""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import bindparam, delete, insert, or_, select, update

from bot.ledger import Ingested, Ingestion, OutboxEvent, Verdict
from bot.model import EventAction
from bot.store.book import Alert, Book, Lane, message_columns
from bot.store.database import Transaction
from bot.store.lanes import refresh
from bot.store.runs import fired, load_runs, placed, write_runs
from bot.store.schema import lanes, messages, open_alerts, outbox, recoveries
from bot.store.text import clip, dump, key, lane_of
from bot.store.writer import Kind

Identity = tuple[str, str, str, str]


def _several(name: str) -> Any:
    return bindparam(name, expanding=True)


_known = select(messages.c.ts, messages.c.channel, messages.c.team, messages.c.condition).where(
    messages.c.ts.in_(_several("ts"))
)
_alerts = select(open_alerts).where(
    or_(open_alerts.c.job.in_(_several("jobs")), open_alerts.c.lane.in_(_several("lanes")))
)
_recoveries = select(recoveries).where(recoveries.c.job.in_(_several("jobs")))
_lanes = select(lanes).where(lanes.c.lane.in_(_several("lanes")))
_places = select(outbox.c.lane, outbox.c.seq, outbox.c.ordinal, outbox.c.action).where(
    outbox.c.lane.in_(_several("lanes")), outbox.c.seq.in_(_several("seqs"))
)
_newest = (
    update(lanes).where(lanes.c.lane == bindparam("name")).values(newest_seq=bindparam("newest"))
)
_close = delete(open_alerts).where(
    open_alerts.c.job == bindparam("of_job"),
    open_alerts.c.rule == bindparam("of_rule"),
    open_alerts.c.lane == bindparam("of_lane"),
)
_forget = delete(recoveries).where(
    recoveries.c.job == bindparam("of_job"), recoveries.c.rule == bindparam("of_rule")
)


def ingest(transaction: Transaction, ingestions: Sequence[Ingestion]) -> list[Ingested]:
    """Take in a batch; the result stands in the order of the batch."""
    results: list[Ingested | None] = [None] * len(ingestions)
    fresh = _unknown(transaction, ingestions)
    there = fired(
        transaction, [key(ingestions[i].fired or "") for i in fresh if ingestions[i].fired]
    )
    for position, ingestion in enumerate(ingestions):
        if position not in fresh:
            results[position] = Ingested(Verdict.KNOWN)
        elif ingestion.fired is not None and key(ingestion.fired) not in there:
            results[position] = Ingested(Verdict.CANCELLED)
    new = [i for i in range(len(ingestions)) if results[i] is None]
    new.sort(key=lambda i: ingestions[i].seq)  # Slack's order, as far as it is known by now
    items = [ingestions[i] for i in new]
    run_book = load_runs(transaction, items)
    places = placed(transaction, run_book, items)
    book, taken = _load(transaction, places), []
    for position, ingestion, place in zip(new, items, places, strict=True):
        timer = key(ingestion.fired) if ingestion.fired is not None else None
        if timer is not None and run_book.is_over(there[timer]):  # it ends in this very batch
            results[position] = Ingested(Verdict.CANCELLED)
            continue
        taken.append(ingestion)
        run_book.enter(ingestion)
        results[position] = Ingested(Verdict.STORED, book.enter(place, transaction.now))
    transaction.write(insert(messages), [_message(each, transaction.now) for each in taken])
    _write(transaction, book)
    write_runs(transaction, run_book)
    return [result for result in results if result is not None]


def call(transaction: Transaction, ingestion: Ingestion) -> int:
    """Take in one event that a person asked for; gives its id in the outbox."""
    (event,) = ingestion.events
    book = Book()
    book.enter_calls(ingestion, transaction.now)
    _write(transaction, book)
    lane = lane_of(event.key_ref, event.dedup_key)
    return int(transaction.rows(select(outbox.c.id).where(outbox.c.lane == lane))[0].id)


INGEST = Kind("ingest", ingest, is_new=True)


def _identity(ingestion: Ingestion) -> Identity:
    columns = message_columns(ingestion)
    return columns["ts"], columns["channel"], columns["team"], columns["condition"]


def _unknown(transaction: Transaction, ingestions: Sequence[Ingestion]) -> set[int]:
    """Find the positions of the messages that were not delivered before."""
    names = [_identity(each) for each in ingestions]
    found = transaction.rows(_known, ts=sorted({name[0] for name in names}))
    seen = {(row.ts, row.channel, row.team, row.condition) for row in found}
    fresh = set()
    for position, name in enumerate(names):
        if name not in seen:
            seen.add(name)
            fresh.add(position)
    return fresh


def _load(transaction: Transaction, items: Sequence[Ingestion]) -> Book:
    events = [(each, event) for each in items for event in each.events]
    if not events:
        return Book()
    own = {lane_of(event.key_ref, event.dedup_key) for _, event in events}
    jobs = sorted({key(each.job) for each, _ in events})
    book = Book()
    _load_alerts(transaction, book, jobs, own)
    # A resolve may reach these lanes, too, and closes there what other jobs have opened.
    if elsewhere := {alert.lane for alert in book.alerts.values()} - own:
        _load_alerts(transaction, book, [], elsewhere)
    book.recoveries = {
        (row.job, row.rule): row.seq for row in transaction.rows(_recoveries, jobs=jobs)
    }
    names = own | {alert.lane for alert in book.alerts.values()}
    for row in transaction.rows(_lanes, lanes=sorted(names)):
        book.lanes[row.lane] = Lane(row.key_ref, (row.sent_seq, row.sent_ordinal), row.newest_seq)
    _load_places(transaction, book, _late(book, events))
    return book


def _load_alerts(
    transaction: Transaction, book: Book, jobs: Sequence[str], names: Iterable[str]
) -> None:
    for row in transaction.rows(_alerts, jobs=jobs, lanes=sorted(names)):
        alert = Alert(row.job, row.rule, row.lane, row.key_ref, row.dedup_key, row.opened)
        book.alerts[alert.job, alert.rule, alert.lane] = alert


def _late(book: Book, events: Iterable[tuple[Ingestion, OutboxEvent]]) -> set[tuple[str, int]]:
    """Find where something newer is stored already: only there places may be taken."""
    reach: dict[tuple[str, str], set[str]] = {}
    for alert in book.alerts.values():
        reach.setdefault((alert.job, alert.rule), set()).add(alert.lane)
    late = set()
    for ingestion, event in events:
        pair, own = (key(ingestion.job), key(event.rule)), lane_of(event.key_ref, event.dedup_key)
        others = reach.get(pair, ()) if event.action is EventAction.RESOLVE else ()
        for lane in {own, *others}:
            if lane in book.lanes and ingestion.seq <= book.lanes[lane].newest:
                late.add((lane, ingestion.seq))
        if ingestion.seq < book.recoveries.get(pair, 0):
            late.add((own, book.recoveries[pair]))
    return late


def _load_places(transaction: Transaction, book: Book, places: set[tuple[str, int]]) -> None:
    if not places:
        return
    # Two lists, not one of pairs: for pairs SQLite reads the whole table. More than was asked for
    # does no harm: every row is true.
    lanes_, seqs = sorted({lane for lane, _ in places}), sorted({seq for _, seq in places})
    for row in transaction.rows(_places, lanes=lanes_, seqs=seqs):
        book.taken.add((row.lane, row.seq, row.ordinal))
        if row.action == EventAction.RESOLVE:
            book.resolved.add((row.lane, row.seq))


def _message(ingestion: Ingestion, now: int) -> dict[str, Any]:
    return {
        **message_columns(ingestion),
        "seq": ingestion.seq,
        "producer": clip(ingestion.producer, 200),
        "job": key(ingestion.job),
        "status": dump(ingestion.status),
        "why": dump(ingestion.why),
        "received": now,
    }


def _write(transaction: Transaction, book: Book) -> None:
    touched = [(name, book.lanes[name]) for name in sorted(book.touched)]
    transaction.write(
        insert(lanes),
        [
            {
                "lane": name,
                "key_ref": lane.key_ref,
                "due": None,
                "retrying": 0,
                "sent_seq": 0,
                "sent_ordinal": 0,
                "newest_seq": lane.newest,
            }
            for name, lane in touched
            if lane.is_new
        ],
    )
    transaction.write(
        _newest,
        [{"name": name, "newest": lane.newest} for name, lane in touched if not lane.is_new],
    )
    transaction.write(insert(outbox), book.entries)
    refresh(transaction, book.touched)
    names = sorted(book.closed | book.opened)
    transaction.write(
        _close, [{"of_job": job, "of_rule": rule, "of_lane": lane} for job, rule, lane in names]
    )
    transaction.write(
        insert(open_alerts),
        [
            {
                "job": alert.job,
                "rule": alert.rule,
                "lane": alert.lane,
                "key_ref": alert.key_ref,
                "dedup_key": alert.dedup_key,
                "opened": alert.opened,
            }
            for alert in (book.alerts[name] for name in sorted(book.opened))
        ],
    )
    pairs = sorted(book.recovered)
    transaction.write(_forget, [{"of_job": job, "of_rule": rule} for job, rule in pairs])
    transaction.write(
        insert(recoveries),
        [{"job": job, "rule": rule, "seq": book.recoveries[job, rule]} for job, rule in pairs],
    )
