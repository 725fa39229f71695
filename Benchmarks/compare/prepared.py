"""The file to load, made ready beforehand: nothing here is timed."""

import collections
from dataclasses import dataclass
from pathlib import Path

from reference import open_lines

BATCH_BYTES = 1 << 20


@dataclass
class Prepared:
    """What all three systems get. Rows without a `name` tag belong to no machine: VictoriaMetrics and InfluxDB would store
    them, Zubr refuses them. So the two get the file without them, and Zubr, which must show that it counts and keeps them,
    the whole file."""

    whole: Path
    named: Path
    rows: int
    samples: int
    nameless: int
    start: int
    end: int
    fleet_of: dict[str, str]

    @property
    def trucks(self) -> list[str]:
        return sorted(self.fleet_of)

    @property
    def fleets(self) -> list[str]:
        return sorted(set(self.fleet_of.values()))

    def batches(self):
        """Whole lines, about 1 MiB at a time."""
        with open(self.named, "rb") as file:
            while chunk := file.read(BATCH_BYTES):
                yield chunk + file.readline()


def prepare(source: str, folder: Path, keep=lambda name, time: True) -> Prepared:
    """Unpacks `source` below `folder` and counts what is in it. `keep` takes a part of the data only."""
    folder.mkdir(parents=True)
    counts = collections.Counter()
    first, last = 1 << 62, 0
    fleets = collections.defaultdict(collections.Counter)
    with open_lines(source) as lines, open(folder / "whole.lp", "w") as whole, open(folder / "named.lp", "w") as named:
        for line in lines:
            head, fields, at = line.split(" ")
            tags = dict(pair.split("=") for pair in head.split(",")[1:])
            name, time = tags.get("name", ""), int(at)
            if not keep(name, time):
                continue
            whole.write(line)
            if not name:
                counts["nameless"] += 1
                continue
            named.write(line)
            counts["rows"] += 1
            counts["samples"] += fields.count("=")
            first, last = min(first, time), max(last, time)
            fleets[name][tags.get("fleet", "")] += 1
    fleet_of = {name: counted.most_common(1)[0][0] for name, counted in fleets.items()}
    return Prepared(
        folder / "whole.lp", folder / "named.lp", counts["rows"], counts["samples"], counts["nameless"], first, last, fleet_of
    )
