"""Zubr: `zubr import` loads, `zubrd` answers over HTTP on its Unix socket. All that the comparison knows of Zubr is here.

The folder with the two programs is ZUBR_BIN, else .build/release of this repository."""

import http.client
import json
import os
import shutil
import socket
import time
import urllib.parse
from pathlib import Path

from kinds import KINDS, Draw, iso, nanoseconds
from server import Connection
from workplace import start

TITLE = "Zubr"
DURABLE = "yes"
# What a row says that lacks a tag: "row", nothing; "machine", what the machine's other rows say.
TAGS = "row"

REPOSITORY = Path(__file__).resolve().parents[2]
PROGRAMS = Path(os.environ.get("ZUBR_BIN", REPOSITORY / ".build/release")).resolve()


class UnixConnection(Connection):
    """The same kept-alive connection, to a Unix socket."""

    def __init__(self, path: Path, timeout: float = 600):
        self.http = http.client.HTTPConnection("localhost", timeout=timeout)
        self.http.sock = socket.socket(socket.AF_UNIX)
        self.http.sock.settimeout(timeout)
        self.http.sock.connect(str(path))


class Zubr:
    def __init__(self, folder: Path, fleet_of: dict[str, str]):
        """`fleet_of`: each truck's own fleet, for Zubr names a machine by both."""
        folder.mkdir(parents=True)
        self.folder, self.database, self.daemon = folder, folder / "zubr.db", None
        self.fleet_of = fleet_of

    def load_file(self, file: Path) -> dict:
        """Runs `zubr import` and gives its last JSON object, with time, CPU and memory as the kernel counted them."""
        command = [PROGRAMS / "zubr", "import", file, "--format", "line-protocol"]
        command += ["--database", self.database, "--output", "json"]
        started = time.monotonic()
        with open(self.folder / "import.out", "wb") as out:
            process = start(command, stdout=out)
            _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise RuntimeError(f"zubr import ended with {process.returncode}")
        lines = (self.folder / "import.out").read_text().strip()
        (self.folder / "import.out").unlink()
        return {
            **json.loads(lines[lines.rfind("\n{") + 1 :]),
            "measured_seconds": time.monotonic() - started,
            "measured_cpu_seconds": usage.ru_utime + usage.ru_stime,
            "measured_peak_rss_bytes": usage.ru_maxrss * 1024,
            "measured_bytes": self.bytes_on_disk(),
        }

    def bytes_on_disk(self) -> int:
        """Database, WAL and lock. The daemon's ballast is room it keeps for a full disk, and nothing is in it."""
        files = [file for file in self.folder.glob("zubr.db*") if file.suffix != ".ballast"]
        return sum(file.stat().st_blocks * 512 for file in files)

    def start_daemon(self):
        """The daemon with the shipped configuration and no broker to talk to."""
        self.socket = self.folder / "zubrd.sock"
        command = [PROGRAMS / "zubrd", "--config", REPOSITORY / "Config/zubrd.yaml", "--database", self.database]
        command += ["--socket", self.socket, "--broker", "mqtt://127.0.0.1:1"]
        self.log = open(self.folder / "zubrd.log", "wb")
        self.daemon = start(command, stdout=self.log, stderr=self.log)
        deadline = time.monotonic() + 60
        while True:
            try:
                self.connect()
                return
            except OSError as cause:
                if self.daemon.poll() is not None or time.monotonic() > deadline:
                    tail = (self.folder / "zubrd.log").read_text(errors="replace")[-2000:]
                    raise RuntimeError(f"zubrd did not start: {cause}\n{tail}") from cause
                time.sleep(0.05)

    def connect(self):
        """Anew before questions that come after a pause: the daemon closes a connection that says nothing for long."""
        self.connection = UnixConnection(self.socket)

    def ask_kind(self, kind: str, draw: Draw) -> bytes:
        """The kinds that the suite asks of all fleets are asked so here too: without `fleet`."""
        parameters = {"at": iso(draw.at)}
        if KINDS[kind].takes("truck"):
            parameters["equipment"] = self.equipment(draw.truck)
        if KINDS[kind].takes("fleet"):
            parameters["fleet"] = draw.fleet
        return self.ask(f"/v1/tsbs/{kind}", **parameters)

    def kind_rows(self, kind: str, answer: bytes) -> list[dict]:
        return KINDS[kind].sort(json.loads(answer)["rows"])

    def after(self, kind: str, draw: Draw):
        """Nothing: a question leaves nothing behind."""

    def raw(self, truck: str, signal: str, start: int, end: int) -> bytes:
        return self.ask("/v1/query", **self.span(truck, signal, start, end))

    def by_minute(self, truck: str, signal: str, start: int, end: int) -> bytes:
        return self.ask("/v1/query", step="1m", aggregate="mean", **self.span(truck, signal, start, end))

    def span(self, truck: str, signal: str, start: int, end: int) -> dict:
        # `readings_velocity`, as VictoriaMetrics has it, is the signal `velocity` of the measurement `readings`.
        name = signal.split("_", 1)[1]
        return {"equipment": self.equipment(truck), "signal": name, "from": iso(start), "to": iso(end), "limit": 10_000}

    def equipment(self, truck: str) -> str:
        return f"{self.fleet_of[truck]}/{truck}"

    def raw_values(self, answer: bytes) -> list[tuple[int, float]]:
        return self.values(answer, "value")

    def minute_values(self, answer: bytes) -> list[tuple[int, float]]:
        return self.values(answer, "mean")

    def values(self, answer: bytes, column: str) -> list[tuple[int, float]]:
        series = json.loads(answer)["series"]
        return [(nanoseconds(time), value) for one in series for time, value in zip(one["times"], one[column])]

    def ask(self, path: str, **parameters) -> bytes:
        return self.connection.ask("GET", path + "?" + urllib.parse.urlencode(parameters))

    def daemon_peak_rss_bytes(self) -> int:
        status = Path(f"/proc/{self.daemon.pid}/status").read_text()
        return int(status.split("VmHWM:")[1].split()[0]) * 1024

    def stop_daemon(self):
        if self.daemon is not None:
            self.daemon.terminate()
            self.daemon.wait()
            self.daemon = None
            self.log.close()

    def stop(self):
        self.stop_daemon()
        shutil.rmtree(self.folder, ignore_errors=True)
