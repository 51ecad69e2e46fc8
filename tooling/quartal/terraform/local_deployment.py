"""Whose deployment is on the local AWS: this checkout's own, or that of another under the same names.

All checkouts deploy under the same names in the environment `localstack`, on whichever local AWS answers. Where another
one has deployed there, an apply fails on the first thing that exists, but only after it has replaced what is created by
overwriting: topics, rules of events, alarms. A removal would remove the other deployment.

The id of a KMS key is random: if the local AWS has the key of the state, the deployment is this checkout's. A killed
apply may leave a state without it. So an apply is noted before it begins, and the note goes when it is complete.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from quartal.core.aws import AwsConnection
from quartal.core.errors import ConfigurationError
from quartal.core.typed_records import read_record_of
from quartal.core.whole_files import write_whole
from quartal.local.local_aws.endpoint import Endpoint
from quartal.terraform.outputs import Deployment
from quartal.terraform.working_copy import StagedRoot

if TYPE_CHECKING:
    from mypy_boto3_glue import GlueClient
    from mypy_boto3_kms import KMSClient

_KEY, _ALIAS = "aws_kms_key", "aws_kms_alias"
# in the order in which a deployment makes them; Glue refuses to create any of them again
_KINDS: Mapping[str, tuple[str, Callable[[GlueClient, str], object]]] = {
    "aws_glue_catalog_database": ("database", lambda glue, name: glue.get_database(Name=name)),
    "aws_glue_crawler": ("crawler", lambda glue, name: glue.get_crawler(Name=name)),
    "aws_glue_job": ("job", lambda glue, name: glue.get_job(JobName=name)),
    "aws_glue_workflow": ("workflow", lambda glue, name: glue.get_workflow(Name=name)),
}


@dataclass(frozen=True, slots=True)
class _Note:
    """What is known of the last plan: where it was made, and what must not be there when it is applied.

    ``pid`` is that of the local AWS if this checkout started it. ``has_begun`` stays until an apply is complete.
    """

    url: str
    pid: int | None = None
    has_begun: bool = False
    absent: tuple[tuple[str, str], ...] = ()

    def is_at(self, endpoint: Endpoint) -> bool:
        """Whether it was the same local AWS, as far as that is known."""
        return self.url == endpoint.url and (None in (self.pid, endpoint.pid) or self.pid == endpoint.pid)


def check_deployed(deployment: Deployment, endpoint: Endpoint, staged: StagedRoot, connection: AwsConnection) -> None:
    """Check that what commands are about to read or change was deployed by this checkout.

    Args:
        deployment: the names and the key in the state.
        endpoint: the local AWS.
        staged: where Terraform runs.
        connection: asks the local AWS for the key and the names; whatever it does not answer counts as absent.

    Raises:
        ConfigurationError: another checkout has deployed there under the same names.
    """
    note = _read(staged)
    has_begun = note is not None and note.has_begun and note.is_at(endpoint)
    if has_begun or deployment.key_arn is None or not _is_gone(connection.kms(), deployment.key_arn):
        return
    names = (deployment.database, deployment.crawler, deployment.job, deployment.workflow)
    _refuse_present(zip(_KINDS, names, strict=True), endpoint, connection)


def check_plan(planned: Mapping[str, Any], endpoint: Endpoint, staged: StagedRoot, connection: AwsConnection) -> None:
    """Check that a plan is not made of another checkout's deployment, and note it for its apply.

    Args:
        planned: the plan as `terraform show -json` gives it.
        endpoint: the local AWS.
        staged: where Terraform runs.
        connection: asks the local AWS for the key and the names; whatever it does not answer counts as absent.

    Raises:
        ConfigurationError: another checkout has deployed there under the same names.
    """
    before = _read(staged)
    has_begun = before is not None and before.has_begun and before.is_at(endpoint)
    absent = () if has_begun else tuple(_must_be_absent(planned, connection))
    _refuse_present(absent, endpoint, connection)
    _write(staged, _Note(endpoint.url, endpoint.pid, has_begun, absent))


def begin_apply(endpoint: Endpoint, staged: StagedRoot, connection: AwsConnection) -> None:
    """Check the same again, right before the last plan is applied, and note that it has begun.

    Raises:
        ConfigurationError: another checkout has deployed there meanwhile, or the plan was made at another local AWS.
    """
    note = _read(staged)
    if note is not None and not note.absent and not note.is_at(endpoint):
        raise ConfigurationError(
            f"The plan was made for the local AWS at {note.url}, not for the one that answers now at {endpoint.url} "
            f"({endpoint.source}). Nothing was applied.",
            remedy="Plan again: `quartal plan`.",
        )
    if note is not None:
        _refuse_present(note.absent, endpoint, connection)
    _write(staged, _Note(endpoint.url, endpoint.pid, has_begun=True))


def end_apply(staged: StagedRoot) -> None:
    """Forget the apply after it is complete: from now on the state says what is deployed."""
    _file(staged).unlink(missing_ok=True)


def _must_be_absent(planned: Mapping[str, Any], connection: AwsConnection) -> Iterator[tuple[str, str]]:
    """The types and names that are somebody else's if they are there."""
    changes = [each for each in planned.get("resource_changes") or () if each.get("mode") == "managed"]
    keys = [each["change"] for each in changes if each["type"] == _KEY]
    if any(key.get("before") is not None for key in keys):
        return
    # a key that is to be made is gone; one that is to go, and is gone already, is missing beside its alias
    is_key_gone = bool(keys) or any(each["type"] == _ALIAS for each in changes)
    if not is_key_gone:  # a plan of targets neither reads nor changes the key of the state
        state = (planned.get("prior_state") or {}).get("values") or {}
        is_key_gone = any(_is_gone(connection.kms(), arn) for arn in _keys_in(state.get("root_module") or {}))
    for kind in _KINDS:
        for change in (each["change"] for each in changes if each["type"] == kind):
            name = (change.get("after") or change.get("before") or {}).get("name")
            is_wanted = is_key_gone or change["actions"] == ["create"]
            if is_wanted and name and not change.get("importing"):  # whoever imports it says whose it is
                yield kind, name


def _keys_in(module: Mapping[str, Any]) -> Iterator[str]:
    """The ARNs of the keys in a module of the state, and in those within it."""
    for resource in module.get("resources") or ():
        if resource.get("type") == _KEY and resource.get("mode") == "managed":
            yield resource["values"]["arn"]
    for child in module.get("child_modules") or ():
        yield from _keys_in(child)


def _is_gone(kms: KMSClient, key_arn: str) -> bool:
    """Whether the local AWS says that it has no such key."""
    try:
        kms.describe_key(KeyId=key_arn)
    except kms.exceptions.NotFoundException:
        return True
    except (BotoCoreError, ClientError):
        return False
    return False


def _refuse_present(absent: Iterable[tuple[str, str]], endpoint: Endpoint, connection: AwsConnection) -> None:
    glue = connection.glue()
    present = [f"{_KINDS[kind][0]} {name}" for kind, name in absent if _is_there(glue, kind, name)]
    if not present:
        return
    from etl_job.findings.wording import some  # which help need not load

    own = (
        "start this one anew: `quartal localstack stop`, then `quartal localstack start`"
        if endpoint.pid is not None
        else f"use another: {'unset AWS_ENDPOINT_URL, then ' if endpoint.is_named else ''}"
        "`quartal localstack start --port 0`"
    )
    raise ConfigurationError(
        f"The local AWS at {endpoint.url} ({endpoint.source}) has the Glue {some(present)} already, and this checkout "
        "did not deploy that. Nothing was changed.",
        remedy=f"If another checkout did, remove it there with `quartal destroy`, or {own}. If this checkout did and "
        "has lost its Terraform state, stop that local AWS: the deployment ends with it.",
    )


def _is_there(glue: GlueClient, kind: str, name: str) -> bool:
    try:
        _KINDS[kind][1](glue, name)
    except (BotoCoreError, ClientError):
        return False
    return True


def _read(staged: StagedRoot) -> _Note | None:
    """The note; None if there is none, or it cannot be read."""
    try:
        note = read_record_of(_Note, _file(staged).read_bytes())
    except (OSError, ValueError):
        return None
    return replace(note, absent=tuple(each for each in note.absent if each[0] in _KINDS))


def _write(staged: StagedRoot, note: _Note) -> None:
    with suppress(OSError):  # a full disk is the apply's own error
        write_whole(_file(staged), json.dumps(asdict(note), indent=2) + "\n", owner_only=True)


def _file(staged: StagedRoot) -> Path:
    return staged.plan_file.with_suffix(".local-aws.json")
