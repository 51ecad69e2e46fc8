"""Docstrings say what something is for, in Google's sections; ruff's `D` holds their form."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
SOURCES = (
    "etl_job",
    "tooling/quartal",
    "tooling/plan_review/src",
    "tooling/glue_triggers/src",
    "tooling/localstack_glue/src",
)
FACTS_ALONE = re.compile(r"\W*(?:G\d+\W*)+")


def documented(folder: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(folder.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                name = getattr(node, "name", "the module")
                yield f"{path.relative_to(ROOT)}: {name}", ast.get_docstring(node) or ""


@pytest.mark.parametrize("folder", SOURCES)
def test_no_docstring_is_the_number_of_a_fact_alone(folder):
    assert [place for place, text in documented(ROOT / folder) if text and FACTS_ALONE.fullmatch(text)] == []


# where every public function names the errors that it raises; other packages may join
NAMED_ERRORS = (
    "etl_job",
    "tooling/quartal",
    "tooling/plan_review/src",
    "tooling/glue_triggers/src",
    *(
        f"tooling/localstack_glue/src/localstack_glue/{package}"
        for package in ("events", "faults", "hosts", "iam", "service", "testing")
    ),
)
NOT_FOR_CALLERS = {"AssertionError", "NotImplementedError"}
HELP_TEXTS = Path("tooling/quartal/cli")  # docstrings that users read


def public_functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield from public_functions(node)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_"):
            yield node


def raised_in(node: ast.AST, caught: frozenset[str] = frozenset()) -> Iterator[str]:
    """The names of errors that a function constructs, raises and does not catch itself."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            continue
        handled = caught
        if isinstance(node, ast.Try) and child in node.body:
            handled |= {word for each in node.handlers for word in re.findall(r"\w+", ast.unparse(each.type or each))}
        if isinstance(child, ast.Raise) and isinstance(child.exc, ast.Call):
            name = ast.unparse(child.exc.func).rpartition(".")[2]
            if name.endswith(("Error", "Exception")) and not name.startswith("_") and name not in handled:
                yield name
        yield from raised_in(child, handled)


def unnamed_errors(source: str) -> Iterator[str]:
    for function in public_functions(ast.parse(source)):
        text = ast.get_docstring(function) or ""
        if unnamed := {name for name in raised_in(function) if name not in text} - NOT_FOR_CALLERS:
            yield f"{function.name}: {', '.join(sorted(unnamed))}"


@pytest.mark.parametrize("folder", NAMED_ERRORS)
def test_public_function_names_the_errors_that_it_raises(folder):
    files = [path for path in sorted((ROOT / folder).rglob("*.py")) if not path.is_relative_to(ROOT / HELP_TEXTS)]
    assert files
    problems = [
        f"{path.relative_to(ROOT)}: {each}" for path in files for each in unnamed_errors(path.read_text("utf-8"))
    ]
    assert problems == []


def test_error_that_a_docstring_does_not_name_is_found():
    function = (
        'def read():\n    """Read it."""\n    try:\n        raise ValueError("x")\n    except ValueError as error:\n'
    )
    function += "        raise errors.InputError(str(error)) from error\n"
    assert list(unnamed_errors(function)) == ["read: InputError"]
    assert (
        list(unnamed_errors(function.replace("Read it.", "Read it.\n\n    Raises:\n        InputError: it is empty.")))
        == []
    )
