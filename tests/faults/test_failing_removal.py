"""`destroy --keep-data` and `destroy` whose calls to AWS fail, each operation before its effect and after it.

The command says done only where nothing is left of what it was to remove; the same command again goes on.
"""

from __future__ import annotations

import sys
from typing import Any

import pytest

from tests.integration.test_teardown import DATA, names_left

from .deployment import Deployment

_ATTEMPTS = 8
# of a whole removal; what another destroy was seen to call comes on top
_OF_DATA = (
    "DeleteAlias",
    "DeleteBucket",
    "DeleteBucketLifecycle",
    "DeleteBucketPolicy",
    "DeleteDatabase",
    "DeleteLogGroup",
    "DeleteObject",
    "DeleteObjects",
    "ListObjectVersions",
    "ListObjectsV2",
    "ScheduleKeyDeletion",
)
_MIXED = ("fail-before", "fail-after", "reset-before", "lose-answer", "throttle")


def each_operation(names: set[str]) -> dict[str, Any]:
    """The first call of each operation fails, the second is done and its answer lost."""
    rules = [
        {"mode": mode, "operation": name, "nth": place}
        for name in sorted(names)
        for place, mode in enumerate(("fail-before", "lose-answer"), start=1)
    ]
    return {"rules": rules[:100]}


def remove(deployment: Deployment, *options: str, left: set[str]) -> None:
    """The command until it says done, which it says only where it is so."""
    for number in range(_ATTEMPTS):
        ended = deployment.quartal("destroy", *options)
        struck = len(deployment.faults("GET")["struck"])
        sys.stdout.write(f"destroy {' '.join(options)}, attempt {number}: exit {ended.code}, {struck} calls struck\n")
        assert not ended.has_traceback, ended.output
        if ended.code == 0:
            break
        assert ended.output.strip(), "an error has words"
        deployment.faults("POST", {"rules": [{"mode": "delay", "times": None}]})  # what fails is over
    assert ended.code == 0, ended.output
    found = set(names_left(deployment.endpoint, deployment.region, deployment.prefix))
    assert found == left, f"it said done, and {found} is there"


@pytest.mark.timeout(1800)
def test_removal_under_failing_calls_reports_success_only_if_nothing_is_left(deployment: Deployment):
    deployment.done("apply", "--no-policies")
    mixed = [{"mode": mode, "times": None, "probability": 0.03} for mode in _MIXED]
    deployment.faults("POST", {"seed": 1, "rules": [*mixed, {"mode": "delay", "times": None}]})
    try:
        remove(deployment, "--keep-data", left=DATA)
        called = {call["operation"] for call in deployment.faults("GET")["struck"]}
        deletions = {name for name in called if not name.startswith(("Get", "List", "Describe", "Head"))}
        assert deletions
        deployment.faults("DELETE")

        deployment.done("apply", "--no-policies")
        deployment.faults("POST", each_operation({*deletions, *_OF_DATA}))
        remove(deployment, left=set())
    finally:
        deployment.faults("DELETE")
