"""Which tests one worker plays, where several play files: all that share a deployment or a plan."""

import pytest

pytest_plugins = ["pytester"]
TEST = """
import os
from pathlib import Path

def test_worker(request):
    with Path(request.config.rootpath, "workers").open("a") as file:
        file.write(f"{request.path.parent.name} {os.environ['PYTEST_XDIST_WORKER']}\\n")
"""


@pytest.mark.parametrize(
    ("folder", "names", "workers"),
    [
        pytest.param("tests/integration/chain", "0123", 1, id="a deployment is shared"),
        pytest.param("tests/integration/glue", "0123", 2, id="nothing is shared"),
        pytest.param("tests/terraform", ("deployer", "roles"), 1, id="a plan is shared"),
    ],
)
def test_one_worker_plays_the_files_that_share_something(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, folder: str, names, workers: int
):
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # three processes, each of which would import them
    for name in names:
        file = pytester.path / folder / f"test_{name}.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(TEST)
    options = ["-n", "2", "--dist", "loadfile", "--import-mode=importlib", "-p", "tests.folders_of_one_worker"]
    pytester.runpytest_subprocess("-p", "xdist", *options).assert_outcomes(passed=len(names))
    lines = (pytester.path / "workers").read_text().splitlines()
    assert len(lines) == len(names)
    assert len(set(lines)) == workers
