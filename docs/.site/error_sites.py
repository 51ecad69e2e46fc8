"""Every error that a user can cause, read from the source: where it is made, its type, its message and its remedy.

Run as a program it prints the page that docs/.site/schema_pages.py puts into the site. The table of the tests,
tests/unit/quartal/errors.yaml, has a row for each of them.
"""

from __future__ import annotations

import ast
import re
import textwrap
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

_SAY_NOTHING = frozenset({"as_posix", "join", "len", "name", "repr", "sorted", "str", "strerror", "tuple", "value"})
TOOLING = Path(__file__).parents[2] / "tooling"
PACKAGE = TOOLING / "quartal"
PLAN_REVIEW = TOOLING / "plan_review" / "src" / "plan_review"  # a distribution of its own, with errors of its own


@dataclass(frozen=True)
class ErrorType:
    """A class of quartal/core/errors.py or plan_review/errors.py: its docstring and its exit code."""

    name: str
    meaning: str
    exit_code: int


@dataclass(frozen=True)
class ErrorSite:
    """A place that creates an error.

    Attributes:
        module: path below quartal, or with the name of the other package before it.
        function: the function or method it is in.
        type: name of the class.
        message: with what is only known when it happens as `<name>`; empty where another function words it.
        remedy: the same.
        line: number of its first line.
        end_line: of its last.
        number: counts the sites of a function whose type and first words are the same.
    """

    module: str
    function: str
    type: str
    message: str
    remedy: str
    line: int
    end_line: int
    number: int = 1

    @property
    def key(self) -> str:
        """Identifies the site as long as its module, its function and its first words stay the same."""
        again = f" #{self.number}" if self.number > 1 else ""
        return f"{self.module} {self.function}: {self.message[:40].strip()}{again}"


def error_types() -> dict[str, ErrorType]:
    """The classes by name, a base before those that are derived from it."""
    return _types_in(PACKAGE / "core" / "errors.py") | _types_in(PLAN_REVIEW / "errors.py")


def _types_in(path: Path) -> dict[str, ErrorType]:
    tree = ast.parse(path.read_text("utf-8"))
    codes = {
        node.targets[0].id: node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.targets[0], ast.Name)
    }
    found: dict[str, ErrorType] = {}
    for node in tree.body:
        if not isinstance(node, ast.ClassDef):
            continue
        own = [
            codes[statement.value.id]
            for statement in node.body
            if isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Name)
        ]
        inherited = [found[base.id].exit_code for base in node.bases if isinstance(base, ast.Name) and base.id in found]
        found[node.name] = ErrorType(node.name, (ast.get_docstring(node) or "").splitlines()[0], (own or inherited)[0])
    return found


def error_sites() -> list[ErrorSite]:
    """All places, by module and line."""
    names = set(error_types())
    sites = [
        site
        for package, above in ((PACKAGE, PACKAGE), (PLAN_REVIEW, PLAN_REVIEW.parent))
        for path in sorted(package.rglob("*.py"))
        if path.name != "errors.py"
        for site in _find_sites(path, path.relative_to(above).as_posix(), names)
    ]
    seen: Counter[str] = Counter()
    for place, site in enumerate(sites):
        seen[site.key] += 1
        sites[place] = replace(site, number=seen[site.key])
    return sites


def _find_sites(path: Path, module: str, names: set[str]) -> Iterator[ErrorSite]:
    def walk(node: ast.AST, function: str) -> Iterator[ErrorSite]:
        for child in ast.iter_child_nodes(node):
            inner = child.name if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) else function
            if isinstance(child, ast.Call) and isinstance(child.func, ast.Name) and child.func.id in names:
                remedy = next((keyword.value for keyword in child.keywords if keyword.arg == "remedy"), None)
                yield ErrorSite(
                    module,
                    function,
                    child.func.id,
                    _text(child.args[0]) if child.args else "",
                    _text(remedy) if remedy is not None else "",
                    child.lineno,
                    child.end_lineno or child.lineno,
                )
            yield from walk(child, inner)

    yield from walk(ast.parse(path.read_text("utf-8")), "")


def _text(node: ast.expr) -> str:
    """The text of a message, with each expression replaced by its last name."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(part) for part in node.values)
    if isinstance(node, ast.FormattedValue):
        return f"<{_name(node.value)}>"
    if isinstance(node, ast.IfExp):
        return _text(node.body)
    return f"<{_name(node)}>"


def _name(node: ast.expr) -> str:
    names = [each.attr if isinstance(each, ast.Attribute) else each.id for each in ast.walk(node) if _is_name(each)]
    names = [name for name in names if name not in _SAY_NOTHING]
    return names[0].strip("_").replace("_", " ") if names else "…"


def _is_name(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute | ast.Name)


def page() -> str:
    """The reference page."""
    types, found = error_types(), error_sites()
    lines = [
        "# Exit codes and errors",
        "",
        "Every command ends with one of these codes. nox itself only returns 0 or 1: in scripts that read the code,",
        "call `.nox/quartal/bin/quartal`.",
        "",
        "| code | meaning |",
        "|---|---|",
        "| 0 | success |",
        "| 1 | the pipeline, AWS, or a program that Quartal runs failed; or `history`, `cost` or `report` named a run "
        "manifest that it cannot read, and showed the others |",
        "| 2 | usage or configuration: the command line, a file or a variable is wrong, or nothing is deployed |",
        "| 3 | the plan has changes (`plan --detailed-exitcode`), or `drift` found some |",
        "| 4 | waiting timed out; the operation itself continues |",
        "| 5 | the outcome is unknown: a run could not be watched, or an answer was lost and could not be looked up; "
        "the operation may still be running |",
        "| 130 | interrupted |",
        "",
        "A failure prints one message with its remedy on standard error, and with `--json` on standard output as well:",
        '`{"error": {"code": ..., "message": ..., "details": [...], "remedy": ..., "exit_code": ...}}`. The code,',
        "which the terminal shows after the word Error, is the name of a section of this page.",
        "",
    ]
    for name, kind in types.items():
        sites = sorted({(s.message, s.remedy) for s in found if s.type == name and s.message.strip("<>… ")})
        told = [(message, remedy) for message, remedy in sites if " " in message.strip("<>")]
        if not told:
            continue
        lines += [
            f"## {_code(name)}: exit code {kind.exit_code} {{ #{_code(name)} }}",
            "",
            kind.meaning,
            "",
            "| message | what to do |",
            "|---|---|",
        ]
        lines += [f"| {_cell(message)} | {_cell(remedy)} |" for message, remedy in told]
        lines.append("")
    return "\n".join(lines)


def _code(name: str) -> str:
    """The same as `quartal.core.errors.code_of`."""
    return "-".join(re.findall("[A-Z][a-z]*", name.removesuffix("Error"))).lower()


def _cell(text: str) -> str:
    flat = " ".join(textwrap.dedent(text).split())
    return flat.replace("|", "\\|").replace("<", "&lt;").replace(">", "&gt;")


if __name__ == "__main__":
    print(page())  # noqa: T201  # the page is what it is for
