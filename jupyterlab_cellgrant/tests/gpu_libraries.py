"""Code of cells that use GPUs through the libraries that may be there."""

# Each leaves a share of the GPU cached in an idle kernel, and a variable in use.
CACHES = {
    "own": """
import types
cuda.open(); cuda.allocate(512); kept = cuda.pointers.pop()
cuda.allocate({mib})
pool = types.SimpleNamespace(free_all_blocks=cuda.free_all)
none = types.SimpleNamespace(free_all_blocks=lambda: None)
# The gate knows this library: a pool of the test's own stands for it.
sys.modules["cupy"] = types.SimpleNamespace(
    get_default_memory_pool=lambda: pool, get_default_pinned_memory_pool=lambda: none
)
state = lambda: kept.value > 0
""",
    "torch": """
import torch
kept = torch.arange(100, device="cuda")
large = torch.empty({mib} * 2**20, dtype=torch.uint8, device="cuda")
cycle = [large]; cycle.append(cycle); del large, cycle
state = lambda: int(kept.sum()) == 4950
""",
    "cupy": """
import cupy
kept = cupy.arange(100)
large = cupy.empty({mib} * 2**20, dtype=cupy.uint8)
cycle = [large]; cycle.append(cycle); del large, cycle
state = lambda: int(kept.sum()) == 4950
""",
}

# What looks whether there is a GPU, and what uses it.
PROBES = {
    "driver": ("print(cuda.probe())", "print(cuda.open().count())"),
    "torch": (
        "import torch; print(torch.cuda.is_available(), torch.cuda.device_count())",
        "print(torch.arange(3, device='cuda').sum().item())",
    ),
    "cupy": ("import cupy; print(cupy.cuda.is_available())", "print(int(cupy.arange(3).sum()))"),
    "jax": ("import jax; print(jax.devices())", "print(jax.devices())"),
}
