"""Why a notice did not get through is told in words of our own."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.mainstay.ops.plugins.module_utils._notice.delivery import why_not

HIDDEN = "for a reason that is not shown, because it may hold secrets"


@pytest.mark.parametrize(
    ("result", "why"),
    [
        ({"changed": True}, ""),
        ({"failed": False, "msg": "Mail sent successfully", "result": {}}, ""),
        (
            {"msg": "Failed to send mail to at least one recipient", "result": {"a@b": [550, "hush"]}},
            "the server did not take it for every recipient",
        ),
        ({"failed": True, "msg": "failed to send hush: HTTP Error 403: hush"}, "the server answered 403"),
        ({"failed": True, "msg": "failed to send {HTTP Error 404 timed out}: HTTP Error 500: hush"}, "the server answered 500"),
        ({"failed": True, "msg": "<urlopen error Tunnel connection failed: 407 hush>"}, "the proxy answered 407"),
        ({"failed": True, "msg": "Connection failure: The read operation timed out"}, "the server did not answer in time"),
        ({"failed": True, "msg": "", "exception": "x: [Errno 111] Connection refused"}, "the server refused the connection"),
        ({"failed": True, "msg": "<urlopen error [Errno -2] Name or service not known>"}, "the name of the server is not known"),
        ({"failed": True, "msg": "[SSL: CERTIFICATE_VERIFY_FAILED] hush"}, "the certificate of the server is not trusted"),
        ({"failed": True, "msg": "Slack operation failed", "error": "invalid_auth"}, "the server said invalid_auth"),
        ({"failed": True, "msg": "x", "error": "Hush hush"}, HIDDEN),
        ({"unreachable": True, "msg": "hush"}, HIDDEN),
        ({"failed": True}, HIDDEN),
    ],
)  # fmt: skip
def test_the_words_are_ours(result: dict[str, Any], why: str) -> None:
    assert why_not(result) == why
    assert "hush" not in why_not(result)
