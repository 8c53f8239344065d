"""Hosts of our own on this machine: network namespaces on one bridge, each with a line that can be cut."""

import socket
import subprocess
import threading
from contextlib import suppress

_BRIDGE, _NET = "stdrill0", "10.213.77"


class Net:
    """A bridge with the machine's own address on it. Raises `RuntimeError` where namespaces may not be made."""

    def __init__(self, hosts: tuple[str, ...]) -> None:
        self.here = f"{_NET}.1"
        self._hosts = hosts

    def __enter__(self) -> "Net":
        self._take_down()
        _ip("link", "add", _BRIDGE, "type", "bridge")
        _ip("addr", "add", f"{self.here}/24", "dev", _BRIDGE)
        _ip("link", "set", _BRIDGE, "up")
        for host in self._hosts:
            _ip("netns", "add", _space(host))
            _ip("link", "add", f"st{host}", "type", "veth", "peer", "name", f"st{host}in", "netns", _space(host))
            _ip("link", "set", f"st{host}", "master", _BRIDGE, "up")
            inside = ("-n", _space(host))
            _ip(*inside, "addr", "add", f"{self.address(host)}/24", "dev", f"st{host}in")
            _ip(*inside, "link", "set", f"st{host}in", "up")
            _ip(*inside, "link", "set", "lo", "up")
        return self

    def __exit__(self, *_error: object) -> None:
        self._take_down()

    def _take_down(self) -> None:
        for host in self._hosts:
            with suppress(RuntimeError):
                _ip("netns", "del", _space(host))
        with suppress(RuntimeError):
            _ip("link", "del", _BRIDGE)

    def address(self, host: str) -> str:
        return f"{_NET}.{11 + self._hosts.index(host)}"

    def inside(self, host: str) -> list[str]:
        """What a command begins with that shall run on this host."""
        return ["ip", "netns", "exec", _space(host)]

    def cut(self, host: str) -> None:
        _ip("link", "set", f"st{host}", "down")

    def mend(self, host: str) -> None:
        _ip("link", "set", f"st{host}", "up")


def _space(host: str) -> str:
    return f"stdrill-{host}"


def _ip(*arguments: str) -> None:
    done = subprocess.run(["ip", *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"ip {' '.join(arguments)}: {done.stderr.strip()}")


class Door:
    """A port on the bridge behind which a server of this machine's loopback stands."""

    def __init__(self, address: str, target: int) -> None:
        self._target = target
        self._listening = socket.create_server((address, 0))
        self.port = int(self._listening.getsockname()[1])
        threading.Thread(target=self._welcome, daemon=True).start()

    def __enter__(self) -> "Door":
        return self

    def __exit__(self, *_error: object) -> None:
        self._listening.close()

    def _welcome(self) -> None:
        with suppress(OSError):
            while True:
                guest, _ = self._listening.accept()
                host = socket.create_connection(("127.0.0.1", self._target))
                for one, other in ((guest, host), (host, guest)):
                    threading.Thread(target=_pump, args=(one, other), daemon=True).start()


def _pump(one: socket.socket, other: socket.socket) -> None:
    with suppress(OSError):
        while data := one.recv(1 << 16):
            other.sendall(data)
    for end in (one, other):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
