# Copyright: The mainstay maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Why a notice did not get through, in words of our own: what servers and libraries say may repeat a token or an address."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

REASONS = (
    (r"HTTP Error ([0-9]{3})", "the server answered {}"),
    (r"Tunnel connection failed: ([0-9]{3})", "the proxy answered {}"),
    (r"timed out|Timed out|TimeoutError", "the server did not answer in time"),
    (r"Connection refused", "the server refused the connection"),
    (r"Connection reset|Remote end closed|Connection unexpectedly closed|EOF occurred", "the server closed the connection"),
    (
        r"Name or service not known|No address associated|name resolution|nodename nor servname",
        "the name of the server is not known",
    ),
    (r"No route to host|Network is unreachable", "the server cannot be reached"),
    (r"CERTIFICATE_VERIFY_FAILED|certificate verify failed", "the certificate of the server is not trusted"),
    (r"StartTLS is not offered|Unable to start an encrypted session", "the server does not speak TLS"),
    (r"Authentication to|No Suitable authentication|No Authentication on", "the server did not accept username and password"),
    (r"Failed to send mail|Failed to send community", "the server did not take the mail"),
    (r"couldn't resolve module|was not found in configured module paths", "its collection is not installed on the controller"),
)


def why_not(result: Mapping[str, Any]) -> str:
    """Why a module that sends did not, from what it returned; "" if it did.

    Of several reasons the last one in its message counts: what was to be sent may stand before it.
    """
    if not result.get("failed") and not result.get("unreachable"):
        return (
            "the server did not take it for every recipient"
            if result.get("result") and "recipient" in str(result.get("msg"))
            else ""
        )
    if re.fullmatch(r"[a-z_]{3,40}", code := str(result.get("error", ""))):
        return f"the server said {code}"
    told = "\n".join(str(result.get(key, "")) for key in ("exception", "module_stderr", "msg"))
    found = [(match.end(), words.format(*match.groups())) for pattern, words in REASONS for match in re.finditer(pattern, told)]
    return max(found)[1] if found else "for a reason that is not shown, because it may hold secrets"
