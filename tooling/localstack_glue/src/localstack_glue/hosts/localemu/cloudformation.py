"""Registers Glue's resource types with LocalEmu's CloudFormation, which has none of them."""

# ruff: noqa: E402 - LocalStack's names come first
from localstack_glue.hosts.localemu import names

names.answer_for_localstack()

from localstack_glue.hosts.localstack.cloudformation import plugins
from localstack_glue.hosts.localstack.cloudformation.kinds import KINDS, REFUSED

globals().update({name: getattr(plugins, name) for name in (each.replace("::", "") for each in (*KINDS, *REFUSED))})
