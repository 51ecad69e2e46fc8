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
