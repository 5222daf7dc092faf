"""CUDA's driver API by ctypes, as far as the GPU tests need it: no package has to be installed.

Kernels of the tests load this file by its path. Where ``STANDIN_GPU`` names the folder of the
stand-ins, the driver is the one there.
"""

from __future__ import annotations

import ctypes
import os
import sys


class CudaError(RuntimeError):
    """A call of the driver that did not return success; ``code`` is its result."""

    def __init__(self, call: str, code: int) -> None:
        super().__init__(f"{call} returned {code}")
        self.code = code


def load() -> object:
    """The driver library of this machine, or the stand-in for it."""
    folder = os.environ.get("STANDIN_GPU")
    if folder is None:
        return ctypes.CDLL("libcuda.so.1")
    sys.path.insert(0, folder)
    import cuda

    return cuda.StandInDriver()


class Cuda:
    """A context on the first visible GPU, and what is allocated in it."""

    def __init__(self) -> None:
        self.driver = load()
        self._context = ctypes.c_void_p()
        self.pointers: list[ctypes.c_uint64] = []

    def call(self, name: str, *args: object) -> None:
        code = getattr(self.driver, name)(*args)
        if code != 0:
            raise CudaError(name, code)

    def probe(self) -> int:
        """What a library does that looks whether there is a GPU: the result of ``cuInit``."""
        return self.driver.cuInit(0)

    def open(self) -> Cuda:
        """Initialise, and make a context."""
        self.call("cuInit", 0)
        device = ctypes.c_int()
        self.call("cuDeviceGet", ctypes.byref(device), 0)
        self.call("cuCtxCreate_v2", ctypes.byref(self._context), 0, device)
        return self

    def count(self) -> int:
        count = ctypes.c_int()
        self.call("cuDeviceGetCount", ctypes.byref(count))
        return count.value

    def uuid(self) -> str:
        """The UUID of the first visible GPU, as nvidia-smi writes it."""
        raw = (ctypes.c_ubyte * 16)()
        self.call("cuDeviceGetUuid", ctypes.byref(raw), ctypes.c_int(0))
        text = bytes(raw).hex()
        return "GPU-" + "-".join([text[:8], text[8:12], text[12:16], text[16:20], text[20:]])

    def allocate(self, mebibytes: int) -> None:
        # A context belongs to a thread, and cells need not all run in the same one.
        self.call("cuCtxSetCurrent", self._context)
        pointer = ctypes.c_uint64()
        size = ctypes.c_size_t(mebibytes * 1024**2)
        self.call("cuMemAlloc_v2", ctypes.byref(pointer), size)
        self.pointers.append(pointer)

    def free_all(self) -> None:
        self.call("cuCtxSetCurrent", self._context)
        while self.pointers:
            self.call("cuMemFree_v2", self.pointers.pop())

    def memory(self) -> tuple[int, int]:
        """Free and total bytes of the GPU."""
        self.call("cuCtxSetCurrent", self._context)
        free, total = ctypes.c_size_t(), ctypes.c_size_t()
        self.call("cuMemGetInfo_v2", ctypes.byref(free), ctypes.byref(total))
        return free.value, total.value
