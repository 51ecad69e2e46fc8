"""Budgets: stored; nothing is spent here."""

import threading
from collections.abc import Mapping
from datetime import UTC, datetime

from localstack_glue.budgets.errors import DuplicateRecordException, InvalidParameterException, NotFoundException
from localstack_glue.budgets.models import Budget, Notification, get_store
from localstack_glue.service import stored_tags
from localstack_glue.service.account_region import Scope
from localstack_glue.service.api import Operation
from localstack_glue.service.clock import Clock
from localstack_glue.service.models import JsonDict
from localstack_glue.service.pagination import page

FOR_EVER = datetime(2087, 6, 15, tzinfo=UTC)  # AWS's end of a budget without an end
_NO_SPEND = {"ActualSpend": {"Amount": "0", "Unit": "USD"}}
_COST_TYPES = {
    "IncludeCredit": True,
    "IncludeDiscount": True,
    "IncludeOtherSubscription": True,
    "IncludeRecurring": True,
    "IncludeRefund": True,
    "IncludeSubscription": True,
    "IncludeSupport": True,
    "IncludeTax": True,
    "IncludeUpfront": True,
    "UseAmortized": False,
    "UseBlended": False,
}


class Budgets:
    """The calls on budgets, their notifications and their tags; budget actions are not among them."""

    def __init__(self, clock: Clock, lock: threading.RLock) -> None:
        self._clock = clock
        self._lock = lock

    def routes(self) -> Mapping[str, Operation]:
        """Name the operations."""
        return {
            "CreateBudget": self.create,
            "CreateNotification": self.create_notification,
            "DeleteBudget": self.delete,
            "DeleteNotification": self.delete_notification,
            "DescribeBudget": self.describe,
            "DescribeBudgets": self.describe_all,
            "DescribeNotificationsForBudget": self.describe_notifications,
            "DescribeSubscribersForNotification": self.describe_subscribers,
            "ListTagsForResource": self.list_tags,
            "TagResource": self.tag,
            "UntagResource": self.untag,
            "UpdateBudget": self.update,
        }

    def create(self, scope: Scope, request: JsonDict) -> JsonDict:
        """CreateBudget."""
        definition = self._completed(request["Budget"])
        name = definition["BudgetName"]
        with self._lock:
            budgets = get_store(scope).budgets
            if name in budgets:
                raise DuplicateRecordException(f"Error creating budget: {name} - the budget already exists.")
            notified = request.get("NotificationsWithSubscribers") or ()
            notifications = [Notification(item["Notification"], list(item["Subscribers"])) for item in notified]
            budgets[name] = Budget(definition, notifications)
            stored_tags.add(get_store(scope).tags, _arn(scope, name), request.get("ResourceTags"))
        return {}

    def describe(self, scope: Scope, request: JsonDict) -> JsonDict:
        """DescribeBudget."""
        return {"Budget": self._find(scope, request["BudgetName"]).definition}

    def describe_all(self, scope: Scope, request: JsonDict) -> JsonDict:
        """DescribeBudgets."""
        stored = list(get_store(scope).budgets.values())
        found, token = page(stored, request.get("NextToken"), request.get("MaxResults"))
        return {"Budgets": [budget.definition for budget in found], "NextToken": token}

    def update(self, scope: Scope, request: JsonDict) -> JsonDict:
        """UpdateBudget: members that are not given are removed."""
        wanted = request["NewBudget"]
        with self._lock:
            self._find(scope, wanted["BudgetName"]).definition = self._completed(wanted)
        return {}

    def delete(self, scope: Scope, request: JsonDict) -> JsonDict:
        """DeleteBudget, with its notifications."""
        name = request["BudgetName"]
        with self._lock:
            self._find(scope, name)
            del get_store(scope).budgets[name]
            get_store(scope).tags.pop(_arn(scope, name), None)
        return {}

    def create_notification(self, scope: Scope, request: JsonDict) -> JsonDict:
        """CreateNotification."""
        with self._lock:
            notifications = self._find(scope, request["BudgetName"]).notifications
            if any(_same(stored.definition, request["Notification"]) for stored in notifications):
                raise DuplicateRecordException("Notification already exists.")
            notifications.append(Notification(request["Notification"], list(request["Subscribers"])))
        return {}

    def describe_notifications(self, scope: Scope, request: JsonDict) -> JsonDict:
        """DescribeNotificationsForBudget."""
        notifications = self._find(scope, request["BudgetName"]).notifications
        found, token = page(notifications, request.get("NextToken"), request.get("MaxResults"))
        return {"Notifications": [stored.definition for stored in found], "NextToken": token}

    def describe_subscribers(self, scope: Scope, request: JsonDict) -> JsonDict:
        """DescribeSubscribersForNotification."""
        subscribers = self._find_notification(scope, request).subscribers
        found, token = page(subscribers, request.get("NextToken"), request.get("MaxResults"))
        return {"Subscribers": found, "NextToken": token}

    def delete_notification(self, scope: Scope, request: JsonDict) -> JsonDict:
        """DeleteNotification."""
        with self._lock:
            found = self._find_notification(scope, request)
            self._find(scope, request["BudgetName"]).notifications.remove(found)
        return {}

    def tag(self, scope: Scope, request: JsonDict) -> JsonDict:
        """TagResource."""
        stored_tags.add(get_store(scope).tags, self._existing(scope, request["ResourceARN"]), request["ResourceTags"])
        return {}

    def untag(self, scope: Scope, request: JsonDict) -> JsonDict:
        """UntagResource."""
        arn = self._existing(scope, request["ResourceARN"])
        stored_tags.remove(get_store(scope).tags, arn, request["ResourceTagKeys"])
        return {}

    def list_tags(self, scope: Scope, request: JsonDict) -> JsonDict:
        """ListTagsForResource."""
        return {
            "ResourceTags": stored_tags.listed(get_store(scope).tags, self._existing(scope, request["ResourceARN"]))
        }

    def _completed(self, wanted: JsonDict) -> JsonDict:
        if "BudgetLimit" not in wanted and not wanted.get("PlannedBudgetLimits") and not wanted.get("AutoAdjustData"):
            raise InvalidParameterException("Unable to create/update budget - please provide one of the budget limits.")
        now = self._clock.now()
        month = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        period = {"Start": month, "End": FOR_EVER, **(wanted.get("TimePeriod") or {})}
        costs = {"CostTypes": {**_COST_TYPES, **(wanted.get("CostTypes") or {})}} if _counts_cost(wanted) else {}
        return {**wanted, **costs, "TimePeriod": period, "CalculatedSpend": _NO_SPEND, "LastUpdatedTime": now}

    def _find(self, scope: Scope, name: str) -> Budget:
        budgets = get_store(scope).budgets
        if name not in budgets:
            raise NotFoundException(f"Unable to get budget: {name} - the budget doesn't exist.")
        return budgets[name]

    def _find_notification(self, scope: Scope, request: JsonDict) -> Notification:
        for stored in self._find(scope, request["BudgetName"]).notifications:
            if _same(stored.definition, request["Notification"]):
                return stored
        raise NotFoundException("Unable to get notification - the notification doesn't exist.")

    def _existing(self, scope: Scope, arn: str) -> str:
        if arn not in {_arn(scope, name) for name in get_store(scope).budgets}:
            raise NotFoundException(f"Resource {arn} was not found.")
        return arn


def _counts_cost(wanted: JsonDict) -> bool:
    return bool(wanted["BudgetType"] == "COST")


def _same(one: JsonDict, other: JsonDict) -> bool:
    """Whether two notifications are the same one, regardless of their state."""
    return _identity(one) == _identity(other)


def _identity(notification: JsonDict) -> tuple[object, ...]:
    kind = notification.get("ThresholdType") or "PERCENTAGE"
    return kind, *(notification.get(name) for name in ("NotificationType", "ComparisonOperator", "Threshold"))


def _arn(scope: Scope, name: str) -> str:
    return f"arn:{scope.partition}:budgets::{scope.account_id}:budget/{name}"
