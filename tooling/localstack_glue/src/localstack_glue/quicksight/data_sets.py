"""Data sets."""

from collections.abc import Mapping

from localstack_glue.quicksight.assets import Assets
from localstack_glue.quicksight.errors import InvalidParameterValueException, ResourceNotFoundException
from localstack_glue.quicksight.models import Asset, get_store
from localstack_glue.service.account_region import Scope
from localstack_glue.service.api import Operation
from localstack_glue.service.models import JsonDict

_SUMMARY = ("DataSetId", "Name", "ImportMode", "RowLevelPermissionDataSet", "UseAs")


class DataSets(Assets):
    """The data-set calls of the API."""

    kind = "DataSet"
    prefix = "DataSet"
    arn_kind = "dataset"

    def routes(self) -> Mapping[str, Operation]:
        """Name the operations."""
        return {
            "CreateDataSet": self.create,
            "DeleteDataSet": self.delete,
            "DeleteDataSetRefreshProperties": self.delete_refresh_properties,
            "DescribeDataSet": self.describe,
            "DescribeDataSetPermissions": self.describe_permissions,
            "DescribeDataSetRefreshProperties": self.describe_refresh_properties,
            "ListDataSets": self.list_all,
            "PutDataSetRefreshProperties": self.put_refresh_properties,
            "UpdateDataSet": self.update,
            "UpdateDataSetPermissions": self.update_permissions,
        }

    def stored(self, scope: Scope) -> dict[str, Asset]:
        """All data sets."""
        return get_store(scope).data_sets

    def create(self, scope: Scope, request: JsonDict) -> JsonDict:
        """CreateDataSet; its data sources must exist."""
        _check_sources(scope, request)
        created = self.create_asset(scope, request)
        return {"Arn": created.arn, "DataSetId": created.asset_id, "Status": 201}

    def describe(self, scope: Scope, request: JsonDict) -> JsonDict:
        """DescribeDataSet."""
        found = self.find(scope, request)
        shown = {
            **found.definition,
            **_dates(found),
            "OutputColumns": _output_columns(found.definition),
            "ConsumedSpiceCapacityInBytes": 0,
        }
        return {"DataSet": shown, "Status": 200}

    def list_all(self, scope: Scope, request: JsonDict) -> JsonDict:
        """ListDataSets."""
        found, token = self.list_assets(scope, request)
        shown = [
            {**{name: asset.definition[name] for name in _SUMMARY if name in asset.definition}, **_dates(asset)}
            for asset in found
        ]
        return {"DataSetSummaries": shown, "NextToken": token, "Status": 200}

    def update(self, scope: Scope, request: JsonDict) -> JsonDict:
        """UpdateDataSet."""
        _check_sources(scope, request)
        found = self.update_asset(scope, request, kept=("UseAs",))
        return {"Arn": found.arn, "DataSetId": found.asset_id, "Status": 200}

    def delete(self, scope: Scope, request: JsonDict) -> JsonDict:
        """DeleteDataSet."""
        found = self.delete_asset(scope, request)
        return {"Arn": found.arn, "DataSetId": found.asset_id, "Status": 200}

    def put_refresh_properties(self, scope: Scope, request: JsonDict) -> JsonDict:
        """PutDataSetRefreshProperties; of SPICE data sets only."""
        self._find_spice(scope, request).refresh_properties = request["DataSetRefreshProperties"]
        return {"Status": 200}

    def describe_refresh_properties(self, scope: Scope, request: JsonDict) -> JsonDict:
        """DescribeDataSetRefreshProperties."""
        found = self._find_spice(scope, request)
        if found.refresh_properties is None:
            raise ResourceNotFoundException(f"Refresh properties of DataSet {found.asset_id} are not found")
        return {"DataSetRefreshProperties": found.refresh_properties, "Status": 200}

    def delete_refresh_properties(self, scope: Scope, request: JsonDict) -> JsonDict:
        """DeleteDataSetRefreshProperties."""
        self._find_spice(scope, request).refresh_properties = None
        return {"Status": 200}

    def _find_spice(self, scope: Scope, request: JsonDict) -> Asset:
        found = self.find(scope, request)
        if found.definition["ImportMode"] != "SPICE":
            raise InvalidParameterValueException(f"DataSet {found.asset_id} is not a SPICE dataset")
        return found


def _dates(asset: Asset) -> JsonDict:
    return {"Arn": asset.arn, "CreatedTime": asset.created_on, "LastUpdatedTime": asset.updated_on}


def _physical_tables(definition: JsonDict) -> list[JsonDict]:
    """The one table that each entry of the physical table map holds, whichever of its kinds it is."""
    return [table for entry in definition["PhysicalTableMap"].values() for table in entry.values()]


def _output_columns(definition: JsonDict) -> list[JsonDict]:
    """The columns that a reader sees; logical tables, which rename and cast, are ignored."""
    tables = _physical_tables(definition)
    columns = [column for table in tables for column in table.get("InputColumns") or table.get("Columns") or ()]
    return [{"Name": column["Name"], "Type": column["Type"]} for column in columns]


def _check_sources(scope: Scope, request: JsonDict) -> None:
    known = {source.arn for source in get_store(scope).data_sources.values()}
    for table in _physical_tables(request):
        arn = table.get("DataSourceArn")
        if arn is not None and arn not in known:
            raise InvalidParameterValueException(f"DataSource {arn} is not found")
