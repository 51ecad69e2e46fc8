"""Writes the configuration that a kept state was applied from: `python -m tests.terraform.configuration_of STATE FILE`.

A state has every attribute, also those that AWS computed; the provider's schema tells them apart. What the values refer
to is lost, but for the lake's key, whose ARN is another one wherever it is applied again. The result is applied by
tests/integration/test_upgrade.py, as the release did, before it upgrades.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.terraform.conftest import INFRA, found_terraform

# Applied first, because others name them; each module's resources wait for those of the modules before it.
_FIRST = {
    "aws_cloudwatch_log_group",
    "aws_glue_catalog_database",
    "aws_glue_classifier",
    "aws_glue_job",
    "aws_glue_security_configuration",
    "aws_glue_workflow",
    "aws_iam_role",
    "aws_kms_key",
    "aws_s3_bucket",
}
# The same again under a newer name, or read back and never set.
_LEFT_OUT = {
    "aws_glue_job": {"max_capacity"},
    "aws_iam_role": {"inline_policy", "managed_policy_arns", "path"},
    "aws_kms_alias": {"name_prefix"},
    "aws_s3_bucket": {
        "acceleration_status", "acl", "grant", "lifecycle_rule", "logging", "policy", "request_payer",
        "server_side_encryption_configuration", "versioning",
    },
    "aws_s3_object": {"acl", "checksum_algorithm", "content_type", "etag", "server_side_encryption", "storage_class"},
}  # fmt: skip
_KEY, _OWN_KEY = "${var.key_arn}", "${aws_kms_key.this.arn}"


def build_configuration(state: Mapping[str, Any], schemas: Mapping[str, Any]) -> dict[str, Any]:
    """The modules of a state by name, each as a configuration in Terraform's JSON syntax.

    Args:
        state: a state file.
        schemas: resource schemas of the provider, by type, as `terraform providers schema -json` gives them.
    """
    key = next(each for each in state["resources"] if each["type"] == "aws_kms_key")["instances"][0]["attributes"]
    modules: dict[str, Any] = defaultdict(lambda: {"resource": defaultdict(dict)})
    for resource in state["resources"]:
        kind, name, module = resource["type"], resource["name"], resource["module"].removeprefix("module.")
        found = [
            _configured(instance["attributes"], schemas[kind]["block"], _LEFT_OUT.get(kind, set()))
            for instance in resource["instances"]
        ]
        block = found[0]
        if "index_key" in resource["instances"][0]:
            differing = {key for key in found[0] if any(each.get(key) != found[0][key] for each in found)}
            keys = [instance["index_key"] for instance in resource["instances"]]
            values = [{key: each[key] for key in differing} for each in found]
            block = {"for_each": dict(zip(keys, values, strict=True))} | found[0]
            block |= {key: f"${{each.value.{key}}}" for key in differing}
        modules[module]["resource"][kind][name] = _with_key(block, key, _OWN_KEY if module == "data_lake" else _KEY)
        if kind == "aws_kms_alias":
            modules[module]["resource"][kind][name]["target_key_id"] = "${aws_kms_key.this.key_id}"
    for content in modules.values():
        first = sorted(
            f"{kind}.{name}" for kind in _FIRST & content["resource"].keys() for name in content["resource"][kind]
        )
        for kind, named in content["resource"].items():
            for block in named.values():
                if kind not in _FIRST:
                    block["depends_on"] = first
                elif kind in {"aws_glue_job", "aws_cloudwatch_log_group"}:
                    block["depends_on"] = [each for each in first if each.startswith("aws_iam_role.")]
    return {name: {"resource": dict(content["resource"])} for name, content in modules.items()}


def _configured(values: Mapping[str, Any], block: Mapping[str, Any], left_out: set[str]) -> dict[str, Any]:
    """The attributes and blocks that a configuration may set and that are set."""
    made = {}
    for name, value in values.items():
        attribute = block.get("attributes", {}).get(name)
        nested = block.get("block_types", {}).get(name)
        if (
            name in left_out | {"id", "tags_all"}
            or value in (None, "", [], {}, 0)
            or (attribute or {}).get("deprecated")
        ):
            continue
        if attribute is not None and (attribute.get("optional") or attribute.get("required")):
            made[name] = _escaped(value)
        elif nested is not None:
            made[name] = [_configured(each, nested["block"], set()) for each in value]
    return made


def _escaped(value: Any) -> Any:
    """A value as a literal: JSON syntax takes `${` for the beginning of an expression."""
    if isinstance(value, str):
        return value.replace("${", "$${").replace("%{", "%%{")
    if isinstance(value, list):
        return [_escaped(each) for each in value]
    if isinstance(value, dict):
        return {key: _escaped(each) for key, each in value.items()}
    return value


def _with_key(value: Any, key: Mapping[str, Any], reference: str) -> Any:
    """The same with a reference in place of the ARN of the key that the state knew."""
    if isinstance(value, str):
        return value.replace(key["arn"], reference)
    if isinstance(value, list):
        return [_with_key(each, key, reference) for each in value]
    if isinstance(value, dict):
        return {name: _with_key(each, key, reference) for name, each in value.items()}
    return value


def main() -> None:
    """Write the configuration of the state that the first argument names to the file that the second one names."""
    state = json.loads(Path(sys.argv[1]).read_text())
    with found_terraform() as terraform, tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        for name in ("versions.tf", ".terraform.lock.hcl"):
            shutil.copyfile(INFRA / name, folder / name)
        terraform.init(folder)
        line = [terraform.binary, "providers", "schema", "-json"]
        schemas = subprocess.run(line, cwd=folder, env=terraform.environ, capture_output=True, check=True)
    (provider,) = json.loads(schemas.stdout)["provider_schemas"].values()
    made = build_configuration(state, provider["resource_schemas"])
    Path(sys.argv[2]).write_text(json.dumps(made, indent=1, sort_keys=True) + "\n")


if __name__ == "__main__":
    main()
