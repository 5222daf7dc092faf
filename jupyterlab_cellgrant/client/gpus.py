"""What libraries have done with GPUs in this process."""

from __future__ import annotations

import contextlib
import gc
import os
import sys


def is_cuda_bound() -> bool:
    """Whether CUDA has read its variables: later changes of them have no effect.

    The driver opens /dev/nvidia-uvm when it is initialised, whichever library
    requested it; reading figures through NVML does not. If file descriptors cannot
    be listed, the libraries that can answer cheaply are asked.
    """
    try:
        descriptors = os.listdir("/proc/self/fd")
    except OSError:
        return _is_torch_initialised()
    return any(_target(it).endswith("/nvidia-uvm") for it in descriptors) or _is_torch_initialised()


def _target(descriptor: str) -> str:
    try:
        return os.readlink(f"/proc/self/fd/{descriptor}")
    except OSError:
        return ""  # closed since it was listed


def _is_torch_initialised() -> bool:
    cuda = sys.modules.get("torch.cuda")
    try:
        return bool(cuda and cuda.is_initialized())  # type: ignore[attr-defined]
    except Exception:
        return False  # torch is being imported right now


def blind_library() -> str | None:
    """A library that has looked for GPUs in vain, and caches that; None if none is known.

    Cells without a grant see no GPU, and these look only once. PyTorch looks again.
    """
    for name, has_looked_in_vain in _BLINDNESS.items():
        try:
            if has_looked_in_vain():
                return name
        except Exception:
            continue  # another version of it: unknown
    return None


def _is_jax_blind() -> bool:
    backends = getattr(sys.modules.get("jax._src.xla_bridge"), "_backends", None)
    return bool(backends) and not any(it in backends for it in ("cuda", "gpu", "rocm"))


def _is_cupy_blind() -> bool:
    return getattr(sys.modules.get("cupy.cuda"), "_available", None) is False


def _is_tensorflow_blind() -> bool:
    context = getattr(sys.modules.get("tensorflow.python.eager.context"), "_context", None)
    devices = getattr(context, "_physical_devices", None)
    return bool(devices) and not any(it.device_type == "GPU" for it in devices)


_BLINDNESS = {
    "JAX": _is_jax_blind,
    "CuPy": _is_cupy_blind,
    "TensorFlow": _is_tensorflow_blind,
}

# Libraries that hold GPU memory for objects which Python may not have collected yet.
LIBRARIES = ("torch", "cupy", "jax", "tensorflow")


def free_idle_memory() -> None:
    """Free GPU memory that is no longer used; memory in use stays (GPU5).

    JAX and TensorFlow cannot return what their allocators once took; collecting
    lets them reuse it, and frees it if they run without an allocator.
    """
    if any(name in sys.modules for name in LIBRARIES):
        gc.collect()
    torch_cuda = sys.modules.get("torch.cuda")
    if torch_cuda is not None and _is_torch_initialised():
        with contextlib.suppress(Exception):  # a library's failure is not the cell's
            torch_cuda.empty_cache()  # type: ignore[attr-defined]
    cupy = sys.modules.get("cupy")
    if cupy is not None:
        with contextlib.suppress(Exception):
            cupy.get_default_memory_pool().free_all_blocks()  # type: ignore[attr-defined]
            cupy.get_default_pinned_memory_pool().free_all_blocks()  # type: ignore[attr-defined]
