"""Puts the gate into a kernel that starts, and leaves no trace of how it came there.

Python imports ``sitecustomize`` before it runs any program. A kernel that is
started with this directory in front of its PYTHONPATH gets its gate here, and
everything else is as Python made it: the command line, the main module and the
call stack. A Python that reads no PYTHONPATH starts its kernel plain. Where the
variable may not arrive (a wrapper script), ``install`` does the same for a kernel
that is starting already. Whatever fails here of ours, the kernel starts plain; so
this file, unlike those above it, keeps to what every Python understands, and has
no annotations.
"""

import os
import sys

PACKAGE = "_cellgrant_gate"

HERE = os.path.dirname(os.path.abspath(__file__))


def _hook():
    """Import the gate and the client, under a name that nobody else uses.

    The package is this one's directory alone: nothing of what else is in it is imported.
    """
    import importlib.machinery
    import importlib.util

    if PACKAGE not in sys.modules:
        spec = importlib.machinery.ModuleSpec(PACKAGE, None, is_package=True)
        spec.submodule_search_locations.append(os.path.dirname(os.path.dirname(HERE)))
        sys.modules[PACKAGE] = importlib.util.module_from_spec(spec)
    return importlib.import_module(PACKAGE + ".kernel.hook")


def _complain(error):
    sys.__stderr__.write("Cellgrant: this kernel runs ungated: %r\n" % (error,))


def install():
    """Gate the kernel that IPython's ``code_to_run`` is starting in this process."""
    try:
        application = sys.modules["ipykernel.kernelapp"].IPKernelApp.instance()
        _hook().gate_kernel(application.kernel)
    except Exception as error:
        _complain(error)


def _is_here(directory):
    return os.path.abspath(directory) == HERE if directory else False


def _step_aside():
    """Have the paths that the kernel would have had without us."""
    others = [it for it in os.environ.get("PYTHONPATH", "").split(os.pathsep) if not _is_here(it)]
    if others:
        os.environ["PYTHONPATH"] = os.pathsep.join(others)
    else:
        os.environ.pop("PYTHONPATH", None)
    sys.path[:] = [it for it in sys.path if not _is_here(it)]


if __name__ == "sitecustomize":
    _step_aside()
    try:
        _hook().watch_imports()
    except Exception as error:
        _complain(error)
    # The environment's own; where it has none, Python finds none, as without us.
    del sys.modules["sitecustomize"]
    import sitecustomize  # noqa: F401
