"""Asks the fold's own rules what commands would come to now, and appends those that would do something."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.event import decode, moment
from pipeline.fold.apply import fold
from pipeline.fold.owners import Kind
from pipeline.fold.state import Scene, Tile
from pipeline.insight.guard import State as Seen
from pipeline.insight.guard import changed
from pipeline.log.compose import compose, now
from pipeline.log.place import Data, events_of, open_log
from pipeline.operate.answer import Answer, Code
from pipeline.operate.latest import latest
from pipeline.store.folds import Past, pasts
from pipeline.store.known import NEVER, aoi_of, newest_instant
from pipeline.timestamp import TimestampInvalid, instant, just_after, rfc3339

_UNNUMBERED = -1


@dataclass(frozen=True, slots=True)
class Proposal:
    """A command on one entity: `kind` is aoi, scene or tile; `id` its id, or an AOI's name."""

    type: str
    data: Mapping[str, Any]

    @property
    def kind(self) -> str:
        return self.type.partition(".")[0]

    @property
    def about(self) -> str:
        return f"{'AOI' if self.kind == 'aoi' else self.kind} {self.data['id']}"


def propose(
    data: Data, proposals: Sequence[Proposal], wait_seconds: float, expected: str | None = None
) -> list[Answer]:
    """Checks each against the latest state, one after the other as if those before it were there, and appends.

    What would be ignored or rejected isn't appended; the answer says why. With a guard (`expected`, see `guard`)
    nothing is appended unless all that is named is as the guard says.
    Raises StoreHeld, StoreBroken, AppendFailed, OSError if there is no log (`known_log`).
    """
    begins = any(proposal.type == "aoi.created" for proposal in proposals)
    with latest(data, wait_seconds, begins=begins) as database:
        answers: dict[int, Answer] = {}
        by_aoi: dict[str, list[int]] = defaultdict(list)
        for place, proposal in enumerate(proposals):
            home = aoi_of(database, proposal.kind, proposal.data["id"])
            if home is None:
                answers[place] = Answer(proposal.about, Code.NOT_FOUND, f"{proposal.about} is unknown")
            else:
                by_aoi[home].append(place)
        states = {past.name: State(past, history=expected is not None) for past in pasts(database, by_aoi)}
        if expected is not None and (refused := _guard(expected, proposals, list(states.values()))):
            return refused
        lines: list[bytes] = []
        last = NEVER
        for name, places in sorted(by_aoi.items()):
            for place in places:
                answers[place], line = states[name].judge(proposals[place], last)
                if line is not None:
                    lines.append(line)
                    last = moment(decode(line))
        if lines:
            open_log(events_of(data)).append(lines)
        return [answers[place] for place in range(len(proposals))]


def _guard(expected: str, proposals: Sequence[Proposal], states: Sequence["State"]) -> list[Answer]:
    """Nothing, if what is named is as the guard says; else a refusal that says what has changed."""
    named = {(proposal.kind, proposal.data["id"]) for proposal in proposals}
    now = [seen for state in states for seen in state.seen(named)]
    found = changed(expected, now, [change for state in states for change in state.folded.transitions])
    if found == [] and len(now) == len(named):
        return []
    if found:
        what = "; ".join(one.sentence for one in found)
    else:
        what = f"--expect {expected} is of another command, or of a past that has changed since"
    return [Answer(proposals[0].about, Code.NOT_ALLOWED, f"nothing was appended: {what}")]


class State:
    """An AOI's latest state, to which proposals that hold are added as they come."""

    def __init__(self, past: Past, *, history: bool = False) -> None:
        self._past = past
        self.folded = fold(past.name, past.events, past.taken, history=history)

    def seen(self, named: Collection[tuple[str, Any]]) -> list[Seen]:
        """What a guard looks at, of those of these scenes and tiles that are here."""
        aoi = self.folded.aoi
        return [
            *(
                Seen("scene", one.id, one.status, one.retry_countdown)
                for one in aoi.scenes.values()
                if ("scene", one.id) in named
            ),
            *(
                Seen("tile", one.id, one.status, one.retry_countdown)
                for one in aoi.tiles.values()
                if ("tile", one.id) in named
            ),
        ]

    def judge(self, proposal: Proposal, last: str = NEVER) -> tuple[Answer, bytes | None]:
        """What would come of it, and its line if that is to be appended: at an instant after `last`."""
        about = proposal.about
        newest = newest_instant(self._past, self.folded.aoi, proposal.kind, proposal.data["id"])
        try:
            time = stamp(max(last, newest))
        except TimestampInvalid as at_the_end:
            return Answer(about, Code.NOT_ALLOWED, f"{about}: {at_the_end}"), None
        line = compose(proposal.type, proposal.data, aoi=self.folded.aoi.name, time=time)
        outcome = self.folded.apply(_UNNUMBERED, decode(line))
        verdict, reason = ("applied", "") if outcome is None else (outcome.verdict, outcome.reason)
        more = f" ({reason})" if reason else ""
        match verdict:
            case "applied":
                return Answer(about, Code.OK, f"{about}: {proposal.type} appended{more}", appended=True), line
            case "ignored":
                return Answer(about, Code.OK, f"{about}: nothing to do{more}"), None
            case _:
                return Answer(about, refusal(proposal.type, reason), reason), None


def stamp(newest: str) -> str:
    """The time (RFC 3339) for an answer to what happened up to an instant: now, but never older than its question."""
    return rfc3339(max(instant(now()), just_after(newest)))


def refusal(type: str, reason: str) -> Code:
    """The exit code of a rejected command."""
    if reason.endswith("is unknown") or " is unknown in " in reason:
        return Code.NOT_FOUND
    return Code.EXISTS if type == "aoi.created" else Code.NOT_ALLOWED


def _seen(kind: Kind, entity: Scene | Tile) -> Seen:
    return Seen(kind, entity.id, entity.status, entity.retry_countdown)
