"""A command under a grant, and a sidecar that it starts itself."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess

import pytest

from .command_line import CELLGRANT, cellgrant_json
from .real_server import eventually


@pytest.mark.usefixtures("cellgrant_dir")
def test_what_started_a_sidecar_goes_on_without_a_grant() -> None:
    """[RUN3] A sidecar cannot hold what it came from: that is said, once."""
    line = f"read go; {shlex.join(CELLGRANT)} sidecar 2>/dev/null; echo ran on"
    words = ("run", "--cpus", "1", "--name", "starter", "sh", "-c", line)
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    with subprocess.Popen([*CELLGRANT, "sidecar"], stdout=subprocess.PIPE) as first:
        first.stdout.readline()
        with subprocess.Popen([*CELLGRANT, *words], **pipes, text=True) as process:
            eventually(lambda: [it["state"] for it in cellgrant_json("status")["holders"]])
            first.kill()
            first.wait()
            process.stdin.write("go\n")
            process.stdin.flush()
            ready = json.loads(process.stdout.readline())
            said = process.stderr.readline()
            assert said.startswith("cellgrant: starter goes on without its grant: Process ")
            assert "it is the sidecar, or what started it" in said
            os.kill(ready["pid"], signal.SIGTERM)
            assert process.communicate() == ("ran on\n", "")
            assert process.returncode == 0
