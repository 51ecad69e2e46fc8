"""The reference of the command line, from the commands themselves: grouped as `quartal --help`, examples first.

Run as a program, by the Python that Quartal is installed in, it prints the page; docs/.site/cli_reference.py puts
that into the site.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from typing import Any

import typer

from quartal.cli.app import app
from quartal.cli.examples import EXAMPLES, EXAMPLES_IN_GROUPS


def page() -> str:
    """The page as Markdown."""
    root: Any = typer.main.get_command(app)
    panels: dict[str, list[tuple[str, Any]]] = {}
    for name, command in root.commands.items():
        panels.setdefault(command.rich_help_panel or "Commands", []).append((name, command))
    lines = [
        "# Commands",
        "",
        f"{root.help} The groups are those of `quartal --help`. [Using the command line](command-line.md) describes",
        "what all commands have in common. `quartal COMMAND --help` shows the same text in the terminal.",
        "",
        *_contents(panels),
    ]
    for panel, commands in panels.items():
        lines += ["", f"## {panel}"]
        for name, command in commands:
            lines += _command(("quartal", name), command)
    return "\n".join(lines) + "\n"


def _contents(panels: Mapping[str, list[tuple[str, Any]]]) -> Iterator[str]:
    yield "| | |"
    yield "|---|---|"
    for panel, commands in panels.items():
        links = ", ".join(f"[`{name}`](#quartal-{name})" for name, _ in commands)
        yield f"| {panel} | {links} |"


def _command(path: tuple[str, ...], command: Any) -> Iterator[str]:
    first, _, more = (command.help or "").partition("\n\n")
    yield from ("", f"### `{' '.join(path)}`", "", " ".join(first.split()))
    if hasattr(command, "commands"):
        for name, inner in command.commands.items():
            yield from _command((*path, name), inner)
        return
    name = " ".join(path[1:])
    examples = (EXAMPLES | EXAMPLES_IN_GROUPS).get(name, ())
    if examples:
        yield from ("", "```sh", *examples, "```")
    if more.strip():
        yield from ("", " ".join(more.split()))
    yield from _parameters(command)
    if any("--json" in getattr(each, "opts", ()) for each in command.params):
        file = f"{name.replace(' ', '-')}.json"
        yield from (
            "",
            f"`--json` prints [{file}](json/{file}), in the common [envelope](command-line.md#json-version-1).",
        )


def _parameters(command: Any) -> Iterator[str]:
    context = typer.Context(command)
    rows = []
    for each in command.params:
        if each.name == "help" or getattr(each, "hidden", False):
            continue
        if each.param_type_name == "option":
            names, told = each.get_help_record(context)
        else:
            names, told = " ".join(each.get_usage_pieces(context)), each.help or ""
        rows.append(f"| `{_cell(names)}` | {_cell(told).replace('<', '&lt;')} |")
    if rows:
        yield from ("", "| | |", "|---|---|", *rows)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


if __name__ == "__main__":
    sys.stdout.write(page())
