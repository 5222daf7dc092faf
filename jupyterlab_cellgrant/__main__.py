"""``python -m jupyterlab_cellgrant`` is the command ``cellgrant``."""

import sys

from .commands.main import main

sys.exit(main())
