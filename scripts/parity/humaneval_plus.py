#!/usr/bin/env python3
"""HumanEval+ verdict by verdict: assay beside evalplus' own runner, on the same inputs and programs.

    humaneval_plus.py --assay build/release/harness/cli/assay --data DIR [--samples 10]

Needs evalplus 0.3.1 in the Python that runs it (pip install --no-deps evalplus==0.3.1 numpy psutil). Makes of the
early snapshot in DIR/humaneval_plus a file in the form that EvalPlus releases (inputs that break a problem's contract,
or on which the reference needs more than a second, are left out), and judges the 164 canonical solutions, 164 that
return nothing, and some of CodeT's samples a problem, by both. Exit code 0: every verdict that is not a matter of time
is the same.

Known: evalplus 0.3.1 does not count the inputs of HumanEval/32 (find_zero) and calls every solution of it wrong.
"""
import argparse
import contextlib
import gzip
import io
import json
import os
import pathlib
import random
import signal
import subprocess
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor

from evalplus.eval import untrusted_check
from evalplus.gen.util import trusted_exec

UNCOUNTED = "HumanEval/32"
MOST_BYTES = 200_000  # of a result: some plus inputs make texts of megabytes


def rows(path):
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def in_contract(code, entry_point, inputs):
    """The inputs that the reference takes, quickly."""
    def stop(*_):
        raise TimeoutError

    names = {}
    exec(code, names)
    signal.signal(signal.SIGALRM, stop)
    good = []
    for one in inputs:
        signal.setitimer(signal.ITIMER_REAL, 1)
        with contextlib.suppress(BaseException), contextlib.redirect_stdout(io.StringIO()):
            if len(repr(names[entry_point](*json.loads(json.dumps(one))))) < MOST_BYTES:
                good.append(one)
        signal.setitimer(signal.ITIMER_REAL, 0)
    return good


def released_form(data):
    """Problems as HumanEvalPlus.jsonl has them, made of the snapshot."""
    problems = rows(data / "humaneval" / "HumanEval.jsonl.gz")
    references = rows(data / "humaneval_plus" / "HumanEvalPlus-2023-04-26.jsonl.gz")
    plus = {row["task_id"].replace("_", "/"): row["inputs"]
            for row in rows(data / "humaneval_plus" / "HumanEvalPlusInputs-2023-04-27.jsonl.gz")}
    for problem, reference in zip(problems, references):
        checked = problem["prompt"] + reference["contract"] + reference["reference"]
        yield {"task_id": problem["task_id"], "prompt": problem["prompt"], "entry_point": problem["entry_point"],
               "canonical_solution": reference["reference"], "contract": reference["contract"],
               "base_input": in_contract(checked, problem["entry_point"], reference["base_input"]),
               "plus_input": in_contract(checked, problem["entry_point"], plus.get(problem["task_id"], [])),
               "atol": reference["atol"]}


def candidates(data, count):
    """(task, kind, completion): canonical, empty, and some of CodeT's samples."""
    for row in rows(data / "humaneval" / "HumanEval.jsonl.gz"):
        yield row["task_id"], "canonical", row["canonical_solution"]
        yield row["task_id"], "returns nothing", "    return None\n"
    folder = data / "humaneval" / "reference" / "codet"
    ids = {row["prompt"]: row["task_id"] for row in rows(folder / "HumanEval_for_code_generation.jsonl.gz")}
    draw = random.Random(7)
    for row in rows(folder / "HumanEval_codegen16B_temp0.8_topp0.95_num100_max300_code_solution.jsonl.gz"):
        for completion in draw.sample(row["samples"], count):
            yield ids[row["prompt"]], "CodeGen", completion


def reference_verdict(task):
    problem, completion = task
    inputs = problem["base_input"] + problem["plus_input"]
    with contextlib.redirect_stdout(io.StringIO()):
        expected, times = trusted_exec(problem["prompt"] + problem["canonical_solution"], inputs,
                                       problem["entry_point"], record_time=True)
    status, _ = untrusted_check("humaneval", problem["prompt"] + completion, inputs, problem["entry_point"], expected,
                                problem["atol"], times, fast_check=True)
    return status


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--assay", required=True)
    parser.add_argument("--data", required=True, type=pathlib.Path)
    parser.add_argument("--samples", type=int, default=10, help="of CodeGen, a problem")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "humaneval_plus").mkdir()
        problems = {problem["task_id"]: problem for problem in released_form(arguments.data)}
        with open(folder / "humaneval_plus" / "HumanEvalPlus.jsonl", "w", encoding="utf-8") as out:
            for problem in problems.values():
                out.write(json.dumps(problem) + "\n")
        print(f"{len(problems)} problems, {sum(len(p['base_input']) for p in problems.values())} base and "
              f"{sum(len(p['plus_input']) for p in problems.values())} plus inputs", flush=True)
        tasks = list(candidates(arguments.data, arguments.samples))
        samples = folder / "samples.jsonl"
        with open(samples, "w", encoding="utf-8") as out:
            for task, _, completion in tasks:
                out.write(json.dumps({"task_id": task, "completion": completion}) + "\n")
        subprocess.run([arguments.assay, "score", "humaneval:plus=true", str(samples), "--data", str(folder), "--run",
                        str(folder / "run.db"), "--quiet"], check=True, stdout=subprocess.DEVNULL)
        with open(f"{samples}_results.jsonl", encoding="utf-8") as lines:
            ours = [json.loads(line) for line in lines]
        with ProcessPoolExecutor(os.cpu_count()) as pool:
            theirs = list(pool.map(reference_verdict, [(problems[task], completion) for task, _, completion in tasks],
                                   chunksize=4))
    counts = {"same": 0, "time": 0, "uncounted": 0, "differ": 0}
    passed = {}
    for (task, kind, completion), own, other in zip(tasks, ours, theirs):
        passed.setdefault(kind, [0, 0])
        passed[kind][0] += own["passed"]
        passed[kind][1] += other == "pass"
        if own["passed"] == (other == "pass"):
            counts["same"] += 1
        elif task == UNCOUNTED:
            counts["uncounted"] += 1
        elif other == "timeout" or own["result"] == "timed out":
            counts["time"] += 1
        else:
            counts["differ"] += 1
            print(f"{task} {kind}: assay {own['result']!r:.200}, evalplus {other}\n{completion}")
    for kind, (own, other) in passed.items():
        print(f"{kind}: {own} right by assay, {other} by evalplus")
    print(f"{len(tasks)} programs: {counts['same']} the same verdict, {counts['differ']} differ; apart from these "
          f"{counts['time']} where a time limit decides and {counts['uncounted']} of {UNCOUNTED}")
    return 1 if counts["differ"] else 0


if __name__ == "__main__":
    sys.exit(main())
