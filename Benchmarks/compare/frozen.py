#!/usr/bin/env python3
"""The reference's answers about small sets of rows, frozen in answers.json for tests that have no InfluxDB at hand.

    frozen.py --freeze            writes answers.json anew
    frozen.py                     compares answers.json with the reference
    frozen.py --influxdb          compares InfluxDB's answers with the reference, on the same sets and questions
"""

import argparse
import json
import sys
from dataclasses import dataclass
from pathlib import Path

import corners
from influxdb import PACKAGE, PROGRAM, InfluxDB
from kinds import KINDS, Draw, draws, iso, same
from reference import Reference, fleets_and_trucks, parse, stretched, with_tags_of_machine
from workplace import workplace

HERE = Path(__file__).resolve().parent
ANSWERS = HERE / "answers.json"
SLICE = HERE.parents[1] / "Tests/EndToEndTests/Fixtures/tsbs-slice.lp"


@dataclass
class Set:
    """Lines of a name, the times in them stretched, and what is asked about them."""

    name: str
    lines: list[str]
    stretch: int
    tags: str
    questions: list[Draw]

    def rows(self):
        rows = sorted((row for row in map(parse, self.lines) if row.name), key=lambda row: row.time)
        rows = stretched(rows, self.stretch)
        return with_tags_of_machine(rows) if self.tags == "machine" else rows


def sets(slice_file: Path) -> list[Set]:
    slice_lines = slice_file.read_text().splitlines()
    made = [
        Set("corners", corners.lines(), 1, "row", corners.questions()),
        Set("corners", corners.lines(), 1, "machine", corners.questions()[:4]),
    ]
    # 10 s become 10 s, 5 min and 31 min 10 s.
    for stretch, tags, count in ((1, "row", 1), (30, "row", 3), (187, "row", 2), (30, "machine", 1)):
        one = Set("slice", slice_lines, stretch, tags, [])
        rows = one.rows()
        one.questions = draws(count, *fleets_and_trucks(rows), rows[0].time, rows[-1].time, seed=stretch)
        made.append(one)
    return made


def freeze(slice_file: Path) -> str:
    """One line for each answer, so that a difference shows which one it is."""
    columns = {name: [*kind.keys, *kind.values] for name, kind in KINDS.items()}
    found = []
    for one in sets(slice_file):
        reference = Reference(one.rows())
        entry = {"set": one.name, "stretch": one.stretch, "tags": one.tags, "answers": []}
        seen = set()
        for kind in KINDS:
            for draw in one.questions:
                asked = {"at": iso(draw.at)}
                asked |= {name: getattr(draw, name) for name in ("fleet", "truck") if KINDS[kind].takes(name)}
                if (kind, *asked.values()) in seen:  # a kind that does not look at the fleet
                    continue
                seen.add((kind, *asked.values()))
                rows = [[row[column] for column in columns[kind]] for row in reference.answer(kind, draw)]
                entry["answers"].append({"kind": kind, **asked, "rows": rows})
        found.append(entry)
    text = []
    for entry in found:
        answers = ",\n".join(json.dumps(answer, separators=(",", ":")) for answer in entry.pop("answers"))
        text.append(json.dumps(entry)[:-1] + ', "answers": [\n' + answers + "\n]}")
    corner_lines = ",\n".join(json.dumps(line) for line in corners.lines())
    head = '{"columns": ' + json.dumps(columns) + ',\n"corners": [\n'
    return head + corner_lines + '\n], "sets": [\n' + ",\n".join(text) + "\n]}\n"


def compare_with_influxdb(slice_file: Path) -> int:
    wrong = 0
    for one in sets(slice_file):
        if one.tags == "machine":  # InfluxDB knows only what a row says
            continue
        with workplace("zubr-frozen-", tempfile.gettempdir(), {PACKAGE: PROGRAM}) as work:
            system = InfluxDB(work / "influxdb")
            try:
                origin = min(row.time for row in map(parse, one.lines))
                system.load([stretched_lines(one, origin).encode()])
                reference = Reference(one.rows())
                for kind in KINDS:
                    for draw in one.questions:
                        rows = system.kind_rows(kind, system.ask_kind(kind, draw))
                        system.after(kind, draw)
                        if difference := same(rows, reference.answer(kind, draw)):
                            wrong += 1
                            print(f"{one.name} × {one.stretch}, {kind}, {draw}: {difference}")
            finally:
                system.stop()
        print(f"{one.name} × {one.stretch}: {len(KINDS) * len(one.questions)} answers compared with InfluxDB's")
    return wrong


def stretched_lines(one: Set, origin: int) -> str:
    pairs = (line.rsplit(" ", 1) for line in one.lines if ",name=" in line)
    return "".join(f"{head} {origin + (int(at) - origin) * one.stretch}\n" for head, at in pairs)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--freeze", action="store_true")
    parser.add_argument("--influxdb", action="store_true")
    parser.add_argument("--slice", type=Path, default=SLICE)
    options = parser.parse_args()
    if options.freeze:
        ANSWERS.write_text(freeze(options.slice))
    if ANSWERS.read_text() != freeze(options.slice):
        sys.exit("answers.json is not what the reference answers: look at the difference, then frozen.py --freeze")
    if options.influxdb and (wrong := compare_with_influxdb(options.slice)):
        sys.exit(f"{wrong} of InfluxDB's answers are not the reference's")


if __name__ == "__main__":
    main()
