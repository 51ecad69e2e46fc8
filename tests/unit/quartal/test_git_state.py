import subprocess
from pathlib import Path

import pytest

from quartal.core.errors import ConfigurationError
from quartal.deploy.git_state import refuse_unpublished, unpublished


def git(folder: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=test", "-c", "user.email=test@localhost", "-c", "init.defaultBranch=main"]
    subprocess.run(["git", "-C", str(folder), *identity, *arguments], check=True, capture_output=True)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A tree that is committed and pushed."""
    remote, tree = tmp_path / "remote.git", tmp_path / "tree"
    for folder in (remote, tree):
        folder.mkdir()
    git(remote, "init", "--bare")
    git(tree, "init")
    (tree / "main.tf").write_text("# root\n")
    git(tree, "add", ".")
    git(tree, "commit", "-m", "first")
    git(tree, "remote", "add", "origin", str(remote))
    git(tree, "push", "origin", "HEAD:main")
    git(tree, "fetch", "origin")
    return tree


def test_pushed_tree_is_published(checkout):
    assert unpublished(checkout) == ""
    refuse_unpublished(checkout, "prod", allowed=False)


@pytest.mark.parametrize(
    ("file", "commit", "message"),
    [
        pytest.param("main.tf", False, "main.tf is not committed", id="changed"),
        pytest.param("new.tf", False, "new.tf is not committed", id="untracked"),
        pytest.param("new.tf", True, "commits that are on no remote: 1", id="not pushed"),
    ],
)
def test_unpushed_tree_is_refused_for_prod_only(checkout, file, commit, message):
    (checkout / file).write_text("# changed\n")
    if commit:
        git(checkout, "add", ".")
        git(checkout, "commit", "-m", "second")
    with pytest.raises(ConfigurationError, match=message) as error:
        refuse_unpublished(checkout, "prod", allowed=False)
    assert "--allow-dirty" in error.value.remedy
    refuse_unpublished(checkout, "dev", allowed=False)
    refuse_unpublished(checkout, "prod", allowed=True)


def test_folder_that_is_no_checkout_is_refused(tmp_path):
    assert unpublished(tmp_path) == "this is not a git checkout"
