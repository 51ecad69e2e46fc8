"""What to do about the failures of Terraform that users meet, by a sign in Terraform's own words."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Remedy:
    """A failure in one sentence, and what to do about it.

    Attributes:
        sign: words of Terraform by which the failure is known; upper and lower case count alike.
        message: what happened. Both texts may hold `{variables}`, the environment's file of variables, and what
            `details` finds.
        remedy: what to do next.
        details: a pattern with named groups, looked for in Terraform's words; where it finds nothing they are "?".
    """

    sign: str
    message: str
    remedy: str
    details: str = ""


REMEDIES = (
    Remedy(
        "saved plan is stale",
        "The state has changed since this plan was reviewed.",
        "Nothing was applied. Review a new plan: `quartal plan`.",
    ),
    Remedy(
        "No value for required variable",
        "The environment does not say what {name} is.",
        "Give {name} a value in {variables}.",
        r'input variable "(?P<name>[^"]+)"',
    ),
    Remedy(
        "Invalid value for variable",
        "A variable of the environment has a value that cannot be: see below.",
        "Correct it in {variables}.",
    ),
    Remedy(
        "Value for undeclared variable",
        "The environment sets a variable that does not exist: see below.",
        "Correct its name in {variables}, or remove it.",
    ),
    Remedy(
        "state lock",
        "The environment is locked by {who}, since {since}.",
        "Wait for them. If they are gone for good: `terraform force-unlock {id}` in the working copy.",
        r"ID:\s+(?P<id>\S+)[\s\S]*?Who:\s+(?P<who>\S+)[\s\S]*?Created:\s+(?P<since>[^\n.]+)",
    ),
    Remedy("ExpiredToken", "The AWS credentials have expired.", "Sign in again, then run the same command again."),
    Remedy("token has expired", "The AWS credentials have expired.", "Sign in again, then run the same command again."),
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
        "The AWS provider cannot be had.",
        "Let the machine reach the Terraform registry, or fill a mirror: see `quartal doctor`.",
    ),
    Remedy(
        "checksums recorded in the dependency lock file",
        "The AWS provider is not the one whose checksums are in infra/.terraform.lock.hcl.",
        "The mirror is damaged or was made for another version: fill it anew by `terraform providers mirror`.",
    ),
    Remedy(
        "Failed to install provider",
        "The AWS provider could not be installed.",
        "The mirror is damaged or not complete: fill it anew by `terraform providers mirror`; see `quartal doctor`.",
    ),
    Remedy(
        "NoSuchBucket",
        "The bucket of the state is gone, or the lake is.",
        "For the state: `quartal bootstrap`. Was LocalStack started anew? Then delete .quartal/terraform/localstack.",
    ),
    Remedy(
        "Backend initialization required",
        "The settings of the backend have changed.",
        "Run the same command again.",
    ),
)


def explain(text: str, *, variables: str) -> tuple[str, str] | None:
    """The message and the remedy for what Terraform printed; None for a failure that is not known.

    Args:
        text: Terraform's own words.
        variables: the environment's file of variables, as users know it.
    """
    for known in REMEDIES:
        if known.sign.lower() not in text.lower():
            continue
        match = re.search(known.details, text) if known.details else None
        names = re.compile(known.details).groupindex if known.details else {}
        found = {name: (match[name].strip() if match else "?") for name in names}
        return known.message.format(variables=variables, **found), known.remedy.format(variables=variables, **found)
    return None
