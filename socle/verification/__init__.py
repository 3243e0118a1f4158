"""What the exports are worth before anything is built: read once by the lake, looked at by a few queries."""

from __future__ import annotations

from socle.verification.constats import Verification, verifier

__all__ = ["Verification", "verifier"]
