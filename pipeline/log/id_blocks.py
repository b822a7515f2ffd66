"""Scene and tile ids, handed out from blocks that machines claim, so that no two ever hand out the same one.

The log's design: a machine claims a block by creating its claim file beside the log, exclusively; that holds on NFS and
object storage, where locks don't. Ids are handed out of the machine's own block under its local lock:

    {ids}/scene/00000001    scene ids 1 to 10: who claimed them, and a random word
    {ids}/tile/00000003     tile ids 201 to 300

What is left of a block is kept in the machine's state folder, and is good only while the claim file holds that same
random word: after the data folder was removed and made again, or another one put in its place, it isn't, and a new
block is claimed. Ids may be lost so (a kill, a power cut, a lost state folder), but are never handed out twice.
"""

from __future__ import annotations

import errno
import os
import re
from contextlib import suppress
from typing import TYPE_CHECKING, Literal, NamedTuple

from pipeline.disk import Folder, advice
from pipeline.log.claims import Claims, open_claims
from pipeline.log.writer import StateUnavailable, Writer, locked_writer

if TYPE_CHECKING:
    from pipeline.log.place import Place

BLOCK_SIZES = {"scene": 10, "tile": 100}
"""Ids in a block. Small, as what is left of a block is passed over once another machine's ids are higher."""

HIGHEST_ID = 2**53 - 1
"""The highest whole number that every JSON reader keeps exactly (RFC 8259, section 6)."""

_REST = re.compile(rb"([0-9a-f]{16} [0-9a-f]{16}) ([0-9]{1,16}) ([0-9]{1,16})\n")


class ClaimFailed(Exception):
    """No ids were handed out. The message, for people, says what was wrong and what to do."""


def take_ids(ids: Place, kind: Literal["scene", "tile"], count: int, *, above: int) -> list[int]:
    """Return `count` ids of that kind, ascending, all greater than `above`, that nobody else was or will be given.

    `above` is the highest id of the kind that anything in the log names (0 if none): ids that came from elsewhere are
    so never handed out again. `ids` is the place of the claims, beside the log; a folder is made if it isn't there.
    When it returns, all that is needed not to hand the ids out again is flushed to disk.
    Raises `ClaimFailed`, `StorageUnusable`, and `ValueError` for a negative `count` or `above`.
    """
    if count < 0 or above < 0:
        raise ValueError(f"neither may be negative: count {count}, above {above}")
    if count == 0:
        return []
    try:
        with (
            locked_writer() as writer,
            open_claims(ids, kind) as claims,
            writer.state.folder("ids") as rests,
        ):
            return _take(claims, rests, writer, BLOCK_SIZES[kind], count, above)
    except StateUnavailable as problem:
        raise ClaimFailed(f"No {kind} ids could be handed out from {ids}. {problem}") from problem
    except OSError as problem:
        told = f"{problem.filename}: {problem.strerror}." if isinstance(ids, str) else advice(problem)
        again = "" if problem.errno in (errno.ENOTSUP, errno.EACCES) else " Try again."
        raise ClaimFailed(f"No {kind} ids could be handed out from {ids}: {told}{again}") from problem


class _Rest(NamedTuple):
    """What is left of a claimed block: the ids from `start` on. `claim` is what its claim file must hold."""

    claim: str
    block: int
    start: int


def _take(claims: Claims, rests: Folder, writer: Writer, size: int, count: int, above: int) -> list[int]:
    ids: list[int] = []
    claimed: list[int] = []
    rest = _read_rest(rests, claims, writer)
    if rest:
        ids.extend(range(max(rest.start, above + 1), rest.block * size + 1)[:count])
    try:
        if rest is None or len(ids) < count:
            rest = _Rest(f"{writer.id} {os.urandom(8).hex()}", _first_free(claims, rest, above // size), 0)
            while len(ids) < count:
                rest = rest._replace(block=_claim(claims, rest, size))
                claimed.append(rest.block)
                first = max((rest.block - 1) * size, above) + 1
                ids.extend(range(first, rest.block * size + 1)[: count - len(ids)])
            claims.flush()
        kept = f"{rest.claim} {rest.block} {ids[-1] + 1}\n"
        rests.replace(claims.key, kept.encode(), durable=True)
    except BaseException:
        for block in claimed:  # none of their ids was used: whoever tries again on a full disk would leave gaps
            with suppress(OSError):
                claims.remove(_claim_name(block))
        raise
    return ids


def _read_rest(rests: Folder, claims: Claims, writer: Writer) -> _Rest | None:
    """What is left of the block claimed last, or None if that isn't known, or the claim isn't ours any more."""
    found = _REST.fullmatch(rests.read(claims.key) or b"")
    if not found:
        return None
    rest = _Rest(found[1].decode(), int(found[2]), int(found[3]))
    if not rest.claim.startswith(writer.id):
        return None
    return rest if claims.read(_claim_name(rest.block)) == _claim_text(rest) else None


def _claim(claims: Claims, after: _Rest, size: int) -> int:
    """Claim the first block after `after.block` that nobody has; return its number."""
    block = after.block
    while True:
        block += 1
        if block * size > HIGHEST_ID:
            raise ClaimFailed(
                f"The ids up to {HIGHEST_ID} are used up. Look in {claims.where} for a claim, and in the log for an "
                "id, that is far too high."
            )
        try:
            claims.create(_claim_name(block), _claim_text(after))
        except FileExistsError:
            continue
        return block


def _first_free(claims: Claims, rest: _Rest | None, named: int) -> int:
    """The block behind which the next one is looked for; `named` is one whose ids are in the log."""
    known = max(named, rest.block if rest else 0)
    return max(known, claims.highest(known))


def _claim_name(block: int) -> str:
    return f"{block:08d}"


def _claim_text(rest: _Rest) -> bytes:
    return f"{rest.claim}\n".encode()
