"""VictoriaMetrics, single node (Debian package `victoria-metrics`)."""

import json
import urllib.parse
from pathlib import Path

from kinds import DAY, SECOND
from server import Connection, Server, bytes_below, free_port, post_in_parallel, wait_until_still

PACKAGE, PROGRAM, TITLE = "victoria-metrics", "victoria-metrics", "VictoriaMetrics"
DURABLE = "no"


class VictoriaMetrics:
    def __init__(self, folder: Path):
        folder.mkdir(parents=True)
        port = free_port()
        command = [
            PROGRAM, f"-httpListenAddr=127.0.0.1:{port}", f"-storageDataPath={folder}/data", "-retentionPeriod=100y",
            "-search.disableCache", "-search.maxSamplesPerQuery=100000000000", "-search.maxUniqueTimeseries=10000000",
            "-search.maxQueryDuration=10m", "-http.connTimeout=24h", "-http.idleConnTimeout=24h", "-loggerLevel=WARN",
        ]  # fmt: skip
        self.server = Server(command, port, folder, "/health")
        self.connection = Connection(port)
        self.connection.ask("GET", "/health")  # it closes a connection that says nothing in its first 5 s

    def load(self, batches: list[bytes]):
        post_in_parallel(self.server.port, "/write", batches)
        self.connection.ask("GET", "/internal/force_flush")

    def bring_to_rest(self):
        def merges() -> float:
            text = self.connection.ask("GET", "/metrics").decode()
            lines = [line for line in text.splitlines() if line.startswith(("vm_active_merges", "vm_active_force_merges"))]
            return sum(float(line.rsplit(" ", 1)[1]) for line in lines)

        self.connection.ask("GET", "/internal/force_merge")
        wait_until_still(self.server.folder, 5, also=lambda: merges() == 0)
        # Merging leaves what is younger than a flush; so once more.
        self.connection.ask("GET", "/internal/force_flush")
        self.connection.ask("GET", "/internal/force_merge")
        wait_until_still(self.server.folder, 5, also=lambda: merges() == 0)

    def bytes_on_disk(self) -> int:
        return bytes_below(self.server.folder / "data")

    def count(self, start: int, end: int) -> dict:
        days = (end - start) // DAY + 2
        query = f'sum(count_over_time({{__name__=~"(readings|diagnostics)_.+"}}[{days}d]))'
        answer = self.ask_json("/api/v1/query", query=query, time=end / SECOND)
        return {"rows": None, "samples": int(answer["data"]["result"][0]["value"][1])}

    # One signal of one machine. Rows that lack a tag are series of their own, so a machine has several of one signal.

    def raw(self, truck: str, signal: str, start: int, end: int) -> bytes:
        match = f'{signal}{{name="{truck}"}}'
        return self.ask("/api/v1/export", **{"match[]": match, "start": start / SECOND, "end": end / SECOND - 0.001})

    def raw_values(self, answer: bytes) -> list[tuple[int, float]]:
        series = [json.loads(line) for line in answer.splitlines()]
        pairs = [pair for one in series for pair in zip(one["timestamps"], one["values"])]
        return sorted((at * 1_000_000, value) for at, value in pairs)

    def by_minute(self, truck: str, signal: str, start: int, end: int) -> bytes:
        """Means over [minute, minute + 1): a window in VictoriaMetrics is open at its start and closed at its end, hence
        a step that ends a millisecond before the minute does."""
        match = f'{signal}{{name="{truck}"}}[1m]'
        query = f"sum(sum_over_time({match})) / sum(count_over_time({match}))"
        first, last = start / SECOND + 59.999, end / SECOND - 0.001
        return self.ask("/api/v1/query_range", query=query, start=first, end=last, step="1m", nocache=1)

    def minute_values(self, answer: bytes) -> list[tuple[int, float]]:
        result = json.loads(answer)["data"]["result"]
        pairs = result[0]["values"] if result else []
        return [(round(at * 1000) * 1_000_000 - 59_999_000_000, float(value)) for at, value in pairs]

    def ask(self, path: str, **parameters) -> bytes:
        return self.connection.ask("GET", path + "?" + urllib.parse.urlencode(parameters))

    def ask_json(self, path: str, **parameters) -> dict:
        return json.loads(self.ask(path, **parameters))

    def stop(self):
        self.connection.close()
        self.server.stop()
