"""``python -m jupyterlab_cellgrant`` is the command ``cellgrant``."""

import sys

from .cli import main

sys.exit(main())
