"""A server under test: started on a free loopback port with a folder of its own, watched through /proc, and ended."""

import http.client
import os
import shutil
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path

from workplace import start

CLOCK_TICKS = os.sysconf("SC_CLK_TCK")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def bytes_below(folder: Path) -> int:
    """What all files below a folder take on the disk, as `du` counts: blocks, not lengths. InfluxDB makes its series files
    4 MiB long beforehand, with nothing in them; counted by length a small database would be all holes."""
    total = 0
    for directory, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.lstat(os.path.join(directory, name)).st_blocks * 512
            except FileNotFoundError:  # merged away meanwhile
                pass
    return total


def cpu_seconds(process: int) -> float:
    """User and system time of a process, and of children it has waited for."""
    fields = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
    return sum(int(ticks) for ticks in fields[11:15]) / CLOCK_TICKS


def wait_until_idle(process: int, limit: float = 600):
    """Waits until a process has done next to nothing for two seconds."""
    deadline = time.monotonic() + limit
    while time.monotonic() < deadline:
        before = cpu_seconds(process)
        time.sleep(2)
        if cpu_seconds(process) - before < 0.05:
            return
    raise RuntimeError(f"process {process} was still busy after {limit} s")


class Connection:
    """One kept-alive HTTP connection over loopback, without delayed small packets."""

    def __init__(self, port: int, timeout: float = 600):
        self.http = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
        self.http.connect()
        self.http.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def ask(self, method: str, path: str, body=None, headers=None) -> bytes:
        self.http.request(method, path, body=body, headers=headers or {})
        response = self.http.getresponse()
        answer = response.read()
        if response.status >= 300:
            raise RuntimeError(f"{method} {path[:200]} answered {response.status}: {answer[:500]!r}")
        return answer

    def close(self):
        self.http.close()


class Server:
    """Starts a program and knows what it has used. `stop` ends it and removes its folder."""

    def __init__(self, command: list[str], port: int, folder: Path, ready_path: str):
        self.port, self.folder = port, folder
        self.log = open(folder / "server.log", "wb")
        self.process = start(command, stdout=self.log, stderr=subprocess.STDOUT)
        deadline = time.monotonic() + 60
        while True:
            try:
                connection = Connection(port, timeout=5)
                connection.ask("GET", ready_path)
                connection.close()
                return
            except (OSError, RuntimeError, http.client.HTTPException) as cause:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    tail = (folder / "server.log").read_text(errors="replace")[-2000:]
                    self.stop()
                    raise RuntimeError(f"{command[0]} did not start: {cause}\n{tail}") from cause
                time.sleep(0.1)

    def cpu_seconds(self) -> float:
        return cpu_seconds(self.process.pid)

    def peak_rss_bytes(self) -> int:
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
        raise RuntimeError("the kernel shows no VmHWM")

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.log.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def post_in_parallel(port: int, path: str, batches: list[bytes], connections: int = 2):
    """Posts all batches over some connections; each connection takes the next batch when it is done with its last."""
    waiting = iter(batches)
    lock = threading.Lock()
    failures = []

    def work():
        try:
            connection = Connection(port)
            while not failures:
                with lock:
                    batch = next(waiting, None)
                if batch is None:
                    break
                connection.ask("POST", path, body=batch)
            connection.close()
        except Exception as cause:  # handed to the caller below
            failures.append(cause)

    threads = [threading.Thread(target=work) for _ in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


def wait_until_still(folder: Path, seconds: float, limit: float = 1800, also=lambda: True):
    """Waits until the folder's size has not changed for some seconds and `also` holds."""
    deadline = time.monotonic() + limit
    size, since = bytes_below(folder), time.monotonic()
    while time.monotonic() - since < seconds or not also():
        if time.monotonic() > deadline:
            raise RuntimeError(f"{folder} was still changing after {limit} s")
        time.sleep(0.25)
        now = bytes_below(folder)
        if now != size:
            size, since = now, time.monotonic()
