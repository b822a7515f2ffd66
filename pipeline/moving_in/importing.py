"""`import`: reads a server's answers, plans events, checks the plan against the answers, and appends."""

import sys
from collections.abc import Collection
from dataclasses import dataclass, field

from pipeline.event import Event, decode, moment
from pipeline.fold.aoi_status import aoi_status
from pipeline.fold.apply import Folded, fold
from pipeline.log.batches import batches
from pipeline.log.place import Data, events_of, open_log
from pipeline.moving_in.answers import AoiAnswers, Source
from pipeline.moving_in.conflicts import check_unique, claims_of, conflicts
from pipeline.moving_in.differences import Difference, differences, weight
from pipeline.moving_in.lines import Writer
from pipeline.moving_in.plan import Plan, plan
from pipeline.moving_in.reading import read_aois
from pipeline.operate.propose import stamp
from pipeline.refresh import refresh
from pipeline.store import record
from pipeline.store.arrivals import owners_on_record
from pipeline.store.database import Database
from pipeline.store.folds import Past, pasts
from pipeline.store.held import hold_store
from pipeline.store.known import NEVER

_MOST_NAMED = 20


class ImportRefused(Exception):
    """Nothing was appended: ids stand for other things in the log. The text names them."""


@dataclass(slots=True)
class ImportedAoi:
    """What came of an AOI: events as lines, what could not be taken over, and things to know."""

    name: str
    scenes: int
    tiles: int
    lines: list[bytes]
    differences: list[Difference]
    notes: list[str]


@dataclass(slots=True)
class Imported:
    """What came of an import. `left` are AOIs of the log that were not answered."""

    source: str
    aois: list[ImportedAoi] = field(default_factory=list)
    left: list[str] = field(default_factory=list)

    @property
    def events(self) -> int:
        """How many events there are to append, or were appended."""
        return sum(len(aoi.lines) for aoi in self.aois)


def import_answers(
    data: Data, source: Source, wanted: Collection[str], wait_seconds: float, *, dry_run: bool
) -> Imported:
    """Takes over all AOIs that are answered, or those wanted. Appends what the log lacks; with `dry_run` nothing.

    Raises AoiUnknown, AnswerInvalid, SourceUnusable; ImportRefused; StoreHeld, StoreBroken, AppendFailed.
    """
    every = list(read_aois(source, wanted))
    check_unique(every)
    result = Imported(source.name)
    with hold_store(data, wait_seconds) as store, store.open() as database:
        refresh(database, events_of(data))
        known = {past.name: past for past in pasts(database, [answers.name for answers in every])}
        folded = {name: fold(past.name, past.events, past.taken) for name, past in known.items()}
        _check_ids(database, every, folded)
        for answers in every:
            result.aois.append(plan_aoi(known[answers.name], answers, source.name))
        if not wanted:
            answered = {answers.name for answers in every}
            result.left = [name for name, _ in record.aois(database) if name not in answered]
        if not dry_run:
            lines = (line for aoi in result.aois for line in aoi.lines)
            for batch in batches(lines, sys.maxsize):
                open_log(events_of(data)).append(batch)
    return result


def _check_ids(database: Database, every: list[AoiAnswers], folded: dict[str, Folded]) -> None:
    named = [(claim.kind, claim.id) for answers in every for claim in claims_of(answers)]
    owners = owners_on_record(database, named)
    found = [problem for answers in every for problem in conflicts(answers, folded[answers.name].aoi, owners)]
    if found:
        more = f"; and {len(found) - _MOST_NAMED:,} more" if len(found) > _MOST_NAMED else ""
        raise ImportRefused(
            f"nothing was appended, as {'; '.join(found[:_MOST_NAMED])}{more}. An id stands for one thing for good: "
            "import into a log of its own, or leave those AOIs out (--aoi)"
        )


def plan_aoi(past: Past, answers: AoiAnswers, source: str) -> ImportedAoi:
    """Plans an AOI. Of two ways to close chains the one that leaves less to be said; nothing if it changes nothing."""
    now = fold(past.name, past.events, past.taken).aoi
    left, exists = differences(now, answers, {}), now.exists
    lines: list[bytes] = []
    while left or not exists:
        found, then = _planned(past, lines, answers, source, parents_first=False)
        if then:
            other, other_then = _planned(past, lines, answers, source, parents_first=True)
            if weight(other_then) < weight(then):
                found, then = other, other_then
        if exists and weight(then) >= weight(left):  # what is left to do can't be done
            why = {one[:4]: one.why for one in then}
            left = [one._replace(why=why.get(one[:4], one.why)) for one in left]
            break
        lines += found.lines
        left, exists = then, True
    return _told(past, answers, lines, left)


def _planned(
    past: Past, lines: list[bytes], answers: AoiAnswers, source: str, *, parents_first: bool
) -> tuple[Plan, list[Difference]]:
    """A plan after these lines, and what is left then: all lines are folded anew, after all that happened before."""
    newest = moment(decode(lines[-1])) if lines else max(past.instants, default=NEVER)
    writer = Writer(answers.name, source, stamp(newest))
    found = plan(_after(past, lines), answers, writer, parents_first=parents_first)
    return found, differences(_after(past, [*lines, *found.lines]).aoi, answers, found.refused)


def _after(past: Past, lines: list[bytes]) -> Folded:
    """The AOI with these lines in its log."""
    first = max((number for number, _ in past.events), default=0) + 1
    events: list[tuple[int, Event]] = list(enumerate(map(decode, lines), first))
    return fold(past.name, [*past.events, *events], past.taken)


def _told(past: Past, answers: AoiAnswers, lines: list[bytes], left: list[Difference]) -> ImportedAoi:
    notes = []
    here = aoi_status(_after(past, lines).aoi)
    if answers.status not in (None, here):
        notes.append(
            f"AOI {answers.name} is {answers.status} there, {here} here: the server goes by the last event's kind, "
            "Sceneboard by the scenes and tiles alone"
        )
    return ImportedAoi(answers.name, len(answers.scenes), len(answers.tiles), lines, left, notes)
