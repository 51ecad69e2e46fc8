"""LocalEmu's entry point to this service. Its imports are few, because plux loads it at every start.

LocalEmu has its own Glue, Athena, Budgets and QuickSight: this service answers all four instead, because jobs, crawls
and queries share data. `PROVIDER_OVERRIDE_ATHENA=default` and the like select LocalEmu's own.
"""

# ruff: noqa: E402 - LocalStack's names come first
from localstack_glue.hosts.localemu import names

names.answer_for_localstack()

from localemu.runtime import hooks
from localemu.services.plugins import Service, aws_provider

from localstack_glue.hosts.localstack import services

NAME = "glue-local"
SERVICES = ("athena", "budgets", "glue", "quicksight")


@aws_provider(api="glue", name=NAME)
def glue() -> Service:
    """Make Glue at its first use."""
    return services.glue()


@aws_provider(api="athena", name=NAME)
def athena() -> Service:
    """Make Athena at its first use."""
    return services.athena()


@aws_provider(api="budgets", name=NAME)
def budgets() -> Service:
    """Make Budgets at their first use."""
    return services.budgets()


@aws_provider(api="quicksight", name=NAME)
def quicksight() -> Service:
    """Make QuickSight at its first use."""
    return services.quicksight()


@hooks.on_infra_start()
def prepare_runtime() -> None:
    """Take the service in, before LocalEmu's own, unless the environment names others."""
    from localemu import config

    from localstack_glue.hosts.localemu import s3_tokens

    s3_tokens.repair()
    config.SERVICE_PROVIDER_CONFIG.bulk_set_provider_if_not_exists(list(SERVICES), NAME)
    services.take_in()


@hooks.on_infra_ready()
def take_up_state() -> None:
    """Start the service if it has stored state."""
    services.take_up_state()


@hooks.on_infra_shutdown()
def stop_everything() -> None:
    """End job runs and crawls before LocalEmu ends."""
    services.stop_everything()
