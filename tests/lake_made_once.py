"""A lake in moto's Glue and in a folder, which is made once in a process and laid out anew for each test.

Making it takes a few commits of Iceberg tables, which is longer than what most tests do with it.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

from moto import mock_aws
from moto.backends import get_backend

_ACCOUNT = "123456789012"  # which moto gives to all


class LakeMadeOnce:
    """The lake of several tests, each of which may change it.

    Attributes:
        folder: where its files are. The tables name them, so that it is the same folder in each test.
    """

    def __init__(self, folder: Path, region: str, make: Callable[[Path], object]) -> None:
        """Make it by `make`, which gets the folder, within moto."""
        self.folder, self._kept, self._region = folder / "lake", folder / "kept", region
        self.folder.mkdir(parents=True)
        with mock_aws():
            make(self.folder)
            self._databases = deepcopy(self._glue())
        shutil.copytree(self.folder, self._kept)

    def lay_out(self) -> None:
        """Bring its databases and files back to what they were when it was made, within the test's own moto."""
        shutil.rmtree(self.folder)
        shutil.copytree(self._kept, self.folder)
        self._glue().clear()
        self._glue().update(deepcopy(self._databases))

    def _glue(self) -> dict[str, Any]:
        return get_backend("glue")[_ACCOUNT][self._region].databases  # type: ignore[no-any-return]
