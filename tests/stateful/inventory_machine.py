"""Everything that people do with rooms, one step at a time, in the engine and in the oracle beside it.

The steps stand by subject in `asking`, `living`, `setting`, `looking`; the world and what is compared after each step in
`world`.
"""

from __future__ import annotations

from tests.stateful.asking import Asking
from tests.stateful.living import Living
from tests.stateful.looking import Looking
from tests.stateful.setting import Setting


class Machine(Asking, Living, Setting, Looking):
    """The oracle, and one engine with two ways to call it."""
