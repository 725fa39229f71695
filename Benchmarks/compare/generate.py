#!/usr/bin/env python3
"""Larger sets in the shape of the TSBS IoT data: the same measurements, fields, tags, gaps and late rows.

    generate.py --trucks 1000 --days 30 --step 10 --seed 1 > fleet.lp

Each truck's walk is seeded by itself, so truck_7 is the same in a set of 10 and in one of 1,000. Lines stream by time."""

import argparse
import multiprocessing
import os
import random
import signal
import sys

START = 1_451_606_400  # 2016-01-01T00:00:00Z, in seconds
DAY = 86_400
FLEETS = ("East", "West", "North", "South")
DRIVERS = ("Albert", "Andy", "Derek", "Rodney", "Seth", "Trish")
MODELS = (("F-150", 2000, 200, 15), ("G-2000", 5000, 300, 19), ("H-2", 1500, 150, 12))
ABSENT = 1 / 10  # of the rows never come
MISSING_FIELD, MISSING_TAG, LATE = 0.013, 0.001, 0.05
STEPS_AT_ONCE = 6


def seeded(number: int, seed: int) -> tuple[random.Random, str]:
    """A truck's own chance, and its fleet."""
    chance = random.Random(f"{seed}/{number}")
    return chance, chance.choice(FLEETS)


def truck(number: int, days: int, step: int, seed: int, tally: list[int]):
    """The lines that come at each step: walks of location, speed and fuel as the suite makes them. `tally` counts the rows
    and samples that have come. Written for speed: a fleet's month has fifty million rows."""
    chance, fleet = seeded(number, seed)
    model, capacity, tank, nominal = MODELS[number % 3]
    tags = [f"name=truck_{number}", f"fleet={fleet}", f"driver={chance.choice(DRIVERS)}", f"model={model}"]
    tags.append(f"device_version=v{chance.choice(('1.0', '1.5', '2.0', '2.3'))}")
    all_tags = ",".join(tags)
    fixed = f"load_capacity={capacity},fuel_capacity={tank},nominal_fuel_consumption={nominal}"
    latitude, longitude, elevation = chance.uniform(-90, 90), chance.uniform(-180, 180), chance.randrange(500)
    velocity, heading, grade, consumption, fuel, load, status = 0.0, chance.randrange(360), 0.0, 25.0, 1.0, 0, 0
    late_until, waiting, waiting_samples = 0, [], 0
    draw = chance.random
    for at in range(START, START + days * DAY, step):
        velocity = within(velocity + 20 * draw() - 10, 0.0, 100.0)
        heading = within(heading + 10 * draw() - 5, 0.0, 360.0)
        latitude = within(latitude + 0.01 * draw() - 0.005, -90.0, 90.0)
        longitude = within(longitude + 0.01 * draw() - 0.005, -180.0, 180.0)
        elevation = within(elevation + 10 * draw() - 5, 0.0, 500.0)
        grade = within(grade + 10 * draw() - 5, 0.0, 100.0)
        consumption = within(consumption + 2 * draw() - 1, 0.0, 50.0)
        fuel = 1.0 if fuel < 0.0001 * step else fuel - draw() * 0.0001 * step
        if draw() < step / 3600:
            load = chance.randrange(capacity)
        if draw() < step / 600:
            status = chance.choice((0, 0, 0, 1, 2, 3))
        if at > late_until + 7200 and draw() < LATE * step / 600:
            late_until = at + 600  # ten minutes without a network; what was measured meanwhile comes afterwards
        for measurement, count in (("readings", 10), ("diagnostics", 6)):
            if draw() < ABSENT:
                continue
            if count == 10:
                fields = (
                    f"{fixed},latitude={latitude:.5f},longitude={longitude:.5f},elevation={elevation:.0f},"
                    f"velocity={velocity:.0f},heading={heading:.0f},grade={grade:.0f},fuel_consumption={consumption:.1f}"
                )
            else:
                fields = f"{fixed},fuel_state={fuel:.1f},current_load={load},status={status}i"
            if draw() < MISSING_FIELD * count:
                fields = without(fields, chance.randrange(count))
                count -= 1
            known = all_tags
            if draw() < MISSING_TAG * 4:
                known = without(all_tags, chance.randrange(1, 5))  # never the name
            waiting.append(f"{measurement},{known} {fields} {at}000000000\n")
            waiting_samples += count
        if at >= late_until and waiting:
            tally[0] += len(waiting)
            tally[1] += waiting_samples
            yield "".join(waiting)
            waiting, waiting_samples = [], 0
        else:
            yield ""


def within(value: float, low: float, high: float) -> float:
    return low if value < low else high if value > high else value


def without(pairs: str, index: int) -> str:
    parts = pairs.split(",")
    del parts[index]
    return ",".join(parts)


class Fleet:
    """Trucks that move on day by day, and in them smaller fleets: the first so many of each of `sizes`, smallest first. A
    process for each core walks every so many-th truck."""

    def __init__(self, sizes: list[int], days: int, step: int, seed: int):
        self.sizes, self.step, self.seed = sizes, step, seed
        if DAY % (step * STEPS_AT_ONCE):
            raise ValueError(f"a day has no whole number of {STEPS_AT_ONCE} × {step} s: use a step of 10, 60 or 120")
        # A truck's lines go to its ring, and a ring's to its size and the greater ones.
        rings = [range(low, high) for low, high in zip([0, *sizes], sizes)]
        self.workers, self.connections = [], []
        cores = os.cpu_count() or 1
        for core in range(cores):
            ours, theirs = multiprocessing.Pipe()
            arguments = ([ring[core::cores] for ring in rings], days, step, seed, theirs)
            self.workers.append(multiprocessing.Process(target=walk, args=arguments, daemon=True))
            self.workers[-1].start()
            theirs.close()
            self.connections.append(ours)

    def write_day(self, files: list) -> list[tuple[int, int]]:
        """Writes the next day, one file for each size; gives the rows and samples in each."""
        counts = [[0, 0] for _ in self.sizes]
        for _ in range(DAY // self.step // STEPS_AT_ONCE):
            for connection in self.connections:
                for ring, (lines, rows, samples) in enumerate(connection.recv()):
                    for file, count in zip(files[ring:], counts[ring:]):
                        file.write(lines)
                        count[0] += rows
                        count[1] += samples
        return [tuple(count) for count in counts]

    def fleet_of(self, size: int) -> dict[str, str]:
        return {f"truck_{number}": seeded(number, self.seed)[1] for number in range(size)}

    def close(self):
        for worker in self.workers:
            worker.terminate()
            worker.join()


def walk(rings: list, days: int, step: int, seed: int, connection):
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever started us ends us
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    tallies = [[0, 0] for _ in rings]
    trucks = [[truck(n, days, step, seed, tally) for n in ring] for ring, tally in zip(rings, tallies)]
    for _ in range(days * DAY // step // STEPS_AT_ONCE):
        made = []
        for ring, tally in zip(trucks, tallies):
            before = tuple(tally)
            lines = "".join([next(one) for _ in range(STEPS_AT_ONCE) for one in ring]).encode()
            made.append((lines, tally[0] - before[0], tally[1] - before[1]))
        connection.send(made)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trucks", type=int, default=100)
    parser.add_argument("--days", type=int, default=1)
    parser.add_argument("--step", type=int, default=10, help="seconds between rows of a truck (default: 10)")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    fleet = Fleet([options.trucks], options.days, options.step, options.seed)
    for _ in range(options.days):
        fleet.write_day([sys.stdout.buffer])


if __name__ == "__main__":
    main()
