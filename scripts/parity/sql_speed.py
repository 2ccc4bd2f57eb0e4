#!/usr/bin/env python3
"""Pairs a second: assay's spider_ex beside test-suite-sql-eval, on the same pairs, start-up included.

    scripts/parity/sql_speed.py --judge build/release/tests/suites/sql_judge --data ../shared/data/spider \\
        [--reference FOLDER] [--pairs 24000] [--reference-pairs 2000]

The 8,000 generated pairs are repeated to --pairs, assay judges them in one start of the program. FOLDER holds the
reference's exec_eval.py and parse.py (taoyds/test-suite-sql-eval; needs sqlparse); it is run on the first
--reference-pairs with as many processes as there are cores. Without it the 307 pairs a second that it does on two cores
stand in. Prints both rates and their ratio; exit status 1 below 15.
"""
import argparse
import gzip
import json
import os
import subprocess
import sys
import tempfile
import time
from multiprocessing import Pool

STATED_RATE = 307.0


def reference_verdict(pair):
    import exec_eval
    return exec_eval.eval_exec_match(pair["db"], pair["pred"], pair["gold"], False, False, False)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--judge", required=True)
    parser.add_argument("--data", required=True)
    parser.add_argument("--reference")
    parser.add_argument("--pairs", type=int, default=24000)
    parser.add_argument("--reference-pairs", type=int, default=2000)
    arguments = parser.parse_args()
    data = os.path.abspath(arguments.data)
    with gzip.open(os.path.join(data, "reference/generated_pairs.jsonl.gz"), "rt") as lines:
        generated = [json.loads(line) for line in lines]
    pairs = [{"db": os.path.join(data, "database", pair["db"], pair["db"] + ".sqlite"), "gold": pair["gold"],
              "pred": pair["pred"]} for pair in generated]
    with tempfile.TemporaryDirectory() as scratch:
        path = os.path.join(scratch, "pairs.jsonl")
        with open(path, "w") as out:
            for i in range(arguments.pairs):
                out.write(json.dumps(pairs[i % len(pairs)]) + "\n")
        start = time.monotonic()
        with open(path) as lines:
            done = subprocess.run([arguments.judge, "--compare", "spider_ex"], stdin=lines, capture_output=True, check=True)
        seconds = time.monotonic() - start
    verdicts = [json.loads(line)["match"] for line in done.stdout.splitlines()]
    wrong = sum(bool(generated[i % len(generated)]["match"]) != verdict for i, verdict in enumerate(verdicts))
    rate = arguments.pairs / seconds
    print(f"assay: {arguments.pairs} pairs in {seconds:.2f} s, {rate:.0f} a second; {wrong} verdicts differ")
    reference = STATED_RATE
    if arguments.reference:
        sys.path.insert(0, os.path.abspath(arguments.reference))
        few = pairs[: arguments.reference_pairs]
        start = time.monotonic()
        with Pool(os.cpu_count()) as pool:
            expected = pool.map(reference_verdict, few, chunksize=50)
        seconds = time.monotonic() - start
        reference = len(few) / seconds
        print(f"test-suite-sql-eval: {len(few)} pairs in {seconds:.2f} s on {os.cpu_count()} processes, "
              f"{reference:.0f} a second; {sum(expected)} match")
    print(f"ratio {rate / reference:.1f}")
    sys.exit(0 if rate >= 15 * reference and wrong == 0 and len(verdicts) == arguments.pairs else 1)


if __name__ == "__main__":
    main()
