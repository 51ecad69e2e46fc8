"""What the AWS provider 6 changes of what infra/ uses: `python -m tests.compat.provider_6`. By hand: it fetches 70 MB.

The schemas are those of HashiCorp's bindings for the CDK on npm, of which each version was made from one version of the
provider: 20.1.0 from 5.100.0, 21.22.1 from 6.25.0, the last. They hold names, which of them are required, and which are
blocks; not what a provider refuses or how it fills in what is not given. It ends with 1 where something that infra/
uses is gone, or something that it leaves out is required.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tarfile
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

INFRA = Path(__file__).parents[2] / "infra"
PACKAGE = "@cdktf/provider-aws"
VERSIONS = {"5.100.0": "20.1.0", "6.25.0": "21.22.1"}

_BLOCK = re.compile(r'^(resource|data) "(aws_\w+)" "\w+" \{\n(.*?)^\}', re.DOTALL | re.MULTILINE)
_NAME = re.compile(r'^\s*(?:dynamic "(\w+)"|(\w+)) *(?:=|\{)', re.MULTILINE)
_REFERENCE = re.compile(r"(data\.)?\b(aws_\w+)\.\w+(?:\[[^\]]*\])?\.(\w+)")
_OF_TERRAFORM = frozenset(
    {
        "condition",
        "content",
        "count",
        "depends_on",
        "error_message",
        "for_each",
        "lifecycle",
        "postcondition",
        "precondition",
    }
)
_INTERFACE = re.compile(r"^export interface (\w+)[^{]*\{\n(.*?)^\}", re.DOTALL | re.MULTILINE)
_MEMBER = re.compile(r"/\*\*(.*?)\*/\s*readonly (\w+)(\??):", re.DOTALL)
_ANCHOR = re.compile(r"/docs/(?:resources|data-sources)/\w+#(\w+)")


@dataclass
class Used:
    """What infra/ says of a type: arguments and blocks by name, and attributes that others refer to."""

    names: set[str] = field(default_factory=set)
    attributes: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class Schema:
    """A type: its members by the interface that holds them, each with whether it is required; and its attributes."""

    members: dict[tuple[str, str], bool]
    attributes: frozenset[str]


def used_types() -> dict[str, Used]:
    """By type, data sources with `data.` before it."""
    found: dict[str, Used] = defaultdict(Used)
    for path in INFRA.rglob("*.tf"):
        text = re.sub(r"^\s*#.*$", "", path.read_text("utf-8"), flags=re.MULTILINE)
        for kind, name, body in _BLOCK.findall(text):
            used = found[f"data.{name}" if kind == "data" else name]
            used.names |= {dynamic or plain for dynamic, plain in _NAME.findall(body)} - _OF_TERRAFORM
        for data, name, attribute in _REFERENCE.findall(text):
            found[f"{data}{name}"].attributes.add(attribute)
    return {name: used for name, used in found.items() if used.names}


def type_folder(name: str) -> str:
    """Where the bindings have a type: aws_s3_bucket in s3-bucket, data.aws_partition in data-aws-partition."""
    is_data = name.startswith("data.")
    words = name.removeprefix("data.").removeprefix("aws_").replace("_", "-")
    return f"data-aws-{words}" if is_data else words


def read(text: str) -> Schema:
    """The schema that a file of declarations describes."""
    members: dict[tuple[str, str], bool] = {}
    for interface, body in _INTERFACE.findall(text):
        for comment, _, optional in _MEMBER.findall(body):
            anchor = _ANCHOR.search(comment)
            if anchor is not None:
                members[interface, anchor[1]] = not optional
    getters = re.findall(r"^\s+get (\w+)\(\)", text, re.MULTILINE)
    attributes = frozenset(re.sub(r"([A-Z0-9]+)", r"_\1", getter).lower() for getter in getters)
    return Schema(members, attributes | {name for _, name in members})


def schemas(version: str, names: set[str], folder: Path) -> dict[str, Schema]:
    """The types' schemas in a version of the bindings; those that it has not are left out."""
    fetched = subprocess.run(
        ["npm", "pack", "--silent", f"{PACKAGE}@{version}"], cwd=folder, check=True, capture_output=True, text=True
    )
    wanted = {f"package/lib/{type_folder(name)}/index.d.ts": name for name in names}
    found = {}
    with tarfile.open(folder / fetched.stdout.strip()) as archive:
        for member in archive:
            file = archive.extractfile(member) if member.name in wanted else None
            if file is not None:
                found[wanted[member.name]] = read(file.read().decode())
    return found


def differences(name: str, used: Used, before: Schema, after: Schema) -> Iterator[tuple[bool, str]]:
    """What changes of a type, and whether infra/ has to change with it."""
    gone = {member for member in before.members if member not in after.members}
    renamed = {argument for _, argument in gone} - {argument for _, argument in after.members}
    for argument in sorted(renamed):
        yield argument in used.names, f"`{argument}` is gone"
    for interface, argument in sorted(gone):
        if argument not in renamed and (
            interface.endswith("Config") or f"{interface}" in {i for i, _ in after.members}
        ):
            yield argument in used.names, f"`{argument}` is gone from `{interface}`"
    for (interface, argument), required in sorted(after.members.items()):
        had = before.members.get((interface, argument))
        if required and had is not True and (had is False or interface.endswith("Config")):
            yield argument not in used.names, f"`{argument}` is required in `{interface}`"
    new = sorted(
        {argument for i, argument in after.members if i.endswith("Config") and (i, argument) not in before.members}
    )
    if new:
        yield False, f"new: {', '.join(f'`{argument}`' for argument in new)}"
    yield from (
        (True, f"the attribute `{each}` is gone")
        for each in sorted((used.attributes & before.attributes) - after.attributes)
    )


def main() -> int:
    """Print the list as a table in Markdown."""
    types = used_types()
    with tempfile.TemporaryDirectory() as scratch:
        before, after = (schemas(version, set(types), Path(scratch)) for version in VERSIONS.values())
    unknown = sorted(set(types) - set(before))
    lost = sorted(set(before) - set(after))
    told = [
        f"{len(before)} types compared, of {' and '.join(VERSIONS)}.",
        "",
        "| type | what changes | infra/ has to change |",
        "|---|---|---|",
    ]
    told += [f"| `{name}` | is gone | yes |" for name in lost]
    must = bool(lost)
    only_region = []
    for name in sorted(set(before) & set(after)):
        changes = list(differences(name, types[name], before[name], after[name]))
        if changes == [(False, "new: `region`")]:
            only_region.append(name)
            continue
        told += [f"| `{name}` | {text} | {'yes' if is_needed else 'no'} |" for is_needed, text in changes]
        must = must or any(is_needed for is_needed, _ in changes)
    told += ["", f"With a new argument `region` and nothing else: {len(only_region)} types."]
    told += [f"Not in the bindings: {', '.join(unknown)}."] if unknown else []
    print("\n".join(told))
    return int(must or bool(unknown))


if __name__ == "__main__":
    sys.exit(main())
