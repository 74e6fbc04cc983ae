"""pip's configuration as we read it is what pip itself reports, and each address keeps the layer it deserves."""

from __future__ import annotations

import ast
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from slopguard.clients import pip_config
from slopguard.clients.interface import GateAddress
from slopguard.clients.pip import Pip
from slopguard.errors import ConfigError
from slopguard.indexes import Credentials, Index
from slopguard.model import Layer

MAIN, MORE = "https://registry.example/simple", "https://more.example/simple"


def environment(home: Path, **more: str) -> dict[str, str]:
    return {"HOME": str(home), "PATH": os.environ["PATH"], "XDG_CONFIG_DIRS": str(home / "machine"), **more}


def written(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def indexes(pip_command: tuple[str, ...], env: Mapping[str, str], cwd: Path, *argv: str) -> tuple[Index, ...]:
    call = Pip().parse("pip", ("install", *argv, "x"), cwd, env)
    return Pip().indexes(call, pip_command, env)


CONFIGURATIONS = [
    ({}, {}),
    ({".config/pip/pip.conf": f"[global]\nindex-url = {MAIN}\n"}, {}),
    (
        {".pip/pip.conf": f"[global]\nindex-url = {MORE}\n", ".config/pip/pip.conf": f"[global]\nindex_url = {MAIN}\n"},
        {},
    ),
    ({"machine/pip/pip.conf": f"[global]\nextra-index-url = {MAIN}\n  {MORE}\ntimeout = 60\n"}, {}),
    ({".config/pip/pip.conf": "[global]\ntimeout = 60\n[install]\ntimeout = 10\nno-compile = yes\n"}, {}),
    ({".config/pip/pip.conf": f"[global]\nindex-url = {MAIN}\n"}, {"PIP_INDEX_URL": MORE, "PIP_NO_COLOR": "1"}),
    ({".config/pip/pip.conf": f"[global]\nindex-url = {MAIN}\n"}, {"PIP_CONFIG_FILE": os.devnull}),
    (
        {"own.conf": "[global]\ntimeout = 3\n", ".config/pip/pip.conf": "[global]\ntimeout = 4\n"},
        {"PIP_CONFIG_FILE": "own.conf"},
    ),
]


@pytest.mark.parametrize(("files", "variables"), CONFIGURATIONS)
def test_every_setting_is_what_pip_config_list_reports(
    tmp_path: Path, pip_command: tuple[str, ...], files: dict[str, str], variables: dict[str, str]
) -> None:
    for name, text in files.items():
        written(tmp_path / name, text)
    env = environment(tmp_path, **variables)
    if env.get("PIP_CONFIG_FILE", os.devnull) != os.devnull:
        env["PIP_CONFIG_FILE"] = str(tmp_path / env["PIP_CONFIG_FILE"])
    shown = subprocess.run([*pip_command, "config", "list"], env=env, capture_output=True, text=True, check=True)
    reported: dict[str, dict[str, str]] = {}
    for line in shown.stdout.splitlines():
        name, _, value = line.partition("=")
        section, _, option = name.rpartition(".")
        values = reported.setdefault(section, {})
        if option in values:  # of two files: pip lists both, by name
            asked = [*pip_command, "config", "get", name]
            found = subprocess.run(asked, env=env, capture_output=True, text=True, check=True).stdout.rstrip("\n")
        values[option] = found if option in values else ast.literal_eval(value)
    expected = reported.get("global", {}) | reported.get("install", {}) | reported.get(":env:", {})
    place = Path(pip_command[0]).parents[1] / "lib" / "python3" / "site-packages" / "pip"
    expected.pop("config-file", None)  # pip lists it, and has no such option
    ours = pip_config.load("install", env, place)
    assert {option: value.text for option, value in ours.effective.items()} == expected


def test_the_built_in_index_is_read_from_pip_itself(tmp_path: Path, pip_command: tuple[str, ...]) -> None:
    (index,) = indexes(pip_command, environment(tmp_path), tmp_path)
    help_text = subprocess.run(
        [*pip_command, "install", "--help"],
        env=environment(tmp_path) | {"COLUMNS": "400"},
        capture_output=True,
        text=True,
    ).stdout
    assert f"(default {index.url})" in help_text
    assert index.layer is Layer.BUILTIN


def test_layers_decide_on_trust(tmp_path: Path, pip_command: tuple[str, ...]) -> None:
    written(tmp_path / ".config/pip/pip.conf", f"[global]\nindex-url = {MAIN}\n")
    env = environment(tmp_path, PIP_EXTRA_INDEX_URL=MORE)
    found = indexes(pip_command, env, tmp_path, "--extra-index-url", "https://third.example/simple")
    assert [(i.url, i.layer, i.trusted) for i in found] == [
        (MAIN, Layer.USER, True),
        (MORE, Layer.ENVIRONMENT, False),
        ("https://third.example/simple", Layer.FLAG, False),
    ]


@pytest.mark.parametrize(
    "spelling", [MAIN, f"{MAIN}/", "https://REGISTRY.example:443/simple/", "https://u:p@registry.example/simple"]
)
def test_a_flag_or_variable_that_repeats_a_trusted_address_is_trusted(
    tmp_path: Path, pip_command: tuple[str, ...], spelling: str
) -> None:
    written(tmp_path / ".config/pip/pip.conf", f"[global]\nindex-url = {MORE}\nextra-index-url = {MAIN}\n")
    by_flag = indexes(pip_command, environment(tmp_path), tmp_path, "-i", spelling)
    by_variable = indexes(pip_command, environment(tmp_path, PIP_INDEX_URL=spelling), tmp_path)
    assert by_flag[0].trusted
    assert by_variable[0].trusted


def test_a_virtual_environments_own_file_is_the_projects_word(tmp_path: Path) -> None:
    place = tmp_path / "venv" / "lib" / "python3.11" / "site-packages" / "pip"
    place.mkdir(parents=True)
    written(tmp_path / "venv" / "pip.conf", f"[global]\nindex-url = {MAIN}\n")
    in_prefix = pip_config.load("install", environment(tmp_path), place).effective["index-url"]
    written(tmp_path / "venv" / "pyvenv.cfg", "")
    in_venv = pip_config.load("install", environment(tmp_path), place).effective["index-url"]
    assert (in_prefix.layer, in_venv.layer) == (Layer.SYSTEM, Layer.PROJECT)


def test_isolated_leaves_out_the_user_and_the_environment(tmp_path: Path, pip_command: tuple[str, ...]) -> None:
    written(tmp_path / ".config/pip/pip.conf", f"[global]\nindex-url = {MAIN}\n")
    (index,) = indexes(pip_command, environment(tmp_path, PIP_INDEX_URL=MORE), tmp_path, "--isolated")
    assert index.layer is Layer.BUILTIN


def test_no_index_leaves_the_links_only(tmp_path: Path, pip_command: tuple[str, ...]) -> None:
    (index,) = indexes(pip_command, environment(tmp_path), tmp_path, "--no-index", "-f", "wheels")
    assert (index.kind, index.url) == ("find-links", (tmp_path / "wheels").as_uri())


def test_credentials_come_from_the_address_else_from_netrc(tmp_path: Path, pip_command: tuple[str, ...]) -> None:
    written(tmp_path / ".netrc", "machine more.example login ann password n1\n").chmod(0o600)
    text = f"[global]\nindex-url = https://joe:s%40cret@registry.example/simple\nextra-index-url = {MORE}\n"
    written(tmp_path / ".config/pip/pip.conf", text)
    first, second = indexes(pip_command, environment(tmp_path), tmp_path)
    assert (first.url, first.credentials) == (MAIN, Credentials("joe", "s@cret"))
    assert second.credentials == Credentials("ann", "n1")
    assert "s@cret" not in repr(first)


def test_a_broken_file_is_named(tmp_path: Path, pip_command: tuple[str, ...]) -> None:
    written(tmp_path / ".config/pip/pip.conf", "index-url = x\n")
    with pytest.raises(ConfigError, match=r"pip\.conf"):
        indexes(pip_command, environment(tmp_path), tmp_path)


def test_everything_but_the_indexes_is_handed_over(tmp_path: Path, pip_command: tuple[str, ...]) -> None:
    text = f"[global]\nindex-url = {MAIN}\nextra-index-url = {MORE}\nproxy = http://p.example\ntimeout = 60\n"
    text += "[install]\npre = yes\n"
    written(tmp_path / ".config/pip/pip.conf", text)
    env = environment(tmp_path, PIP_FIND_LINKS="wheels", PIP_RETRIES="1")
    call = Pip().parse("pip", ("install", "x"), tmp_path, env)
    found = Pip().indexes(call, pip_command, env)
    gate = GateAddress("http://127.0.0.1:9", "user", "pass")
    launch = Pip().launch(call, pip_command, env, gate, found, tmp_path)
    ours = {key: value for key, value in launch.env.items() if key.startswith("PIP_") and key != "PIP_CERT"}
    routes = [gate.index_url(index.key) for index in found]
    assert ours == {
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_NO_INPUT": "1",
        "PIP_PROXY": gate.base,
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_INDEX_URL": routes[0],
        "PIP_EXTRA_INDEX_URL": "\n".join(routes[1:]),
        "PIP_TIMEOUT": "60",
        "PIP_PRE": "yes",
        "PIP_RETRIES": "1",
    }
    assert all(index.proxy == "http://p.example" for index in found)
