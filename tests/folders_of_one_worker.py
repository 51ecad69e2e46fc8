"""Folders whose files share what is expensive, such as a deployment: with several workers, one plays all of a folder.

`pytest --dist loadfile` hands out files. A fixture of the scope "package" would be made once for each worker that gets
a file of its folder.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from xdist.remote import Producer
    from xdist.scheduler import LoadFileScheduling

FOLDERS = ("tests/integration/chain/", "tests/integration/feeds/")


@pytest.hookimpl(optionalhook=True)  # of xdist
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadFileScheduling | None:
    if config.getoption("dist") != "loadfile":
        return None
    from xdist.scheduler import LoadFileScheduling

    class LoadFileOrFolder(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file: str = super()._split_scope(nodeid)
            return next((folder for folder in FOLDERS if file.startswith(folder)), file)

    scheduler: Any = LoadFileOrFolder(config, log)
    return scheduler
