"""Rounds into a table and JSON."""

import json
import statistics


class Comparison:
    """One path against its measure, round by round."""

    def __init__(self, path, measure, unit="/s"):
        self.path, self.measure, self.unit = path, measure, unit
        self.rounds = []

    def add(self, ours, theirs, **more):
        """One round's two figures: rates, or seconds where `unit` is s."""
        self.rounds.append({"ours": ours, "theirs": theirs, "ratio": ours / theirs if theirs else None, **more})

    def median(self, name):
        values = [each[name] for each in self.rounds if each.get(name) is not None]
        return statistics.median(values) if values else None

    def spread(self, name="ratio"):
        values = [each[name] for each in self.rounds if each.get(name) is not None]
        return (min(values), max(values)) if values else None

    def row(self):
        ours, theirs, ratio = self.median("ours"), self.median("theirs"), self.median("ratio")
        low, high = self.spread()
        return [self.path, f"{ours:,.2f}" if ours < 10 else f"{ours:,.0f}", f"{theirs:,.2f}" if theirs < 10 else f"{theirs:,.0f}",
                self.unit, f"{ratio:.2f}", f"{low:.2f}–{high:.2f}", self.latencies(), self.measure]

    def latencies(self):
        """p50/p99 of both sides in milliseconds, medians over the rounds."""
        figures = [self.median(name) for name in ("our_p50", "our_p99", "their_p50", "their_p99")]
        if None in figures:
            return ""
        return "{:.1f}/{:.1f} : {:.1f}/{:.1f}".format(*figures)

    def cpu(self):
        """CPU per operation of each party in microseconds, medians over the rounds."""
        names = ("our_client_us", "our_service_us", "our_database_us", "their_client_us", "their_database_us")
        figures = [self.median(name) for name in names]
        return None if None in figures else figures

    def json(self):
        low, high = self.spread()
        return {"path": self.path, "measure": self.measure, "unit": self.unit, "median_ratio": self.median("ratio"),
                "ratio_spread": [low, high], "rounds": self.rounds}


def table(rows, heads):
    """A Markdown table."""
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    return "\n".join(lines + ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows])


def show(conditions, comparisons, facts, checks, path):
    """Prints everything and writes it as JSON."""
    print(", ".join(f"{name} {value}" for name, value in conditions.items()), end="\n\n")
    heads = ["path", "ours", "theirs", "unit", "median ratio", "spread", "p50/p99 ms, ours : theirs", "theirs is"]
    print(table([each.row() for each in comparisons if each.rounds], heads), end="\n\n")
    cpu = [[each.path, *(f"{value:,.0f}" for value in each.cpu())] for each in comparisons if each.rounds and each.cpu()]
    if cpu:
        print(table(cpu, ["CPU per operation, µs", "load generator", "service", "PostgreSQL", "pgbench", "its PostgreSQL"]), end="\n\n")
    print(table([[name, value] for name, value in facts.items()], ["fact", "value"]), end="\n\n")
    print(table([[name, f"{found:,}", f"{expected:,}", "yes" if found == expected else "NO"] for name, found, expected in checks],
                ["checked by SQL", "found", "acknowledged", "equal"]))
    if path:
        with open(path, "w", encoding="utf-8") as file:
            json.dump({"conditions": conditions, "comparisons": [each.json() for each in comparisons if each.rounds], "facts": facts,
                       "checks": [{"what": name, "found": found, "acknowledged": expected} for name, found, expected in checks]},
                      file, ensure_ascii=False, indent=1)
            file.write("\n")
