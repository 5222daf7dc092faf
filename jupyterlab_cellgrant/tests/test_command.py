"""Which kernel commands get a gate, and how."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from jupyterlab_cellgrant.command import STARTER, gated_command

CODE_TO_RUN = "--IPKernelApp.code_to_run="


@pytest.mark.parametrize(
    ("command", "means"),
    [
        ("python -m ipykernel_launcher -f F", "path"),
        ("/x/python3.13t -m ipykernel -f F", "path"),
        ("pypy3 -P -X frozen_modules=off -Wignore -m ipykernel -f F", "path"),
        ("python -mipykernel -f F", "path"),
        ("python -u kernel.py F", "path"),
        ("python -c CODE F", "path"),
        ("python -m bash_kernel -f F", "path"),
        ("python -I -m ipykernel_launcher -f F", "argument"),
        ("python -sE -m ipykernel_launcher -f F", "argument"),
        ("python -S -m ipykernel_launcher -f F", "argument"),
        ("python -I -m bash_kernel -f F", None),
        ("env A=1 python -m ipykernel -f F", "argument"),
        ("conda run -n x python -m ipykernel -f F", "argument"),
        (
            "python -m nb_conda_kernels.runner /opt/conda /env python -m ipykernel_launcher -f F",
            "argument",
        ),
        ("ssh host python -m ipykernel -f F", None),
        ("R --slave -e IRkernel::main() --args F", None),
        ("julia -i kernel.jl F", None),
        ("xpython -f F", None),
        ("python", None),
        ("python -", None),
        ("python --version", None),
        ("python -m", None),
    ],
)
@pytest.mark.parametrize("before", [{}, {"PYTHONPATH": "/mine:src"}])
def test_commands(command: str, means: str | None, before: dict[str, str]) -> None:
    """A variable where Python reads it, one argument after the others, or nothing at all."""
    env = dict(before)
    words = gated_command(command.split(), True, env)
    if means is None:
        assert words is None
    else:
        *_, last = words
        assert (words if means == "path" else words[:-1]) == command.split()
        assert last.startswith(CODE_TO_RUN) == (means == "argument")
    front = [str(STARTER.parent)] if means == "path" else []
    mine = [before["PYTHONPATH"]] if before else []
    assert env.get("PYTHONPATH") == (":".join(front + mine) or None)


def test_a_directory_that_no_path_can_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """A colon would make two entries of it."""
    monkeypatch.setattr("jupyterlab_cellgrant.command.STARTER", Path("/a:b/start/sitecustomize.py"))
    env: dict[str, str] = {}
    (*words, last) = gated_command(["python", "-m", "ipykernel", "-f", "F"], True, env)
    assert words == ["python", "-m", "ipykernel", "-f", "F"]
    assert last.startswith(CODE_TO_RUN)
    assert env == {}


@pytest.mark.parametrize(
    ("text", "is_gated"),
    [
        ('#!/bin/sh\nexec python -m ipykernel "$@"', True),
        ("#!/bin/sh\nexec python -m ipykernel ${@}", True),
        ('#!/bin/sh\nexec python -m ipykernel -f "$1"', False),
        ('#!/bin/sh\nexec R "$@"', False),
        ('\x7fELF ipykernel "$@"', False),
    ],
)
def test_wrapper_scripts(tmp_path: Path, text: str, is_gated: bool) -> None:
    """A script is read; only one that hands its arguments to ipykernel gets one more."""
    script = tmp_path / "kernel.sh"
    script.write_text(text)
    script.chmod(0o755)
    command = [str(script), "-f", "F"]
    words = gated_command(command, True, {})
    assert (words is not None) == is_gated
    by_name = gated_command(["kernel.sh", "-f", "F"], True, {"PATH": str(tmp_path)})
    assert (by_name is not None) == is_gated
    assert gated_command(command, False, {}) is None


@pytest.mark.parametrize("directory", ["plain", "with space $(x) 'quoted'"])
def test_installing_code(tmp_path: Path, directory: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The argument is one word without blanks, and does nothing where our file cannot be seen."""
    starter = tmp_path / directory / "sitecustomize.py"
    monkeypatch.setattr("jupyterlab_cellgrant.command.STARTER", starter)
    (*_, word) = gated_command(["env", "python", "-m", "ipykernel"], True, {})
    code = word[len(CODE_TO_RUN) :]
    assert not any(it.isspace() for it in word)
    assert eval(code) is None
    starter.parent.mkdir()
    starter.write_text("def install(): return 'installed'")
    assert eval(code) == "installed"


SEEN = """
import json, os, sys, traceback
main = sys.modules["__main__"]
names = sorted(it for it in vars(main) if not it.startswith("__"))
frames = [(it.filename, it.name) for it in traceback.extract_stack()]
own = getattr(sys.modules.get("sitecustomize"), "WHOSE", None)
path = os.environ.get("PYTHONPATH")
spec = __spec__ and [__spec__.name, __spec__.origin, type(__spec__.loader).__name__]
print(json.dumps([sys.argv, sys.orig_argv, sys.path, path, names, frames, own, spec]))
"""


def run(directory: Path, words: list[str], env: dict[str, str]) -> tuple[int, str, str]:
    """A Python program's exit code, output and errors."""
    kept = {name: it for name, it in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [sys.executable, *words], cwd=directory, env={**kept, **env}, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize(
    ("words", "own"),
    [
        (["-m", "seen", "x"], None),
        (["-X", "utf8", "-u", "-m", "seen", "x"], "own:src"),
        (["-c", SEEN, "x"], "own"),
        (["seen.py", "x"], "src"),
    ],
)
def test_a_program_starts_as_without_a_gate(
    tmp_path: Path, words: list[str], own: str | None
) -> None:
    """[GATE7] Command line, paths, main module, call stack, and the user's own sitecustomize."""
    (tmp_path / "seen.py").write_text(SEEN)
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "sitecustomize.py").write_text("WHOSE = 'own'")
    plain = {"PYTHONPATH": own} if own else {}
    gated = dict(plain)
    assert gated_command(["python", *words], False, gated) == ["python", *words]
    assert gated != plain
    expected = run(tmp_path, words, plain)
    assert expected[0] == 0, expected
    assert run(tmp_path, words, gated) == expected


def test_where_the_gate_cannot_be_loaded(tmp_path: Path) -> None:
    """The program runs all the same, and says so."""
    starter = tmp_path / "start" / "sitecustomize.py"
    starter.parent.mkdir()
    starter.write_text(STARTER.read_text())
    env = {"PYTHONPATH": str(starter.parent)}
    code, out, err = run(tmp_path, ["-c", "print('ran')"], env)
    assert (code, out) == (0, "ran\n")
    assert "runs ungated" in err


def test_where_the_starter_cannot_be_seen(tmp_path: Path) -> None:
    """As in a container: the program starts plain, without a word."""
    env = {"PYTHONPATH": str(tmp_path / "elsewhere")}
    assert run(tmp_path, ["-c", "print('ran')"], env) == (0, "ran\n", "")
