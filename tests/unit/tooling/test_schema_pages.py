"""The reference pages of contracts and manifests, which the documentation makes from their JSON Schemas."""

import importlib.util
import json
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[3]
CELLS = re.compile(r"(?<!\\)\|")
DEFAULT = re.compile(r"default `.*?`\. ?")


def _schema_pages() -> ModuleType:
    """What puts the pages into the documentation."""
    spec = importlib.util.spec_from_file_location("schema_pages", ROOT / "docs" / ".site" / "schema_pages.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


PAGES = _schema_pages()


@pytest.mark.parametrize("page", PAGES.PAGES, ids=lambda page: Path(page.uri).stem)
def test_each_field_has_a_meaning(page):
    text = PAGES.schema_page(page.title, page.opening, json.loads((ROOT / page.schema).read_text()))
    rows = [CELLS.split(line) for line in text.splitlines() if line.startswith("| `")]
    assert len(rows) > 50
    assert [field.strip() for _, field, _, _, meaning, _ in rows if not DEFAULT.sub("", meaning).strip()] == []
