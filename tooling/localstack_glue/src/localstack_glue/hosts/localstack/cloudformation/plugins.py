"""The plugins by which LocalStack's CloudFormation finds the resource types. plux loads this, so functions import."""

from typing import Any

from localstack.services.cloudformation.resource_provider import CloudFormationResourceProviderPlugin

from localstack_glue.hosts.localstack.cloudformation.kinds import KINDS, REFUSED


class _GluePlugin(CloudFormationResourceProviderPlugin):
    factory: Any = None

    def load(self) -> None:
        """Make the provider, at its first use."""
        from localstack_glue.hosts.localstack.cloudformation.resources import build_provider, build_refusing_provider

        self.factory = build_provider(KINDS[self.name]) if self.name in KINDS else build_refusing_provider(self.name)


def plugin(type_name: str) -> type[CloudFormationResourceProviderPlugin]:
    """The plug-in of a resource type."""
    return type(type_name.replace("::", ""), (_GluePlugin,), {"name": type_name, "__module__": __name__})


globals().update({name.replace("::", ""): plugin(name) for name in (*KINDS, *REFUSED)})
