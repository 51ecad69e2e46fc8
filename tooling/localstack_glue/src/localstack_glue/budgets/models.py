"""The stored data of AWS Budgets: plain and picklable, one store per account."""

from dataclasses import dataclass, field

from localstack_glue.service.account_region import Scope
from localstack_glue.service.models import JsonDict
from localstack_glue.service.stored_tags import TagStore
from localstack_glue.service.stores import AccountRegionBundle, BaseStore, shared_by_regions


@dataclass
class Notification:
    """A threshold and who hears of it, in the API's own words."""

    definition: JsonDict
    subscribers: list[JsonDict]


@dataclass
class Budget:
    """A budget, its definition in the API's own words."""

    definition: JsonDict
    notifications: list[Notification] = field(default_factory=list)


class BudgetsStore(BaseStore):
    """All of one account."""

    budgets: dict[str, Budget] = shared_by_regions(dict)
    tags: TagStore = shared_by_regions(dict)


budgets_stores = AccountRegionBundle("budgets", BudgetsStore)


def get_store(scope: Scope) -> BudgetsStore:
    """The data of an account."""
    store: BudgetsStore = budgets_stores[scope.account_id][scope.region]
    return store
