"""Services besides Glue, and which of them only return stored data."""

from typing import Any

from moto.backends import get_backend

from localstack_glue.athena.models import athena_stores
from localstack_glue.budgets.models import budgets_stores
from localstack_glue.quicksight.models import quicksight_stores
from localstack_glue.service.stores import AccountRegionBundle

STORED_ONLY = ("budgets", "quicksight")
_STORES: tuple[AccountRegionBundle[Any], ...] = (athena_stores, budgets_stores, quicksight_stores)


def reset() -> None:
    """Delete all stored data of these services, also what moto stores of the operations that are left to it."""
    for stores in _STORES:
        stores.reset()
    for name in ("athena", *STORED_ONLY):
        for regions in list(get_backend(name).values()):  # the backend's own reset() would reset all services of moto
            regions.reset()
