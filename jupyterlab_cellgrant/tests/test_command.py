"""Which kernel commands get a gate, and how."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from jupyterlab_cellgrant.command import LAUNCHER, gated_command

CODE_TO_RUN = "--IPKernelApp.code_to_run="


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("python -m ipykernel_launcher -f F", "python L -m ipykernel_launcher -f F"),
        ("/x/python3.13t -m ipykernel -f F", "/x/python3.13t L -m ipykernel -f F"),
        (
            "pypy3 -I -X frozen_modules=off -Wignore -m ipykernel -f F",
            "pypy3 -I -X frozen_modules=off -Wignore L -m ipykernel -f F",
        ),
        ("python -mipykernel -f F", "python L -m ipykernel -f F"),
        ("python -u kernel.py F", "python -u L kernel.py F"),
        ("python -c CODE F", "python L -c CODE F"),
        ("python -m bash_kernel -f F", "python L -m bash_kernel -f F"),
        ("env A=1 python -m ipykernel -f F", "env A=1 python -m ipykernel -f F C"),
        ("conda run -n x python -m ipykernel -f F", "conda run -n x python -m ipykernel -f F C"),
        (
            "python -m nb_conda_kernels.runner /opt/conda /env python -m ipykernel_launcher -f F",
            "python -m nb_conda_kernels.runner /opt/conda /env python -m ipykernel_launcher -f F C",
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
def test_commands(command: str, expected: str | None) -> None:
    """A launcher before the program, one argument after it, or nothing at all."""
    words = gated_command(command.split(), takes_connection_file=True)
    shown = None
    if words is not None:
        words = ["C" if it.startswith(CODE_TO_RUN) else it for it in words]
        shown = " ".join("L" if it == str(LAUNCHER) else it for it in words)
    assert shown == expected


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
    words = gated_command(command, takes_connection_file=True)
    assert (words is not None) == is_gated
    by_name = gated_command(["kernel.sh", "-f", "F"], True, path=str(tmp_path))
    assert (by_name is not None) == is_gated
    assert gated_command(command, takes_connection_file=False) is None


@pytest.mark.parametrize("directory", ["plain", "with space $(x) 'quoted'"])
def test_installing_code(tmp_path: Path, directory: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The argument is one word without blanks, and does nothing where our file cannot be seen."""
    launcher = tmp_path / directory / "launch.py"
    monkeypatch.setattr("jupyterlab_cellgrant.command.LAUNCHER", launcher)
    (*_, word) = gated_command(["env", "python", "-m", "ipykernel"], takes_connection_file=True)
    code = word[len(CODE_TO_RUN) :]
    assert not any(it.isspace() for it in word)
    assert eval(code) is None
    launcher.parent.mkdir()
    launcher.write_text("def install(): return 'installed'")
    assert eval(code) == "installed"


SEEN = """
import json, sys
main = sys.modules["__main__"]
path = [it for it in sys.path[:2]]
names = sorted(it for it in vars(main) if not it.startswith("__"))
print(json.dumps([sys.argv, path, __name__, main.__name__, names, sys.flags.isolated]))
"""


@pytest.mark.parametrize("options", [[], ["-I"], ["-X", "utf8", "-u"]])
@pytest.mark.parametrize("program", [["-m", "seen", "x"], ["-c", SEEN, "x"], ["seen.py", "x"]])
def test_launcher_runs_programs_as_python_does(
    tmp_path: Path, options: list[str], program: list[str]
) -> None:
    """Arguments, path and ``__main__`` are what the program would have found without us."""
    (tmp_path / "seen.py").write_text(SEEN)

    def run(*launcher: str) -> tuple[int, object]:
        command = [sys.executable, *options, *launcher, *program]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        return done.returncode, json.loads(done.stdout or "null")

    assert run(str(LAUNCHER)) == run()


def test_launcher_without_its_package(tmp_path: Path) -> None:
    """Where the gate cannot be loaded, the program runs all the same, and says so."""
    launcher = tmp_path / "launch.py"
    launcher.write_text(LAUNCHER.read_text())
    command = [sys.executable, launcher, "-c", "print('ran')"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == "ran\n"
    assert "runs ungated" in done.stderr
