"""One HTTP request and its whole answer before a deadline, or why there is none.

The deadline covers name resolution, connecting, every header and the body, and is kept from outside whatever reads them: a
server that sends a byte now and then gains nothing by it. Requests run on one event loop a process, in a thread of its own.

Proxies and certificates are those of the environment (``HTTPS_PROXY``, ``NO_PROXY``, ``SSL_CERT_FILE`` and so on).
"""

from __future__ import annotations

import asyncio
import os
import threading
import time
import weakref
from collections.abc import Mapping
from ipaddress import ip_address, ip_network
from typing import Any, NamedTuple
from urllib.parse import SplitResult, urlsplit
from urllib.request import getproxies, proxy_bypass_environment  # type: ignore[attr-defined]

from recenv.errors import InputError, MissingExtra

_GRACE_S = 5.0  # for the loop to give up what is late, before it is given up on


class Reply(NamedTuple):
    """What came back; header names in lower case. latency_s: from the first byte out to the last one in."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    latency_s: float


class Unreachable(Exception):
    """No answer could be had. transient: whether another try may fare better."""

    def __init__(self, why: str, *, transient: bool) -> None:
        super().__init__(why)
        self.transient = transient


class TooLarge(Exception):
    """The body has more bytes than are read."""


class Exchange:
    """Connections to one address, usable from several threads, and in a process that was forked from this one.

    Raises MissingExtra without httpx, InputError where the environment's proxy or certificates cannot be used.
    """

    def __init__(self, url: str, headers: Mapping[str, str], connections: int) -> None:
        self.url, self._headers, self._connections = url, dict(headers), connections
        self._lock = threading.Lock()
        self._proxy = proxy_for(url)
        self._client = self._connect()
        self._process = os.getpid()
        self._close = weakref.finalize(self, _close, self._client, self._process)

    def close(self) -> None:
        self._close()

    @property
    def route(self) -> str:
        """The address as it is reached: with the proxy, where there is one."""
        return self.url + (f" by way of the proxy {_shown(self._proxy)}" if self._proxy else "")

    def post(self, body: bytes, timeout_s: float, max_bytes: int) -> Reply:
        """The answer to a body of JSON. Raises TimeoutError, TooLarge, Unreachable."""
        asking = asyncio.run_coroutine_threadsafe(_post(self._open(), self.url, body, timeout_s, max_bytes), _loop())
        try:
            return asking.result(timeout_s + _GRACE_S)
        except BaseException:
            asking.cancel()  # an interrupt, or a loop that does not keep its deadline
            raise

    def _open(self) -> Any:
        with self._lock:
            if self._process != os.getpid():  # forked: the loop and the connections stayed with the parent
                self._client, self._process = self._connect(), os.getpid()
                self._close = weakref.finalize(self, _close, self._client, self._process)
            return self._client

    def _connect(self) -> Any:
        httpx = _httpx()
        try:
            secure = any((at or "").startswith("https:") for at in (self.url, self._proxy))
            context = httpx.create_ssl_context() if secure else False
            proxy = None if self._proxy is None else httpx.Proxy(
                self._proxy, ssl_context=context if self._proxy.startswith("https:") else None)
            return httpx.AsyncClient(
                headers=self._headers, timeout=None, follow_redirects=False, trust_env=False, verify=context, proxy=proxy,
                limits=httpx.Limits(max_connections=self._connections))
        except OSError as error:
            named = [f"{name}={os.environ[name]}" for name in ("SSL_CERT_FILE", "SSL_CERT_DIR") if os.environ.get(name)]
            where = " and ".join(named) or "the installed certificates"
            raise InputError(f"{where} cannot be used ({error.strerror or error}); name a file of PEM certificates") from None
        except ImportError:
            raise InputError(
                f"the proxy {_shown(self._proxy)} speaks SOCKS, which needs another package; run: pip install 'httpx[socks]', "
                "or unset the proxy's variable") from None
        except (ValueError, httpx.InvalidURL) as error:
            raise InputError(f"{self.route} is no usable address ({error}); mend base_url, or the proxy's variable") from None


async def _post(client: Any, url: str, body: bytes, timeout_s: float, max_bytes: int) -> Reply:
    httpx, start = _httpx(), time.monotonic()
    try:
        async with (
            asyncio.timeout(timeout_s),
            client.stream("POST", url, content=body, headers={"Content-Type": "application/json"}) as reply,
        ):
            received = bytearray()
            async for chunk in reply.aiter_raw():
                received += chunk
                if len(received) > max_bytes:
                    raise TooLarge
    except httpx.TimeoutException:
        raise TimeoutError from None
    except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
        transient = isinstance(error, httpx.TransportError) and not isinstance(error, httpx.UnsupportedProtocol)
        raise Unreachable(f"{type(error).__name__}: {error}", transient=transient) from None
    except TimeoutError:
        raise
    except (OSError, ValueError) as error:  # a host name that cannot be encoded
        raise Unreachable(f"{type(error).__name__}: {error}", transient=False) from None
    return Reply(reply.status_code, dict(reply.headers), bytes(received), time.monotonic() - start)


def _close(client: Any, process: int) -> None:
    """Close the connections of a client, if they are this process's; from the loop's own thread without waiting for it."""
    if process != os.getpid() or not _LOOPS:
        return
    closing = asyncio.run_coroutine_threadsafe(client.aclose(), _LOOPS[0].loop)
    if threading.current_thread() is not _LOOPS[0]:
        try:
            closing.result(_GRACE_S)
        except TimeoutError:
            closing.cancel()


# -- the loop --------------------------------------------------------------------------------------------------------


class _Loop(threading.Thread):
    def __init__(self) -> None:
        super().__init__(name="exchange", daemon=True)
        self.loop = asyncio.new_event_loop()
        self.start()

    def run(self) -> None:
        self.loop.run_forever()


_LOOPS: list[_Loop] = []
_STARTING = [threading.Lock()]


def _loop() -> asyncio.AbstractEventLoop:
    with _STARTING[0]:
        if not _LOOPS:
            _LOOPS.append(_Loop())
        return _LOOPS[0].loop


def _forget() -> None:
    """In a forked process: its parent's thread is not there, and its lock may be held by nobody."""
    _LOOPS.clear()
    _STARTING[0] = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)


# -- the way ---------------------------------------------------------------------------------------------------------


def proxy_for(url: str) -> str | None:
    """The environment's proxy for an address, None for none.

    ``NO_PROXY``: host names (and all below them), addresses, and ranges such as 10.0.0.0/8 or fe80::/10; ``*`` for all.
    """
    parts, proxies = urlsplit(url), getproxies()
    found = proxies.get(parts.scheme) or proxies.get("all")
    if not found or _bypassed(parts, proxies.get("no", "")):
        return None
    return found if "://" in found else f"http://{found}"


def _bypassed(parts: SplitResult, exempt: str) -> bool:
    host = parts.hostname or ""
    entries = [entry.strip() for entry in exempt.replace(" ", ",").split(",") if entry.strip()]
    try:
        address = ip_address(host)
    except ValueError:
        names = ",".join(entry for entry in entries if "/" not in entry)
        return bool(proxy_bypass_environment(parts.netloc.rpartition("@")[2], {"no": names}))
    return any(entry == "*" or _holds(entry, address, parts.port) for entry in entries)


def _holds(entry: str, address: Any, port: int | None) -> bool:
    """Whether an address is, or is in the range of, an entry: 10.0.0.0/8, ::1, [::1]:8000, 10.0.0.1:80."""
    host, end = (entry, "") if entry.count(":") > 1 and "]" not in entry else entry.rpartition(":")[::2]
    if not host or (host.startswith("[") and not host.endswith("]")):
        host, end = entry, ""
    try:
        return address in ip_network(host.strip("[]"), strict=False) and end in ("", str(port))
    except ValueError:
        return False


def _shown(proxy: str | None) -> str:
    """A proxy's address without the password in it."""
    return (proxy or "").rpartition("@")[2].rpartition("://")[2]


def _httpx() -> Any:
    try:
        import httpx
    except ImportError:
        raise MissingExtra("httpx", "llm") from None
    return httpx
