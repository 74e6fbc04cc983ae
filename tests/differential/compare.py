"""Direct and through the gate: what must be equal, and what must follow when one package is withheld.

With everything allowed the two must be the same: exit code, versions, files and hashes. A name that does not exist is
always refused (rule `not-found`), so a scenario that requires one is compared in mode `observe`, in which the gate
answers as the index does; `Comparison.observed` says so.

With one package withheld the scenario itself implies the outcome:

* it is in the direct resolution: the client must stop, and the gate must have refused that package;
* nothing requires it: the resolution is the direct one;
* otherwise (a resolver may ask for it on the way): stopped as above, or the direct resolution. Never a third thing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from slopguard.gate.thread import GateThread
from slopguard.model import Mode
from tests.differential.passage import passage
from tests.differential.resolve import Resolution, Resolver, resolve
from tests.differential.scenario import Scenario, publish
from tests.simulators.pypi import PyPI, normal

TOMBSTONE = "9999!0+slopguard.denied"
"""All that pip can be made to print where no version fits the request; the wrapper says the rest after it ends."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """One comparison.

    Args:
        scenario: its name.
        withheld: the package withheld, `None` with everything allowed.
        verdict: `same`, `stopped` (as implied), or `WRONG`.
        detail: what differed, for a person.
        as_stated: whether the direct run agrees with what the scenario file expects.
        observed: compared in mode `observe`.
    """

    scenario: str
    withheld: str | None
    verdict: str
    detail: str = ""
    as_stated: bool = True
    observed: bool = False


def transparent(scenario: Scenario, gate: GateThread, resolver: Resolver) -> Comparison:
    """Compare with everything allowed."""
    mode = Mode.OBSERVE if scenario.missing else Mode.BALANCED
    with PyPI() as registry:
        publish(scenario, registry)
        direct = resolve(scenario, registry.url, resolver)
        with passage(gate, registry.url, registry.projects, mode=mode) as way:
            guarded = resolve(scenario, way.url, resolver)
            refused = way.refused
    same = direct.same(guarded) and (mode is Mode.OBSERVE or not refused)
    return Comparison(
        scenario.name,
        None,
        "same" if same else "WRONG",
        "" if same else _difference(direct, guarded, refused),
        as_stated=(direct.rc == 0) == scenario.satisfiable,
        observed=mode is Mode.OBSERVE,
    )


def withheld(scenario: Scenario, gate: GateThread, resolver: Resolver) -> Iterator[Comparison]:
    """Withhold each package of the scenario in turn; scenarios that require a missing name have nothing to imply."""
    if scenario.missing:
        return
    with PyPI() as registry:
        publish(scenario, registry)
        direct = resolve(scenario, registry.url, resolver)
        for name in sorted(registry.projects):
            allowed = [other for other in registry.projects if other != name]
            with passage(gate, registry.url, allowed, [name]) as way:
                guarded = resolve(scenario, way.url, resolver)
                yield _implied(scenario, name, direct, guarded, way.refused_names, way.refused)


def _implied(
    scenario: Scenario,
    name: str,
    direct: Resolution,
    guarded: Resolution,
    refused: frozenset[str],
    lines: tuple[str, ...],
) -> Comparison:
    told = any(text in guarded.said for text in (f"slopguard: BLOCKED pypi '{name}' (denied)", TOMBSTONE))
    stopped = guarded.rc != 0 and refused == {name} and told
    same = direct.same(guarded)
    may_stop = name in scenario.mentioned
    may_pass = not refused and name not in {normal(found) for found in direct.names}
    if stopped and may_stop:
        verdict = "stopped"
    elif same and may_pass:
        verdict = "same"
    else:
        verdict = "WRONG"
    return Comparison(scenario.name, name, verdict, "" if verdict != "WRONG" else _difference(direct, guarded, lines))


def _difference(direct: Resolution, guarded: Resolution, refused: tuple[str, ...]) -> str:
    return f"direct: exit {direct.rc}\n{direct.said}\nguarded: exit {guarded.rc}\n{guarded.said}\nrefused: {refused}\n"
