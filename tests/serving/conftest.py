"""Models and servers that all tests of serving share: made once, on loopback, one thread each."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from slopguard.forecast.serving.fitting import Kind
from tests.serving.servers import SYNTHETIC, Server, plan, served

CONTEXT = 1024


def need(module: str) -> None:
    """Skip, with the reason, where a package has no build for this platform."""
    if find_spec(module) is None:
        pytest.skip(f"{module} is not installed: no wheel for this platform? (extra slopguard[serve])")


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of model files and logs."""
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="session")
def chain_gguf(models: Path) -> Path:
    """The chain of `tiny`: no training, answers that are known."""
    need("gguf")
    from tests.serving import tiny

    return tiny.write(models / "chain.gguf")


@pytest.fixture(scope="session")
def reference_gguf(models: Path) -> Path:
    """The reference model: small, trained, with its NextN layer."""
    need("gguf")
    from slopguard.forecast.reference.gguf_file import write_gguf

    path = models / "reference.gguf"
    write_gguf(path)
    return path


@pytest.fixture(scope="session")
def twin_gguf(models: Path) -> Path:
    """The same function with the cost of a model that is bound by memory."""
    need("gguf")
    from slopguard.forecast.reference.gguf_file import TWIN, write_gguf

    path = models / "twin.gguf"
    write_gguf(path, TWIN)
    return path


@pytest.fixture(scope="session")
def plain_server(reference_gguf: Path, models: Path) -> Iterator[Server]:
    """The reference model without drafts."""
    need("xllamacpp")
    with served(plan(reference_gguf, context=CONTEXT), models) as server:
        yield server


@pytest.fixture(scope="session")
def mtp_server(reference_gguf: Path, models: Path) -> Iterator[Server]:
    """The reference model with the likeliest drafts."""
    need("xllamacpp")
    with served(plan(reference_gguf, Kind.MTP, context=CONTEXT), models) as server:
        yield server


@pytest.fixture(scope="session")
def sampled_server(reference_gguf: Path, models: Path) -> Iterator[Server]:
    """The reference model with sampled drafts."""
    need("xllamacpp")
    with served(plan(reference_gguf, Kind.MTP, context=CONTEXT, sampled=True, alias="sampled"), models) as server:
        yield server


@pytest.fixture(scope="session")
def synthetic_server(reference_gguf: Path, models: Path) -> Iterator[Server]:
    """The reference model on a server that keeps wrong drafts."""
    need("xllamacpp")
    wanted = plan(reference_gguf, Kind.MTP, context=CONTEXT, alias="synthetic")
    with served(wanted, models, SYNTHETIC) as server:
        yield server


@pytest.fixture(scope="session")
def chain_server(chain_gguf: Path, models: Path) -> Iterator[Server]:
    """The chain with its drafter."""
    need("xllamacpp")
    with served(plan(chain_gguf, Kind.MTP), models) as server:
        yield server


@pytest.fixture(scope="session")
def plain_chain_server(chain_gguf: Path, models: Path) -> Iterator[Server]:
    """The chain without drafts."""
    need("xllamacpp")
    with served(plan(chain_gguf), models) as server:
        yield server


@pytest.fixture(scope="session")
def sampled_chain_server(chain_gguf: Path, models: Path) -> Iterator[Server]:
    """The chain with sampled drafts."""
    need("xllamacpp")
    with served(plan(chain_gguf, Kind.MTP, sampled=True, alias="sampled"), models) as server:
        yield server


@pytest.fixture(scope="session")
def synthetic_chain_server(chain_gguf: Path, models: Path) -> Iterator[Server]:
    """The chain on a server that keeps wrong drafts."""
    need("xllamacpp")
    with served(plan(chain_gguf, Kind.MTP, alias="synthetic"), models, SYNTHETIC) as server:
        yield server
