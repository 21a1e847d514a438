"""Calls of addresses that strangers have chosen: only public ones, bounded in time and size.

The name is resolved once, its addresses are judged, and the connection goes to just these, so that
a name cannot point elsewhere between the judgement and the call. No redirect is followed, no proxy
is asked. The standard library's client, because the connection must be ours.
"""

import http.client
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from urllib.parse import SplitResult, urlsplit

from django.conf import settings

from orders.errors import WebhookUrlRefused

RESPONSE_KEPT = 4_096
PORTS = {"http": 80, "https": 443}
NAT64 = ipaddress.ip_network("64:ff9b::/96")
# Not public either, though `is_global` of one or the other release of Python has them so:
# protocol assignments, site-local addresses, documentation.
NOT_PUBLIC = [ipaddress.ip_network(each) for each in ("192.0.0.0/24", "fec0::/10", "3fff::/20")]

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@cache
def tls() -> ssl.SSLContext:
    """Certificates are verified, against those of the system."""
    return ssl.create_default_context()


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a call. `status` is None where nothing was answered; then `error` says why."""

    milliseconds: int
    status: int | None = None
    response: str = ""
    error: str = ""

    @property
    def is_success(self) -> bool:
        return self.status is not None and 200 <= self.status < 300  # noqa: PLR2004 - as HTTP has it


def call(url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
    """POST the body. Never raises, and sends nothing once WEBHOOK_TIMEOUT has passed."""
    begin = time.monotonic()
    deadline = begin + settings.WEBHOOK_TIMEOUT.total_seconds()
    status, response, error = None, "", ""
    try:
        parts = checked(url)
        with _connection(parts, deadline) as connection:
            target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            connection.request("POST", target, body, {**headers, "Host": parts.netloc})
            answer = connection.getresponse()
            _left(deadline)  # headers that were cut off look like the end of them
            status = answer.status
            # NUL is the one character that PostgreSQL does not store.
            response = answer.read(RESPONSE_KEPT).decode(errors="replace").replace("\0", "�")
    except WebhookUrlRefused as refusal:
        error = refusal.message
    except (OSError, http.client.HTTPException, ValueError) as trouble:
        late = time.monotonic() >= deadline
        error = "No complete answer in time" if late else f"{type(trouble).__name__}: {trouble}"
    milliseconds = round((time.monotonic() - begin) * 1_000)
    return Answer(milliseconds, status, response, error[:500].replace("\0", "�"))


def checked(url: str) -> SplitResult:
    """The parts of an address that may be called, as far as it can be told without resolving it."""
    try:
        parts = urlsplit(url)
        port, host = parts.port, parts.hostname
    except ValueError:
        raise WebhookUrlRefused("This is no address that can be called.") from None
    schemes = ("https", "http") if settings.WEBHOOK_PRIVATE_ADDRESSES else ("https",)
    if parts.scheme not in schemes:
        words = " or ".join(f"{scheme}://" for scheme in schemes)
        raise WebhookUrlRefused(f"The address must begin with {words}.")
    if not host or port == 0 or not url.isascii() or not url.isprintable() or " " in url:
        raise WebhookUrlRefused("This is no address that can be called.")
    if parts.username is not None or parts.fragment:
        raise WebhookUrlRefused("The address must have no user and no fragment.")
    try:
        literal = ipaddress.ip_address(host)
    except ValueError:
        if host == "localhost" or host.endswith(".localhost"):
            judge(ipaddress.ip_address("127.0.0.1"))
    else:
        judge(literal)
    return parts


def judge(address: Address) -> None:
    """Refuse what is not on the public Internet, also where it hides in an IPv6 address."""
    if settings.WEBHOOK_PRIVATE_ADDRESSES:
        return
    inner = address
    if isinstance(address, ipaddress.IPv6Address):
        in_nat64 = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF) if address in NAT64 else None
        inner = address.ipv4_mapped or address.sixtofour or in_nat64 or address
    if (
        not inner.is_global
        or inner.is_multicast
        or inner.is_reserved
        or any(inner in network for network in NOT_PUBLIC)
    ):
        raise WebhookUrlRefused(f"{address} is not a public address.")


@contextmanager
def _connection(parts: SplitResult, deadline: float) -> Iterator[http.client.HTTPConnection]:
    """A connection that is cut at the deadline, whatever it is doing."""
    host, port = parts.hostname or "", parts.port or PORTS[parts.scheme]
    with ExitStack() as stack:
        wire = stack.enter_context(_connect(_resolve(host, port), deadline))
        if parts.scheme == "https":
            wire = stack.enter_context(
                tls().wrap_socket(wire, server_hostname=host, do_handshake_on_connect=False)
            )
        # However slowly the other side sends, and however often: this ends what reads it.
        cut = threading.Timer(_left(deadline), _shut, [wire])
        cut.daemon = True
        cut.start()
        stack.callback(cut.cancel)
        if isinstance(wire, ssl.SSLSocket):
            wire.do_handshake()
        connection = http.client.HTTPConnection(host, port)
        connection.sock, connection.auto_open = wire, 0
        _left(deadline)
        yield connection


def _resolve(host: str, port: int) -> list[tuple]:
    """Where the name leads. One address that is not public is enough to refuse all."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    for *_, address in found:
        judge(ipaddress.ip_address(str(address[0]).partition("%")[0]))
    return found


def _connect(found: list[tuple], deadline: float) -> socket.socket:
    error: OSError = OSError("The name has no address")
    for family, kind, protocol, _, address in found:
        wire = socket.socket(family, kind, protocol)
        try:
            wire.settimeout(_left(deadline))
            wire.connect(address)
        except OSError as trouble:
            wire.close()
            error = trouble
        else:
            return wire
    raise error


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _shut(wire: socket.socket) -> None:
    with suppress(OSError):  # it may be closed already
        socket.socket.shutdown(wire, socket.SHUT_RDWR)
