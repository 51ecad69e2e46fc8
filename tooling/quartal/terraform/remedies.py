"""Remedies for Terraform's common failures, recognized by phrases in Terraform's output."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Remedy:
    """A failure in one sentence, and what to do about it.

    Attributes:
        sign: words of Terraform by which the failure is known; upper and lower case count alike.
        message: what happened. Both texts may hold `{variables}`, the environment's file of variables, `{folder}`,
            where Terraform runs, and what `details` finds.
        remedy: what to do next.
        details: a pattern with named groups, searched in Terraform's output; groups without a match are "?".
        needs_details: whether it is another failure where `details` finds nothing.
        is_configuration: whether something that the user wrote or installed is wrong, and nothing was tried.
    """

    sign: str
    message: str
    remedy: str
    details: str = ""
    is_configuration: bool = False
    needs_details: bool = False


@dataclass(frozen=True, slots=True)
class Explanation:
    """A failure that is known, in words for the user."""

    message: str
    remedy: str
    is_configuration: bool


_THERE_ALREADY = (
    "{address} already exists, as {id}, but is not in the state.",
    "If an apply was killed while it created this, import it: write a block `import` in infra/import.tf, with "
    '`to = {address}` and `id = "{id}"` (the id that the provider\'s page of its type shows), for each one named '
    "above; run `quartal apply`; then delete the file. If it is somebody else's, choose another prefix in {variables}.",
    r"\((?P<id>[^()\s]+)\): [^\n]*Already[^\n]* \((?P<address>[\w-]+\.[^\s,]+),",
)

REMEDIES = (
    Remedy(  # before its consequences, such as a lock that cannot be written
        "no space left on device",
        "The disk is full: Terraform could not write to {folder}, or to its plugin folder.",
        "Free some space on the disk, then run the command again.",
    ),
    Remedy(  # of a state on this machine: Terraform writes it over, and was killed meanwhile
        "Unsupported state file format",
        "The state file of the environment is damaged.",
        "Copy terraform.tfstate.backup over terraform.tfstate in {folder}; then `quartal plan` shows what differs.",
    ),
    Remedy(
        "saved plan is stale",
        "The state has changed since this plan was reviewed.",
        "Nothing was applied. Review a new plan: `quartal plan`.",
    ),
    Remedy(
        "No value for required variable",
        "The environment sets no value for {name}.",
        "Give {name} a value in {variables}.",
        r'input variable "(?P<name>[^"]+)"',
        is_configuration=True,
    ),
    Remedy(
        "cannot be read: schema[0]",
        "The data contract {file} is broken: see below.",
        "Correct data/contracts/{file}: `quartal contract lint data/contracts/{file}` says where.",
        r"data contract (?P<file>[^\s,]+)",
        is_configuration=True,
    ),
    Remedy(
        "There is no data contract for",
        "The environment names a data contract that does not exist: see below.",
        "Correct `contracts` in {variables}, or write data/contracts/{dataset}.yaml: "
        "`quartal contract init` drafts it.",
        r"no data contract for (?P<dataset>[^\s,]+)",
        is_configuration=True,
    ),
    Remedy(
        "Invalid value for variable",
        "A variable of the environment has an invalid value: see below.",
        "Correct it in {variables}.",
        is_configuration=True,
    ),
    Remedy(
        "Invalid value for input variable",
        "A variable of the environment has a value of the wrong type: see below.",
        "Correct it in {variables}.",
        is_configuration=True,
    ),
    Remedy(
        "Error releasing the state lock",
        "Terraform has ended, but the state may still be locked.",
        "`quartal plan` goes on where it is not. Where it is, that command names the lock; then, when nobody else "
        "works on it, `terraform force-unlock <ID>` in {folder}.",
    ),
    Remedy(  # of a local state, whose lock cannot be removed
        "resource temporarily unavailable",
        "The environment is locked by {who}, since {since}.",
        "Wait for them: it is another program on this machine, and the lock ends with it.",
        r"Lock Info:[\s\S]*?\bWho:\s+(?P<who>\S+)[\s\S]*?\bCreated:\s+(?P<since>[^\n.]+)",
    ),
    Remedy(  # AWS's request, which precedes the lock, has an id too
        "Lock Info:",
        "The environment is locked by {who}, since {since}.",
        "Wait for them. If they are gone for good: `terraform force-unlock {id}` in {folder}.",
        r"Lock Info:[\s\S]*?\bID:\s+(?P<id>[^\s,]+)[\s\S]*?"
        r"\bWho:\s+(?P<who>\S+)[\s\S]*?\bCreated:\s+(?P<since>[^\n.]+)",
    ),
    Remedy(
        "state lock",
        "The state of the environment cannot be locked, and Terraform does not say by whom it is: see below.",
        "Wait, then run the command again.",
    ),
    Remedy(
        "AWS account ID not allowed",
        "These credentials are of account {account}, in which {variables} allows nothing.",
        "Sign in to the account of the environment; or, where this is it, write {account} into "
        "provider_settings.allowed_account_ids in {variables}.",
        r"not allowed: (?P<account>\d+)",
        is_configuration=True,
    ),
    Remedy("ExpiredToken", "The AWS credentials have expired.", "Sign in again, then run the command again."),
    Remedy("token has expired", "The AWS credentials have expired.", "Sign in again, then run the command again."),
    Remedy("No valid credential sources", "There are no AWS credentials.", "Sign in to AWS, or set AWS_PROFILE."),
    Remedy(
        "InvalidClientTokenId",
        "AWS does not know these credentials.",
        "Sign in to AWS, or set AWS_PROFILE; for LocalStack use the environment `localstack`.",
    ),
    Remedy(
        "connection refused",
        "The endpoint does not answer.",
        "Is LocalStack running? See `quartal localstack status`, and AWS_ENDPOINT_URL.",
    ),
    Remedy(
        "Failed to query available provider packages",
        "The AWS provider is not available.",
        "Give the machine access to the Terraform registry, or fill a mirror: see `quartal doctor`.",
        is_configuration=True,
    ),
    Remedy(
        "checksums recorded in the dependency lock file",
        "The AWS provider is not the one whose checksums are in infra/.terraform.lock.hcl.",
        "The mirror is damaged or made for another version: fill it again with `terraform providers mirror`.",
        is_configuration=True,
    ),
    Remedy(
        "Failed to install provider",
        "The AWS provider could not be installed.",
        "The mirror is damaged or incomplete: fill it again with `terraform providers mirror`; see `quartal doctor`.",
        is_configuration=True,
    ),
    Remedy("AlreadyExists", *_THERE_ALREADY, needs_details=True),
    Remedy("BucketAlreadyOwnedByYou", *_THERE_ALREADY, needs_details=True),
    Remedy(
        "NoSuchBucket",
        "The state bucket or the lake bucket no longer exists.",
        "For the state: `quartal bootstrap`. If LocalStack was restarted, delete .quartal/terraform/localstack.",
    ),
    Remedy(
        "Backend initialization required",
        "The settings of the backend have changed.",
        "Run the command again.",
    ),
)


def explain(text: str, *, variables: str, folder: str) -> Explanation | None:
    """Explain Terraform's output to the user; None for an unknown failure.

    Args:
        text: Terraform's own words.
        variables: the environment's file of variables, as users know it.
        folder: where Terraform runs.
    """
    # -json prints no frame, but the text of init folds its lines
    folded = " ".join(text.split()).lower()
    for known in REMEDIES:
        if known.sign.lower() not in folded:
            continue
        match = re.search(known.details, text) if known.details else None
        if match is None and known.needs_details:
            continue
        names = re.compile(known.details).groupindex if known.details else {}
        found = {name: (match[name].strip() if match else "?") for name in names}
        found |= {"variables": variables, "folder": folder}
        return Explanation(known.message.format(**found), known.remedy.format(**found), known.is_configuration)
    return None
