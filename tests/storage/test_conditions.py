"""An object is put on the condition that it is what was seen of it, where the storage checks that and where not."""

import uuid

import pytest

from pipeline.objects import Changed, Objects


@pytest.mark.parametrize("kind", ["memory", "s3"])
def test_what_another_has_put_meanwhile_stays(kind: str, request: pytest.FixtureRequest) -> None:
    url = f"memory://{uuid.uuid4().hex}" if kind == "memory" else str(request.getfixturevalue("bucket"))
    objects = Objects(url)
    objects.put_if("a", b"first", None, content_type="text/plain")
    seen = objects.stat("a")
    with pytest.raises(Changed):
        objects.put_if("a", b"mine", None, content_type="text/plain")
    objects.put("a", b"another's", content_type="text/plain")
    with pytest.raises(Changed):
        objects.put_if("a", b"mine", seen, content_type="text/plain")
    assert objects.read("a") == b"another's"
    objects.put_if("a", b"mine", objects.stat("a"), content_type="text/plain")
    assert objects.read("a") == b"mine"
