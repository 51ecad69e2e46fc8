"""The documentation's tables name tests that exist and operations as they are."""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from localstack_glue.jobs.job_processes import SubprocessRunner
from localstack_glue.provider import GlueProvider
from localstack_glue.service.api import is_stored_by_moto
from localstack_glue.service.clients import ClientFactory
from localstack_glue.service.settings import Settings
from tests.unit.localstack_glue.answer_checks import model

ROOT = Path(__file__).parents[3]
DOCS = ROOT / "docs"
UNIT = Path(__file__).parent
NAMED = {
    "chain": ROOT / "tests/integration/chain/test_published_tables.py",
    "mistake": ROOT / "tests/integration/feeds/test_classic_mistake.py",
}
NOT_OBSERVABLE = {31, 34}  # versions and prices: what runs locally, not how it behaves


def rows(page: str, first: str) -> Iterator[list[str]]:
    """The rows of a page's tables whose first cell begins so."""
    for line in (DOCS / page).read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split(" | ")]
        if line.startswith("|") and re.match(first, cells[0]):
            yield cells


def facts(cell: str) -> list[int]:
    """The numbers of `G1, G2`, `G13-G25` and `G13 states, refusals`."""
    if span := re.match(r"G(\d+)-G(\d+)", cell):
        return list(range(int(span[1]), int(span[2]) + 1))
    return [int(number) for number in re.findall(r"\bG(\d+)", cell)]


def files(cell: str) -> Iterator[tuple[Path, str]]:
    """The test files that a cell names, with the test in each if one is named."""
    for name in re.findall(r"`([^`]+)`", cell):
        path, _, test = name.partition("::")
        if path in NAMED:
            yield NAMED[path], test
        elif path.startswith("tests/"):
            found = ROOT / path
            yield from ((each, test) for each in (sorted(found.glob("test_*.py")) if found.is_dir() else [found]))
        elif path.startswith("glue/"):
            yield ROOT / "tests/integration" / path, test
        else:
            yield from ((each, test) for each in (sorted(UNIT.glob(path)) or [UNIT / path]))


def citations(text: str) -> set[int]:
    """The facts that a text cites: `G7`, and `G5-G7` as a span."""
    spans = re.findall(r"\bG(\d+)-G(\d+)\b", text)
    cited = {number for first, last in spans for number in range(int(first), int(last) + 1)}
    return cited | {int(number) for number in re.findall(r"\bG(\d+)\b", text)}


def find_tests(path: Path) -> Iterator[tuple[str, str]]:
    """The tests of a file with their text, from the decorators to the end of the last line with its comment."""
    lines = path.read_text(encoding="utf-8").splitlines()
    for found in ast.walk(ast.parse("\n".join(lines))):
        if isinstance(found, ast.FunctionDef) and found.name.startswith("test_"):
            first = min([found.lineno, *(decorator.lineno for decorator in found.decorator_list)])
            yield found.name, "\n".join(lines[first - 1 : found.end_lineno])


def cited_by_tests(path: Path, only: str = "") -> set[int]:
    """The facts that a file's tests cite themselves; what its docstring says of all of them does not count."""
    return {number for name, text in find_tests(path) if not only or name == only for number in citations(text)}


FACT_ROWS = [*rows("reference/glue-service.md", r"G\d"), *rows("reference/glue-service/crawlers.md", r"G\d")]


@pytest.mark.parametrize("cells", FACT_ROWS, ids=lambda cells: cells[0].replace(" ", "-")[:24])
def test_tests_named_in_a_fact_exist_and_cite_it(cells):
    named, cited = set(), set()
    for path, test in files(cells[-1]):
        assert path.is_file(), f"{cells[0]}: there is no {path.name}"
        assert not test or test in dict(find_tests(path)), f"{cells[0]}: there is no {test} in {path.name}"
        named.add(path)
        here = cited_by_tests(path, test)
        assert here & set(facts(cells[0])) or set(facts(cells[0])) <= NOT_OBSERVABLE or path.parent.name == "awsglue", (
            f"{cells[0]}: no test of {path.name} cites it"
        )
        cited |= here
    missing = set(facts(cells[0])) - cited - NOT_OBSERVABLE
    assert named
    assert not missing, f"no test that {cells[0]} names cites G{missing}"


def test_every_observable_fact_is_in_the_table_and_cited_by_a_conformance_test():
    suite = (ROOT / "tests/integration/glue").glob("test_*.py")
    cited = {number for path in suite for number in cited_by_tests(path)}
    behaviour = (DOCS / "explanation/glue-behaviour.md").read_text(encoding="utf-8")
    every = {int(number) for number in re.findall(r"^- G(\d+)\.", behaviour, re.MULTILINE)}
    in_table = {number for cells in FACT_ROWS for number in facts(cells[0])}

    assert in_table == every
    # what needs two parameter sets of one table, or a folder more: unit tests alone
    assert every - cited - NOT_OBSERVABLE <= {24}


def test_every_operation_of_the_model_stands_in_the_table_as_it_is():
    settings = Settings(Path(sys.executable), (), None, None, Path("unused"))
    own = set(GlueProvider(settings, ClientFactory("http://127.0.0.1:1"), SubprocessRunner())._operations)
    listed, new = {}, set()  # an operation that LocalStack's botocore does not have yet is marked as new
    for cells in rows("reference/glue-service/operations.md", r"(own|moto|none)\b"):
        for operation in re.findall(r"`(\w+)`", cells[-1]):
            assert operation not in listed, f"{operation} stands there twice"
            listed[operation] = cells[0]
            if cells[1].startswith("new: "):
                new.add(operation)

    names = set(model("glue").operation_names)
    assert names - set(listed) == set(), "not in the table"
    assert set(listed) - names in (set(), new), "no operations of the model"
    claimed_own = {operation for operation, kind in listed.items() if kind == "own"}
    claimed_moto = {operation for operation, kind in listed.items() if kind == "moto"}
    assert claimed_own <= own
    assert all(is_stored_by_moto(operation) for operation in claimed_moto)
