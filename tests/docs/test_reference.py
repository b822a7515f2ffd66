"""The reference says what the program does: commands, exit codes, variables of the environment, types of events."""

import ast
import inspect
import itertools
import re
import runpy
from collections.abc import Iterator

import click
from doc_pages import ROOT, anchors, blocks, codes, inline, plain, table

from pipeline.cli import main
from pipeline.event import EVENT_TYPES, Event, decode, type_of
from pipeline.fold.apply import fold
from pipeline.operate.answer import Code

REFERENCE = ROOT / "docs" / "reference"
EVENTS = REFERENCE / "events.md"
AOI = "DenmarkDemo"


def test_the_commands_page_is_the_one_that_the_program_makes() -> None:
    made = runpy.run_path(str(ROOT / "docs" / "make_reference.py"))["commands_page"]()
    assert (REFERENCE / "commands.md").read_text("utf-8") == made, "run `make docs`"


def test_the_commands_page_has_every_command_and_option() -> None:
    page = (REFERENCE / "commands.md").read_text("utf-8")
    found = dict(commands(main, "sceneboard"))
    assert len(found) > 20
    for path, command in found.items():
        _, _, section = page.partition(f"# {path}\n")
        section = re.split(r"^#", section, maxsplit=1, flags=re.MULTILINE)[0]
        for option in command.params:
            assert not isinstance(option, click.Option) or option.opts[0] in section, f"{path} {option.opts}"


def test_every_command_is_told_with_an_example_of_itself() -> None:
    for path, command in commands(main, "sceneboard"):
        if not isinstance(command, click.Group):
            _, _, examples = inspect.cleandoc(command.help or "").partition("\b\nExample")
            assert path.partition(" ")[2] in examples, path


def commands(command: click.Command, path: str) -> Iterator[tuple[str, click.Command]]:
    """A command and all below it, by what is typed."""
    yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            assert below is not None
            yield from commands(below, f"{path} {name}")


def test_exit_codes_are_those_of_the_program_wherever_they_are_told() -> None:
    told = {
        page: {int(plain(code)): plain(meaning) for code, meaning in table(ROOT / "docs" / page, "exit code")}
        for page in ("reference/environment.md", "recipes.md")
    }
    reference, recipes = told.values()
    assert list(reference) == [int(code) for code in Code]
    assert reference == recipes
    readme = (ROOT / "README.md").read_text("utf-8").partition("Exit codes:")[2].partition("\n\n")[0]
    assert {int(code) for code in re.findall(r"\b\d\b", readme)} == set(Code)


def test_every_variable_of_the_environment_is_told() -> None:
    rows = table(REFERENCE / "environment.md", "variable")
    assert sorted(name for name, _ in rows for name in codes(name)) == sorted(set(variables_read()))


def variables_read() -> Iterator[str]:
    """The names of all variables that the program reads: of options, and where it looks itself."""
    for path in (ROOT / "pipeline").rglob("*.py"):
        tree = ast.parse(path.read_text("utf-8"))
        constants = {
            target.id: [one.value for one in ast.walk(node.value) if isinstance(one, ast.Constant)]
            for node in tree.body
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.keyword) and node.arg == "envvar" and isinstance(node.value, ast.Constant):
                yield str(node.value.value)
            if isinstance(node, ast.Call) and ast.unparse(node.func) in ("os.environ.get", "os.getenv"):
                yield from named(node.args[0], constants)
            if isinstance(node, ast.Subscript) and ast.unparse(node.value) == "os.environ":
                yield from named(node.slice, constants)


def named(place: ast.expr, constants: dict[str, list[object]]) -> list[str]:
    """The names that an expression may stand for: itself, a constant's, or those of the module's list it goes over."""
    if isinstance(place, ast.Constant):
        return [str(place.value)]
    direct = [str(one) for node in ast.walk(place) if isinstance(node, ast.Name) for one in constants.get(node.id, ())]
    if direct:
        return direct
    lists = [values for name, values in constants.items() if name.endswith(("_USERS", "_VARIABLES"))]
    assert lists, f"{ast.unparse(place)}: which variables are these?"
    return [str(value) for values in lists for value in values]


# Types of events


def examples() -> list[Event]:
    """The lines of the page, each on its own; together they are a log."""
    return [decode(block.text.strip().encode()) for block in blocks(EVENTS)]


def told_changes() -> list[list[str]]:
    """What the page says below each line: the changes, or none."""
    text = EVENTS.read_text("utf-8")
    said = re.findall(r"^```\n(?:Changes: (.*)|Changes no status)\.$", text, re.MULTILINE)
    return [re.findall(r"`([^`]+)`", one) for one in said]


def statuses(events: list[Event]) -> dict[str, str]:
    """The status of each scene and tile after these events."""
    aoi = fold(AOI, enumerate(events, 1), {}).aoi
    every = [("scene", aoi.scenes), ("tile", aoi.tiles)] if aoi.exists else []
    return {f"{kind} {id}": entity.status for kind, entities in every for id, entity in entities.items()}


def changes(before: dict[str, str], after: dict[str, str]) -> list[str]:
    """In the page's words."""
    return [
        f"{what}: {' → '.join(filter(None, (before.get(what), after.get(what, 'gone'))))}"
        for what in sorted(before.keys() | after.keys(), key=lambda name: (name.split()[0], int(name.split()[1])))
        if before.get(what) != after.get(what)
    ]


def test_every_type_of_event_has_an_example_and_a_row() -> None:
    assert {type_of(event) for event in examples()} == set(EVENT_TYPES)
    rows = table(EVENTS, "type")
    assert sorted(plain(name) for name, _ in rows) == sorted(EVENT_TYPES)
    assert {name.replace(".", "") for name in EVENT_TYPES} <= anchors(EVENTS)
    known = dict(commands(main, "sceneboard"))
    for _, by in rows:
        assert all(f"sceneboard {command}" in known for command in codes(by))


def test_the_log_page_tells_the_data_of_every_type() -> None:
    told = [name for name, *_ in table(ROOT / "docs" / "event-log.md", "type") for name in codes(name)]
    assert sorted(told) == sorted(EVENT_TYPES)


def test_the_examples_are_a_log_in_order_and_each_of_them_is_applied() -> None:
    events = examples()
    assert [event.time for event in events] == sorted(event.time for event in events)
    assert len({event.id for event in events}) == len(events)
    outcomes = fold(AOI, enumerate(events, 1), {}, history=True).outcomes
    assert [outcome.verdict for outcome in outcomes] == ["applied"] * len(events)


def test_the_examples_change_what_the_page_says() -> None:
    events = examples()
    states = [statuses(events[:count]) for count in range(len(events) + 1)]
    assert [changes(before, after) for before, after in itertools.pairwise(states)] == told_changes()


def test_the_page_of_rules_names_every_type() -> None:
    page = ROOT / "docs" / "semantics.md"
    named = {one.content for one in inline(page) if one.type == "code_inline"}
    assert {name for name in named if re.fullmatch(r"(aoi|scene|tile)\.[a-z]+", name)} == set(EVENT_TYPES)
