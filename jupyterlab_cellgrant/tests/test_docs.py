"""What the documents tell readers to type: commands that parse, configurations that are accepted."""

from __future__ import annotations

import re
import shlex
from itertools import groupby
from pathlib import Path

import click
import pytest

from ..commands.main import cellgrant as program
from .command_line import cellgrant

ROOT = Path(__file__).parents[2]
GUIDES = sorted((ROOT / "docs").glob("*.md"))
FENCED = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`((?:sudo )?cellgrant [^`\n]*)`")
REDIRECTION = re.compile(r"\s\d?>>?\s*\S+")
OPERATORS = ("|", "||", "&&", ";", "&")


def blocks(text: str, language: str) -> list[str]:
    """The fenced blocks of a language."""
    return [it[3] for it in FENCED.finditer(text) if it[2] == language]


def commands_of(line: str) -> list[list[str]]:
    """The words of each call of ``cellgrant`` in a line of a shell."""
    call = REDIRECTION.sub("", line.strip().removeprefix("$ "))
    parts = groupby(shlex.split(call, comments=True), lambda word: word not in OPERATORS)
    calls = [list(words) for is_call, words in parts if is_call]
    bare = [it[1:] if it[0] == "sudo" else it for it in calls]
    return [it[1:] for it in bare if it[0] == "cellgrant"]


def typed(text: str) -> list[list[str]]:
    """All calls in the shell's blocks."""
    lines = "".join(blocks(text, "") + blocks(text, "console")).splitlines()
    is_call = re.compile(r"\s*(\$ )?(sudo )?cellgrant ")
    return [words for line in lines if is_call.match(line) for words in commands_of(line)]


def parse(words: list[str]) -> None:
    """Let click read a call without running it; raises ``click.UsageError`` if it is wrong."""
    command: click.Command = program
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        name, *words = words
        command = command.get_command(click.Context(command), name) or pytest.fail(f"no {name}")
    try:
        command.make_context("cellgrant", words)
    except click.exceptions.Exit:
        return


@pytest.mark.parametrize("file", GUIDES, ids=lambda it: it.name)
def test_each_command_of_the_guides_is_one(file: Path) -> None:
    """[RUN1] With options that it has. In a sentence, its arguments may be missing."""
    text = file.read_text()
    calls = typed(text)
    assert calls
    for words in calls:
        parse(words)
    for named in INLINE.findall(FENCED.sub("", text)):
        for words in commands_of(named):
            try:
                parse(words)
            except click.MissingParameter:
                continue


@pytest.mark.parametrize("words", [["drian"], ["admin", "drain", "--wyh", "x"], ["cancel"]])
def test_what_is_none_is_found(words: list[str]) -> None:
    """[RUN1]"""
    with pytest.raises((click.UsageError, pytest.fail.Exception)):
        parse(words)


def test_each_configuration_of_the_guides_is_accepted(tmp_path: Path) -> None:
    """[CFG2]"""
    found = [
        it for file in (ROOT / "README.md", *GUIDES) for it in blocks(file.read_text(), "yaml")
    ]
    assert found
    for text in found:
        file = tmp_path / "cellgrant.yaml"
        file.write_text(text)
        shown = cellgrant("check", "--alone", str(file))
        assert shown.returncode == 0, f"{text}\n{shown.stdout}{shown.stderr}"
