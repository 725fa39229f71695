#!/usr/bin/env python3
"""What a sample costs as the fleet and its history grow: 10, 100 and 1,000 machines for a day, 1, 10 and 30 days of some.

    growth.py                                          a row every 120 s: some minutes on two cores
    growth.py --step 10 --fleet-of-days 100            the full size: 1,000 machines × 1 day and 100 × 30 days at 10 s

Writes results/growth.json and results/growth.svg. Flat lines are what is wanted."""

import argparse
import json
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import measure
from chart import Panel, write_charts
from compare import HERE, MODULES, install, machine, make, note, remove, versions
from kinds import DAY, SECOND, Draw
from prepared import Prepared, prepare


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default=",".join(MODULES), help="some of the systems (default: %(default)s)")
    parser.add_argument("--trucks", default="10,100,1000", help="sizes of the fleet, for a day each (default: %(default)s)")
    parser.add_argument("--days", default="1,10,30", help="lengths of the history (default: %(default)s)")
    parser.add_argument("--fleet-of-days", type=int, default=30, help="trucks in the sets of --days (default: 30)")
    parser.add_argument("--step", type=int, default=120, help="seconds between rows of a truck (default: 120)")
    parser.add_argument("--questions", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workdir", default="/var/tmp", help="on the disk to be measured (default: /var/tmp)")
    parser.add_argument("--results", type=Path, default=HERE / "results")
    parser.add_argument("--keep-packages", action="store_true")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that a kill, too, leaves nothing behind

    chosen = options.only.split(",")
    sets = {"trucks": [(int(n), 1.0) for n in options.trucks.split(",")]}
    sets["days"] = [(options.fleet_of_days, float(n)) for n in options.days.split(",")]
    work = Path(tempfile.mkdtemp(prefix="zubr-growth-", dir=options.workdir))
    installed = []
    try:
        installed = install([MODULES[name] for name in chosen if name != "zubr"])
        results = {"machine": machine(work), "versions": versions(chosen), "step_seconds": options.step, "sets": {}}
        for axis, sizes in sets.items():
            results["sets"][axis] = [one_set(options, chosen, trucks, days, work) for trucks, days in sizes]
    finally:
        shutil.rmtree(work, ignore_errors=True)
        if not options.keep_packages:
            remove(installed)
    options.results.mkdir(parents=True, exist_ok=True)
    (options.results / "growth.json").write_text(json.dumps(results, indent=1) + "\n")
    write_charts(options.results / "growth.svg", panels(results, chosen))
    print(json.dumps({axis: [brief(one) for one in found] for axis, found in results["sets"].items()}))


def one_set(options, chosen: list[str], trucks: int, days: float, work: Path) -> dict:
    note(f"{trucks} trucks, {days:g} days")
    folder = work / "set"
    source = work / "set.lp"
    command = [sys.executable, HERE / "generate.py", "--trucks", str(trucks), "--days", str(days)]
    command += ["--step", str(options.step), "--seed", str(options.seed)]
    with open(source, "wb") as file:
        subprocess.run(command, stdout=file, check=True)
    prepared = prepare(str(source), folder)
    source.unlink()
    found = {"trucks": trucks, "days": days, "rows": prepared.rows, "samples": prepared.samples, "systems": {}}
    for name in chosen:
        note(f"  {name}")
        system = make(name, work / name, prepared)
        try:
            figures = measure.load(system, prepared)
            if name == "zubr":
                system.start_daemon()
            found["systems"][name] = {
                "is_complete": figures["is_complete"],
                "load_cpu_us_per_sample": figures["rest_cpu_seconds"] / prepared.samples * 1e6,
                "bytes_per_sample": figures["bytes_per_sample"],
                "peak_rss_mb": figures["peak_rss_bytes"] / 1e6,
                **ask(system, prepared, days, options.questions),
            }
        finally:
            system.stop()
    shutil.rmtree(folder)
    return found


def ask(system, prepared: Prepared, days: float, count: int) -> dict:
    """Medians. What a question looks at grows with the set in two of them, and is divided out."""
    trucks, fleets = prepared.trucks, prepared.fleets
    questions = [
        Draw(n, fleets[n % len(fleets)], trucks[n * 7 % len(trucks)], (prepared.end // SECOND - n) * SECOND)
        for n in range(count + 1)
    ]
    found = {}
    if hasattr(system, "ask_kind"):
        readings = prepared.rows / 2
        seconds = median(lambda draw: system.ask_kind("last-loc", draw), questions)
        found["last_location_ms"] = seconds * 1e3
        seconds = median(lambda draw: system.ask_kind("daily-driving-duration", draw), questions)
        found["daily_driving_duration_us_per_sample"] = seconds * 1e6 / (readings / days)
        seconds = median(lambda draw: system.ask_kind("average-load", draw), questions)
        found["average_load_us_per_row"] = seconds * 1e6 / readings
    if hasattr(system, "by_minute"):
        end = prepared.end - prepared.end % (60 * SECOND)
        seconds = median(lambda draw: system.by_minute(draw.truck, "readings_velocity", end - DAY, end), questions)
        found["signal_by_minute_ms"] = seconds * 1e3
    return found


def median(ask_one, questions: list[Draw]) -> float:
    """Of all questions but the first, which warms up."""
    return statistics.median([measure.timed(ask_one, draw)[1] for draw in questions][1:])


def brief(found: dict) -> dict:
    return {name: found[name] for name in ("trucks", "days", "samples", "systems")}


def panels(results: dict, chosen: list[str]) -> list[list[Panel]]:
    figures = {
        "load_cpu_us_per_sample": "load, CPU µs a sample",
        "bytes_per_sample": "byte a sample",
        "signal_by_minute_ms": "one signal, 24 h by minute, ms",
        "last_location_ms": "last location, ms",
        "daily_driving_duration_us_per_sample": "daily driving, µs a sample",
        "average_load_us_per_row": "average load, µs a row",
    }
    rows = []
    for axis, sets in results["sets"].items():
        unit = "trucks, 1 day" if axis == "trucks" else f"days, {sets[0]['trucks']} trucks"
        labels = [f"{one[axis]:g}" for one in sets]
        row = []
        for figure, title in figures.items():
            lines = {MODULES[name].TITLE: [one["systems"][name].get(figure) for one in sets] for name in chosen}
            row.append(Panel(title, unit, labels, {name: line for name, line in lines.items() if None not in line}))
        rows.append(row)
    return rows


if __name__ == "__main__":
    main()
