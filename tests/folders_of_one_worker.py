"""Files that share what is expensive, such as a deployment or a plan: with several workers, one plays all of them.

`pytest --dist loadfile` hands out files. A fixture of the scope "package" would be made once for each worker that gets
a file of its folder, one of the scope "session" for each worker.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from xdist.remote import Producer
    from xdist.scheduler import LoadFileScheduling

FOLDERS = ("tests/integration/chain/", "tests/integration/feeds/")
WITH = {"tests/terraform/test_deployer.py": "tests/terraform/test_roles.py"}  # both look at one plan


@pytest.hookimpl(optionalhook=True)  # of xdist
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadFileScheduling | None:
    if config.getoption("dist") != "loadfile":
        return None
    from xdist.scheduler import LoadFileScheduling

    class LoadFileOrFolder(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file: str = super()._split_scope(nodeid)
            file = WITH.get(file, file)
            return next((folder for folder in FOLDERS if file.startswith(folder)), file)

    scheduler: Any = LoadFileOrFolder(config, log)
    return scheduler
