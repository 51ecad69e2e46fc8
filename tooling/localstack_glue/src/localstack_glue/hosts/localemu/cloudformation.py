"""Where LocalEmu's CloudFormation finds the resource types of Glue, of which it has none."""

# ruff: noqa: E402 - LocalStack's names come first
from localstack_glue.hosts.localemu import names

names.answer_for_localstack()

from localstack_glue.hosts.localstack.cloudformation import plugins
from localstack_glue.hosts.localstack.cloudformation.kinds import KINDS, REFUSED

globals().update({name: getattr(plugins, name) for name in (each.replace("::", "") for each in (*KINDS, *REFUSED))})
