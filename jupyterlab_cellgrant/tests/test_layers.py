"""The client needs no kernel, and neither part anything but the standard library."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from .conftest import ROOT

PACKAGE = ROOT / "jupyterlab_cellgrant"

# Without an environment's packages, as in a kernel whose environment has none of them.
LOADS = """
import importlib, json, sys, types
package = types.ModuleType("loaded")
package.__path__ = [{path!r}]
sys.modules["loaded"] = package
before = set(sys.modules)
for name in {names!r}:
    importlib.import_module("loaded." + name)
print(json.dumps(sorted(set(sys.modules) - before)))
"""


def loaded_by(*parts: str) -> list[str]:
    """What is loaded when every module of these parts is, in a Python with no packages at all."""
    names = [
        f"{part}.{it.stem}" for part in parts for it in sorted((PACKAGE / part).glob("[a-z]*.py"))
    ]
    code = LOADS.format(path=str(PACKAGE), names=names)
    shown = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=True
    )
    return json.loads(shown.stdout)


@pytest.mark.parametrize("parts", [["client"], ["client", "kernel"]], ids="-".join)
def test_what_is_loaded(parts: list[str]) -> None:
    """Whatever a kernel's environment has, and whoever else uses the client."""
    own = [it for it in loaded_by(*parts) if it.startswith("loaded.")]
    others = {it.partition(".")[0] for it in loaded_by(*parts)} - {"loaded"}
    assert {it.split(".")[1] for it in own} == set(parts)
    assert others <= sys.stdlib_module_names
