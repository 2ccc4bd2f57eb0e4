#!/usr/bin/env python3
"""How fast, how lean: `assay run` against an OpenAI-compatible server on loopback, next to what is possible.

  remote_speed.py ASSAY FAULT_SERVER [--only NAME]… [--mmlu DIR] [--repeat 3]

  instant   a server that answers at once: items a second, whole run (asked, scored, stored), processor time an item
  64, 512   2,000 items of 100 ms at so many in flight, against the ideal (rounds of 100 ms) plus start-up
  10000     20,000 items of 2 s at 10,000 in flight: time, and memory a request in flight
  memory    100,000 items at 64 in flight: peak memory

Use the release build on a quiet machine. Items are MMLU's, five examples each: generated ones, or the authors' own from
--mmlu (a folder that holds mmlu/) for `instant`. Each figure is the median of --repeat whole runs (the large ones run
once); start-up is a run of one item. Exits 1 where a figure misses its goal.
"""
import argparse
import pathlib
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "tests" / "end_to_end"))
import remote_runs as remote


class Bench:
    def __init__(self, options, folder):
        self.options = options
        self.folder = folder
        self.runs = 0
        self.missed = []

    def data(self, items):
        """A folder of so many generated items."""
        path = self.folder / f"data{items}"
        if not path.exists():
            remote.write_mmlu(path, items)
        return path

    def run(self, url, data, items, in_flight, subjects="astronomy"):
        """One whole run of a new file, checked to be complete; `items` None: all there are."""
        self.runs += 1
        run_file = self.folder / f"{self.runs}.db"
        done = remote.run(remote.mmlu_command(self.options.assay, url, data, run_file, in_flight=in_flight, items=items,
                                              subjects=subjects, extra=["--quiet"]))
        if done.exit_code != 0:
            sys.exit(f"exit code {done.exit_code}: {done.err}")
        result = remote.summary(self.options.assay, run_file)
        if result["failed"] or result["scored"] != result["items"] or (items and result["scored"] != items):
            sys.exit(f"not all were answered: {result['scored']} scored, {result['failed']} failed")
        done.items = result["scored"]
        run_file.unlink()
        return done

    def median(self, *arguments, **more):
        """The run of the median time of `--repeat`."""
        runs = sorted((self.run(*arguments, **more) for _ in range(self.options.repeat)), key=lambda done: done.seconds)
        return runs[len(runs) // 2]

    def server(self, latency_ms):
        return remote.Server(self.options.fault_server, "--latency-ms", latency_ms)

    def goal(self, what, value, limit, unit, at_least=False):
        met = value >= limit if at_least else value <= limit
        ratio = value / limit if at_least else limit / value
        print(f"  {what}: {value:.4g} {unit}; goal {'≥' if at_least else '≤'} {limit:.4g} {unit}; "
              f"{ratio:.2f} times as good{'' if met else '  MISSED'}")
        if not met:
            self.missed.append(what)

    def instant(self):
        data, subjects = (self.options.mmlu, None) if self.options.mmlu else (self.data(14042), "astronomy")
        with self.server(0) as server:
            done = self.median(server.url, data, None, 64, subjects=subjects)
        print(f"instant server, {done.items} items, 64 in flight: {done.seconds:.2f} s, peak {done.peak_mb:.0f} MB")
        self.goal("items a second, whole run", done.items / done.seconds, 5000, "/s", at_least=True)
        self.goal("processor time an item", done.cpu_s / done.items * 1000, 0.2, "ms")

    def latency(self, in_flight, ideal, allowed):
        data = self.data(2000)
        with self.server(0) as server:
            start_up = self.median(server.url, data, 1, in_flight).seconds
        with self.server(100) as server:
            done = self.median(server.url, data, 2000, in_flight)
            counts = server.counts()
        print(f"2000 items of 100 ms, {in_flight} in flight: {done.seconds:.3f} s, of which start-up {start_up:.3f} s; "
              f"ideal {ideal} s; {counts['most_in_flight']} at once at most")
        self.goal("time without start-up", done.seconds - start_up, allowed, "s")

    def many(self):
        data = self.data(20000)
        with self.server(0) as server:
            few = self.run(server.url, data, 2000, 64)
        with self.server(2000) as server:
            done = self.run(server.url, data, 20000, 10000)
            counts = server.counts()
        print(f"20000 items of 2 s, 10000 in flight: {done.seconds:.2f} s (ideal 4 s), {counts['most_in_flight']} at once "
              f"at most, peak {done.peak_mb:.0f} MB, at 64 in flight {few.peak_mb:.0f} MB")
        self.goal("memory a request in flight", (done.peak_mb - few.peak_mb) * 1024 / (10000 - 64), 40, "KB")
        self.goal("time", done.seconds, 15, "s")

    def memory(self):
        data = self.data(100000)
        with self.server(0) as server:
            done = self.run(server.url, data, 100000, 64)
        print(f"100000 items, 64 in flight: {done.seconds:.1f} s")
        self.goal("peak memory", done.peak_mb, 100, "MB")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("assay")
    parser.add_argument("fault_server")
    parser.add_argument("--only", action="append", choices=["instant", "64", "512", "10000", "memory"])
    parser.add_argument("--mmlu", help="a data folder that holds mmlu/")
    parser.add_argument("--repeat", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        bench = Bench(options, pathlib.Path(name))
        parts = {"instant": bench.instant, "64": lambda: bench.latency(64, 3.2, 1.05 * 3.2),
                 "512": lambda: bench.latency(512, 0.4, 0.65), "10000": bench.many, "memory": bench.memory}
        for part in options.only or parts:
            parts[part]()
    if bench.missed:
        sys.exit(f"missed: {', '.join(bench.missed)}")


if __name__ == "__main__":
    main()
