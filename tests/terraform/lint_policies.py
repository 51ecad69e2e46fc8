"""Looks over planned policies with parliament: `python tests/terraform/lint_policies.py POLICIES.json`.

Runs in the environment of `requirements/checkov.txt`. A finding above LOW fails, unless it stands below with its
reason; so does a reason that nothing needs any more.
"""

from __future__ import annotations

import fnmatch
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import parliament

_DEPLOYER = "module.deployer.aws_iam_policy.change*buckets*"

# Reasons by address, issue and what is said of it; the first and the last are patterns.
ALLOWED: dict[tuple[str, str, str], str] = {
    ("module.deployer.aws_iam_policy.boundary", "UNKNOWN_CONDITION_FOR_ACTION", "* kms:ResourceAliases *"): (
        "KMS knows it for every use of a key; parliament's list does not: "
        "https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html"
    ),
    (_DEPLOYER, "RESOURCE_POLICY_PRIVILEGE_ESCALATION", "*s3:PutBucketPolicy"): (
        "Whoever deploys sets the bucket's policy. A review shows each change of it as access; see the module's README."
    ),
    (_DEPLOYER, "RESOURCE_MISMATCH", "kms:*Alias needs *"): (
        "An alias takes a right on the alias and one on the key: two statements, as the key is known by its tag alone."
    ),
    ("module.deployer.aws_iam_*", "RESOURCE_MISMATCH", "athena:* needs arn:*:athena:*"): (
        "Workgroups have tags as well, and the pipeline has neither catalogs nor capacity of Athena's."
    ),
}


def main() -> int:
    """Print what is wrong; 1 if anything is."""
    policies: dict[str, str] = json.loads(Path(sys.argv[1]).read_text())
    needed: set[tuple[str, str, str]] = set()
    wrong: list[str] = []
    for address, policy in policies.items():
        for finding in parliament.analyze_policy_string(policy).findings:
            finding = parliament.enhance_finding(finding)
            for said in _each(finding):
                reason = next((key for key in ALLOWED if _is_allowed(key, address, finding.issue, said)), None)
                if reason is not None:
                    needed.add(reason)
                elif finding.severity not in {"LOW", "MUTE"}:
                    wrong.append(f"{address}: {finding.severity} {finding.title} ({finding.issue}): {said}")
    wrong += [f"{' '.join(key)} is allowed, but nothing needs it" for key in set(ALLOWED) - needed]
    print("\n".join(wrong) or f"parliament: {len(policies)} policies, no finding above LOW")  # noqa: T201
    return 1 if wrong else 0


def _each(finding: Any) -> Iterator[str]:
    """What a finding says, action by action where it is about several."""
    if finding.issue != "RESOURCE_MISMATCH":
        yield str(finding.detail)
        return
    for entry in finding.detail:
        yield f"{entry['action']} needs {entry['required_format']}"


def _is_allowed(key: tuple[str, str, str], address: str, issue: str, said: str) -> bool:
    pattern, of_issue, wording = key
    # a bracket in an address is a bracket
    return issue == of_issue and fnmatch.fnmatchcase(address, pattern) and fnmatch.fnmatchcase(said, wording)


if __name__ == "__main__":
    sys.exit(main())
