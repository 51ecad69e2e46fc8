"""The AWS account that a plan was made for; the plan is applied only there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from quartal.core.errors import ConfigurationError
from quartal.terraform.saved_plan import ReviewRecord

if TYPE_CHECKING:
    from mypy_boto3_sts import STSClient

_IDENTITY = "aws_caller_identity"


def planned_account(data: Mapping[str, Any]) -> str:
    """The account that a plan was made in, as recorded in the plan; empty if it did not ask AWS for it."""
    root = ((data.get("prior_state") or {}).get("values") or {}).get("root_module") or {}
    return next(_accounts(root), "")


def _accounts(module: Mapping[str, Any]) -> Iterator[str]:
    for resource in module.get("resources") or []:
        if resource.get("type") == _IDENTITY and isinstance(resource.get("values", {}).get("account_id"), str):
            yield resource["values"]["account_id"]
    for child in module.get("child_modules") or []:
        yield from _accounts(child)


def refuse_another_account(sts: STSClient, record: ReviewRecord) -> None:
    """Stop if the current credentials belong to another account than the plan.

    Raises:
        ConfigurationError: the accounts differ.
    """
    account = sts.get_caller_identity()["Account"]
    if record.account and account != record.account:
        raise ConfigurationError(
            f"The plan was made for account {record.account} in {record.region}, not for {account}, whose credentials "
            "these are.",
            remedy="Nothing was applied. Sign in to the account of the plan, or plan and review again: `quartal plan`.",
        )
