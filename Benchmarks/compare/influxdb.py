"""InfluxDB 1.x (Debian package `influxdb`)."""

import json
import urllib.parse
from pathlib import Path

from kinds import KINDS, Draw
from server import Connection, Server, bytes_below, free_port, post_in_parallel, wait_until_still

PACKAGE, PROGRAM, TITLE = "influxdb", "influxd", "InfluxDB"
DURABLE = "yes"

CONFIGURATION = """
reporting-disabled = true
bind-address = "127.0.0.1:{rpc}"
[meta]
  dir = "{folder}/meta"
[data]
  dir = "{folder}/data"
  wal-dir = "{folder}/wal"
  wal-fsync-delay = "0s"
  query-log-enabled = false
  # Only how long a shard must be left alone before it is compacted for good; the defaults are 10 minutes and 4 hours.
  cache-snapshot-write-cold-duration = "2s"
  compact-full-write-cold-duration = "2s"
[coordinator]
  max-select-point = 0
[monitor]
  store-enabled = false
[http]
  bind-address = "127.0.0.1:{http}"
  log-enabled = false
  max-row-limit = 0
[continuous_queries]
  enabled = false
"""


class InfluxDB:
    def __init__(self, folder: Path):
        folder.mkdir(parents=True)
        port = free_port()
        configuration = folder / "influxdb.conf"
        configuration.write_text(CONFIGURATION.format(folder=folder, http=port, rpc=free_port()))
        self.server = Server([PROGRAM, "-config", str(configuration)], port, folder, "/ping")
        self.connection = Connection(port)
        self.query("CREATE DATABASE fleet", write=True)

    def load(self, batches: list[bytes]):
        post_in_parallel(self.server.port, "/write?db=fleet&precision=ns", batches)

    def bring_to_rest(self):
        def is_compacted() -> bool:
            written = sum(file.stat().st_size for file in (self.server.folder / "wal").rglob("*.wal"))
            shards = [list(shard.glob("*.tsm")) for shard in (self.server.folder / "data/fleet/autogen").glob("*")]
            return written == 0 and all(len(files) == 1 for files in shards) and len(shards) > 0

        wait_until_still(self.server.folder, 5, also=is_compacted)

    def bytes_on_disk(self) -> int:
        return sum(bytes_below(self.server.folder / part) for part in ("data", "wal", "meta"))

    def count(self) -> dict:
        rows = 0
        for series in self.query("SHOW STATS FOR 'write'")["results"][0]["series"]:
            rows += dict(zip(series["columns"], series["values"][0]))["pointReq"]
        samples = 0
        for series in self.query('SELECT count(*) FROM "readings", "diagnostics"')["results"][0].get("series", []):
            samples += sum(count or 0 for count in series["values"][0][1:])
        return {"rows": rows, "samples": samples}

    def ask_kind(self, kind: str, draw: Draw) -> bytes:
        text = KINDS[kind].text(draw)
        return self.query_bytes(text, write=" INTO " in text)

    def kind_rows(self, kind: str, answer: bytes) -> list[dict]:
        return KINDS[kind].rows(json.loads(answer))

    def after(self, kind: str, draw: Draw):
        if kind == "daily-driving-session":
            self.query(f'DROP MEASUREMENT "sessions_{draw.number}"', write=True)

    def query(self, text: str, write: bool = False) -> dict:
        return json.loads(self.query_bytes(text, write))

    def query_bytes(self, text: str, write: bool = False) -> bytes:
        """`write`: InfluxDB takes statements that change something by POST only."""
        path = "/query?" + urllib.parse.urlencode({"db": "fleet", "q": text})
        return self.connection.ask("POST" if write else "GET", path)

    def stop(self):
        self.connection.close()
        self.server.stop()
