"""The stage that renders and publishes AOIs."""

from pipeline.publish.opening import open_site
from pipeline.publish.site import require_turn
from pipeline.publish.task import Published, Task
from pipeline.stages import collect_now_and_then, few_collections
from pipeline.store.lock import working


def publish_aois(task: Task) -> Published:
    """Renders and publishes the AOIs of a task. Raises TextDamaged, HolderGone, SiteOvertaken, OSError."""
    from pipeline.publish.aoi import publish_aoi  # whoever hands tasks out doesn't render

    result = Published()
    with (
        working(task.lock),
        open_site(task.site, new=task.new, build=task.build if task.elsewhere else "") as site,
    ):
        for past in task.pasts:
            require_turn(site, task.build)
            with few_collections():
                publish_aoi(site, task, past, result)
            collect_now_and_then(past.bytes)  # what was frozen in the block is looked through only behind it
        result.written, result.unchanged = site.touched, site.unchanged
    return result
