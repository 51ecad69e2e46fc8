"""Resources that a job names and that must exist when it runs. AWS accepts the job before."""

from collections.abc import Mapping
from typing import Any

from moto.glue.models import glue_backends

from localstack_glue.service.account_region import Scope


def find_missing(scope: Scope, plan: Mapping[str, Any]) -> str | None:
    """Say which connection or security configuration of a run is missing; None if all are there."""
    for name in (plan.get("Connections") or {}).get("Connections") or ():
        if name not in scope.store.connections:
            return f"Connection {name} not found."
    name = plan.get("SecurityConfiguration")
    if name and name not in glue_backends[scope.account_id][scope.region].security_configurations:
        return f"Security Configuration {name} not found."
    return None
