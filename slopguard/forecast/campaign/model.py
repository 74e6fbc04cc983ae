"""The words of a campaign: what is asked, what came back, and which names that holds.

Invariants: everything is frozen; a text of a model is in none of it, only names that passed the grammar.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256

from slopguard.model import Ecosystem, NormalizedName


class Kind(StrEnum):
    """What a prompt is like."""

    TASK = "task"
    """Do this; which packages does it take?"""
    WHICH = "which"
    """Which packages are there for this?"""
    FIX = "fix"
    """This module is missing; what is to be installed?"""
    SETUP = "setup"
    """Set up the environment for this."""
    OBSCURE = "obscure"
    """Connect this with something few people connect it with."""
    RECENT = "recent"
    """What is new this year for this?"""
    PROJECT = "project"
    """What goes with the packages of the user's own project?"""
    GIVEN = "given"
    """A line of the user's own prompts."""


class Form(StrEnum):
    """How the answer is wanted."""

    JSON = "json"
    CODE = "code"
    """The control: names taken from code and commands, as agents write them."""


class Stage(StrEnum):
    """Which pass a sample belongs to."""

    DISCOVERY = "discovery"
    """Finds names; rates and coverage are of this alone, because what comes later was chosen by it."""
    AGAIN = "again"
    """Prompts that gave an unknown name, asked again: how often it recurs."""


class Sort(StrEnum):
    """What is known of a name that a model told."""

    UNKNOWN = "unknown"
    """On no list. That is no proof that it does not exist."""
    LISTED = "listed"
    """A verified name, or a module that one holds."""
    LANGUAGE = "language"
    """A module of the language itself."""
    INTERNAL = "internal"
    """One of the organisation's own (`[internal]`, `[own]`)."""
    ECHOED = "echoed"
    """It stood in the prompt: the model repeats it, and invented nothing."""


class State(StrEnum):
    """What became of a request."""

    ASKED = "asked"
    """It was sent, and its answer is not there yet."""
    ANSWERED = "answered"
    MALFORMED = "malformed"
    """The server answered, but not in a form that can be read. It is not asked again."""
    LOST = "lost"
    """slopguard ended before the answer came. It is not asked again."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """One prompt.

    Args:
        number: its place in the order of the campaign, from 0.
        topic: the words that it is about; of the user's own lines `""`.
        text: what is sent.
    """

    number: int
    ecosystem: Ecosystem
    topic: str
    kind: Kind
    form: Form
    text: str

    @property
    def stratum(self) -> Stratum:
        """Prompts of one ecosystem and kind; answered as JSON and as code alike."""
        return Stratum(self.ecosystem, self.kind)


@dataclass(frozen=True, slots=True, order=True)
class Stratum:
    """A part of the prompts that is asked, and stopped, by itself."""

    ecosystem: Ecosystem
    kind: Kind


@dataclass(frozen=True, slots=True)
class Told:
    """A name that an answer holds, once."""

    ecosystem: Ecosystem
    name: NormalizedName
    sort: Sort


@dataclass(frozen=True, slots=True)
class Key:
    """What is asked once in a campaign, and never again.

    Args:
        prompt: its number.
        sample: 0, 1, ... within the stage.
    """

    model: str
    prompt: int
    stage: Stage
    temperature: float
    sample: int

    def seed(self, campaign: int) -> int:
        """The seed that is sent along: the same each time, another for every sample."""
        text = f"{campaign}/{self.prompt}/{self.stage.value}/{self.temperature}/{self.sample}"
        return int.from_bytes(sha256(text.encode()).digest()[:4], "big") & 0x7FFFFFFF


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back for a key.

    Args:
        prompt_tokens, completion_tokens: what it cost; estimated where the server's word cannot be true.
        doubtful: the server's own count was missing or impossible.
        refused: entries that are no package names, counted only.
        readable: the answer had the form that was wanted, or held names all the same.
    """

    state: State
    told: tuple[Told, ...] = ()
    prompt_tokens: int = 0
    completion_tokens: int = 0
    doubtful: bool = False
    refused: int = 0
    readable: bool = True

    @property
    def unknown(self) -> tuple[Told, ...]:
        """The names that are on no list."""
        return tuple(each for each in self.told if each.sort is Sort.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Plan:
    """What decides which requests a campaign makes; another plan is another campaign.

    Args:
        seed: of the order of prompts, of every sample and of the intervals.
        models: the models asked.
        ladder: temperatures, taken in turn.
        samples: of each prompt and model in the first stage.
        again: of each prompt that gave an unknown name, in the second.
        pairs: of each unknown name, how many of the pairs that gave it are asked again; more would tell little new.
        control: one prompt in so many is asked for code, too; 0: none.
        target: a stratum ends once a (model, prompt) pair more would bring fewer recurrent names than this that are
            not known as such (`statistics.unseen_recurrent`).
        longest: tokens that an answer may have.
    """

    seed: int = 1
    models: tuple[str, ...] = ()
    ladder: tuple[float, ...] = (0.2, 0.7, 1.0)
    samples: int = 2
    again: int = 10
    pairs: int = 3
    control: int = 5
    target: float = 0.04
    longest: int = 512

    def digest(self, sources: Iterable[str]) -> str:
        """Stands for the plan and for what its prompts are made from."""
        values = (self.seed, self.ladder, self.samples, self.again, self.pairs, self.control, self.target, self.longest)
        parts = [str(values)]
        return sha256("\0".join((*parts, *sorted(self.models), "", *sources)).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Limits:
    """Where a campaign ends at the latest; neither is part of the plan, so that a later run may go further.

    Args:
        tokens: of prompts and answers together.
        requests: answers.
        first: the share of both that the first stage may use.
    """

    tokens: int | None = None
    requests: int | None = None
    first: float = 0.6


Names = Mapping[Ecosystem, tuple[NormalizedName, ...]]
"""Names by ecosystem."""
