"""dbt as socle runs it: its files are private, and it lives no longer than the process that asked for it."""

from __future__ import annotations

import os
import signal
import sys
import threading


def _finir_avec_le_parent() -> None:
    # Standard input is a pipe that only the parent writes: it ends with the parent, whatever ended it.
    os.read(0, 1)
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    os.umask(0o077)
    threading.Thread(target=_finir_avec_le_parent, daemon=True).start()
    from dbt.cli.main import cli

    sys.exit(cli())
