"""The plugin by which LocalStack finds this service. It imports little, because plux loads it at every start."""

from localstack.runtime import hooks
from localstack.services.plugins import Service, aws_provider

from localstack_glue.hosts.localstack import services


@aws_provider(api="glue", name="default")
def glue() -> Service:
    """Make Glue at its first use."""
    return services.glue()


@aws_provider(api="athena", name="default")
def athena() -> Service:
    """Make Athena at its first use."""
    return services.athena()


@aws_provider(api="budgets", name="default")
def budgets() -> Service:
    """Make Budgets at their first use."""
    return services.budgets()


@aws_provider(api="quicksight", name="default")
def quicksight() -> Service:
    """Make QuickSight at its first use."""
    return services.quicksight()


@hooks.on_infra_start()
def prepare_runtime() -> None:
    """Fix the faults of LocalStack 4.13, and register the service."""
    from localstack.aws import handlers

    from localstack_glue.hosts.localstack.alarm_tags import keep_alarm_tags

    handlers.run_custom_response_handlers.append(keep_alarm_tags)
    services.take_in()


@hooks.on_infra_ready()
def take_up_state() -> None:
    """Start the service if it has stored state."""
    services.take_up_state()


@hooks.on_infra_shutdown()
def stop_everything() -> None:
    """End job runs and crawls before LocalStack ends."""
    services.stop_everything()
