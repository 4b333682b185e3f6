"""The `nightgrid` command. Each group of commands is a file of its own; nothing heavy is imported here.

Exit codes: 0 done; 1 done, and the finding is negative (`check` found something, a rule book has
mistakes, a quote was refused); 2 the request or its input cannot be used.
"""

from __future__ import annotations

from nightgrid.cli.app import main

__all__ = ["main"]
