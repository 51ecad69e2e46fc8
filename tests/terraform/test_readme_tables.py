"""The tables of inputs and outputs in the READMEs say what variables.tf and outputs.tf say.

Run as a program, this file writes them anew.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

INFRA = Path(__file__).resolve().parents[2] / "infra"
FOLDERS = [INFRA, *sorted(path.parent for path in INFRA.glob("modules/*/main.tf"))]


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_readme_tables_match_the_code(folder: Path) -> None:
    readme = (folder / "README.md").read_text()
    assert with_tables(readme, folder) == readme, "out of date: python tests/terraform/test_readme_tables.py"


def test_input_row_shows_attributes_and_default() -> None:
    code = """
variable "lake" {
  description = "The lake."
  type = object({
    bucket = string
    key = optional(object({
      arn = string
    }))
  })
  nullable = false
}

variable "tags" {
  description = "Tags."
  type        = map(string)
  default     = {}
}
"""
    assert inputs_table(code) == (
        "| Name | Description | Type | Default |\n"
        "| --- | --- | --- | --- |\n"
        "| `lake` | The lake. | object: `bucket`, `key`? | required |\n"
        "| `tags` | Tags. | map(string) | `{}` |\n"
    )


def with_tables(readme: str, folder: Path) -> str:
    """The README with both tables as the code has them now."""
    tables = {
        "inputs": inputs_table((folder / "variables.tf").read_text()),
        "outputs": outputs_table((folder / "outputs.tf").read_text()),
    }
    for name, table in tables.items():
        readme, count = re.subn(
            rf"(<!-- {name}: generated from \w+\.tf -->\n).*?(<!-- end -->)",
            lambda marks, table=table: f"{marks[1]}\n{table}\n{marks[2]}",
            readme,
            flags=re.DOTALL,
        )
        assert count == 1, f"{folder.name}/README.md has no place for its {name}"
    return readme


def inputs_table(code: str) -> str:
    """A row per variable; a question mark follows attributes that may be left out."""
    rows = [
        f"| `{name}` | {_text(body)} | {_type(body)} | {_default(body)} |" for name, body in _blocks("variable", code)
    ]
    return "\n".join(["| Name | Description | Type | Default |", "| --- | --- | --- | --- |", *rows]) + "\n"


def outputs_table(code: str) -> str:
    """A row per output."""
    rows = [f"| `{name}` | {_text(body)} |" for name, body in _blocks("output", code)]
    return "\n".join(["| Name | Description |", "| --- | --- |", *rows]) + "\n"


def _blocks(kind: str, code: str) -> list[tuple[str, str]]:
    return re.findall(rf'^{kind} "(\w+)" {{\n(.*?)^}}', code, re.DOTALL | re.MULTILINE)


def _text(body: str) -> str:
    found = re.search(r'^  description\s+= "(.*)"$', body, re.MULTILINE)
    assert found, f"no description in:\n{body}"
    return found[1].replace('\\"', '"').replace("|", "\\|")


def _type(body: str) -> str:
    found = re.search(r"^  type\s+= (?P<head>.*?)\(\{\n(?P<attributes>.*?)^  \}\)", body, re.DOTALL | re.MULTILINE)
    if found is None:
        simple = re.search(r"^  type\s+= (.*)$", body, re.MULTILINE)
        assert simple, f"no type in:\n{body}"
        return simple[1]
    attributes = re.findall(r"^    (\w+)\s+= (optional)?", found["attributes"], re.MULTILINE)
    names = ", ".join(f"`{name}`{'?' if optional else ''}" for name, optional in attributes)
    return f"{found['head'].replace('(', ' of ')}: {names}"


def _default(body: str) -> str:
    found = re.search(r"^  default\s+= (.*)$", body, re.MULTILINE)
    return f"`{found[1]}`" if found else "required"


if __name__ == "__main__":
    for changed in FOLDERS:
        target = changed / "README.md"
        target.write_text(with_tables(target.read_text(), changed))
