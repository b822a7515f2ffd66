"""The recipes, as schedulers and CI systems take them: their own rules for files, their shells, their environments."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from doc_pages import ROOT, blocks
from log_lines import Log, scene_body

PAGE = ROOT / "docs" / "recipes.md"
GITHUB, GITLAB = (block.text for block in blocks(PAGE) if block.kind == "yaml")
(JENKINS,) = (block.text for block in blocks(PAGE) if block.kind == "groovy")
UNITS = dict(
    zip(
        re.findall(r"`/etc/systemd/system/(sceneboard[\w.-]+)`", PAGE.read_text("utf-8")),
        (block.text for block in blocks(PAGE) if block.kind == "ini"),
        strict=True,
    )
)
REAL = [sys.executable, "-c", "from pipeline.cli import main; main()"]


Form = Mapping[str, str]
Script = tuple[str, Form]
"""The text, and the variables that it is given."""


def of_github(form: Form) -> list[Script]:
    """Its shell is `bash -e`, a file for each step; a step that fails is the last."""
    steps = [step for step in yaml.safe_load(GITHUB)["jobs"]["board"]["steps"] if step["name"] != "Install"]
    inputs = {f"${{{{ inputs.{name.lower()} }}}}": value for name, value in form.items()}
    return [(step["run"], {name: inputs[value] for name, value in step.get("env", {}).items()}) for step in steps]


def of_gitlab(form: Form) -> list[Script]:
    """The lines of a job are one script; what the form asks for are variables."""
    told = yaml.safe_load(GITLAB)
    return [("\n".join(told["operate"]["script"]), {name: form[name] for name in told["variables"] if name in form})]


def of_jenkins(form: Form) -> list[Script]:
    """Single quotes: Groovy makes nothing of what stands between them. Parameters are variables."""
    names = re.findall(r"(?:choice|string)\(name: '(\w+)'", JENKINS)
    scripts = re.findall(r"\bsh '(.*)'", JENKINS)
    return [(text, {name: form[name] for name in names}) for text in scripts if "pip install" not in text]


@dataclass(frozen=True)
class Job:
    """What a CI system runs when somebody has filled in the form, and the shell that it is given to."""

    scripts: Callable[[Form], list[Script]]
    shell: tuple[str, ...]

    def run(self, folder: Path, form: Form) -> "subprocess.CompletedProcess[str]":
        """One script after the other, until one fails."""
        env = {"PATH": f"{folder / '.venv' / 'bin'}:/usr/bin:/bin", "HOME": str(folder)}
        env |= {"SCENEBOARD_DATA": str(folder / "data"), "SCENEBOARD_SITE": str(folder / "site")}
        env |= {"SCENEBOARD_STATE": str(folder / "state"), "PYTHONPATH": str(ROOT)}
        for script, variables in self.scripts({**FORM, **form}):
            command, given = [*self.shell, script], {**env, **variables}
            done = subprocess.run(command, cwd=folder, env=given, capture_output=True, text=True, check=False)
            if done.returncode != 0:
                break
        return done


JOBS = {
    "github": Job(of_github, ("bash", "-e", "-c")),
    "gitlab": Job(of_gitlab, ("bash", "-eo", "pipefail", "-c")),
    "gitlab, without bash": Job(of_gitlab, ("sh", "-e", "-c")),
    "jenkins": Job(of_jenkins, ("sh", "-xe", "-c")),
}
FORM = {"COMMAND": "retry", "KIND": "tile", "IDS": "11", "REASON": "disk was full"}
each_job = pytest.mark.parametrize("job", JOBS.values(), ids=JOBS)


def command(folder: Path, text: str) -> None:
    """`sceneboard`, as a shell script."""
    path = folder / ".venv" / "bin" / "sceneboard"
    path.parent.mkdir(parents=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


@pytest.fixture
def told(tmp_path: Path) -> Path:
    """A folder whose `sceneboard` only writes down what it was told, word by word. It holds files for `*` and `?`."""
    (tmp_path / "a file").touch()
    (tmp_path / "x").touch()
    command(tmp_path, 'printf "%s\\0" "$@" >> told; printf "\\n\\0" >> told')
    return tmp_path


@pytest.fixture
def real(tmp_path: Path, log: Log) -> Path:
    """A folder with the program and a log: tile 11 is in RETRY, tile 12 is DONE."""
    words = " ".join(f"'{word}'" for word in REAL)
    command(tmp_path, f'exec {words} "$@"')
    log.aoi()
    log.add("scene.created", scene_body(1, {11: None, 12: None}))
    log.says("scene", 1, "DONE")
    log.says("tile", 11, "RETRY", "disk full")
    log.says("tile", 12, "DONE")
    return tmp_path


def events(folder: Path) -> list[dict[str, Any]]:
    found = [json.loads(line) for file in (folder / "data").rglob("*.jsonl") for line in file.read_bytes().splitlines()]
    return [event for event in found if event["type"] == "tile.retry"]


@pytest.mark.parametrize(
    ("schema", "text"),
    [("github-workflows", GITHUB), ("gitlab-ci", GITLAB)],
    ids=["github", "gitlab"],
)
def test_a_workflow_is_one_by_the_published_schema(schema: str, text: str, tmp_path: Path) -> None:
    assert check_schema(schema, text, tmp_path) == 0
    assert check_schema(schema, text.replace("script:", "scrip:").replace("runs-on:", "run-on:"), tmp_path) == 1


def check_schema(schema: str, text: str, folder: Path) -> int:
    (folder / "workflow.yml").write_text(text, "utf-8")
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{schema}"]
    return subprocess.run(
        [*command, str(folder / "workflow.yml")], stdout=subprocess.DEVNULL, env=os.environ, check=False
    ).returncode


def test_no_script_is_made_of_what_people_type() -> None:
    for step in yaml.safe_load(GITHUB)["jobs"]["board"]["steps"]:
        assert "${{" not in step["run"]
    assert len(of_jenkins(FORM)) == 2
    assert not re.search(r'\bsh\s*\(?\s*(?:"|\'\'\')', JENKINS)


@each_job
@pytest.mark.parametrize(
    "reason",
    ["disk was full", "it's \"full\"", "a; touch ran", "$(touch ran)", "`touch ran`", "' ; touch ran ; '", "--force",
     "*", "a\\", "$HOME", "| touch ran", "&& touch ran #", "ü → \u202e", ""],
)  # fmt: skip
def test_a_reason_reaches_the_command_as_it_was_typed(job: Job, reason: str, told: Path) -> None:
    assert job.run(told, {"REASON": reason}).returncode == 0
    assert first_call(told) == ["tile", "retry", "--reason", reason, "--", "11"]
    assert not (told / "ran").exists()


@each_job
@pytest.mark.parametrize(
    "ids",
    ["11", "11 12", "  11   12 ", "11; touch ran", "$(touch ran)", "`touch ran`", "'; touch ran; '", '"11 12"',
     "* ?", "--force", "11 && touch ran", "$IFS", "~", "{1,2}"],
)  # fmt: skip
def test_ids_are_split_at_blanks_and_nothing_else_is_made_of_them(job: Job, ids: str, told: Path) -> None:
    assert job.run(told, {"IDS": ids}).returncode == 0
    assert first_call(told) == ["tile", "retry", "--reason", "disk was full", "--", *ids.split()]
    assert not (told / "ran").exists()


def first_call(folder: Path) -> list[str]:
    return (folder / "told").read_text("utf-8").split("\0\n\0")[0].split("\0")


@each_job
def test_a_retry_is_appended_and_the_site_is_built(job: Job, real: Path) -> None:
    done = job.run(real, {"REASON": "it's $(full)"})
    assert done.returncode == 0, done.stderr
    assert [(event["data"]["id"], event["data"]["reason"]) for event in events(real)] == [(11, "it's $(full)")]
    assert json.loads((real / "site" / "tile" / "11.json").read_bytes())["status"] == "PENDING"


@each_job
@pytest.mark.parametrize(
    ("form", "code"),
    [({"IDS": "12"}, 4), ({"IDS": "11; true"}, 2), ({"IDS": ""}, 2)],
    ids=["not allowed", "no ids", "nothing typed"],
)
def test_a_job_fails_when_its_command_was_refused(job: Job, form: dict[str, str], code: int, real: Path) -> None:
    assert job.run(real, form).returncode == code
    assert events(real) == []
    assert not (real / "site").exists(), "what comes after isn't run"


def cron_line() -> str:
    """What cron gives to the shell: all after the five fields, up to the first percent sign."""
    (line,) = (line for block in blocks(PAGE) for line in block.text.splitlines() if line.startswith("*/15 "))
    assert "%" not in line
    return line.split(maxsplit=5)[5]


def by_cron(folder: Path) -> "subprocess.CompletedProcess[str]":
    """Runs the line in cron's own environment, which has next to nothing in it."""
    line = cron_line().replace("/opt/sceneboard/bin/", f"{folder}/.venv/bin/")
    line = line.replace("/srv/sceneboard", f"{folder}/data").replace("/srv/www/board", f"{folder}/site")
    env = {"HOME": str(folder), "LOGNAME": "nobody", "SHELL": "/bin/sh", "PATH": "/usr/bin:/bin"}
    return subprocess.run(
        ["sh", "-c", line], cwd=folder, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )


@pytest.fixture
def installed(real: Path) -> Path:
    """The program where it is installed: it needs no variable to be found."""
    program = real / ".venv" / "bin" / "sceneboard"
    text = program.read_text()
    program.write_text(text.replace("exec ", f"PYTHONPATH='{ROOT}' exec "))
    return real


def test_by_cron_a_build_says_nothing_unless_something_is_wrong(installed: Path, log: Log) -> None:
    log.aoi("Ærø")
    done = by_cron(installed)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert "Ærø" in (installed / "site" / "index.html").read_text("utf-8")
    shutil.rmtree(installed / "site")
    (installed / "site").write_text("in the way")
    done = by_cron(installed)
    assert done.returncode == 2
    assert done.stdout == ""
    assert str(installed / "site") in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd-analyze here")
def test_systemd_takes_the_units_as_they_stand(tmp_path: Path) -> None:
    assert sorted(UNITS) == ["sceneboard-watch.service", "sceneboard.service", "sceneboard.timer"]
    program = tmp_path / "sceneboard"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    for name, text in UNITS.items():
        assert "/opt/sceneboard/bin/sceneboard" in text or name.endswith(".timer")
        (tmp_path / name).write_text(text.replace("/opt/sceneboard/bin/sceneboard", str(program)))
    assert complaints(tmp_path) == ""
    unit = tmp_path / "sceneboard.service"
    unit.write_text(unit.read_text().replace("ProtectSystem=strict", "ProtectSystem=strikt"))
    assert "sceneboard.service:10: Failed to parse" in complaints(tmp_path)


def complaints(folder: Path) -> str:
    units = sorted(str(folder / name) for name in UNITS)
    return subprocess.run(["systemd-analyze", "verify", *units], capture_output=True, text=True, check=False).stderr


@pytest.mark.parametrize("unit", [name for name in UNITS if name.endswith(".service")])
def test_a_service_runs_a_command_that_the_program_takes(unit: str) -> None:
    """`--help` is looked at after everything before it was understood."""
    (line,) = (line for line in UNITS[unit].splitlines() if line.startswith("ExecStart="))
    _, *arguments = line.removeprefix("ExecStart=").split()
    done = subprocess.run([*REAL, *arguments, "--help"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
