"""The scope of a request: one account in one region."""

from dataclasses import dataclass, field

from localstack_glue.service.models import GlueStore, glue_stores


@dataclass(frozen=True, slots=True)
class Scope:
    """An account and a region, the key of all stored data.

    Attributes:
        account_id: the account.
        region: the region.
        caller: the access key that signed a request; empty if there is no caller, or any caller is allowed.
    """

    account_id: str
    region: str
    caller: str = field(default="", compare=False, repr=False)

    @property
    def store(self) -> GlueStore:
        """The data of this account and region."""
        store: GlueStore = glue_stores[self.account_id][self.region]
        return store

    @property
    def partition(self) -> str:
        """The AWS partition of the region, as in ARNs."""
        prefixes = {"cn-": "aws-cn", "us-gov-": "aws-us-gov"}
        return next((name for prefix, name in prefixes.items() if self.region.startswith(prefix)), "aws")

    def arn(self, kind: str, name: str) -> str:
        """The ARN of a Glue resource."""
        return f"arn:{self.partition}:glue:{self.region}:{self.account_id}:{kind}/{name}"

    def role_arn(self, role: str) -> str:
        """The ARN of a role that is given by ARN, by name, or by path and name."""
        return (
            role if role.startswith("arn:") else f"arn:{self.partition}:iam::{self.account_id}:role/{role.lstrip('/')}"
        )
