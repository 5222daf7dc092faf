"""Metrics, read as Prometheus reads them."""

from __future__ import annotations

import stat
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from .command_line import cellgrant
from .real_server import RealServer
from .real_sidecar import RealSidecar


def samples(text: str) -> dict[str, float]:
    """The value of each sample by its name, summed over its labels."""
    sums: dict[str, float] = {}
    for family in text_string_to_metric_families(text):
        assert family.documentation
        for sample in family.samples:
            sums[sample.name] = sums.get(sample.name, 0) + sample.value
    return sums


def test_metrics_through_jupyter(server: RealServer) -> None:
    """[OBS1] A server passes them on, with its authentication, as Prometheus takes them."""
    answer = server.api("metrics")
    assert answer.status == 200
    assert samples(answer.body.decode())["cellgrant_node_cpus"] >= 1
    assert server.ask("/cellgrant/api/v1/metrics", token=None).status == 403


def test_metrics_as_a_command(sidecar: RealSidecar, tmp_path: Path) -> None:
    """[OBS1] The command prints them, or replaces a file for a collector."""
    shown = cellgrant("metrics")
    assert shown.returncode == 0, shown.stderr
    assert samples(shown.stdout)["cellgrant_build_info"] == 1
    file = tmp_path / "cellgrant.prom"
    file.write_text("old")
    assert cellgrant("metrics", "--output", str(file)).returncode == 0
    # More may have been measured meanwhile.
    assert samples(file.read_text()).keys() >= samples(shown.stdout).keys()
    assert stat.S_IMODE(file.stat().st_mode) == 0o644
    assert [it.name for it in tmp_path.iterdir()] == [file.name]


def test_metrics_into_a_missing_directory(sidecar: RealSidecar, tmp_path: Path) -> None:
    """Says which file, and leaves nothing."""
    said = cellgrant("metrics", "--output", str(tmp_path / "none" / "cellgrant.prom"))
    assert said.returncode == 1
    assert "none/cellgrant.prom cannot be written: No such file or directory" in said.stderr
