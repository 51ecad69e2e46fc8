"""One environment to work on: its endpoint, its Terraform and its deployment, each looked up when first needed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from quartal.core.aws import AwsConnection, aws_environment
from quartal.core.console import Console
from quartal.core.settings import Settings
from quartal.core.typed_commands import as_typed
from quartal.local.local_aws.endpoint import Endpoint, require_endpoint
from quartal.local.toolchain.provider import write_cli_configuration
from quartal.local.toolchain.terraform_binary import require_terraform
from quartal.terraform.local_deployment import check_deployed
from quartal.terraform.outputs import Deployment
from quartal.terraform.program import Terraform
from quartal.terraform.state_backend import STATE_BUCKET_VARIABLE, backend_settings, with_state_bucket
from quartal.terraform.working_copy import StagedRoot, stage, staged_root


@dataclass(frozen=True)
class Workspace:
    """The common basis of commands, built from settings alone."""

    settings: Settings
    console: Console

    @cached_property
    def endpoint(self) -> Endpoint | None:
        """The endpoint of the environment; None for AWS's own.

        Raises:
            ConfigurationError: the environment is the local one and no LocalStack answers.
        """
        if self.settings.is_local:
            return require_endpoint(self.settings)
        url = self.settings.endpoint_url
        return Endpoint(url, "AWS_ENDPOINT_URL", is_named=True) if url is not None else None

    @cached_property
    def env(self) -> dict[str, str]:
        """The process environment for Terraform and for AWS clients."""
        return aws_environment(self.settings, self.endpoint.url if self.endpoint else None)

    @cached_property
    def located(self) -> Settings:
        """The settings with the bucket of the state, which is looked up unless it is named.

        Raises:
            ConfigurationError: there is no bucket yet.
        """
        backend = backend_settings(self.settings)
        if backend is None or "bucket" in backend or STATE_BUCKET_VARIABLE in self.settings.environ:
            return self.settings
        connection = self.account_connection(backend.get("region", self.env["AWS_REGION"]))
        return with_state_bucket(self.settings, connection.sts(), connection.s3())

    @property
    def region(self) -> str:
        """The region that the environment's variables name; else that of the process."""
        path = self.settings.infra_dir / "environments" / f"{self.settings.environment}.tfvars"
        named = re.search(r'^region\s*=\s*"([^"]+)"', path.read_text(encoding="utf-8"), re.MULTILINE)
        return named.group(1) if named else self.env.get("TF_VAR_region") or self.env["AWS_REGION"]

    def account_connection(self, region: str) -> AwsConnection:
        """How to reach the account, whether or not anything is deployed."""
        return AwsConnection.from_environment(self.env, region=region, local=self.settings.is_local)

    @cached_property
    def staged(self) -> StagedRoot:
        """Where Terraform runs."""
        return staged_root(self.located)

    @cached_property
    def terraform(self) -> Terraform:
        """Terraform in the environment's working copy."""
        return Terraform(require_terraform(self.settings), self.staged, terraform_environment(self.settings, self.env))

    @cached_property
    def deployment(self) -> Deployment:
        """The deployed resources, from this or any other machine that shares the state.

        Raises:
            NotDeployedError: nothing is deployed, or only a part.
            ConfigurationError: the pipeline has no feed of the name in the settings.
        """
        if self.staged.has_remote_state and not self.staged.is_connected:
            with self.console.waiting(f"connecting to the Terraform state of {self.settings.environment}") as line:
                line.update()
                stage(self.located)
                self.terraform.init()
        return Deployment.from_outputs(self.terraform.outputs(), dataset=self.settings.dataset)

    @cached_property
    def connection(self) -> AwsConnection:
        """How to reach the deployed resources.

        Raises:
            ConfigurationError: the local AWS has those of another checkout.
            NotDeployedError: nothing is deployed, or only a part.
        """
        self.refuse_deployment_of_another_checkout()
        return self.account_connection(self.deployment.region)

    def refuse_deployment_of_another_checkout(self) -> None:
        """Stop unless the deployment on the local AWS, if there is one, is this checkout's.

        Raises:
            ConfigurationError: it is that of another checkout.
            NotDeployedError: this one has deployed nothing, or only a part.
        """
        if self.settings.is_local and self.endpoint is not None:
            connection = self.account_connection(self.deployment.region)
            check_deployed(self.deployment, self.endpoint, self.staged, connection)

    def command_line(self, *words: str) -> str:
        """A command of Quartal in backticks, as a user would type it for this environment and feed."""
        return as_typed(f"`{' '.join(('quartal', *words))}`", self.settings.naming_options())


def terraform_environment(settings: Settings, env: dict[str, str]) -> dict[str, str]:
    """Terraform's process environment: Quartal's CLI configuration, no prompts, the user's TF_VAR_ variables.

    Raises:
        ToolchainError: the provider mirror that the user named is not one.
    """
    kept = {
        name: value
        for name, value in env.items()
        if not name.startswith("TF_") or name.startswith(("TF_VAR_", "TF_LOG"))
    }
    return kept | {
        "TF_CLI_CONFIG_FILE": str(write_cli_configuration(settings)),
        "TF_IN_AUTOMATION": "1",
        "TF_INPUT": "0",
        "CHECKPOINT_DISABLE": "1",
    }
