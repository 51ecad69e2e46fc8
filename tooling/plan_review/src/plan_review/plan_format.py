"""The formats of `terraform show -json` that the review reads.

Terraform 1.1 and newer, and OpenTofu, write 1.x. Before that it wrote 0.1 and 0.2, which differ from 1.0 in nothing
that the review reads except this: only Terraform 0.15.2 and newer mark what providers call sensitive
(github.com/hashicorp/terraform/pull/28523). A plan without these marks would be shown with its secrets.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from plan_review.errors import PlanError

_SUPPORTED = "1"
_BEFORE_1_1 = ("0.1", "0.2")
_FIRST_WITH_MARKS = (0, 15, 2)
_NUMBER = re.compile(r"(\d{1,4})\.(\d{1,4})\.(\d{1,4})")
_MARKS = frozenset({"before_sensitive", "after_sensitive"})


def refuse_other_formats(data: Mapping[str, Any]) -> None:
    """Refuse formats that the review cannot read.

    Raises:
        PlanError: the format is unknown, or does not mark sensitive values.
    """
    version = str(data.get("format_version", ""))
    if version.partition(".")[0] == _SUPPORTED:
        return
    if version in _BEFORE_1_1:
        if not _has_sensitivity_marks(data):
            raise PlanError(
                f"This plan of Terraform {data.get('terraform_version') or '0.12 to 1.0'} (format {version}) does not "
                "say which values are sensitive, so the review would show secrets.",
                remedy="Plan with Terraform 0.15.2 or newer, or with OpenTofu, and pass the JSON unchanged.",
            )
        return
    if not version:
        raise PlanError(
            "This JSON has no format_version, so `terraform show -json` did not write it.",
            remedy="Save the plan (`terraform plan -out FILE`), then pass the output of `terraform show -json FILE`; "
            "the plan that HCP Terraform shows has a different format.",
        )
    raise PlanError(
        f"The plan has format '{version}', but the review reads only {', '.join(_BEFORE_1_1)} and {_SUPPORTED}.x.",
        remedy="Plan with Terraform 0.15.2 or newer, or with OpenTofu. If its plans have a newer format than "
        f"{_SUPPORTED}.x, use an older release of it.",
    )


def _has_sensitivity_marks(data: Mapping[str, Any]) -> bool:
    found = _NUMBER.match(str(data.get("terraform_version", "")))
    if found is None or tuple(map(int, found.groups())) < _FIRST_WITH_MARKS:
        return False
    return all(change.keys() >= _MARKS for change in _changes(data))


def _changes(data: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for name in ("resource_changes", "resource_drift"):
        for entry in data.get(name) or []:
            yield entry["change"]
    yield from (data.get("output_changes") or {}).values()
