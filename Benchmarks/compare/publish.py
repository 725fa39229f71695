#!/usr/bin/env python3
"""Makes tables and plots of what a run left, and puts them into Benchmarks/: no figure there is written by hand.

    publish.py results/compare.json results/growth.json"""

import argparse
import json
import re
import sys
from pathlib import Path

from chart import bar_chart, growth_chart
from tables import GROWTH, MODULES, bars, growth_table, is_whole, side_by_side

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "results"
BENCHMARKS = HERE.parent


def keep(name: str, results: dict, folder: Path):
    """The run's figures, its tables and its plot."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.json").write_text(compact(results))
    (folder / f"{name}.md").write_text(table(name, results))
    if picture := plot(name, results):
        (folder / f"{name}.svg").write_text(picture)


def finish(name: str, results: dict, options, wrong: list[str]):
    """The end of a run: its figures are kept, published when that was asked for, and what is wrong ends it with 1."""
    keep(name, results, options.results)
    if options.write:
        publish(name, results)
    if wrong:
        sys.exit("\n".join(wrong))


def publish(name: str, results: dict):
    if plot(name, results) is None:
        raise SystemExit("--write is for a run with all three systems: nothing was written into Benchmarks/.")
    (BENCHMARKS / f"{name}.json").write_text(compact(results))
    (BENCHMARKS / f"{name}.svg").write_text(plot(name, results))
    page = BENCHMARKS / "README.md"
    start, end = f"<!-- {name}: written by publish.py -->\n", f"<!-- end of {name} -->\n"
    before, _, rest = page.read_text().partition(start)
    _, found, after = rest.partition(end)
    if not found:
        raise SystemExit(f"{page} has no lines {start!r} and {end!r}: put them where the tables are to be.")
    page.write_text(before + start + "\n" + table(name, results) + "\n" + end + after)


def table(name: str, results: dict) -> str:
    return side_by_side(results) if name == "compare" else growth_table(results)


def plot(name: str, results: dict) -> str | None:
    if name == "growth":
        return growth_chart(results, GROWTH, {name: MODULES[name].TITLE for name in results["versions"]})
    return bar_chart(bars(results)) if is_whole(results) else None


def compact(results: dict) -> str:
    """JSON with lists of numbers on one line each."""

    def rounded(value):
        if isinstance(value, dict):
            return {key: rounded(one) for key, one in value.items()}
        if isinstance(value, list):
            return [rounded(one) for one in value]
        return float(f"{value:.6g}") if isinstance(value, float) else value

    text = json.dumps(rounded(results), indent=1, ensure_ascii=False)
    return re.sub(r"\[[-\d.,e\s]+\]", lambda found: re.sub(r"\s+", " ", found[0]), text) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", type=Path, nargs="+")
    for file in parser.parse_args().files:
        publish(file.stem, json.loads(file.read_text()))


if __name__ == "__main__":
    main()
