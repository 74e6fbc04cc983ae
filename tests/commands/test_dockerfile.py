"""Dockerfiles: every form of command, constants, heredocs, and files that come from outside the image."""

from __future__ import annotations

import time

from hypothesis import given
from hypothesis import strategies as st

from slopguard.commands import dockerfile
from slopguard.model import Ecosystem, SourceKind

from .found import files, names, reading, reads_or_refuses, unclear


def read(text, beside=None, name="Dockerfile"):
    return reading(dockerfile, name, text, beside)


def test_commands_in_shell_form_go_on_over_lines_and_comments():
    text = """FROM python:3.12
RUN apt-get update && \\
    # what we need

    pip install --no-cache-dir \\
      flask \\
      gunicorn==22.0 && rm -rf /tmp/x
CMD npx serve@14
"""
    found = read(text)
    assert names(found) == [("flask", 6), ("gunicorn==22.0", 7), ("serve14", 8)]
    assert found.sightings[2].extra.get("run") == "1"
    assert found.problems == ()


def test_commands_in_exec_form_need_no_shell():
    text = 'FROM x\nRUN ["pip", "install", "flask"]\nENTRYPOINT ["sh", "-c", "npm i left-pad"]\nRUN [not json] pip\n'
    assert names(read(text)) == [("flask", 2), ("left-pad", 3)]


def test_options_of_run_are_none_of_the_commands():
    text = "RUN --mount=type=cache,target=/root/.cache \\\n  --network=default \\\n  pip install flask\n"
    assert names(read(text)) == [("flask", 3)]


def test_health_checks_and_triggers_are_commands_too():
    text = "HEALTHCHECK --interval=5m --timeout=3s CMD npx wait-port 80\nONBUILD RUN pip install flask\n"
    assert names(read(text)) == [("wait-port", 1), ("flask", 2)]


def test_another_character_may_continue_lines():
    assert names(read("# escape=`\nFROM x\nRUN pip install `\n  flask\n")) == [("flask", 4)]


def test_a_heredoc_is_a_script():
    text = """FROM x
RUN <<EOF
apt-get update
pip install flask
EOF
RUN <<-"END" bash
\tnpm install -g left-pad
\tEND
RUN echo "a<<b" && pip install rich
"""
    assert names(read(text)) == [("flask", 4), ("left-pad", 7), ("rich", 9)]


def test_a_requirement_file_may_be_written_in_a_dockerfile():
    text = """COPY <<EOF /app/requirements.txt
flask==3.0
# a comment
-r more.txt
rich
EOF
COPY <<requirements.txt /app/
click
requirements.txt
COPY <<EOF /start.sh
#!/bin/sh
npx serve
EOF
"""
    found = read(text)
    assert names(found) == [("flask==3.0", 2), ("rich", 5), ("click", 8), ("serve", 12)]
    assert files(found) == ["more.txt"]


def test_constants_are_filled_in_and_defaults_count():
    text = """ARG BASE=flask
FROM x AS one
ARG BASE
ENV PINNED="$BASE==3.0" OTHER='rich'
ENV OLD click
RUN pip install $PINNED ${OTHER} $OLD ${MISSING:-httpx}
FROM one
RUN pip install "$OTHER"
FROM y
RUN pip install $OTHER
"""
    found = read(text)
    assert names(found)[:3] == [("flask==3.0", 6), ("rich", 6), ("click", 6)]
    assert ("httpx", 6) in names(found)
    assert names(found)[-1] == ("rich", 8)
    assert unclear(found)[-1] == 10


def test_an_argument_without_a_default_is_undecidable():
    found = read("FROM x\nARG WHAT\nARG SURE=flask\nRUN pip install $WHAT\nRUN pip install $SURE\n")
    assert names(found) == [("flask", 5)]
    assert unclear(found) == [4]


def test_an_index_set_for_the_image_is_the_index_of_its_installs():
    text = "FROM x\nENV PIP_INDEX_URL=https://user:word@mirror.example/simple\nRUN pip install flask\n"
    (sighting,) = read(text).sightings
    assert sighting.source.kind is SourceKind.REGISTRY
    assert sighting.source.index == "https://mirror.example/simple"
    assert not sighting.source.trusted


def test_files_in_the_image_are_looked_for_where_they_were_copied_from():
    text = """FROM x
WORKDIR /app
COPY reqs/base.lst /tmp/all.lst
COPY . /app
RUN pip install -r /tmp/all.lst -r /app/reqs/dev.lst -r top.lst
"""
    beside = {"docker/reqs/base.lst": "", "reqs/dev.lst": "", "docker/top.lst": ""}
    found = read(text, beside, "docker/Dockerfile")
    assert files(found) == ["docker/reqs/base.lst", "reqs/dev.lst", "docker/top.lst"]


def test_powershell_images_are_read_as_powershell():
    text = 'FROM w\nSHELL ["powershell", "-Command"]\nRUN $env:X = "1"; pip install flask\n'
    assert names(read(text)) == [("flask", 3)]


def test_templates_are_unknown_where_they_stand():
    found = read("FROM {{ base }}\n{% if x %}\nRUN pip install flask {{ more }}\n{% endif %}\n", name="Dockerfile.j2")
    assert names(found) == [("flask", 3)]
    assert unclear(found) == [3]


def test_both_ecosystems_are_told_apart():
    found = read("RUN pip install flask && npm install express\n")
    assert [each.ecosystem for each in found.sightings] == [Ecosystem.PYPI, Ecosystem.NPM]


PIECES = ["FROM x\n", "RUN ", "pip install a", "\\\n", "<<EOF\n", "EOF\n", "ENV A=$A$A ", "ARG B", "[", '"', "--mount="]


@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=4), max_size=30).map("".join))
def test_any_text_is_read(text):
    reads_or_refuses(dockerfile, "Dockerfile", text)


def test_long_files_take_time_with_their_length():
    start = time.perf_counter()
    read("RUN cat <<EOF\n" * 20_000)
    read("HEALTHCHECK " + "-" * 100_000)
    read("ENV A=x\n" + "ENV A=$A$A$A\n" * 2_000 + "RUN pip install $A\n")
    assert time.perf_counter() - start < 20
