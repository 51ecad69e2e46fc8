"""A service's stored data, one store per account and region: plain values that are created on first use."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, Generic, TypeVar

_MAKING = threading.Lock()


class LocalAttribute:
    """A member of a store; ``default`` creates its first value."""

    def __init__(self, default: Callable[[], Any]) -> None:
        self.default = default
        self.name = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, store: BaseStore | None, owner: type | None = None) -> Any:
        if store is None:
            return self
        values = self.stored_values(store)
        if self.name not in values:
            with _MAKING:  # the first two requests may come at the same time
                values.setdefault(self.name, self.default())
        return values[self.name]

    def __set__(self, store: BaseStore, value: Any) -> None:
        self.stored_values(store)[self.name] = value

    def stored_values(self, store: BaseStore) -> dict[str, Any]:
        """The values of a store that include this member."""
        return store.of_region


class CrossRegionAttribute(LocalAttribute):
    """A member of a store that is shared by the regions of its account."""

    def stored_values(self, store: BaseStore) -> dict[str, Any]:
        """The values of a store that include this member."""
        return store.of_account


class BaseStore:
    """All that a service remembers of one account and region. Subclasses name the members."""

    def __init__(self, of_account: dict[str, Any] | None = None) -> None:
        self.of_region: dict[str, Any] = {}
        self.of_account: dict[str, Any] = {} if of_account is None else of_account


def kept_by_region(default: Callable[[], Any]) -> Any:
    """Declare a member of a store that each region has for itself."""
    return LocalAttribute(default)


def shared_by_regions(default: Callable[[], Any]) -> Any:
    """Declare a member of a store that all regions of an account share."""
    return CrossRegionAttribute(default)


Store = TypeVar("Store", bound=BaseStore)


class Regions(dict[str, Store], Generic[Store]):
    """The stores of one account, by region."""

    def __init__(self, store: type[Store]) -> None:
        super().__init__()
        self._store = store
        self._of_account: dict[str, Any] = {}

    def __missing__(self, region: str) -> Store:
        with _MAKING:
            return self.setdefault(region, self._store(self._of_account))


class AccountRegionBundle(dict[str, Regions[Store]], Generic[Store]):
    """The stores of a service, by account and region: ``bundle[account][region]``."""

    def __init__(self, service: str, store: type[Store]) -> None:
        super().__init__()
        self.service = service
        self._store = store

    def __missing__(self, account: str) -> Regions[Store]:
        with _MAKING:
            return self.setdefault(account, Regions(self._store))

    def reset(self) -> None:
        """Delete all data, including that in stores that are still referenced."""
        for regions in self.values():
            for store in regions.values():
                store.of_region.clear()
                store.of_account.clear()
        self.clear()
