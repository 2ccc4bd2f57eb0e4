#!/usr/bin/env python3
"""To the last bit: the local engine's numbers do not depend on what shares a batch with an item.

    scripts/parity/exactness.py --assay build/release/harness/cli/assay --data ../shared/data --model MODEL.gguf \
        [--other OTHER.gguf]... [--quantize PATH/llama-quantize] [--items 24] [--texts 8] [--folder DIR]

Asks MMLU with five shots, HellaSwag and greedy HumanEval texts of each model, first one request at a time with nothing
shared (`exclusive=on`), then in three other ways: other neighbours and orders of arrival (requests in flight, shards),
other sizes of batches, other numbers of threads. Log-probabilities and texts must be equal to the last bit. With
--quantize also of the model's own Q8_0 and Q4_0 requantizations, made with llama.cpp's quantizer. Ends with 1 where
anything differs. --folder keeps the runs, and goes on where a call was cut short.
"""
import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

SUITES = {
    "mmlu": ("mmlu:subjects=astronomy,shots=5", "loglikelihood"),
    "hellaswag": ("hellaswag", "loglikelihood"),
    "humaneval": ("humaneval:max_tokens=16", "generate/complete"),
}
WAYS = {  # options of the reference, requests in flight, shards
    "all at once": ("threads=2", None, 1),
    "one thread, few at once, small batches": ("threads=1&batch=20&seqs=3", 5, 1),
    "three shards, odd batches": ("threads=2&batch=47&seqs=5", 64, 3),
}


def records(options, suite, model, path, in_flight, shards):
    """What each item was answered: log-probabilities or text."""
    name, protocol = SUITES[suite]
    limit = options.texts if suite == "humaneval" else options.items
    answers = {}
    for shard in range(1, shards + 1):
        run = path.with_name(f"{path.name}.{shard}.db")  # a model's name may have points
        words = [options.assay, "run", "--suite", name, "--protocol", protocol, "--data", options.data, "--model", model,
                 "--limit", str(limit), "--run", str(run), "--quiet", "--format", "json"]
        words += ["--shard", f"{shard}/{shards}"] if shards > 1 else []
        words += ["--max-in-flight", str(in_flight)] if in_flight else []
        done = subprocess.run(words, capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"{' '.join(words)}: exit {done.returncode}\n{done.stderr}")
        lines = subprocess.run([options.assay, "export", str(run), "--to", "jsonl"], check=True, capture_output=True,
                               text=True).stdout.splitlines()
        for record in map(json.loads, lines):
            answers[record["item"]] = record["logprobs"] if record["logprobs"] is not None else record["completion"]
    return answers


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    for name in ("--assay", "--data", "--model"):
        parser.add_argument(name, required=True)
    parser.add_argument("--other", action="append", default=[])
    parser.add_argument("--quantize")
    parser.add_argument("--items", type=int, default=24)
    parser.add_argument("--texts", type=int, default=8)
    parser.add_argument("--folder")
    options = parser.parse_args()
    differing = 0
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(options.folder or temporary)
        folder.mkdir(parents=True, exist_ok=True)
        models = [options.model]
        for kind in ("Q8_0", "Q4_0") if options.quantize else ():
            made = folder / f"requantized.{kind}.gguf"
            if not made.exists():
                subprocess.run([options.quantize, "--allow-requantize", options.model, str(made), kind], check=True,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            models.append(str(made))
        for model in models + options.other:
            stem = pathlib.Path(model).stem
            for suite in SUITES:
                alone = records(options, suite, f"llama:{model}?threads=2&exclusive=on", folder / f"{stem}-{suite}-alone",
                                None, 1)
                for number, (way, (settings, in_flight, shards)) in enumerate(WAYS.items()):
                    other = records(options, suite, f"llama:{model}?{settings}", folder / f"{stem}-{suite}-{number}",
                                    in_flight, shards)
                    other = {item: answer for item, answer in other.items() if item in alone}
                    unequal = [item for item in alone if item in other and alone[item] != other[item]]
                    missing = len(alone) - len(other)
                    differing += len(unequal) + missing
                    print(f"{stem}, {suite}, {way}: {len(other)} items, {len(unequal)} differ, {missing} missing"
                          + (f" (first: {unequal[0]})" if unequal else ""), flush=True)
    return 0 if differing == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
