"""`sceneboard demo`."""

from pathlib import Path

import click

from pipeline.cli.output import fail, friendly, say
from pipeline.operate.answer import Code


@click.command("demo")
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
@click.option("--aois", type=click.IntRange(1), default=None, help="How many AOIs of Sentinel-1 bursts.")
@click.option("--scenes", type=click.IntRange(1), default=None, help="Scenes in each.")
@click.option("--tiles", type=click.IntRange(1), default=None, help="Tiles of each scene.")
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed gives the same bytes.")
@click.option("--files", type=click.IntRange(1), default=None, help="How many log files.")
def command(
    folder: Path, aois: int | None, scenes: int | None, tiles: int | None, seed: int, files: int | None
) -> None:
    """Write a realistic log into DIR/events, to try things on: the sample, or with a size a larger one.

    \b
    Examples:
      sceneboard demo try && sceneboard --data try --site try/site build
      sceneboard demo large --aois 200 --scenes 480 --tiles 8
    """
    from pipeline import demo

    events = folder / "events"
    with friendly():
        if events.exists() and any(events.iterdir()):
            fail(f"{events} has a log already: name another folder", Code.EXISTS)
        if aois is None and scenes is None and tiles is None:
            demo.write_sample(events)
        else:
            demo.write_large(events, aois=aois or 1, scenes=scenes or 46, tiles=tiles or 8, seed=seed, files=files)
    say(f"Wrote a log to {events}. Build its site: sceneboard --data {folder} --site {folder / 'site'} build")
