"""Pages that name the version of a pinned tool name the pinned one: `docs/reference/tool-chain.md` lists them."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from quartal.local.toolchain.environments import LOCALEMU_VERSION, LOCALSTACK_VERSION, SPARK_4_VERSION, SPARK_VERSION
from quartal.local.toolchain.provider import PROVIDER_VERSION

ROOT = Path(__file__).parents[3]
MOTO = re.search(r"^moto\S*==(\S+)", (ROOT / "requirements/glue-local.in").read_text("utf-8"), re.MULTILINE)
OF_AWS = {"glue-behaviour.md", "glue-versions.md"}  # the versions of AWS Glue


def pages() -> Iterator[Path]:
    yield ROOT / "README.md"
    for folder in ("docs", "tooling", "tests/integration"):
        yield from sorted((ROOT / folder).rglob("*.md"))


@pytest.mark.parametrize(
    ("named", "pinned"),
    [
        pytest.param(r"(?:LocalStack|quartal-localstack:) ?(\d+\.\d+\.\d+)", LOCALSTACK_VERSION, id="localstack"),
        pytest.param(r"LocalEmu (\d+\.\d+\.\d+)", LOCALEMU_VERSION, id="localemu"),
        pytest.param(r"Spark (3\.\d+\.\d+)", SPARK_VERSION, id="spark"),
        pytest.param(r"Spark (4\.\d+\.\d+)", SPARK_4_VERSION, id="spark 4"),
        pytest.param(r"provider (\d+\.\d+\.\d+)", PROVIDER_VERSION, id="aws provider"),
        pytest.param(r"moto (\d+\.\d+\.\d+)", MOTO and MOTO[1], id="moto"),
    ],
)
def test_version_of_a_tool_on_a_page_is_the_pinned_one(named, pinned):
    texts = {page: " ".join(page.read_text("utf-8").split()) for page in pages() if page.name not in OF_AWS}
    found = [(page.name, version) for page, text in texts.items() for version in re.findall(named, text)]
    assert found
    assert [each for each in found if each[1] != pinned] == []
