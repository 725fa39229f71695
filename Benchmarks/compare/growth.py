#!/usr/bin/env python3
"""What a sample and an answer cost as the fleet and its history grow: 10 to 1,000 machines for a day, and 100 machines for
1 to 30 days, at a row of either measurement every 10 s.

    growth.py                                          Zubr alone
    growth.py --only zubr,victoria-metrics             beside another; InfluxDB takes hours
    growth.py --trucks 10,30 --days 1,3 --fleet-of-days 10      a small one, to see that it works
    growth.py --write                                  also into Benchmarks/: growth.json, growth.svg, README.md

Flat lines are what is wanted. README.md says what is measured."""

import argparse
import statistics
import time
from pathlib import Path

import measure
from compare import chosen_modules, machine, make, programs_of, versions
from generate import DAY as DAY_SECONDS
from generate import START, Fleet
from kinds import DAY, SECOND, Draw
from prepared import Prepared
from publish import RESULTS, finish
from server import cpu_seconds, wait_until_idle
from tables import MODULES, faults_of_growth
from workplace import note, workplace
from zubr import Zubr


def main():
    options = arguments()
    chosen = chosen_modules(options.only)
    began = time.monotonic()
    with workplace("zubr-growth-", options.workdir, programs_of(chosen)) as work:
        results = {
            "machine": machine(work),
            "versions": versions(chosen),
            "step_seconds": options.step,
            "questions": options.questions,
            "trucks": grow_fleet(options, chosen, work),
            "days": grow_history(options, chosen, work),
        }
        results["minutes"] = (time.monotonic() - began) / 60
    finish("growth", results, options, faults_of_growth(results))


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="zubr", help="some of " + ", ".join(MODULES) + " (default: %(default)s)")
    parser.add_argument("--trucks", type=numbers, default="10,30,100,300,1000", help="sizes of the fleet, for a day each")
    parser.add_argument("--days", type=numbers, default="1,3,10,30", help="lengths of the history")
    parser.add_argument("--fleet-of-days", type=int, default=100, help="trucks of which --days are kept (default: 100)")
    parser.add_argument("--step", type=int, default=10, help="seconds between rows of a truck (default: 10)")
    parser.add_argument("--questions", type=int, default=20, help="of each sort at each size (default: 20)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workdir", default="/var/tmp", help="on the disk to be measured (default: /var/tmp)")
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--write", action="store_true", help="write table, plot and figures into Benchmarks/")
    return parser.parse_args()


def numbers(text: str) -> list[int]:
    return sorted(int(number) for number in text.split(","))


def grow_fleet(options, chosen: list[str], work: Path) -> list[dict]:
    """A store of its own for each size, loaded with one file."""
    sizes = options.trucks
    note(f"walking {sizes[-1]} trucks for a day")
    files = [work / f"{size}.lp" for size in sizes]
    days = write_days(Fleet(sizes, 1, options.step, options.seed), files, days=1)
    found = []
    for prepared, size in zip(next(days), sizes):
        stage = {"trucks": size, "days": 1, "rows": prepared.rows, "samples": prepared.samples, "systems": {}}
        for name in chosen:
            note(f"{size} trucks: {name}")
            system = make(name, work / name, prepared)
            try:
                figures = at_rest(system, loaded(system, prepared, before=None))
                stage["systems"][name] = per_sample(figures, None) | asked(system, prepared, options, prepared.rows)
            finally:
                system.stop()
        prepared.whole.unlink()
        found.append(stage)
    days.close()
    return found


def grow_history(options, chosen: list[str], work: Path) -> list[dict]:
    """One store for all, loaded with a file a day. What a sample cost is of the days since the length before: a store that
    gets slower as it fills shows it at once, not as a mean of all its life."""
    size, lengths = options.fleet_of_days, options.days
    days = write_days(Fleet([size], lengths[-1], options.step, options.seed), [work / "day.lp"], lengths[-1])
    systems, totals, marks, found = {}, {}, {}, []
    try:
        for day, (prepared,) in enumerate(days, start=1):
            for name in chosen:
                note(f"{size} trucks, day {day} of {lengths[-1]}: {name}")
                if name not in systems:
                    systems[name] = make(name, work / name, prepared)
                totals[name] = loaded(systems[name], prepared, totals.get(name))
            prepared.whole.unlink()
            if day not in lengths:
                continue
            stage = {"trucks": size, "days": day, "systems": {}}
            for name in chosen:
                totals[name] = at_rest(systems[name], totals[name])
                figures = per_sample(totals[name], marks.get(name))
                stage |= {"rows": totals[name]["expected_rows"], "samples": totals[name]["expected_samples"]}
                stage["systems"][name] = figures | asked(systems[name], prepared, options, stage["rows"])
                marks[name] = totals[name]
            found.append(stage)
    finally:
        days.close()
        for system in systems.values():
            system.stop()
    return found


def write_days(fleet: Fleet, files: list[Path], days: int):
    """Each day's files, one for each size of the fleet, as the store under test will want them."""
    try:
        for day in range(days):
            handles = [open(file, "wb") for file in files]
            counts = fleet.write_day(handles)
            for handle in handles:
                handle.close()
            start = START + day * DAY_SECONDS
            end = start + DAY_SECONDS - fleet.step
            yield [
                Prepared(file, file, rows, samples, 0, start * SECOND, end * SECOND, fleet.fleet_of(size))
                for file, size, (rows, samples) in zip(files, fleet.sizes, counts)
            ]
    finally:
        fleet.close()


def loaded(system, prepared: Prepared, before: dict | None) -> dict:
    """Loads one file more; what all so far have cost."""
    before = before or {"cpu_seconds": 0, "stored": 0, "peak_rss_bytes": 0, "expected_rows": 0, "expected_samples": 0}
    if isinstance(system, Zubr):
        system.stop_daemon()
    figures = measure.loaded(system, prepared, since=START * SECOND)
    # A server counts all that it has, an import what it stored.
    earlier = before["stored"] if isinstance(system, Zubr) else 0
    return {
        "cpu_seconds": before["cpu_seconds"] + figures["rest_cpu_seconds"],
        "stored": earlier + figures["samples"],
        "peak_rss_bytes": max(before["peak_rss_bytes"], figures["peak_rss_bytes"]),
        "bytes": figures["bytes"],
        "expected_rows": before["expected_rows"] + prepared.rows,
        "expected_samples": before["expected_samples"] + prepared.samples,
    }


def at_rest(system, figures: dict) -> dict:
    """A file that is larger than an import's memory is stored in parts, which the daemon merges: that, too, is work of the
    load. What a daemon takes that finds nothing to do is not."""
    if not isinstance(system, Zubr):
        return figures
    seconds = []
    for _ in range(2):
        system.stop_daemon()
        figures = figures | {"bytes": system.bytes_on_disk()}
        system.start_daemon()
        wait_until_idle(system.daemon.pid, limit=3600)
        seconds.append(cpu_seconds(system.daemon.pid))
    system.connect()
    return figures | {"cpu_seconds": figures["cpu_seconds"] + max(0, seconds[0] - seconds[1])}


def per_sample(figures: dict, mark: dict | None) -> dict:
    mark = mark or {"cpu_seconds": 0, "expected_samples": 0}
    seconds = figures["cpu_seconds"] - mark["cpu_seconds"]
    return {
        "is_complete": figures["stored"] == figures["expected_samples"],
        "load_cpu_us_per_sample": seconds / (figures["expected_samples"] - mark["expected_samples"]) * 1e6,
        "bytes_per_sample": figures["bytes"] / figures["expected_samples"],
        "peak_rss_mb": figures["peak_rss_bytes"] / 1e6,
    }


def asked(system, prepared: Prepared, options, rows: int) -> dict:
    """Medians. Where an answer grows with the fleet or looks at all its rows, these are divided out."""
    trucks, fleets = prepared.trucks, prepared.fleets
    minute = 60 * SECOND
    questions = [
        Draw(n, fleets[n % len(fleets)], trucks[n * 7 % len(trucks)], prepared.end - prepared.end % minute - n * minute)
        for n in range(options.questions + 1)
    ]
    found = {}
    if hasattr(system, "by_minute"):
        for name, ask in (("raw_ms", system.raw), ("by_minute_ms", system.by_minute)):
            found[name] = 1e3 * median(
                lambda draw: ask(draw.truck, "readings_velocity", draw.at - DAY, draw.at), questions
            )
    if hasattr(system, "ask_kind"):
        found["last_location_ms"] = 1e3 * median(lambda draw: system.ask_kind("last-loc", draw), questions)
        seconds = median(lambda draw: system.ask_kind("daily-driving-duration", draw), questions)
        found["driving_us_per_truck"] = seconds * 1e6 / len(trucks)
        seconds = median(lambda draw: system.ask_kind("average-load", draw), questions)
        found["average_load_ns_per_row"] = seconds * 1e9 / (rows / 2)
    return found


def median(ask_one, questions: list[Draw]) -> float:
    """Of all questions but the first, which warms up."""
    return statistics.median([measure.timed(ask_one, draw)[1] for draw in questions][1:])


if __name__ == "__main__":
    main()
