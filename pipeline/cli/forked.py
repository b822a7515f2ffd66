"""What every process of a pool needs, made ready once: they are forked from the one process that imports this.

Nothing of the log, the store or the site is looked at here, and no thread is started.
"""

import pipeline.cli.workers
import pipeline.ingest
import pipeline.publish.aoi
import pipeline.store.folded  # noqa: F401
from pipeline.render.environment import environment

for template in environment().list_templates("html"):
    if template.startswith(("aoi/", "scene/")):
        environment().get_template(template)
