"""Requests to other servers, as the step's grant allows: `[[http]]` says to which hosts, with which methods and paths.

>>> from lockstep import http
>>> rate = http.get("https://rates.example.com/eur").text()
>>> answer = http.post("https://api.example.com/v1/refunds", json={"order": "o-17", "rate": rate}, key="o-17")
>>> answer.successful().json()
{'refunded': True}

What goes wrong is a `Failure`, whose `code` says what: transient where another attempt may succeed (`http-timeout`,
`http-connect`, `http-tls`, `http-protocol`), permanent where not (`http-denied`, `http-refused`, `http-too-large`,
`http-invalid-request`). An answer with a status of 400 and more is an answer: `successful` makes it a failure. Secrets
are the host's: name one in the grant, and leave the header out here.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self

from . import _json
from ._host import imported, named
from ._shape import check
from .failure import Failure
from .wit import Err, u16, u64

_http = imported("http")

Headers = Mapping[str, str] | Iterable[tuple[str, str]]
"""By name, or as pairs where a name comes twice."""

# Where there is no `json`: None is a value of it.
NONE: Any = object()


@dataclass
class Response:
    """What a server answered."""

    status: u16
    headers: list[tuple[str, str]]
    """Names in lower case."""
    body: bytes
    """As it came: nothing is unpacked."""

    def header(self, name: str) -> str | None:
        """The first header of a name, whatever its case."""
        return next((value for own, value in self.headers if own.lower() == name.lower()), None)

    def text(self) -> str:
        """The body as text; what is no text in it becomes `�`."""
        return self.body.decode("utf-8", "replace")

    def json(self) -> Any:
        """The value of the body, which is JSON; else the permanent failure `http-not-json`."""
        try:
            return _json.load(self.text())
        except ValueError as error:
            raise Failure.permanent("http-not-json", f"the answer is not JSON: {error}") from None

    def successful(self) -> Self:
        """The answer if its status is in the 200s; else the failure `http-status`, transient where the server may do
        better later: at 408, 425, 429 and from 500 on."""
        message = f"the server answered with {self.status}"
        if 200 <= self.status < 300:
            return self
        if self.status in (408, 425, 429) or self.status >= 500:
            raise Failure.transient("http-status", message)
        raise Failure.permanent("http-status", message)


@dataclass(slots=True)
class Request:
    """A request, as the host takes it."""

    method: str
    url: str
    headers: list[tuple[str, str]]
    body: bytes
    timeout_ms: u64 | None
    key: str | None


def get(url: str, *, headers: Headers = (), timeout_ms: int | None = None, key: str | None = None) -> Response:
    """Asks for what is there."""
    return request("GET", url, headers=headers, timeout_ms=timeout_ms, key=key)


def post(
    url: str,
    *,
    body: bytes | str | None = None,
    json: Any = NONE,
    headers: Headers = (),
    timeout_ms: int | None = None,
    key: str | None = None,
) -> Response:
    """A `POST`; see `request`."""
    return request("POST", url, body=body, json=json, headers=headers, timeout_ms=timeout_ms, key=key)


def request(
    method: str,
    url: str,
    *,
    body: bytes | str | None = None,
    json: Any = NONE,
    headers: Headers = (),
    timeout_ms: int | None = None,
    key: str | None = None,
) -> Response:
    """Sends a request with any method, and waits for the whole answer.

    `json` is any value that `json.dumps` takes, sent instead of a `body`, with the header that says so unless
    `headers` has one. `timeout_ms` is how long the
    call may take; the grant's rule may allow less. With the same `key` it is the same call again, where the grant's
    rule sends keys.
    """
    pairs: list[Any] = list(headers.items() if isinstance(headers, Mapping) else headers)
    if json is not NONE:
        if body is not None:
            raise TypeError("a request has a `body` or `json`, not both")
        if not any(str(name).lower() == "content-type" for name, _ in pairs):
            pairs.append(("content-type", "application/json"))
        body = _json.dump(json)
    sent: Any = body.encode() if isinstance(body, str) else b"" if body is None else body
    asked = check(Request, Request(method, url, pairs, sent, timeout_ms, key), "request")
    try:
        return _http.fetch(asked)
    except Err as error:
        raise _failure(*named(error)) from None


def _failure(case: str, inside: Any) -> Failure:
    match case:
        case "Denied":
            message = f"the grant does not allow `{inside.what}`: {inside.why}"
            return Failure.permanent("http-denied", message)
        case "Refused":
            return Failure.permanent("http-refused", inside)
        case "Timeout":
            return Failure.transient("http-timeout", "the server did not answer in time")
        case "TooLarge":
            return Failure.permanent("http-too-large", "the answer is too large for the grant")
        case "Connect":
            return Failure.transient("http-connect", f"no connection: {inside}")
        case "Tls":
            return Failure.transient("http-tls", f"no secure connection: {inside}")
        case "Protocol":
            return Failure.transient("http-protocol", f"no proper answer: {inside}")
        case _:
            return Failure.permanent("http-invalid-request", inside)
