"""Looks over planned policies with parliament: `python tests/terraform/lint_policies.py POLICIES.json`.

Runs in the environment of `requirements/checkov.txt`. A finding above LOW fails, unless it stands below with its
reason; so does a reason that nothing needs any more.
"""

from __future__ import annotations

import fnmatch
import json
import sys
from pathlib import Path

import parliament

# Reasons by address (a pattern) and issue.
ALLOWED: dict[tuple[str, str], str] = {}


def main() -> int:
    """Print what is wrong; 1 if anything is."""
    policies: dict[str, str] = json.loads(Path(sys.argv[1]).read_text())
    needed: set[tuple[str, str]] = set()
    wrong: list[str] = []
    for address, policy in policies.items():
        for finding in parliament.analyze_policy_string(policy).findings:
            finding = parliament.enhance_finding(finding)
            reason = next(
                (key for key in ALLOWED if fnmatch.fnmatchcase(address, key[0]) and finding.issue == key[1]), None
            )
            if reason is not None:
                needed.add(reason)
            elif finding.severity not in {"LOW", "MUTE"}:
                wrong.append(f"{address}: {finding.severity} {finding.title}: {finding.detail} {finding.location}")
    wrong += [f"{address}: {issue} is allowed, but nothing needs it" for address, issue in set(ALLOWED) - needed]
    print("\n".join(wrong) or f"parliament: {len(policies)} policies, no finding above LOW")  # noqa: T201
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
