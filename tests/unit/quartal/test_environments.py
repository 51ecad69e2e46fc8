import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from quartal.core.errors import ToolchainError
from quartal.core.settings import Settings
from quartal.local.toolchain import environments
from quartal.local.toolchain.environments import ToolEnvironment


@pytest.fixture
def fake_uv(tmp_path: Path, monkeypatch) -> Path:
    """A uv that makes a folder with a Python for `venv`, notes every `pip install`, and can be told to fail."""
    script = tmp_path / "uv"
    script.write_text(
        f"#!{sys.executable}\n"
        "import os, pathlib, sys\n"
        f"log = pathlib.Path({str(tmp_path / 'log')!r})\n"
        "log.open('a').write(' '.join(sys.argv[1:]) + '\\n')\n"
        "if sys.argv[1] == 'venv':\n"
        "    folder = pathlib.Path(sys.argv[-1]) / 'bin'\n"
        "    folder.mkdir(parents=True)\n"
        "    (folder / 'python').touch()\n"
        f"elif pathlib.Path({str(tmp_path / 'offline')!r}).exists():\n"
        "    sys.exit('no route to the package index')\n"
    )
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setattr(environments.uv, "find_uv_bin", lambda: str(script))
    return tmp_path


def make_environment(*packages: str) -> ToolEnvironment:
    return ToolEnvironment(name="tool", title="the tool", installs=(packages,), inputs=())


def silent(_: str) -> None:
    pass


def test_environment_is_created_once(settings: Settings, fake_uv: Path):
    announced: list[str] = []
    first = environments.ensure(settings, make_environment("spark==1"), announced.append)
    second = environments.ensure(settings, make_environment("spark==1"), announced.append)
    assert first == second
    assert announced == ["Installing the tool, once ..."]
    assert (fake_uv / "log").read_text().count("pip install") == 1


@pytest.mark.parametrize("is_compiled", [True, False])
def test_environment_whose_programs_write_no_bytecode_is_compiled_on_creation(settings, fake_uv: Path, is_compiled):
    environments.ensure(settings, replace(make_environment("spark==1"), is_compiled=is_compiled), silent)
    (install,) = [line for line in (fake_uv / "log").read_text().splitlines() if line.startswith("pip install")]
    assert ("--compile-bytecode" in install.split()) == is_compiled


def test_programs_of_an_environment_keep_what_they_compile():
    environ = {"PYTHONDONTWRITEBYTECODE": "1", "PATH": "/bin"}
    assert environments.environ_of_programs(environ) == {"PATH": "/bin"}


def test_packages_are_those_of_the_locks_and_no_more(settings: Settings, fake_uv: Path):
    environments.ensure(settings, make_environment("spark==1"), silent)
    (install,) = [line for line in (fake_uv / "log").read_text().splitlines() if line.startswith("pip install")]
    assert "--no-deps" in install.split()


def test_other_pins_make_another_environment_and_the_old_one_goes(settings: Settings, fake_uv: Path):
    old = environments.ensure(settings, make_environment("spark==1"), silent)
    new = environments.ensure(settings, make_environment("spark==2"), silent)
    assert new.exists()
    assert not old.exists()


def test_environment_that_a_process_uses_stays(settings: Settings, fake_uv: Path):
    old = environments.ensure(settings, make_environment("spark==1"), silent)
    user = subprocess.Popen([sys.executable, "-c", "input()", str(old)], stdin=subprocess.PIPE)
    try:
        environments.ensure(settings, make_environment("spark==2"), silent)
        assert old.exists()
    finally:
        user.kill()
        user.wait()


def test_failed_installation_leaves_nothing_and_reports_the_reason(settings: Settings, fake_uv: Path):
    (fake_uv / "offline").touch()
    with pytest.raises(ToolchainError, match="Could not install the tool") as error:
        environments.ensure(settings, make_environment("spark==1"), silent)
    assert error.value.details == ("no route to the package index",)
    assert "package index" in error.value.remedy
    assert list(settings.tools_dir.glob("tool-*")) == []
    (fake_uv / "offline").unlink()
    assert environments.ensure(settings, make_environment("spark==1"), silent).exists()


def test_content_of_an_input_decides_and_not_its_time(settings: Settings, tmp_path: Path):
    pins = tmp_path / "pins.txt"
    pins.write_text("spark==1\n")
    environment = replace(make_environment("-r"), inputs=(pins,))
    before = environment.fingerprint()
    pins.touch()
    assert environment.fingerprint() == before
    pins.write_text("spark==2\n")
    assert environment.fingerprint() != before


def test_machine_without_java_or_a_wheel_for_it_is_asked_to_install_java(settings: Settings, monkeypatch):
    monkeypatch.setattr(environments.platform, "system", lambda: "Linux")
    monkeypatch.setattr(environments.platform, "machine", lambda: "aarch64")
    with pytest.raises(ToolchainError, match="There is no Java 17") as error:
        environments.glue_runtime_environment(settings)  # its PATH is empty
    assert "openjdk-17" in error.value.remedy


def test_machine_without_java_gets_the_wheels(settings: Settings, monkeypatch):
    monkeypatch.setattr(environments.platform, "system", lambda: "Linux")
    monkeypatch.setattr(environments.platform, "machine", lambda: "x86_64")
    jdk = str(settings.root / "requirements" / "glue-java.txt")
    assert jdk in environments.glue_runtime_environment(settings).installs[-1]


@pytest.mark.parametrize("place", ["bin/python3.13", "pyenv/versions/3.13.2/bin/python3.13"])
def test_python_is_found_where_it_really_lies(tmp_path: Path, place: str):
    environ = {"PATH": f"{tmp_path}/pyenv/shims:{tmp_path}/bin", "PYENV_ROOT": f"{tmp_path}/pyenv"}
    for name in ("pyenv/shims/python3.13", place):  # a shim is there for each version that pyenv has, and starts none
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).touch()
    assert environments.find_python("3.13", environ) == tmp_path / place
    assert environments.find_python("3.12", environ) is None


@pytest.mark.parametrize(("there", "taken"), [(("3.12", "3.13"), "3.13"), (("3.12",), "3.12"), ((), None)])
def test_localemu_gets_the_newest_python_that_it_knows(settings: Settings, tmp_path: Path, there, taken):
    (settings.root / "requirements/localemu.txt").touch()
    places = {version: tmp_path / f"pyenv/versions/{version}.1/bin/python{version}" for version in there}
    for place in places.values():
        place.parent.mkdir(parents=True)
        place.touch()
    settings = replace(settings, environ={"PATH": "", "PYENV_ROOT": f"{tmp_path}/pyenv"})
    expected = str(places[taken]) if taken else "3.13"  # what uv may then find or fetch
    assert environments.localemu_environment(settings).python == expected
    assert environments.standalone_tests_environment(settings).python == expected


def test_tests_of_the_glue_service_have_the_same_packages_on_each_host(settings: Settings):
    tests = str(settings.root / "requirements/localstack-tests.txt")
    hosts = {"localstack": environments.localstack_environment, "glue-local": environments.standalone_tests_environment}
    for pins, make in hosts.items():
        locked, _ = make(settings).installs
        assert {str(settings.root / f"requirements/{pins}.txt"), tests} <= set(locked)


def test_environment_for_tests_is_no_earlier_one_of_the_host(settings: Settings):
    tests, host = environments.standalone_tests_environment(settings), environments.glue_local_environment(settings)
    assert not tests.name.startswith(f"{host.name}-")  # those are removed when the host's changes
