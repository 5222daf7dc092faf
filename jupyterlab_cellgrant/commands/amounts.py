"""Amounts, spans of time and grants in words."""

from __future__ import annotations

from typing import Any

GIB = 1024**3
MIB = 1024**2


def number(value: float | None) -> str:
    """With at most one decimal; a dash where it is not known."""
    return "-" if value is None else f"{value:.1f}".removesuffix(".0")


def measured(value: float | None) -> str:
    """Bytes that were measured; a dash where they were not."""
    if value is None:
        return "-"
    amount = value / GIB if value >= GIB else value / MIB
    return f"{number(amount)} {'GiB' if value >= GIB else 'MiB'}"


def written(value: int) -> str:
    """Bytes that somebody wrote, as they did (MEM6): of powers of ten or of two."""
    is_decimal = value % 1000**2 == 0 and value % MIB != 0
    mega, giga, i = (1000**2, 1000**3, "") if is_decimal else (MIB, GIB, "i")
    gigas = f"{value / giga:.2f}".rstrip("0").rstrip(".")
    is_exact = value >= giga and abs(float(gigas) * giga - value) <= 0.5
    if is_exact:
        return f"{gigas} G{i}B"
    return measured(value) if value % mega else f"{value // mega} M{i}B"


def span(ms: float) -> str:
    """A span of time, down to the second."""
    seconds = max(0, int(ms / 1000))
    if seconds < 60:
        return f"{seconds} s"
    minutes, seconds = divmod(seconds, 60)
    if minutes < 60:
        return f"{minutes} min {seconds:02} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02} min"


def granted(grant: dict[str, Any] | None) -> str:
    """What a grant holds; a dash where there is none."""
    if grant is None:
        return "-"
    parts = []
    if cpus := grant["cpus"]:
        parts.append(f"CPU{'' if cpus.isdigit() else 's'} {cpus}")
    if memory := grant["memoryBytes"]:
        parts.append(written(memory))
    if gpus := len(grant["gpus"]):
        parts.append(f"{gpus} GPU{'s' if gpus > 1 else ''}")
    return ", ".join(parts) or "a share"
