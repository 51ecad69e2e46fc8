"""The reference pages of contracts and manifests, which the documentation makes from their JSON Schemas."""

import json
import re
from pathlib import Path

import pytest

from tests.site_modules import site_module

ROOT = Path(__file__).parents[3]
CELLS = re.compile(r"(?<!\\)\|")
DEFAULT = re.compile(r"default `.*?`\. ?")


PAGES = site_module("schema_pages")


@pytest.mark.parametrize("page", PAGES.PAGES, ids=lambda page: Path(page.uri).stem)
def test_each_field_has_a_meaning(page):
    text = PAGES.schema_page(page.title, page.opening, json.loads((ROOT / page.schema).read_text()))
    rows = [CELLS.split(line) for line in text.splitlines() if line.startswith("| `")]
    assert len(rows) > 50
    assert [field.strip() for _, field, _, _, meaning, _ in rows if not DEFAULT.sub("", meaning).strip()] == []
