"""What aiokafka leaves behind when it is stopped in the midst: tests of nothing else are not to fail of it.

A connection by TLS is closed in several steps that it does not wait for, and one that it is just making when its event
loop ends is closed by nobody. Whoever uses these marks collects the garbage before the test is over, or the next one is
blamed.
"""

from __future__ import annotations

from typing import Final

import pytest

__all__ = ["LEFT_BY_AIOKAFKA"]

LEFT_BY_AIOKAFKA: Final = (
    pytest.mark.filterwarnings(
        "ignore:Exception ignored in. <function _SelectorTransport.__del__:pytest.PytestUnraisableExceptionWarning"
    ),
    pytest.mark.filterwarnings(
        "ignore:Exception ignored in. <socket.socket .* proto=6, laddr=:pytest.PytestUnraisableExceptionWarning"
    ),
)
