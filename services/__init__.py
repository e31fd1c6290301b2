"""PROCESSES: the only place with loops, sockets, clocks and signals.

What is run is the command `rekam` (`services.cli`, or `python -m services`); this door holds the settings alone, which
every process is put together from.
"""

from __future__ import annotations

from services.settings import SETTINGS, Settings, from_environ

__all__ = ["SETTINGS", "Settings", "from_environ"]
