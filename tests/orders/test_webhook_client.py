import socket
import ssl
import time
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from orders import webhook_client
from orders.errors import WebhookUrlRefused
from orders.webhook_client import call, checked
from tests.orders.receiving import receiver, slowly

SOON = timedelta(milliseconds=400)


@pytest.fixture
def private(settings):
    settings.WEBHOOK_PRIVATE_ADDRESSES = True
    settings.WEBHOOK_TIMEOUT = SOON


def resolving(monkeypatch, *addresses):
    """Let every name lead to these, and remember how often it was asked."""
    asked = []

    def getaddrinfo(host, port, *args, **kwargs):
        asked.append(host)
        return [
            (socket.AF_INET6 if ":" in each else socket.AF_INET, socket.SOCK_STREAM, 6, "",
             (each, port))
            for each in addresses
        ]  # fmt: skip

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return asked


def test_call_sends_the_body_and_keeps_the_answer(private):
    with receiver(status=202) as server:
        answer = call(server.url, b'{"a": 1}', {"webhook-id": "x"})

    [(path, headers, body)] = server.calls
    assert (path, body, headers["webhook-id"]) == ("/hook?of=us", b'{"a": 1}', "x")
    assert headers["Host"] == f"127.0.0.1:{server.server_port}"
    assert (answer.status, answer.response, answer.error) == (202, "heard", "")
    assert answer.is_success


def test_redirect_is_not_followed(private):
    with receiver() as other, receiver() as server:
        server.answers = lambda handler: handler.answer(307, b"", Location=other.url) or True
        answer = call(server.url, b"{}", {})

    assert (answer.status, answer.is_success, other.calls) == (307, False, [])


def test_answer_is_kept_up_to_4_kib(private):
    with receiver() as server:
        server.answers = lambda handler: handler.answer(200, b"x\0" * 5_000_000) or True
        answer = call(server.url, b"{}", {})

    assert (answer.status, answer.response) == (200, "x�" * 2_048)


@pytest.mark.parametrize("words", [b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\nX: "])
def test_slow_answer_is_cut_off_in_time_however_it_drips(private, words):
    def drip(handler):
        handler.wfile.write(words)
        try:
            for _ in range(200):
                handler.wfile.write(b"x")
                time.sleep(0.02)
        except OSError:
            pass
        return True

    with receiver(answers=drip) as server:
        begin = time.monotonic()
        answer = call(server.url, b"{}", {})

    assert time.monotonic() - begin < 2
    assert (answer.status, answer.error) == (None, "No complete answer in time")


def test_dripping_body_does_not_take_the_status_away(private):
    def drip(handler):
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        try:
            for _ in range(200):
                handler.wfile.write(b"x")
                time.sleep(0.02)
        except OSError:
            pass
        return True

    with receiver(answers=drip) as server:
        begin = time.monotonic()
        answer = call(server.url, b"{}", {})

    assert time.monotonic() - begin < 2
    assert answer.is_success


def test_nothing_is_sent_once_the_time_is_over(private, monkeypatch):
    """A name that takes long to resolve, or a process that was stopped meanwhile."""
    real = socket.getaddrinfo

    def late(*args, **kwargs):
        time.sleep(SOON.total_seconds() + 0.05)
        return real(*args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", late)
    with receiver() as server:
        answer = call(server.url, b"{}", {})

    assert (answer.error, server.calls) == ("No complete answer in time", [])


def test_nobody_listens(private):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]

    answer = call(f"http://127.0.0.1:{port}/", b"{}", {})

    assert (answer.status, answer.error) == (
        None,
        "ConnectionRefusedError: [Errno 111] Connection refused",
    )


def test_answer_that_is_no_http(private):
    def answers(handler):
        handler.wfile.write(b"220 smtp\r\n")
        return True

    with receiver(answers=answers) as server:
        assert call(server.url, b"{}", {}).error == "BadStatusLine: 220 smtp\r\n"


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.0.0.1", "172.16.3.4", "192.168.1.1", "169.254.169.254", "100.64.0.1",
        "0.0.0.0", "224.0.0.1", "255.255.255.255", "192.0.2.1",  # noqa: S104
        "198.18.0.1", "240.0.0.1",
        "::1", "::", "fe80::1", "fc00::1", "fd12::1", "ff02::1", "2001:db8::1",
        "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "2002:a00:1::1", "2001:0:4136:e378::1",
        "fec0::1", "feff::1", "3fff::1", "192.0.0.8", "::ffff:192.0.0.8",
    ],
)  # fmt: skip
def test_address_that_is_not_public_is_refused_typed_or_resolved(address, monkeypatch):
    literal = f"[{address}]" if ":" in address else address
    with pytest.raises(WebhookUrlRefused):
        checked(f"https://{literal}/")
    resolving(monkeypatch, "93.184.215.14", address)

    answer = call("https://example.com/", b"{}", {})

    assert (answer.status, answer.error.endswith("is not a public address.")) == (None, True)


@pytest.mark.parametrize("host", ["93.184.215.14", "[2606:4700::1111]", "example.com"])
def test_public_address_may_be_called(host):
    assert checked(f"https://{host}:8443/a?b=c").port == 8443


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/", "ftp://example.com/", "file:///etc/passwd", "https:///x", "https://",
        "https://user@example.com/", "https://user:word@example.com/", "https://example.com/#there",
        "https://example.com:99999/", "https://example.com:0/", "https://exa mple.com/",
        "https://example.com/\r\nX: 1", "https://münchen.example/", "https://localhost/",
        "https://a.localhost/", "https://[::1/", "", "x",
    ],
)  # fmt: skip
def test_address_that_cannot_be_called_is_refused(url):
    with pytest.raises(WebhookUrlRefused):
        checked(url)


def test_plain_http_only_where_private_addresses_are_allowed(private):
    assert checked("http://127.0.0.1:9/").port == 9


def test_name_is_resolved_once_and_its_address_pinned(private, monkeypatch):
    asked = resolving(monkeypatch, "127.0.0.1")
    with receiver() as server:
        answer = call(f"http://hooks.example:{server.server_port}/", b"{}", {})

    [(_, headers, _)] = server.calls
    assert (answer.status, asked) == (200, ["hooks.example"])
    assert headers["Host"] == f"hooks.example:{server.server_port}"


def test_next_address_is_tried_where_the_first_does_not_answer(private, monkeypatch):
    asked = resolving(monkeypatch, "127.0.0.2", "127.0.0.1")
    with receiver() as server:
        assert call(f"http://hooks.example:{server.server_port}/", b"{}", {}).status == 200
    assert asked == ["hooks.example"]


def test_environment_names_no_proxy(private, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    with receiver() as server:
        assert call(server.url, b"{}", {}).status == 200


def test_certificate_is_verified_for_the_name(private, monkeypatch, tmp_path):
    key, certificate = certificate_for("hooks.example", tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    trusting = ssl.create_default_context(cafile=certificate)
    resolving(monkeypatch, "127.0.0.1")
    with receiver() as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        url = f"https://hooks.example:{server.server_port}/"
        unknown = call(url, b"{}", {})
        monkeypatch.setattr(webhook_client, "tls", lambda: trusting)
        known = call(url, b"{}", {})
        other = call(url.replace("hooks", "other"), b"{}", {})

    assert unknown.error.startswith("SSLCertVerificationError")
    assert (known.status, known.error) == (200, "")
    assert "Hostname mismatch" in other.error
    assert len(server.calls) == 1


def certificate_for(name, folder):
    """A key and a certificate of one's own."""
    private_key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(private_key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(private_key, hashes.SHA256())
    )
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    key.write_bytes(
        private_key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    certificate.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    return key, certificate


def test_slow_answer_within_the_time_counts(private):
    with receiver(answers=slowly(0.1)) as server:
        answer = call(server.url, b"{}", {})

    assert answer.status == 200
    assert answer.milliseconds >= 100
