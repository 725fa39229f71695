"""The thirteen query kinds: how each is drawn, asked of InfluxDB, and what its answer looks like. See KINDS.md."""

import datetime
import random
from dataclasses import dataclass

SECOND = 1_000_000_000
DAY = 86_400 * SECOND


def iso(nanoseconds: int) -> str:
    """RFC 3339 in UTC, with a fraction only where there is one."""
    whole, fraction = divmod(nanoseconds, SECOND)
    text = datetime.datetime.fromtimestamp(whole, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S")
    return text + (f".{fraction:09d}".rstrip("0") if fraction else "") + "Z"


def nanoseconds(text: str) -> int:
    """RFC 3339, in UTC, back to nanoseconds since 1970."""
    whole, _, fraction = text.rstrip("Z").partition(".")
    at = datetime.datetime.fromisoformat(whole).replace(tzinfo=datetime.timezone.utc)
    return int(at.timestamp()) * SECOND + int(fraction.ljust(9, "0") or 0)


@dataclass(frozen=True)
class Draw:
    """What one question asks about. Each kind uses what it needs: `truck` is only for last-loc."""

    number: int
    fleet: str
    truck: str
    at: int  # nanoseconds since 1970

    def __str__(self):
        return f"{self.fleet}, {self.truck}, {iso(self.at)}"


def draws(count: int, fleets: list[str], trucks: list[str], start: int, end: int, seed: int) -> list[Draw]:
    """Distinct in `at`, so that no two questions are the same, whichever of the rest a kind looks at. The first is the end
    of the data, where "up to T" leaves nothing out; the others are whole seconds in its later three quarters."""
    chance = random.Random(seed)
    earliest, latest = (start + (end - start) // 4) // SECOND, end // SECOND
    times = [-(-end // SECOND)] + chance.sample(range(earliest, latest), count - 1)
    return [Draw(n, chance.choice(fleets), chance.choice(trucks), at * SECOND) for n, at in enumerate(times)]


# InfluxQL. F, T and so on are filled in from a draw; S is a day, W4 four hours before T.

LAST_LOCATION = """SELECT "name", "driver", "latitude", "longitude" FROM "readings"
    WHERE "name" = '{truck}' AND time <= '{T}' ORDER BY time DESC LIMIT 1"""

LAST_LOCATION_OF_FLEET = """SELECT "latitude", "longitude" FROM "readings"
    WHERE "fleet" = '{fleet}' AND time <= '{T}' GROUP BY "name", "driver" ORDER BY time DESC LIMIT 1"""

LOW_FUEL = """SELECT "driver", "fuel_state" FROM "diagnostics"
    WHERE "fuel_state" <= 0.1 AND "fleet" = '{fleet}' AND time <= '{T}' GROUP BY "name" ORDER BY time DESC LIMIT 1"""

# The two below group the outer query as the inner one. The suite has the outer one by name only, and then InfluxDB 1.6 counts
# LIMIT 1 anew whenever the driver changes along the merged rows: rows other than each driver's last come through.

HIGH_LOAD = """SELECT "current_load", "load_capacity"
    FROM (SELECT "current_load", "load_capacity" FROM "diagnostics" WHERE "fleet" = '{fleet}' AND time <= '{T}'
          GROUP BY "name", "driver" ORDER BY time DESC LIMIT 1)
    WHERE "current_load" >= 0.9 * "load_capacity" GROUP BY "name", "driver" ORDER BY time DESC"""

STATIONARY = """SELECT "speed"
    FROM (SELECT mean("velocity") AS "speed" FROM "readings" WHERE time > '{T}' - 10m AND time <= '{T}'
          GROUP BY time(10m), "name", "driver", "fleet" LIMIT 1)
    WHERE "fleet" = '{fleet}' AND "speed" < 1 GROUP BY "name", "driver", "fleet\""""

LONG_SESSIONS = """SELECT "name", "driver"
    FROM (SELECT count("speed") AS "moving"
          FROM (SELECT mean("velocity") AS "speed" FROM "readings"
                WHERE "fleet" = '{fleet}' AND time > '{since}' AND time <= '{T}'
                GROUP BY time(10m), "name", "driver")
          WHERE "speed" > 1 GROUP BY "name", "driver")
    WHERE "moving" > {limit}"""

FUEL_PROJECTION = """SELECT mean("fuel_consumption") AS "fuel_consumption",
    mean("nominal_fuel_consumption") AS "nominal_fuel_consumption"
    FROM "readings" WHERE "velocity" > 1 AND time <= '{T}' GROUP BY "fleet\""""

DAILY_DRIVING_DURATION = """SELECT count("speed") / 6 AS "hours"
    FROM (SELECT mean("velocity") AS "speed" FROM "readings" WHERE time > '{S}' AND time < '{T}'
          GROUP BY time(10m), "fleet", "name", "driver")
    WHERE time > '{S}' AND time < '{T}' GROUP BY time(1d), "fleet", "name", "driver\""""

# Two statements: sessions go into a measurement of their own first, because a mean by day of what `elapsed` gives cannot
# be asked for in one. The suite uses one measurement for all draws; ours are apart, so that no draw sees another's.
DAILY_DRIVING_SESSION = """SELECT "minutes" INTO "sessions_{number}"
    FROM (SELECT difference("turn") AS "change", elapsed("turn", 1m) AS "minutes"
          FROM (SELECT "turn"
                FROM (SELECT difference("driving") AS "turn"
                      FROM (SELECT floor(mean("velocity") / 10) / floor(mean("velocity") / 10) AS "driving" FROM "readings"
                            WHERE "name" != '' AND time > '{S}' AND time < '{T}' GROUP BY time(10m), "name" fill(0))
                      GROUP BY "name")
                WHERE "turn" != 0 GROUP BY "name")
          GROUP BY "name")
    WHERE "change" = -2 GROUP BY "name";
    SELECT mean("minutes") AS "minutes" FROM "sessions_{number}"
    WHERE time > '{S}' AND time < '{T}' GROUP BY time(1d), "name\""""

AVERAGE_LOAD = """SELECT mean("share") AS "load"
    FROM (SELECT "current_load" / "load_capacity" AS "share" FROM "diagnostics" WHERE time <= '{T}'
          GROUP BY "name", "fleet", "model")
    GROUP BY "fleet", "model\""""

DAILY_ACTIVITY = """SELECT count("state") / 144 AS "days"
    FROM (SELECT mean("status") AS "state" FROM "diagnostics" WHERE time >= '{S}' AND time < '{T}'
          GROUP BY time(10m), "model", "fleet")
    WHERE time >= '{S}' AND time < '{T}' AND "state" < 1 GROUP BY time(1d), "model", "fleet\""""

BREAKDOWN_FREQUENCY = """SELECT count("change") AS "breakdowns"
    FROM (SELECT difference("broken") AS "change"
          FROM (SELECT floor(2 * (sum("bad") / count("bad"))) / floor(2 * (sum("bad") / count("bad"))) AS "broken"
                FROM (SELECT "model", "status" / "status" AS "bad" FROM "diagnostics" WHERE time >= '{S}' AND time < '{T}')
                WHERE time >= '{S}' AND time < '{T}' GROUP BY time(10m), "model")
          GROUP BY "model")
    WHERE "change" = 1 GROUP BY "model\""""


@dataclass(frozen=True)
class Kind:
    """`keys` order the rows of an answer and tell them apart; `values` are what is known of each."""

    influxql: str
    keys: tuple[str, ...]
    values: tuple[str, ...] = ()
    window_hours: int = 0  # of LONG_SESSIONS
    limit: int = 0

    def takes(self, name: str) -> bool:
        """Whether a question of this kind looks at the draw's `fleet` or `truck`."""
        return "{" + name + "}" in self.influxql

    def text(self, draw: Draw) -> str:
        filled = self.influxql.format(
            number=draw.number, fleet=draw.fleet, truck=draw.truck, T=iso(draw.at), S=iso(draw.at - DAY),
            since=iso(draw.at - self.window_hours * 3600 * SECOND), limit=self.limit,
        )  # fmt: skip
        return " ".join(filled.split())

    def sort(self, rows: list[dict]) -> list[dict]:
        return sorted(rows, key=lambda row: tuple(row[key] for key in self.keys))

    def rows(self, answer: dict) -> list[dict]:
        """InfluxDB's answer in the shape of KINDS.md. A day on which nothing was counted (0 or null) is not a row: InfluxDB
        has such days only for groups that have another one in the span."""
        rows = []
        last = answer["results"][-1]
        for result in answer["results"]:
            if "error" in result:
                raise RuntimeError(f"InfluxDB refused: {result['error']}")
        for series in last.get("series", []):
            for values in series["values"]:
                found = {**series.get("tags", {}), **dict(zip(series["columns"], values))}
                found["day"] = found["time"][:10]
                row = {name: found[name] for name in self.keys + self.values}
                if "day" in row and not row[self.values[0]]:
                    continue
                rows.append({name: "" if value is None and name in self.keys else value for name, value in row.items()})
        return self.sort(rows)


KINDS = {
    "last-loc": Kind(LAST_LOCATION, ("name", "driver"), ("time", "latitude", "longitude")),
    "last-loc-fleet": Kind(LAST_LOCATION_OF_FLEET, ("name", "driver"), ("time", "latitude", "longitude")),
    "low-fuel": Kind(LOW_FUEL, ("name", "driver"), ("time", "fuel_state")),
    "high-load": Kind(HIGH_LOAD, ("name", "driver"), ("time", "current_load", "load_capacity")),
    "stationary": Kind(STATIONARY, ("name", "driver")),
    "long-driving": Kind(LONG_SESSIONS, ("name", "driver"), window_hours=4, limit=22),
    "long-daily": Kind(LONG_SESSIONS, ("name", "driver"), window_hours=24, limit=60),
    "fuel-projection": Kind(FUEL_PROJECTION, ("fleet",), ("fuel_consumption", "nominal_fuel_consumption")),
    "daily-driving-duration": Kind(DAILY_DRIVING_DURATION, ("fleet", "name", "driver", "day"), ("hours",)),
    "daily-driving-session": Kind(DAILY_DRIVING_SESSION, ("name", "day"), ("minutes",)),
    "average-load": Kind(AVERAGE_LOAD, ("fleet", "model"), ("load",)),
    "daily-activity": Kind(DAILY_ACTIVITY, ("fleet", "model", "day"), ("days",)),
    "breakdown-frequency": Kind(BREAKDOWN_FREQUENCY, ("model",), ("breakdowns",)),
}


def same(one: list[dict], other: list[dict], tolerance: float = 1e-9) -> str | None:
    """`None` when two answers are the same, numbers to a relative tolerance; otherwise the first difference."""
    for number, (left, right) in enumerate(zip(one, other)):
        if left.keys() != right.keys():
            return f"row {number}: {left} and {right}"
        for name, value in left.items():
            there = right[name]
            if isinstance(value, (int, float)) and isinstance(there, (int, float)):
                if abs(value - there) <= tolerance * max(abs(value), abs(there)):
                    continue
            elif value == there:
                continue
            return f"row {number}, {name}: {left} and {right}"
    if len(one) != len(other):
        first = (one if len(one) > len(other) else other)[min(len(one), len(other))]
        return f"{len(one)} rows and {len(other)}; the first without a partner: {first}"
    return None
