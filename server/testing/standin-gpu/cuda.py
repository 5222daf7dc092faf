"""A stand-in for NVIDIA's driver library, for machines without a GPU.

It knows the few functions of libcuda.so.1 that the tests call, with the same
names, arguments and results, and does nothing but write down what a process
holds, in ``$STANDIN_CONTEXTS``, where the stand-in for nvidia-smi beside this
file reads it. Like the driver it reads ``CUDA_VISIBLE_DEVICES`` once, opens a
file ``nvidia-uvm``, and lets a process go that looked before it was granted
anything: what it was told first it is told for ever.
"""

from __future__ import annotations

import ctypes
import os
import re
from pathlib import Path

MIB = 1024**2
CONTEXT_MIB = 500
OUT_OF_MEMORY, NOT_INITIALISED, NO_DEVICE, NO_CONTEXT = 2, 3, 100, 201


class StandInDriver:
    """One process's view of the GPUs in the log that the stand-in shows."""

    def __init__(self) -> None:
        self._place = Path(os.environ["STANDIN_CONTEXTS"])
        here = Path(__file__).resolve().parent
        name = os.environ.get("STANDIN_LOG", "two-gpus")
        log = (here / "../../captures/nvidia-smi" / f"{name}.xml").resolve().read_text()
        totals = re.findall(r"<fb_memory_usage>\s*<total>(\d+) MiB", log)
        self._gpus = dict(zip(re.findall(r"<uuid>(GPU-[\w-]+)<", log), map(int, totals)))
        self._visible: list[str] | None = None
        self._driver_file: object = None
        self._context: str | None = None
        self._allocations: dict[int, int] = {}
        self._next = 0x7F0000000000

    def cuInit(self, _flags: int) -> int:
        if self._visible is None:
            names = os.environ.get("CUDA_VISIBLE_DEVICES", ",".join(self._gpus)).split(",")
            self._visible = [it for it in names if it in self._gpus]
            if self._visible:
                self._driver_file = (self._place / "nvidia-uvm").open("w")
        return 0 if self._visible else NO_DEVICE

    def cuDeviceGetCount(self, count: object) -> int:
        if not self._visible:
            return NOT_INITIALISED
        count._obj.value = len(self._visible)
        return 0

    def cuDeviceGet(self, device: object, ordinal: int) -> int:
        device._obj.value = ordinal
        return 0

    def cuDeviceGetUuid(self, uuid: object, device: ctypes.c_int) -> int:
        text = self._visible[device.value].removeprefix("GPU-").replace("-", "")
        ctypes.memmove(uuid._obj, bytes.fromhex(text), 16)
        return 0

    def cuCtxCreate_v2(self, context: object, _flags: int, device: ctypes.c_int) -> int:
        if not self._visible:
            return NOT_INITIALISED
        self._context = self._visible[device.value]
        context._obj.value = 1
        self._write()
        return 0

    def cuCtxSetCurrent(self, _context: object) -> int:
        return 0

    def cuCtxDestroy_v2(self, _context: object) -> int:
        self._context = None
        self._allocations.clear()
        self._write()
        return 0

    def cuMemAlloc_v2(self, pointer: object, size: ctypes.c_size_t) -> int:
        if self._context is None:
            return NO_CONTEXT
        if size.value > self._free_mib() * MIB:
            return OUT_OF_MEMORY
        pointer._obj.value = self._next
        self._allocations[self._next] = size.value
        self._next += size.value
        self._write()
        return 0

    def cuMemFree_v2(self, pointer: ctypes.c_uint64) -> int:
        del self._allocations[pointer.value]
        self._write()
        return 0

    def cuMemGetInfo_v2(self, free: object, total: object) -> int:
        if self._context is None:
            return NO_CONTEXT
        free._obj.value = self._free_mib() * MIB
        total._obj.value = self._gpus[self._context] * MIB
        return 0

    def _free_mib(self) -> int:
        used = 0
        for file in self._place.glob("*.mib"):
            uuid, mib = file.read_text().split()
            if uuid == self._context and Path(f"/proc/{file.stem}").exists():
                used += int(mib)
        return self._gpus[self._context] - used

    def _write(self) -> None:
        file = self._place / f"{os.getpid()}.mib"
        if self._context is None:
            file.unlink(missing_ok=True)
            return
        mib = CONTEXT_MIB + sum(self._allocations.values()) // MIB
        # All at once: nvidia-smi's stand-in may read at any moment.
        new = file.with_suffix(".new")
        new.write_text(f"{self._context} {mib}\n")
        new.replace(file)
