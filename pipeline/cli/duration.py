"""Lengths of time on the command line."""

import re

import click

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_DURATION = re.compile(r"([1-9][0-9]{0,5}) ?([smhd])", re.ASCII)


def seconds(ctx: click.Context, param: click.Parameter, value: str | None) -> int | None:
    """An option's value as seconds: a whole number of seconds, minutes, hours or days (`90s`, `15m`, `2h`, `1d`)."""
    if value is None:
        return None
    found = _DURATION.fullmatch(value.strip().lower())
    if found is None:
        raise click.BadParameter(f"{value!r} is no length of time: write 90s, 15m, 2h or 1d", ctx, param)
    return int(found[1]) * _SECONDS[found[2]]
