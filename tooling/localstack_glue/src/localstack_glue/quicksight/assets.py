"""The common parts of data sources and data sets: an id, a definition, permissions, tags."""

import threading
from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Any

from localstack_glue.quicksight.errors import ResourceExistsException, ResourceNotFoundException
from localstack_glue.quicksight.models import Asset, Permissions, get_store
from localstack_glue.service import stored_tags
from localstack_glue.service.account_region import Scope
from localstack_glue.service.clock import Clock
from localstack_glue.service.models import JsonDict
from localstack_glue.service.pagination import page

_NOT_DEFINITION = ("AwsAccountId", "Permissions", "Tags", "FolderArns", "Credentials")  # the last is never shown


class Assets(ABC):
    """The calls that one kind of asset has."""

    kind: str  # in words, for messages
    prefix: str  # of its members: `DataSource` in `DataSourceId`, `DataSourceArn`
    arn_kind: str

    def __init__(self, clock: Clock, lock: threading.RLock) -> None:
        self._clock = clock
        self._lock = lock

    @abstractmethod
    def stored(self, scope: Scope) -> dict[str, Asset]:
        """All assets of this kind, by id."""

    def create_asset(self, scope: Scope, request: JsonDict) -> Asset:
        """Store a new one."""
        asset_id, now = request[f"{self.prefix}Id"], self._clock.now()
        arn = f"arn:{scope.partition}:quicksight:{scope.region}:{scope.account_id}:{self.arn_kind}/{asset_id}"
        with self._lock:
            if asset_id in self.stored(scope):
                raise ResourceExistsException(f"{self.kind} {asset_id} already exists")
            created = Asset(asset_id, arn, _definition(request), now, now)
            created.permissions = _granted({}, request.get("Permissions") or ())
            self.stored(scope)[asset_id] = created
            stored_tags.add(get_store(scope).tags, arn, request.get("Tags"))
        return created

    def update_asset(self, scope: Scope, request: JsonDict, kept: Iterable[str] = ()) -> Asset:
        """Replace the definition; members in `kept` keep their old values if they are not given."""
        with self._lock:
            found = self.find(scope, request)
            before = {name: found.definition[name] for name in kept if name in found.definition}
            found.definition = {**before, **_definition(request)}
            found.updated_on = self._clock.now()
        return found

    def delete_asset(self, scope: Scope, request: JsonDict) -> Asset:
        """Forget one, and its tags."""
        with self._lock:
            found = self.find(scope, request)
            del self.stored(scope)[found.asset_id]
            get_store(scope).tags.pop(found.arn, None)
        return found

    def find(self, scope: Scope, request: JsonDict) -> Asset:
        """Return the one that a request names."""
        asset_id = request[f"{self.prefix}Id"]
        if asset_id not in self.stored(scope):
            raise ResourceNotFoundException(f"{self.kind} {asset_id} is not found")
        return self.stored(scope)[asset_id]

    def list_assets(self, scope: Scope, request: JsonDict) -> tuple[list[Asset], str | None]:
        """One page of all, by id."""
        stored = self.stored(scope)
        ordered = [stored[asset_id] for asset_id in sorted(stored)]
        return page(ordered, request.get("NextToken"), request.get("MaxResults"))

    def describe_permissions(self, scope: Scope, request: JsonDict) -> JsonDict:
        """Describe...Permissions."""
        found = self.find(scope, request)
        shown = [
            {"Principal": principal, "Actions": sorted(actions)} for principal, actions in found.permissions.items()
        ]
        return self.named(found, Permissions=shown)

    def update_permissions(self, scope: Scope, request: JsonDict) -> JsonDict:
        """Update...Permissions: revocations are applied first."""
        with self._lock:
            found = self.find(scope, request)
            left = _revoked(found.permissions, request.get("RevokePermissions") or ())
            found.permissions = _granted(left, request.get("GrantPermissions") or ())
        return self.named(found)

    def named(self, asset: Asset, **members: Any) -> JsonDict:
        """An answer that names an asset by its kind's ARN and id."""
        return {f"{self.prefix}Arn": asset.arn, f"{self.prefix}Id": asset.asset_id, "Status": 200, **members}


def _definition(request: JsonDict) -> JsonDict:
    return {name: value for name, value in request.items() if name not in _NOT_DEFINITION and value is not None}


def _granted(before: Permissions, grants: Iterable[JsonDict]) -> Permissions:
    after = dict(before)
    for grant in grants:
        after[grant["Principal"]] = after.get(grant["Principal"], frozenset()) | set(grant["Actions"])
    return after


def _revoked(before: Permissions, revocations: Iterable[JsonDict]) -> Permissions:
    after = dict(before)
    for revocation in revocations:
        left = after.get(revocation["Principal"], frozenset()) - set(revocation["Actions"])
        after[revocation["Principal"]] = left
    return {principal: actions for principal, actions in after.items() if actions}
