"""Which code produced a report."""

from __future__ import annotations

import subprocess
from importlib.metadata import version

from socle.parametres import RACINE


def versions() -> dict[str, str]:
    """Versions of the packages that compute the results."""
    return {nom: version(nom) for nom in ("socle", "dbt-core", "dbt-duckdb", "duckdb")}


def revision_git() -> str | None:
    """Short git revision of the project, marked when files differ from it; none outside a repository."""

    def git(*arguments: str) -> str:
        commande = ["git", "-C", str(RACINE), *arguments]
        return subprocess.run(commande, check=True, capture_output=True, text=True, timeout=10).stdout.strip()

    try:
        revision = git("rev-parse", "--short=10", "HEAD")
        return f"{revision} (modifiée)" if git("status", "--porcelain", "--untracked-files=no") else revision
    except (OSError, subprocess.SubprocessError):
        return None
