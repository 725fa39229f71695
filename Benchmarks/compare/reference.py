#!/usr/bin/env python3
"""A slow reference of the query kinds: each one loop over the raw rows, written to be checked by reading.

    reference.py FILE KIND --fleet F --at T [--truck NAME] [--tags machine]
"""

import argparse
import collections
import gzip
import json
import lzma
import math
from dataclasses import dataclass, replace

from kinds import DAY, KINDS, SECOND, Draw, iso, nanoseconds

TEN_MINUTES = 600 * SECOND


@dataclass(frozen=True)
class Row:
    """One line of line protocol. A tag it does not carry is ""; a field it does not carry is not in `fields`."""

    measurement: str
    name: str
    fleet: str
    driver: str
    model: str
    time: int
    fields: dict[str, float]


def open_lines(path: str):
    kinds = {".xz": lzma.open, ".gz": gzip.open}
    return next((opener for ending, opener in kinds.items() if path.endswith(ending)), open)(path, "rt")


def parse(line: str) -> Row:
    """Enough of the line protocol for this data: nothing in it is quoted or escaped."""
    head, fields, time = line.rstrip("\n").split(" ")
    measurement, *pairs = head.split(",")
    tags = dict(pair.split("=") for pair in pairs)
    values = {name: float(value.removesuffix("i")) for name, value in (field.split("=") for field in fields.split(","))}
    wanted = (tags.get(name, "") for name in ("name", "fleet", "driver", "model"))
    return Row(measurement, *wanted, int(time), values)


def read(path: str) -> list[Row]:
    """All rows of a file that say which machine they are of, by time."""
    with open_lines(path) as lines:
        rows = [parse(line) for line in lines]
    return sorted((row for row in rows if row.name), key=lambda row: row.time)


def with_tags_of_machine(rows: list[Row]) -> list[Row]:
    """The rows as a store has them that keeps fleet, driver and model once for a machine: what a row lacks is put in from
    the machine's first row that has it."""
    known = collections.defaultdict(dict)
    for row in rows:
        for tag in ("fleet", "driver", "model"):
            if getattr(row, tag):
                known[row.name].setdefault(tag, getattr(row, tag))
    return [replace(row, **known[row.name]) for row in rows]


def mean(values: list[float]) -> float:
    return math.fsum(values) / len(values)


def grouped(pairs) -> dict:
    """Values by key, in the order of their coming."""
    groups = collections.defaultdict(list)
    for key, value in pairs:
        groups[key].append(value)
    return groups


def ten_minutes_of(row: Row) -> int:
    """The start of the ten minutes, counted from 1970, that a row falls in."""
    return row.time - row.time % TEN_MINUTES


def day_of(time: int) -> str:
    return iso(time)[:10]


class Reference:
    def __init__(self, rows: list[Row]):
        self.readings = [row for row in rows if row.measurement == "readings"]
        self.diagnostics = [row for row in rows if row.measurement == "diagnostics"]

    def answer(self, kind: str, draw: Draw) -> list[dict]:
        return KINDS[kind].sort(getattr(self, kind.replace("-", "_"))(draw))

    # The last row that has at least one of the two fields.

    def last_loc(self, draw):
        rows = [row for row in self.readings if row.name == draw.truck and row.time <= draw.at]
        return [self.location(row) for row in rows if has_location(row)][-1:]

    def last_loc_fleet(self, draw):
        rows = [row for row in self.readings if row.fleet == draw.fleet and row.time <= draw.at and has_location(row)]
        by_driver = grouped(((row.name, row.driver), row) for row in rows)
        return [self.location(found[-1]) for found in by_driver.values()]

    def location(self, row):
        return tell(row, "latitude", "longitude")

    def low_fuel(self, draw):
        rows = [row for row in self.diagnostics if row.fleet == draw.fleet and row.time <= draw.at]
        low = [row for row in rows if "fuel_state" in row.fields and row.fields["fuel_state"] <= 0.1]
        return [tell(found[-1], "fuel_state") for found in grouped((row.name, row) for row in low).values()]

    def high_load(self, draw):
        rows = [row for row in self.diagnostics if row.fleet == draw.fleet and row.time <= draw.at]
        rows = [row for row in rows if "current_load" in row.fields or "load_capacity" in row.fields]
        answer = []
        for found in grouped(((row.name, row.driver), row) for row in rows).values():
            load, capacity = (found[-1].fields.get(name) for name in ("current_load", "load_capacity"))
            if load is not None and capacity is not None and load >= 0.9 * capacity:
                answer.append(tell(found[-1], "current_load", "load_capacity"))
        return answer

    def stationary(self, draw):
        rows = [row for row in self.velocities(draw.at - TEN_MINUTES, draw.at) if row.fleet == draw.fleet]
        answer = []
        for (name, driver), found in grouped(((row.name, row.driver), row) for row in rows).items():
            speeds = grouped((ten_minutes_of(row), row.fields["velocity"]) for row in found)
            if mean(speeds[min(speeds)]) < 1:
                answer.append({"name": name, "driver": driver})
        return answer

    def long_driving(self, draw):
        return self.long_sessions(draw, hours=4, limit=22)

    def long_daily(self, draw):
        return self.long_sessions(draw, hours=24, limit=60)

    def long_sessions(self, draw, hours, limit):
        rows = [row for row in self.velocities(draw.at - hours * 3600 * SECOND, draw.at) if row.fleet == draw.fleet]
        answer = []
        for (name, driver), found in grouped(((row.name, row.driver), row) for row in rows).items():
            speeds = grouped((ten_minutes_of(row), row.fields["velocity"]) for row in found)
            if sum(mean(values) > 1 for values in speeds.values()) > limit:
                answer.append({"name": name, "driver": driver})
        return answer

    def velocities(self, after: int, until: int) -> list[Row]:
        return [row for row in self.readings if after < row.time <= until and "velocity" in row.fields]

    def fuel_projection(self, draw):
        moving = [row for row in self.readings if row.time <= draw.at and row.fields.get("velocity", 0) > 1]
        answer = []
        for fleet, rows in grouped((row.fleet, row) for row in moving).items():
            row = {"fleet": fleet}
            for field in ("fuel_consumption", "nominal_fuel_consumption"):
                values = [row.fields[field] for row in rows if field in row.fields]
                row[field] = mean(values) if values else None
            if any(row[field] is not None for field in row if field != "fleet"):
                answer.append(row)
        return answer

    def daily_driving_duration(self, draw):
        rows = self.velocities(draw.at - DAY, draw.at - 1)
        reported = {(row.fleet, row.name, row.driver, ten_minutes_of(row)) for row in rows}
        by_day = collections.Counter((*who, day_of(start)) for *who, start in reported)
        return [
            {"fleet": fleet, "name": name, "driver": driver, "day": day, "hours": count / 6}
            for (fleet, name, driver, day), count in by_day.items()
        ]

    def daily_driving_session(self, draw):
        rows = self.velocities(draw.at - DAY, draw.at - 1)
        first, last = (time - time % TEN_MINUTES for time in (draw.at - DAY + 1, draw.at - 1))
        sessions = collections.defaultdict(list)
        for name, found in grouped((row.name, row) for row in rows).items():
            speeds = grouped((ten_minutes_of(row), row.fields["velocity"]) for row in found)
            started, was_driving = None, None
            for start in range(first, last + 1, TEN_MINUTES):
                is_driving = mean(speeds.get(start, [0])) >= 10
                if was_driving is False and is_driving:
                    started = start
                if was_driving and not is_driving and started is not None:
                    if draw.at - DAY < start < draw.at:
                        sessions[name, day_of(start)].append((start - started) // (60 * SECOND))
                was_driving = is_driving
        return [{"name": name, "day": day, "minutes": mean(found)} for (name, day), found in sessions.items()]

    def average_load(self, draw):
        rows = [row for row in self.diagnostics if row.time <= draw.at]
        rows = [row for row in rows if "current_load" in row.fields and "load_capacity" in row.fields]
        shares = grouped(((row.fleet, row.model), row.fields["current_load"] / row.fields["load_capacity"]) for row in rows)
        return [{"fleet": fleet, "model": model, "load": mean(found)} for (fleet, model), found in shares.items()]

    def daily_activity(self, draw):
        states = grouped(
            ((row.fleet, row.model, ten_minutes_of(row)), row.fields["status"]) for row in self.statuses(draw)
        )
        by_day = collections.Counter(
            (fleet, model, day_of(start)) for (fleet, model, start), found in states.items() if mean(found) < 1
        )
        return [
            {"fleet": fleet, "model": model, "day": day, "days": count / 144}
            for (fleet, model, day), count in by_day.items()
        ]

    def breakdown_frequency(self, draw):
        answer = []
        for model, rows in grouped((row.model, row) for row in self.statuses(draw)).items():
            bad = grouped((ten_minutes_of(row), row.fields["status"] != 0) for row in rows)
            broken = [2 * sum(bad[start]) >= len(bad[start]) for start in sorted(bad)]
            breakdowns = sum(now and not before for before, now in zip(broken, broken[1:]))
            if breakdowns > 0:
                answer.append({"model": model, "breakdowns": breakdowns})
        return answer

    def statuses(self, draw: Draw) -> list[Row]:
        return [row for row in self.diagnostics if draw.at - DAY <= row.time < draw.at and "status" in row.fields]


def has_location(row: Row) -> bool:
    return "latitude" in row.fields or "longitude" in row.fields


def tell(row: Row, *fields: str) -> dict:
    known = {field: row.fields.get(field) for field in fields}
    return {"name": row.name, "driver": row.driver, "time": iso(row.time), **known}


def stretched(rows: list[Row], factor: int) -> list[Row]:
    """The same rows with the time since the first of them multiplied: minutes of data become hours, so that the kinds
    that look at hours have something to see, and ten minutes hold several rows, one, or none."""
    origin = rows[0].time
    return [replace(row, time=origin + (row.time - origin) * factor) for row in rows]


def fleets_and_trucks(rows: list[Row]) -> tuple[list[str], list[str]]:
    return sorted({row.fleet for row in rows} - {""}), sorted({row.name for row in rows})


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file")
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("--fleet", default="")
    parser.add_argument("--truck", default="")
    parser.add_argument("--at", required=True, help="RFC 3339, UTC")
    parser.add_argument("--tags", choices=("row", "machine"), default="row", help="whose tags a row has that lacks one")
    options = parser.parse_args()
    rows = read(options.file)
    if options.tags == "machine":
        rows = with_tags_of_machine(rows)
    draw = Draw(0, options.fleet, options.truck, nanoseconds(options.at))
    print(json.dumps({"kind": options.kind, "rows": Reference(rows).answer(options.kind, draw)}))


if __name__ == "__main__":
    main()
