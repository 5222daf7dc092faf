"""Starts a kernel's program with the gate in it.

The launcher by path: ``PYTHON launch.py -m MODULE ARGS`` does what
``PYTHON -m MODULE ARGS`` does, and likewise for ``-c CODE`` and a script. Where
no launcher can be put in front (a wrapper script), ``install`` does the same
for a kernel that is starting already. Whatever fails here of ours, the kernel
starts plain; so this file, unlike those beside it, keeps to what every Python
understands, and has no annotations.
"""

import os
import runpy
import sys
import types

PACKAGE = "_cellgrant_gate"


def _hook():
    """Import the gate from beside this file, under a name that nobody else uses."""
    import importlib.util

    if PACKAGE not in sys.modules:
        directory = os.path.dirname(os.path.abspath(__file__))
        spec = importlib.util.spec_from_file_location(
            PACKAGE,
            os.path.join(directory, "__init__.py"),
            submodule_search_locations=[directory],
        )
        sys.modules[PACKAGE] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[PACKAGE])
    return importlib.import_module(PACKAGE + ".hook")


def _complain(error):
    sys.__stderr__.write("Cellgrant: this kernel runs ungated: %r\n" % (error,))


def install():
    """Gate the kernel that IPython's ``code_to_run`` is starting in this process."""
    try:
        application = sys.modules["ipykernel.kernelapp"].IPKernelApp.instance()
        _hook().gate_kernel(application.kernel)
    except Exception as error:
        _complain(error)


def _run(form, rest):
    """Run the program as Python itself would have."""
    sets_path = not (sys.flags.isolated or getattr(sys.flags, "safe_path", False))
    if sets_path:
        del sys.path[0]  # this file's directory
    if form == "-m":
        sys.argv[:] = ["-m"] + rest[1:]
        if sets_path:
            sys.path.insert(0, os.getcwd())
        runpy.run_module(rest[0], run_name="__main__", alter_sys=True)
    elif form == "-c":
        sys.argv[:] = ["-c"] + rest[1:]
        if sets_path:
            sys.path.insert(0, "")
        sys.modules["__main__"] = main = types.ModuleType("__main__")
        exec(compile(rest[0], "<string>", "exec"), main.__dict__)
    else:
        sys.argv[:] = [form] + rest
        if sets_path:
            sys.path.insert(0, os.path.dirname(os.path.realpath(form)))
        runpy.run_path(form, run_name="__main__")


if __name__ == "__main__":
    try:
        _hook().watch_imports()
    except Exception as error:
        _complain(error)
    _run(sys.argv[1], sys.argv[2:])
