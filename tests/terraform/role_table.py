"""The table in docs/explanation/security.md of what each role may do; `python -m tests.terraform.role_table` writes it.

A row is a statement of a role's policies, with the names that differ by pipeline in angle brackets.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.terraform.conftest import ROOT, found_terraform, stage_infra
from tests.terraform.planned_policies import plan_everything
from tests.terraform.roles import role_policies

PAGE = ROOT / "docs" / "explanation" / "security.md"
# Roles by the ends of their names, in the order of the table.
ROLES = {
    "-crawler": "crawler",
    "-job": "job",
    "-reader": "readers",
    "aws-quicksight-service-role-v0": "QuickSight",
    "-overdue-check": "check for overdue runs",
    "-overdue-start": "schedule of that check",
    "-catalog-key": "catalog of the account",
    "-network-flow-log": "flow log",
}
# What the roles of the plan are called, longest first.
NAMES = {
    r"quartal-localstack-\d+-us-east-1": "<bucket>",
    "quartal-localstack": "<prefix>",
    "quartal_localstack": "<database>",
    "vehicle[_-]sightings": "<dataset>",
    r"arn:aws:s3:::<bucket>(/(?=.))?": "",
    r"arn:aws:([a-z0-9]+):[a-z0-9-]*:\d+:": r"\1 ",
    "us-east-1[a-z]": "<zone>",
    "key/[0-9a-f-]+$": "key of the lake",
}


def with_table(page: str, policies: Mapping[str, Mapping[str, Any]]) -> str:
    """The page with the table as the policies have it."""
    marks = r"(<!-- roles: generated from the plan of everything -->\n).*?(<!-- end -->)"
    page, count = re.subn(marks, lambda m: f"{m[1]}\n{role_table(policies)}\n{m[2]}", page, flags=re.DOTALL)
    if count != 1:
        raise ValueError("the page has no place for the table of roles")
    return page


def role_table(policies: Mapping[str, Mapping[str, Any]]) -> str:
    """A row for each statement. Raises ValueError for a role that has no name in the table."""
    unknown = [role for role in policies if not any(role.endswith(ending) for ending in ROLES)]
    if unknown:
        raise ValueError(f"{', '.join(unknown)}: name it in ROLES, and say in security.md whose role that is")
    lines = ["| Who | Statement | May | On |", "| --- | --- | --- | --- |"]
    for ending, name in ROLES.items():
        for documents in (of_role for role, of_role in policies.items() if role.endswith(ending)):
            for _, document in sorted(documents.items()):
                lines += [_row(name, statement) for statement in document["Statement"]]
    return "\n".join(lines) + "\n"


def _row(who: str, statement: Mapping[str, Any]) -> str:
    if statement["Effect"] != "Allow":
        raise ValueError(f"the table has no word for a statement that denies: {statement}")
    where = "; ".join(
        f"{key} {'every one of' if operator.startswith('ForAllValues') else 'is'} {_listed(values)}"
        for operator, keys in sorted(statement.get("Condition", {}).items())
        for key, values in sorted(keys.items())
    )
    on = _listed(statement["Resource"]) + (f" where {where}" if where else "")
    return f"| {who} | {statement['Sid']} | {_actions(statement['Action'])} | {on} |"


def _actions(actions: str | list[str]) -> str:
    by_service: dict[str, list[str]] = {}
    for action in sorted(_texts(actions)):
        service, _, name = action.partition(":")
        by_service.setdefault(service, []).append(name)
    return "; ".join(f"{service}: {', '.join(names)}" for service, names in by_service.items())


def _listed(values: str | list[str]) -> str:
    return ", ".join(f"`{text}`" for text in dict.fromkeys(map(_named, sorted(_texts(values)))))


def _named(text: str) -> str:
    for pattern, name in NAMES.items():
        text = re.sub(pattern, name, text)
    return text or "<bucket>"


def _texts(values: str | list[str]) -> list[str]:
    return [values] if isinstance(values, str) else values


def main() -> None:
    """Plan everything, and write the page anew."""
    with found_terraform() as terraform, tempfile.TemporaryDirectory() as scratch:
        plan = plan_everything(terraform, stage_infra(Path(scratch) / "infra"))
    PAGE.write_text(with_table(PAGE.read_text("utf-8"), role_policies(plan)), "utf-8")


if __name__ == "__main__":
    main()
