#!/usr/bin/env python3
"""Larger sets in the shape of the TSBS IoT data: the same measurements, fields, tags, gaps and late rows.

    generate.py --trucks 1000 --days 30 --step 10 --seed 1 > fleet.lp

Each truck's walk is seeded by itself, so truck_7 is the same in a set of 10 and in one of 1,000. Lines stream by time."""

import argparse
import heapq
import itertools
import random
import sys

START = 1_451_606_400  # 2016-01-01T00:00:00Z, in seconds
FLEETS = ("East", "West", "North", "South")
DRIVERS = ("Albert", "Andy", "Derek", "Rodney", "Seth", "Trish")
MODELS = (("F-150", 2000, 200, 15), ("G-2000", 5000, 300, 19), ("H-2", 1500, 150, 12))
ABSENT = 1 / 10  # of the rows never come
MISSING_FIELD, MISSING_TAG, LATE = 0.013, 0.001, 0.05


def truck(number: int, days: float, step: int, seed: int):
    """(when it comes, line) of one truck: walks of location, speed and fuel as the suite makes them."""
    chance = random.Random(f"{seed}/{number}")
    model, capacity, tank, nominal = MODELS[number % 3]
    tags = [f"name=truck_{number}", f"fleet={chance.choice(FLEETS)}", f"driver={chance.choice(DRIVERS)}", f"model={model}"]
    tags.append(f"device_version=v{chance.choice(('1.0', '1.5', '2.0', '2.3'))}")
    fixed = [f"load_capacity={capacity}", f"fuel_capacity={tank}", f"nominal_fuel_consumption={nominal}"]
    latitude, longitude, elevation = chance.uniform(-90, 90), chance.uniform(-180, 180), chance.randrange(500)
    velocity, heading, grade, consumption, fuel, load, status = 0.0, chance.randrange(360), 0.0, 25.0, 1.0, 0, 0
    late_until = 0
    for at in range(START, START + round(days * 86_400), step):
        velocity = min(100.0, max(0.0, velocity + chance.uniform(-10, 10)))
        heading = min(360.0, max(0.0, heading + chance.uniform(-5, 5)))
        latitude = min(90.0, max(-90.0, latitude + chance.uniform(-0.005, 0.005)))
        longitude = min(180.0, max(-180.0, longitude + chance.uniform(-0.005, 0.005)))
        elevation = min(500.0, max(0.0, elevation + chance.uniform(-5, 5)))
        grade = min(100.0, max(0.0, grade + chance.uniform(-5, 5)))
        consumption = min(50.0, max(0.0, consumption + chance.uniform(-1, 1)))
        fuel = 1.0 if fuel < 0.001 * step / 10 else fuel - chance.uniform(0, 0.001) * step / 10
        if chance.random() < step / 3600:
            load = chance.randrange(capacity)
        if chance.random() < step / 600:
            status = chance.choice((0, 0, 0, 1, 2, 3))
        if at > late_until + 7200 and chance.random() < LATE * step / 600:
            late_until = at + 600  # ten minutes without a network; what was measured meanwhile comes afterwards
        comes = late_until if at < late_until else at
        readings = [
            *fixed, f"latitude={latitude:.5f}", f"longitude={longitude:.5f}", f"elevation={elevation:.0f}",
            f"velocity={velocity:.0f}", f"heading={heading:.0f}", f"grade={grade:.0f}", f"fuel_consumption={consumption:.1f}",
        ]  # fmt: skip
        diagnostics = [*fixed, f"fuel_state={fuel:.1f}", f"current_load={load}", f"status={status}i"]
        for measurement, fields in (("readings", readings), ("diagnostics", diagnostics)):
            if chance.random() < ABSENT:
                continue
            if chance.random() < MISSING_FIELD * len(fields):
                fields.pop(chance.randrange(len(fields)))
            known = tags
            if chance.random() < MISSING_TAG * 4:
                dropped = chance.randrange(1, 5)  # never the name
                known = tags[:dropped] + tags[dropped + 1 :]
            yield comes, f"{measurement},{','.join(known)} {','.join(fields)} {at}000000000\n"


def lines(trucks: int, days: float, step: int, seed: int):
    """All trucks' lines in the order of their coming."""
    streams = (truck(number, days, step, seed) for number in range(trucks))
    return (line for _, line in heapq.merge(*streams, key=lambda pair: pair[0]))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trucks", type=int, default=100)
    parser.add_argument("--days", type=float, default=1)
    parser.add_argument("--step", type=int, default=10, help="seconds between rows of a truck (default: 10)")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    stream = lines(options.trucks, options.days, options.step, options.seed)
    while chunk := "".join(itertools.islice(stream, 10_000)):
        sys.stdout.write(chunk)


if __name__ == "__main__":
    main()
