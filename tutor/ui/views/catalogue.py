"""All views of a lab, by the names that labs call them by."""

from __future__ import annotations

from collections.abc import Mapping

from tutor.ui.views.arms import ARMS
from tutor.ui.views.bars import BARS
from tutor.ui.views.network import NETWORK
from tutor.ui.views.picture import View

CURVES = ("loss", "right")
"""The views that are curves over the steps."""

VIEWS: Mapping[str, View] = {**NETWORK, **ARMS, "bars": BARS}
"""The views that are pictures."""

NETWORK_VIEWS = (*CURVES, *NETWORK)
"""The views of a training, in the order of their digits."""

SURFACE_VIEWS = ("loss", "path")
"""The views of a walk down a surface."""
