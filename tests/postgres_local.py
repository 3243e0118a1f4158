"""A PostgreSQL server of one's own, reached by its socket, for as long as a block lasts."""

from __future__ import annotations

import glob
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote


class SansServeur(Exception):
    """No server can be started here; the message is French and says what to install."""


@contextmanager
def serveur_postgres() -> Iterator[str]:
    """Start a server; yield the URL of its database ``postgres``.

    Raises:
        SansServeur: PostgreSQL is not installed, or refuses to run under this account.
    """
    binaires = sorted(glob.glob("/usr/lib/postgresql/*/bin")) or [str(Path(shutil.which("initdb") or "").parent)]
    outils = Path(binaires[-1])
    if not (outils / "initdb").exists():
        raise SansServeur("PostgreSQL n'est pas installé (apt-get install postgresql)")
    compte = next((c for c in ("postgres", "nobody") if _existe(c)), None) if os.geteuid() == 0 else None
    if os.geteuid() == 0 and compte is None:
        raise SansServeur("PostgreSQL refuse root et aucun autre compte n'existe")
    # The socket's path must be short, and the server's account must reach it.
    dossier = Path(tempfile.mkdtemp(prefix="socle-pg-", dir="/tmp"))
    if compte:
        shutil.chown(dossier, compte)
    options = {"user": compte, "cwd": dossier, "check": True, "capture_output": True}
    journal = dossier / "journal"
    try:
        subprocess.run(
            [outils / "initdb", "-D", dossier / "base", "-U", "admin", "-A", "trust", "-N", "-E", "UTF8", "--locale=C.UTF-8"],
            **options,
        )
        arguments = f"-c listen_addresses='' -c unix_socket_directories={dossier} -c fsync=off"
        subprocess.run(
            [outils / "pg_ctl", "-D", dossier / "base", "-w", "-l", journal, "-o", arguments, "start"],
            **options | {"capture_output": False, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL},
        )
        yield f"postgresql://admin@/postgres?host={quote(str(dossier), safe='')}"
    finally:
        if (dossier / "base" / "postmaster.pid").exists():
            subprocess.run([outils / "pg_ctl", "-D", dossier / "base", "-m", "immediate", "-w", "stop"], **options)
        shutil.rmtree(dossier, ignore_errors=True)


def _existe(compte: str) -> bool:
    try:
        return pwd.getpwnam(compte).pw_uid != 0
    except KeyError:
        return False
