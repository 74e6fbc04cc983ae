"""The wordings of prompts, our own, several for each kind: how people and agents ask for packages.

Invariant: a template holds no package name, so that what a model tells is its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random

from slopguard.forecast.campaign.model import Form, Kind
from slopguard.forecast.topics.asked import words_of
from slopguard.model import Ecosystem

TEMPLATES: Mapping[Kind, Sequence[str]] = {
    Kind.TASK: (
        "Write {a_program} for this: {topic}. Which {registry} packages does it need?",
        "I have to build something in {language}. It is about {topic}. List the packages you would depend on.",
        "Plan {a_program} that does the following: {topic}. Name every package to add to {manifest}.",
    ),
    Kind.WHICH: (
        "Which {registry} packages are there for {topic}? Name the specialised ones, too.",
        "Compare the {language} packages for {topic}. Which would you install?",
        "What do people use in {language} for {topic}? Give me package names.",
    ),
    Kind.FIX: (
        "My {language} code about {topic} stops with: {missing}. What do I have to install?",
        "CI is red: {missing}. The project deals with {topic}. Which package is missing from {manifest}?",
        "After a fresh checkout I get {missing}. It is used for {topic}. Which packages fix it?",
    ),
    Kind.SETUP: (
        "Set up a fresh {language} environment for {topic}: everything that has to be installed with `{install}`.",
        "Write the {manifest} of a new project about {topic}.",
        "A new colleague works on {topic} in {language}. What do I put after `{install}`?",
    ),
    Kind.OBSCURE: (
        "I need {topic} together with {partner} in {language}. Which packages bridge the two?",
        "Is there a plugin or adapter that connects {topic} to {partner}? Name the {registry} packages.",
        "We have an old system for {topic} and want to reach it from {partner}. Which {language} packages help?",
    ),
    Kind.RECENT: (
        "Which {language} packages for {topic} came out in {year}? Prefer the newest.",
        "It is {year}. What is the modern way to do {topic} in {language}, and with which packages?",
        "Name {registry} packages of {year} for {topic} that replace the older ones.",
    ),
    Kind.PROJECT: (
        "My {language} project uses {topic}. Which further packages are made to go with these?",
        "Recommend extensions and plugins for a {language} project built on {topic}.",
        "What would you add to {manifest} beside {topic} for tests, types and deployment?",
    ),
}
"""How each kind is worded; the user's own lines are sent as they are."""
ENDINGS: Mapping[Form, str] = {
    Form.JSON: (
        'Answer with JSON only: {{"packages": ["...", "..."]}}, the names exactly as `{install}` takes them,'
        " three to eight of them."
    ),
    Form.CODE: "Answer with the complete code in one block, and the command that installs what it needs in another.",
}
_PARTNERS = (
    "a message queue",
    "a spreadsheet",
    "a time series database",
    "an industrial controller",
    "a chat bot",
    "a language model",
    "an event stream",
    "a serverless function",
    "a data warehouse",
    "a CI pipeline",
    "a phone app",
    "an LDAP directory",
)
"""What the obscure kind connects a topic with."""
_WORDS: Mapping[Ecosystem, Mapping[str, str]] = {
    Ecosystem.PYPI: {
        "language": "Python",
        "registry": "PyPI",
        "install": "pip install",
        "manifest": "requirements.txt",
        "a_program": "a Python program",
        "error": "ModuleNotFoundError: No module named '{module}'",
        "joint": "_",
    },
    Ecosystem.NPM: {
        "language": "Node.js",
        "registry": "npm",
        "install": "npm install",
        "manifest": "package.json",
        "a_program": "a Node.js program",
        "error": "Error: Cannot find module '{module}'",
        "joint": "-",
    },
}
_MODULE_WORDS = 2
"""Words of a topic that a missing module is called after."""


@dataclass(frozen=True, slots=True)
class Words:
    """What the blanks of a template are filled with."""

    each: Mapping[str, str]

    @classmethod
    def of(cls, ecosystem: Ecosystem, year: int) -> Words:
        """The words of an ecosystem."""
        return cls({**_WORDS[ecosystem], "year": str(year)})

    def fill(self, template: str, topic: str, random: Random) -> str:
        """A template about a topic; the same `random` gives the same text."""
        error = self.each["error"].format(module=self.module(topic))
        return template.format(**self.each, topic=topic, missing=error, partner=random.choice(_PARTNERS))

    def module(self, topic: str) -> str:
        """A module that may be missing where a topic is worked on: its first words that say something.

        A model that repeats it has invented nothing.
        """
        words = words_of(topic) or ["client"]
        return self.each["joint"].join(words[:_MODULE_WORDS])
