"""Lets modules that are written for LocalStack find LocalEmu's: `localstack.x` is `localemu.x`, the same module."""

import importlib
import sys
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_loader
from types import ModuleType
from typing import Any

OTHER, OWN = "localstack", "localemu"


class _UnderTheOtherName(MetaPathFinder, Loader):
    """Finds a module of LocalEmu by the name that LocalStack has for it."""

    def __init__(self) -> None:
        self._specs: dict[str, ModuleSpec | None] = {}

    def find_spec(self, fullname: str, _path: Any = None, _target: Any = None) -> ModuleSpec | None:
        """A spec for names of LocalStack's; nothing is imported yet."""
        if fullname != OTHER and not fullname.startswith(f"{OTHER}."):
            return None
        return spec_from_loader(fullname, self)

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """LocalEmu's module, imported now unless it was."""
        try:
            module = importlib.import_module(OWN + spec.name.removeprefix(OTHER))
        except ModuleNotFoundError as error:
            if error.name and error.name.startswith(OWN):
                raise ModuleNotFoundError(f"{error} (LocalStack's {spec.name})", name=spec.name) from error
            raise
        self._specs[spec.name] = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        """Nothing is run again; the module stays LocalEmu's, as importlib has marked it as another's meanwhile."""
        assert module.__spec__ is not None  # noqa: S101 - importlib has just set it
        module.__spec__ = self._specs.pop(module.__spec__.name)


_FINDER = _UnderTheOtherName()


def answer_for_localstack() -> None:
    """From now on imports of LocalStack are answered by LocalEmu in this process; calling it again changes nothing."""
    if _FINDER not in sys.meta_path:
        sys.meta_path.insert(0, _FINDER)
