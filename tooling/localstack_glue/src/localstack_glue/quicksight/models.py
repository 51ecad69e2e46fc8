"""The stored data of QuickSight: plain and picklable, one store per account and region."""

from dataclasses import dataclass, field
from datetime import datetime

from localstack_glue.service.account_region import Scope
from localstack_glue.service.models import JsonDict
from localstack_glue.service.stored_tags import TagStore
from localstack_glue.service.stores import AccountRegionBundle, BaseStore, kept_by_region

Permissions = dict[str, frozenset[str]]  # actions by principal


@dataclass
class Asset:
    """A data source or data set, its definition in the API's own words."""

    asset_id: str
    arn: str
    definition: JsonDict
    created_on: datetime
    updated_on: datetime
    permissions: Permissions = field(default_factory=dict)
    refresh_properties: JsonDict | None = None


class QuickSightStore(BaseStore):
    """All of one account and region."""

    data_sources: dict[str, Asset] = kept_by_region(dict)
    data_sets: dict[str, Asset] = kept_by_region(dict)
    tags: TagStore = kept_by_region(dict)


quicksight_stores = AccountRegionBundle("quicksight", QuickSightStore)


def get_store(scope: Scope) -> QuickSightStore:
    """The data of an account and region."""
    store: QuickSightStore = quicksight_stores[scope.account_id][scope.region]
    return store
