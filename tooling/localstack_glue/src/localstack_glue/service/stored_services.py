"""Services besides Glue, and which of them only return stored data."""

from typing import Any

from localstack_glue.athena.models import athena_stores
from localstack_glue.budgets.models import budgets_stores
from localstack_glue.quicksight.models import quicksight_stores
from localstack_glue.service.stores import AccountRegionBundle

STORED_ONLY = ("budgets", "quicksight")
_STORES: tuple[AccountRegionBundle[Any], ...] = (athena_stores, budgets_stores, quicksight_stores)


def reset() -> None:
    """Delete all stored data of these services."""
    for stores in _STORES:
        stores.reset()
