"""Data sources."""

from collections.abc import Mapping

from localstack_glue.quicksight.assets import Assets
from localstack_glue.quicksight.models import Asset, get_store
from localstack_glue.service.account_region import Scope
from localstack_glue.service.api import Operation
from localstack_glue.service.models import JsonDict

CREATED, UPDATED = "CREATION_SUCCESSFUL", "UPDATE_SUCCESSFUL"


class DataSources(Assets):
    """The data-source calls of the API."""

    kind = "DataSource"
    prefix = "DataSource"
    arn_kind = "datasource"

    def routes(self) -> Mapping[str, Operation]:
        """Name the operations."""
        return {
            "CreateDataSource": self.create,
            "DeleteDataSource": self.delete,
            "DescribeDataSource": self.describe,
            "DescribeDataSourcePermissions": self.describe_permissions,
            "ListDataSources": self.list_all,
            "UpdateDataSource": self.update,
            "UpdateDataSourcePermissions": self.update_permissions,
        }

    def stored(self, scope: Scope) -> dict[str, Asset]:
        """All data sources."""
        return get_store(scope).data_sources

    def create(self, scope: Scope, request: JsonDict) -> JsonDict:
        """CreateDataSource."""
        created = self.create_asset(scope, request)
        return {"Arn": created.arn, "DataSourceId": created.asset_id, "CreationStatus": CREATED, "Status": 202}

    def describe(self, scope: Scope, request: JsonDict) -> JsonDict:
        """DescribeDataSource."""
        return {"DataSource": _shown(self.find(scope, request)), "Status": 200}

    def list_all(self, scope: Scope, request: JsonDict) -> JsonDict:
        """ListDataSources."""
        found, token = self.list_assets(scope, request)
        return {"DataSources": [_shown(asset) for asset in found], "NextToken": token, "Status": 200}

    def update(self, scope: Scope, request: JsonDict) -> JsonDict:
        """UpdateDataSource; its type stays."""
        found = self.update_asset(scope, request, kept=("Type",))
        return {"Arn": found.arn, "DataSourceId": found.asset_id, "UpdateStatus": UPDATED, "Status": 202}

    def delete(self, scope: Scope, request: JsonDict) -> JsonDict:
        """DeleteDataSource."""
        found = self.delete_asset(scope, request)
        return {"Arn": found.arn, "DataSourceId": found.asset_id, "Status": 200}


def _shown(asset: Asset) -> JsonDict:
    return {
        **asset.definition,
        "Arn": asset.arn,
        "Status": CREATED if asset.updated_on == asset.created_on else UPDATED,
        "CreatedTime": asset.created_on,
        "LastUpdatedTime": asset.updated_on,
    }
