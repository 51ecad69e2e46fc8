"""Which tests one worker plays, where several play files: all of a folder whose files share a deployment."""

import pytest

pytest_plugins = ["pytester"]
TEST = """
import os
from pathlib import Path

def test_worker(request):
    with Path(request.config.rootpath, "workers").open("a") as file:
        file.write(f"{request.path.parent.name} {os.environ['PYTEST_XDIST_WORKER']}\\n")
"""


@pytest.mark.parametrize(("folder", "workers"), [("tests/integration/chain", 1), ("tests/integration/glue", 2)])
def test_one_worker_plays_a_folder_that_shares_a_deployment(pytester: pytest.Pytester, folder: str, workers: int):
    for number in range(4):
        file = pytester.path / folder / f"test_{number}.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(TEST)
    options = ["-n", "2", "--dist", "loadfile", "--import-mode=importlib", "-p", "tests.folders_of_one_worker"]
    pytester.runpytest_subprocess(*options).assert_outcomes(passed=4)
    lines = (pytester.path / "workers").read_text().splitlines()
    assert len(lines) == 4
    assert len(set(lines)) == workers
