"""Docstrings say what something is for, in Google's sections; ruff's `D` holds their form."""

import ast
import builtins
import re
from collections.abc import Iterator, Mapping
from functools import cache
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


def definitions(node: ast.AST) -> Iterator[ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield child
        if not isinstance(child, ast.expr):
            yield from definitions(child)


@cache
def documented(folder: Path) -> list[tuple[str, str]]:
    found = []
    for path in sorted(folder.rglob("*.py")):
        tree = ast.parse(path.read_text("utf-8"))
        found.append((f"{path.relative_to(ROOT)}: the module", ast.get_docstring(tree) or ""))
        found += [
            (f"{path.relative_to(ROOT)}: {node.name}", ast.get_docstring(node) or "") for node in definitions(tree)
        ]
    return found


@pytest.mark.parametrize("folder", SOURCES)
def test_no_docstring_is_the_number_of_a_fact_alone(folder):
    assert [place for place, text in documented(ROOT / folder) if text and FACTS_ALONE.fullmatch(text)] == []


# Not required: all SQL functions raise the same error, and the texts of commands are what users read as help.
SQL_FUNCTIONS = ROOT / "tooling/localstack_glue/src/localstack_glue/athena/engine/trino/python"
HELP_TEXTS = ROOT / "tooling/quartal/cli"
OF_LIBRARIES = {
    "argparse.ArgumentError",
    "BotoCoreError",
    "ClientError",
    "CommitFailedException",
    "DBAPIError",
    "EndpointConnectionError",
    "NoSuchJsonPathError",
    "NoSuchTableError",
    "S3ClientError",
    "ResponseStreamingError",
    "ValidationError",
    "zlib.error",
}
NOT_FOR_CALLERS = {"AssertionError", "NotImplementedError"}


def files_with_named_errors() -> Iterator[Path]:
    left_out = (SQL_FUNCTIONS, HELP_TEXTS)
    for folder in SOURCES:
        for path in sorted((ROOT / folder).rglob("*.py")):
            if not any(path.is_relative_to(each) for each in left_out):
                yield path


def public_functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield from public_functions(node)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_"):
            yield node


def is_operation(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether it answers one operation of an AWS API: the API's reference lists the errors of these."""
    return [argument.arg for argument in function.args.args] == ["self", "scope", "request"]


def makers_of_errors(tree: ast.AST) -> dict[str, str]:
    """The functions that construct an error for others to raise, with its class."""
    return {
        node.name: node.returns.id
        for node in definitions(tree)
        if isinstance(node, ast.FunctionDef)
        and isinstance(node.returns, ast.Name)
        and node.returns.id.endswith(("Error", "Exception"))
        and node.returns.id != "Exception"
    }


def raised_in(node: ast.AST, makers: Mapping[str, str], caught: frozenset[str] = frozenset()) -> Iterator[str]:
    """The names of errors that a function constructs, raises and does not catch itself."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            continue
        handled = caught
        if isinstance(node, ast.Try) and child in node.body:
            handled |= {word for each in node.handlers for word in re.findall(r"\w+", ast.unparse(each.type or each))}
        if isinstance(child, ast.Raise) and isinstance(child.exc, ast.Call):
            called = ast.unparse(child.exc.func).rpartition(".")[2]
            name = makers.get(called, called)
            if name.endswith(("Error", "Exception")) and not name.startswith("_") and name not in handled:
                yield name
        yield from raised_in(child, makers, handled)


def unnamed_errors(source: str) -> Iterator[str]:
    tree = ast.parse(source)
    makers = makers_of_errors(tree)
    for function in public_functions(tree):
        text = ast.get_docstring(function) or ""
        unnamed = {name for name in raised_in(function, makers) if name not in text} - NOT_FOR_CALLERS
        if unnamed and not is_operation(function):
            yield f"{function.name}: {', '.join(sorted(unnamed))}"


def test_public_function_names_the_errors_that_it_raises():
    problems = [
        f"{path.relative_to(ROOT)}: {each}"
        for path in files_with_named_errors()
        for each in unnamed_errors(path.read_text("utf-8"))
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


def test_error_that_another_function_constructs_is_found():
    source = 'def _refusal() -> InputError: ...\n\ndef read():\n    """Read it."""\n    raise _refusal()\n'
    assert list(unnamed_errors(source)) == ["read: InputError"]


def names_in_raises_sections(text: str) -> Iterator[str]:
    section = re.search(r"^Raises:\n((?:(?: {4}.*)?\n?)+)", text, re.MULTILINE)
    for names in re.findall(r"^ {4}(\w[\w., ]*):", section[1] if section else "", re.MULTILINE):
        yield from names.split(", ")


def test_errors_that_docstrings_name_exist():
    files = [path for folder in SOURCES for path in (ROOT / folder).rglob("*.py")]
    own = {name for path in files for name in re.findall(r"^ *class (\w+)", path.read_text("utf-8"), re.MULTILINE)}
    known = own | set(dir(builtins)) | OF_LIBRARIES
    places = (place for folder in SOURCES for place in documented(ROOT / folder))
    unknown = [(place, name) for place, text in places for name in names_in_raises_sections(text) if name not in known]
    assert unknown == []
