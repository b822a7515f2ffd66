"""What every process of a pool needs, made ready once: they are forked from the one process that imports this.

Nothing of the log, the store or the site is looked at here, and no thread is started. What can't be imported is left to
them: they tell of it in words.
"""

from contextlib import suppress

with suppress(Exception):
    import pipeline.cli.processes
    import pipeline.ingest
    import pipeline.publish.aoi
    import pipeline.store.folded  # noqa: F401
    from pipeline.render.environment import environment

    for template in environment().list_templates("html"):
        if template.startswith(("aoi/", "scene/")):
            environment().get_template(template)
