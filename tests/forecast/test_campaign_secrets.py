"""No secret leaves: not of the environment, not of the project, not of the user's files, not in what is kept."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from slopguard.errors import UsageError
from slopguard.model import Ecosystem
from slopguard.names import normalize
from tests.forecast.asking import SMALL, campaign, mind, topics
from tests.simulators.models import Fault, Invention, OpenAI

KEY = "the-key-of-the-tests"
SECRETS = {
    "NPM_TOKEN": "npm_AbCdEfGhIjKlMnOpQrStUvWxYz0123456789",
    "DATABASE_URL": "postgres://shop:hunter2@db.registry.example/shop",
    "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    "SHOP_PASSWORD": "correct horse battery staple",
    "VAULT_AUTH": "otter-lamp-seven",
    "OTHER_API_KEY": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822c",
}
"""Variable to value: in the environment, in topics, in lines and among the project's names."""


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable, value in {**SECRETS, "MODEL_SERVER": KEY}.items():
        monkeypatch.setenv(variable, value)


def kept(home: Path) -> bytes:
    return b"".join(path.read_bytes() for path in home.rglob("*") if path.is_file())


@pytest.mark.usefixtures("environment")
def test_no_secret_is_in_any_request(tmp_path: Path) -> None:
    planted = [f"reading {value}" for value in SECRETS.values()]
    project = {Ecosystem.PYPI: [normalize(Ecosystem.PYPI, name) for name in ("flask", "our-hidden-project", KEY)]}
    with OpenAI({"m": mind()}, key=KEY) as server:
        found = campaign(
            server,
            tmp_path,
            topics=[*topics(2), *planted],
            lines=["Read a meter.", *planted, f"connect with {KEY}"],
            project=project,
            key_from="MODEL_SERVER",
            plan=SMALL,
        )
    bodies = "".join(heard.raw for heard in server.asked)
    assert "Read a meter." in bodies
    assert "flask" in bodies
    assert not [value for value in (*SECRETS.values(), "hunter2", KEY, "our-hidden-project") if value in bodies]
    assert found.given_out == len(planted) + 1
    headers = {name for heard in server.asked for name in heard.headers}
    assert headers <= {
        "Host",
        "User-Agent",
        "Accept",
        "Accept-Encoding",
        "Authorization",
        "Content-Type",
        "Content-Length",
    }


@pytest.mark.usefixtures("environment")
def test_names_of_the_house_are_not_sent_though_they_are_verified(tmp_path: Path) -> None:
    project = {Ecosystem.PYPI: [normalize(Ecosystem.PYPI, name) for name in ("flask", "opencv-python")]}
    with OpenAI({"m": mind()}) as server:
        campaign(server, tmp_path, project=project, internal={Ecosystem.PYPI: ("opencv-*",)})
    bodies = "".join(heard.raw for heard in server.asked)
    assert "flask" in bodies
    assert "opencv" not in bodies


@pytest.mark.usefixtures("environment")
def test_a_server_that_sends_the_key_back_puts_it_nowhere(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    with caplog.at_level(logging.DEBUG), OpenAI({"m": mind()}, key=KEY, faults=lambda n, body: Fault.ECHO) as server:
        found = campaign(server, tmp_path, key_from="MODEL_SERVER")
    assert all(heard.headers["Authorization"] == f"Bearer {KEY}" for heard in server.asked)
    assert KEY.encode() not in kept(tmp_path)
    assert KEY not in repr(found)
    assert KEY not in caplog.text
    assert KEY not in "".join(capfd.readouterr())


@pytest.mark.usefixtures("environment")
def test_a_server_that_calls_a_model_by_the_key_puts_it_nowhere(tmp_path: Path) -> None:
    with OpenAI({KEY: mind(), "m": mind(), "k": mind()}, key=KEY) as server, pytest.raises(UsageError) as caught:
        campaign(server, tmp_path, models=(), key_from="MODEL_SERVER")
    assert "m, k" in caught.value.diagnosis()
    assert KEY not in caught.value.diagnosis()


def test_no_text_of_a_model_is_kept_only_names(tmp_path: Path) -> None:
    with OpenAI({"m": mind(Invention("pypi", "made-up", 1.0))}, faults=lambda n, body: Fault.PROSE) as server:
        campaign(server, tmp_path)
    assert b"made-up" in kept(tmp_path)
    assert b"Gladly" not in kept(tmp_path)


def test_the_address_of_a_server_is_not_kept(tmp_path: Path) -> None:
    with OpenAI({"m": mind()}) as server:
        campaign(server, tmp_path)
    assert server.url.rpartition("/")[2].encode() not in kept(tmp_path)


@pytest.mark.parametrize("value", [None, "", "short", "two words and more", "caf\u00e9-caf\u00e9-caf\u00e9"])
def test_a_variable_without_a_usable_key_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: str | None
) -> None:
    monkeypatch.delenv("MODEL_SERVER", raising=False)
    if value is not None:
        monkeypatch.setenv("MODEL_SERVER", value)
    with OpenAI({"m": mind()}) as server, pytest.raises(UsageError) as caught:
        campaign(server, tmp_path, key_from="MODEL_SERVER")
    assert "--key-from" in caught.value.diagnosis()
    assert not value or value not in caught.value.diagnosis()


def test_a_remote_server_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    from slopguard.forecast.campaign.run import Wanted, run
    from tests.forecast.asking import KNOWN

    for url in ("http://192.0.2.7:8080", "https://10.1.2.3/v1"):
        with pytest.raises(UsageError, match="not on this machine"):
            run(Wanted([url], topics=topics(1)), tmp_path, KNOWN)
    assert list(tmp_path.iterdir()) == []


def test_one_remote_server_among_several_is_refused_and_the_others_are_closed(tmp_path: Path) -> None:
    from slopguard.forecast.campaign.run import Wanted, run
    from tests.forecast.asking import KNOWN

    with OpenAI({"m": mind()}) as server:
        with pytest.raises(UsageError, match="not on this machine"):
            run(Wanted([server.url, "http://192.0.2.7:8080"], topics=topics(1)), tmp_path, KNOWN)
        assert server.heard == []
