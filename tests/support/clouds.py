"""Doubles of three clouds' secret stores on loopback, for their real SDKs.

The SDKs of Azure and Google speak to fixed hosts over HTTPS. They honour a proxy and a bundle of trusted authorities,
so the proxy here leads those hosts to the doubles, whose certificate is of an authority of our own.
"""

import json
import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import grpc
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from google.cloud.secretmanager_v1 import types

from tests.support.certificates import Authority, TlsFiles

VAULT = "gate-test.vault.azure.net"
_LOGIN = "login.microsoftonline.com"
_GOOGLE = "secretmanager.googleapis.com"
_TENANT = "11111111-2222-3333-4444-555555555555"
_CHUNK = 65_536
_SERVICE = "google.cloud.secretmanager.v1.SecretManagerService"
Environment = dict[str, str]


@contextmanager
def azure_double(secrets: Mapping[str, str], folder: Path) -> Iterator[Environment]:
    """What a process has to have in its environment to read these secrets out of a key vault."""
    authority = Authority("clouds")
    files = TlsFiles(folder)
    files.put(authority.issue(VAULT, _LOGIN, "login.microsoft.com"), authority.pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.certificate, files.key)
    with ExitStack() as stack:
        port = stack.enter_context(_http(lambda request: _azure(request, secrets), context))
        proxy = stack.enter_context(_proxy({VAULT: port, _LOGIN: port, "login.microsoft.com": port}))
        yield {
            "HTTPS_PROXY": proxy,
            "REQUESTS_CA_BUNDLE": str(files.client_ca),
            "AZURE_TENANT_ID": _TENANT,
            "AZURE_CLIENT_ID": "gate",
            "AZURE_CLIENT_SECRET": "invented",
            "GATE_SECRETS_FROM": "azure",
            "GATE_SECRETS_AZURE_VAULT_URL": f"https://{VAULT}",
        }


@contextmanager
def aws_double(secrets: Mapping[str, str] | str) -> Iterator[Environment]:
    """The same for one secret of Secrets Manager; text: what the secret holds instead of a JSON object."""
    text = secrets if isinstance(secrets, str) else json.dumps(secrets)
    with _http(lambda request: _aws(request, text)) as port:
        yield {
            "AWS_ENDPOINT_URL_SECRETS_MANAGER": f"http://127.0.0.1:{port}",
            "AWS_ACCESS_KEY_ID": "invented",
            "AWS_SECRET_ACCESS_KEY": "invented",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
            "GATE_SECRETS_FROM": "aws",
            "GATE_SECRETS_AWS_SECRET_ID": "gate/production",
        }


@contextmanager
def google_double(secrets: Mapping[str, str | None], folder: Path) -> Iterator[Environment]:
    """The same for Secret Manager; None: there is such a secret, and no leave to read it."""
    authority = Authority("clouds")
    files = TlsFiles(folder)
    pair = authority.issue(_GOOGLE)
    files.put(pair, authority.pem)
    server = grpc.server(ThreadPoolExecutor(2))
    server.add_generic_rpc_handlers((_google(secrets),))
    port = server.add_secure_port("127.0.0.1:0", grpc.ssl_server_credentials([(pair.key, pair.certificate)]))
    account = folder / "account.json"
    account.write_text(json.dumps(_service_account()))
    server.start()
    try:
        with _proxy({_GOOGLE: port}) as proxy:
            yield {
                "grpc_proxy": proxy,
                "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH": str(files.client_ca),
                "GOOGLE_APPLICATION_CREDENTIALS": str(account),
                "GATE_SECRETS_FROM": "gcp",
                "GATE_SECRETS_GCP_PROJECT_ID": "gate-test",
            }
    finally:
        server.stop(None)


class _Request:
    def __init__(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> None:
        self.method, self.url, self.headers, self.body = method, url, headers, body


Reply = tuple[int, dict[str, str], Any]


def _azure(request: _Request, secrets: Mapping[str, str]) -> Reply:
    login = f"https://{_LOGIN}/{_TENANT}"
    if "discovery/instance" in request.url:
        return 200, {}, {"tenant_discovery_endpoint": f"{login}/v2.0/.well-known/openid-configuration", "metadata": []}
    if "openid-configuration" in request.url:
        ends = {"authorization_endpoint": "authorize", "token_endpoint": "token", "issuer": "v2.0"}
        return 200, {}, {name: f"{login}/oauth2/v2.0/{end}" for name, end in ends.items()}
    if request.url.endswith("/token"):
        return 200, {}, {"token_type": "Bearer", "expires_in": 3600, "access_token": "invented-token"}
    if request.headers.get("Authorization") != "Bearer invented-token":
        challenge = f'Bearer authorization="{login}", resource="https://vault.azure.net"'
        return 401, {"WWW-Authenticate": challenge}, {}
    if (named := re.match(r"/secrets/([^/?]+)", request.url)) is not None:
        return 200, {}, {"value": secrets[named[1]], "id": f"https://{VAULT}/secrets/{named[1]}/1"}
    listed = [{"id": f"https://{VAULT}/secrets/{name}", "attributes": {"enabled": True}} for name in secrets]
    return 200, {}, {"value": listed, "nextLink": None}


def _aws(request: _Request, text: str) -> Reply:
    assert request.headers["X-Amz-Target"] == "secretsmanager.GetSecretValue"
    if json.loads(request.body)["SecretId"] != "gate/production":
        message = "Secrets Manager can't find the specified secret."
        return 400, {}, {"__type": "ResourceNotFoundException", "Message": message}
    return 200, {}, {"Name": "gate/production", "SecretString": text}


def _google(secrets: Mapping[str, str | None]) -> grpc.GenericRpcHandler:
    def listed(request: types.ListSecretsRequest, _: grpc.ServicerContext) -> types.ListSecretsResponse:
        return types.ListSecretsResponse(
            secrets=[types.Secret(name=f"{request.parent}/secrets/{name}") for name in secrets]
        )

    def read(
        request: types.AccessSecretVersionRequest, context: grpc.ServicerContext
    ) -> types.AccessSecretVersionResponse:
        value = secrets[request.name.split("/")[3]]
        if value is None:
            context.abort(grpc.StatusCode.PERMISSION_DENIED, "no leave")
        return types.AccessSecretVersionResponse(name=request.name, payload={"data": value.encode()})

    def handler(behaviour: Any, asked: Any, answered: Any) -> Any:
        return grpc.unary_unary_rpc_method_handler(behaviour, asked.deserialize, answered.serialize)

    return grpc.method_handlers_generic_handler(
        _SERVICE,
        {
            "ListSecrets": handler(listed, types.ListSecretsRequest, types.ListSecretsResponse),
            "AccessSecretVersion": handler(read, types.AccessSecretVersionRequest, types.AccessSecretVersionResponse),
        },
    )


def _service_account() -> dict[str, str]:
    """With a key of its own; the SDK signs with it and asks nobody."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return {
        "type": "service_account",
        "project_id": "gate-test",
        "private_key_id": "1",
        "private_key": key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
        "client_email": "gate@gate-test.iam.gserviceaccount.com",
        "client_id": "1",
        "token_uri": "https://oauth2.googleapis.com/token",
    }


@contextmanager
def _http(answer: Callable[[_Request], Reply], context: ssl.SSLContext | None = None) -> Iterator[int]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, headers, document = answer(_Request(self.command, self.path, dict(self.headers), body))
            content = json.dumps(document).encode()
            self.send_response(status)
            all_headers = {"Content-Type": "application/json", "Content-Length": str(len(content)), **headers}
            for name, value in all_headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        do_POST = do_GET  # noqa: N815 - the name the library calls

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def _proxy(ports: Mapping[str, int]) -> Iterator[str]:
    """An HTTP proxy that leads hosts to ports of this machine, and everybody else nowhere."""
    listener = socket.create_server(("127.0.0.1", 0))

    def accept() -> None:
        with suppress(OSError):
            while True:
                client, _ = listener.accept()
                threading.Thread(target=connect, args=(client,), daemon=True).start()

    def connect(client: socket.socket) -> None:
        with client, suppress(OSError):
            head = b""
            while b"\r\n\r\n" not in head:
                head += client.recv(_CHUNK)
            host = head.split()[1].decode().partition(":")[0]
            if host not in ports:
                client.sendall(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")
                return
            with socket.create_connection(("127.0.0.1", ports[host])) as server:
                client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
                there = threading.Thread(target=pass_on, args=(client, server), daemon=True)
                there.start()
                pass_on(server, client)
                there.join()

    def pass_on(source: socket.socket, to: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(_CHUNK):
                to.sendall(data)
        with suppress(OSError):
            to.shutdown(socket.SHUT_WR)

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.close()
