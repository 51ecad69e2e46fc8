"""The modules and folders that the pages about the code name exist: the map, the walks and the glossary."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PAGES = sorted((ROOT / "docs/explanation").glob("how-a-*.md"))
PAGES += [ROOT / "docs/explanation/architecture.md", ROOT / "docs/explanation/glossary.md"]
# where the paths on these pages begin
PACKAGES = [ROOT, ROOT / "etl_job", ROOT / "tooling", ROOT / "tooling/quartal"]
PACKAGES += [ROOT / "tooling/localstack_glue/src/localstack_glue/awsglue_runtime"]
PACKAGES += [folder for package in (ROOT / "tooling").glob("*/src") for folder in (package, *package.iterdir())]


def paths_in(text: str) -> Iterator[str]:
    """`tables/catalog.py`, `judging/`, `rules/*.yaml` and `parse.py`; no addresses, commands or S3 keys."""
    for name in re.findall(r"`([\w*/.-]+)`", text):
        if name.endswith((".py", ".yaml")) or re.fullmatch(r"[\w/]+/", name):
            yield name


def is_there(name: str) -> bool:
    pattern = name.rstrip("/")
    if any(any(folder.glob(pattern)) for folder in PACKAGES):
        return True
    return "/" not in pattern and any(any(folder.rglob(pattern)) for folder in PACKAGES[1:])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_paths_on_a_page_exist(page):
    names = set(paths_in(page.read_text("utf-8")))
    assert names
    assert sorted(name for name in names if not is_there(name)) == []


def test_words_of_the_walk_of_a_row_are_modules_and_functions_of_the_job():
    page = ROOT / "docs/explanation/how-a-row-travels.md"
    sources = list((ROOT / "etl_job").rglob("*.py"))
    known = {path.relative_to(ROOT / "etl_job").with_suffix("").as_posix() for path in sources}
    known |= {path.stem for path in sources}
    known |= {name for path in sources for name in re.findall(r"^def (\w+)", path.read_text("utf-8"), re.MULTILINE)}
    words = set(re.findall(r"`([a-z_]+(?:/[a-z_]+)*)`", page.read_text("utf-8")))
    assert words
    assert sorted(words - known) == []
