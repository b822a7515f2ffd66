"""What the page about clusters tells to deploy: checked against the schemas, and its commands run on this machine."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from doc_pages import ROOT, blocks
from site_tree import differing, tree

yaml = pytest.importorskip("yaml", reason="needs the package PyYAML")
pytest.importorskip("distributed", reason="needs the package distributed")

PAGE = ROOT / "docs" / "scale.md"
BIN = Path(sys.executable).parent


def of_kind(kind: str) -> list[str]:
    return [block.text for block in blocks(PAGE) if block.kind == kind]


MANIFEST, COMPOSE = of_kind("yaml")
OBJECTS = list(yaml.safe_load_all(MANIFEST))


@pytest.mark.parametrize("object", OBJECTS, ids=[f"{one['kind']} {one['metadata']['name']}" for one in OBJECTS])
def test_kubernetes_would_take_the_manifest(object: dict[str, Any]) -> None:
    kubernetes_validate = pytest.importorskip("kubernetes_validate")
    kubernetes_validate.validate(object, kubernetes_validate.latest_version(), strict=True)


def test_its_parts_find_each_other() -> None:
    by_name = {(one["kind"], one["metadata"]["name"]): one["spec"] for one in OBJECTS}
    for name in ("scheduler", "worker"):
        deployment = by_name["Deployment", name]
        assert deployment["selector"]["matchLabels"] == deployment["template"]["metadata"]["labels"]
    labels = by_name["Deployment", "scheduler"]["template"]["metadata"]["labels"]
    assert by_name["Service", "scheduler"]["selector"] == labels
    assert by_name["NetworkPolicy", "scheduler"]["podSelector"]["matchLabels"] == labels


def test_docker_compose_would_take_the_file(tmp_path: Path) -> None:
    pytest.importorskip("check_jsonschema")
    (tmp_path / "compose.yaml").write_text(COMPOSE)
    done = subprocess.run(
        [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", "compose.yaml"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout


def containers() -> Iterator[tuple[str, list[str]]]:
    """Name and command of each of the manifest's containers."""
    for one in OBJECTS:
        spec = one["spec"].get("jobTemplate", one)["spec"]
        for container in spec.get("template", {}).get("spec", {}).get("containers", []):
            yield container["name"], container["args"]


def services() -> Iterator[tuple[str, list[str]]]:
    for name, service in yaml.safe_load(COMPOSE)["services"].items():
        yield name, service["command"]


@contextmanager
def running(command: list[str]) -> Iterator[str]:
    """A program that goes on; gives what it says until it says where it is."""
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        try:
            yield next(line for line in process.stderr if "Scheduler at:" in line or "Registered to:" in line)
        finally:
            process.kill()


@pytest.mark.parametrize("commands", [dict(containers()), dict(services())], ids=["Kubernetes", "Compose"])
def test_the_commands_build_a_site(commands: dict[str, list[str]], sample: Any, tmp_path: Path) -> None:
    """With a folder in place of the volume, and a free port of this machine in place of the scheduler's."""
    assert set(commands) == {"scheduler", "worker", "build"}
    shutil.copytree(sample.data / "events", tmp_path / "board/data/events")

    def here(name: str, address: str = "") -> list[str]:
        program, *arguments = commands[name]
        changed = [
            one.replace("tcp://scheduler:8786", address).replace("/board", str(tmp_path / "board")) for one in arguments
        ]
        return [str(BIN / program), *("0" if one == "8786" else one for one in changed)]

    with running([*here("scheduler"), "--host", "127.0.0.1"]) as said:
        address = said.split()[-1]
        with running(here("worker", address)):
            done = subprocess.run(here("build", address), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert differing(tree(tmp_path / "board/site"), tree(sample.folder)) == []


def test_a_job_of_a_batch_system_starts_a_worker_of_one_thread() -> None:
    pytest.importorskip("dask_jobqueue")
    (code,) = of_kind("python")
    environment = os.environ | {"PYTHONPATH": ":".join(filter(None, sys.path))}
    code = code.replace("cluster.scale(16)", "print(cluster.job_script())")
    done = subprocess.run(
        [sys.executable, "-c", "if __name__ == '__main__':\n" + "".join(f"    {one}\n" for one in code.splitlines())],
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    for words in (
        "#SBATCH --mem=2G",
        "#SBATCH -t 01:00:00",
        "dask_worker tcp://",
        "--nthreads 1 ",
        "--memory-limit 1.86GiB",
    ):
        assert words in done.stdout, done.stdout
