#!/usr/bin/env python3
"""HellaSwag items per second: assay against llama.cpp's own `llama-perplexity --hellaswag`.

    scripts/parity/hellaswag_speed.py --assay build/release/harness/cli/assay --data ../shared/data --model MODEL.gguf \
        --perplexity PATH/llama-perplexity [--items 400] [--threads N] [--part 50] [--peer-flags "-b 512"]

The same first items in file order, the same model file and threads, a part of the items at a time and in turns, since a
machine's own speed changes within minutes. Both times hold everything from start to exit of every part, loading
included. Ends with 1 where assay's items a second are under 1.10 times the other's.
"""
import argparse
import gzip
import itertools
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile
import time


def open_text(path):
    return gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8")


def preprocess(text):
    """The reference's preprocessing of HellaSwag texts (protocols.md A3)."""
    text = text.strip().replace(" [title]", ". ")
    return re.sub(r"\[.*?\]", "", text).replace("  ", " ")


def write_tasks(data, items, path):
    """The items in the six-line form that llama-perplexity reads."""
    found = [data / "hellaswag" / name for name in ("hellaswag_val.jsonl", "hellaswag_val.jsonl.gz")]
    source = next(name for name in found if name.exists())
    with open_text(source) as lines, path.open("w", encoding="utf-8") as out:
        for line in itertools.islice(lines, items.start, items.stop):
            item = json.loads(line)
            context = item["activity_label"] + ": " + item["ctx_a"] + " " + item["ctx_b"].capitalize()
            texts = [preprocess(context), str(item["label"]), *map(preprocess, item["endings"])]
            out.writelines(text.replace("\n", " ") + "\n" for text in texts)


def seconds(command):
    begin = time.monotonic()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.monotonic() - begin


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--assay", default="build/release/harness/cli/assay")
    parser.add_argument("--data", default="../shared/data", type=pathlib.Path)
    parser.add_argument("--model", required=True, help="a GGUF file")
    parser.add_argument("--perplexity", required=True, help="the llama-perplexity program")
    parser.add_argument("--items", type=int, default=400)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--part", type=int, default=50)
    parser.add_argument("--peer-flags", default="", type=shlex.split)
    options = parser.parse_args()
    total = {"assay": 0.0, "llama-perplexity": 0.0}
    with tempfile.TemporaryDirectory() as name:
        for begin in range(0, options.items, options.part):
            items = range(begin, min(begin + options.part, options.items))
            tasks = pathlib.Path(name) / f"tasks{begin}.txt"
            write_tasks(options.data, items, tasks)
            ids = tasks.with_suffix(".ids")
            ids.write_text("".join(f"hellaswag/{item}\n" for item in items), encoding="utf-8")
            ours = [options.assay, "run", "--suite", "hellaswag", "--items", f"@{ids}", "--data", str(options.data),
                    "--model", f"llama:{options.model}?threads={options.threads}", "--run", str(tasks.with_suffix(".db")),
                    "--quiet"]
            peer = [options.perplexity, "-m", options.model, "--hellaswag", "--hellaswag-tasks", str(len(items)), "-f",
                    str(tasks), "-t", str(options.threads), *options.peer_flags]
            for who, command in (("assay", ours), ("llama-perplexity", peer)):
                taken = seconds(command)
                total[who] += taken
                print(f"items {begin} to {items.stop - 1}: {who}: {len(items) / taken:.2f} items/s", flush=True)
    rate = {who: options.items / taken for who, taken in total.items()}
    ratio = rate["assay"] / rate["llama-perplexity"]
    print(f"{options.items} items, {options.threads} threads: assay {rate['assay']:.2f}, llama-perplexity "
          f"{rate['llama-perplexity']:.2f} items/s: {ratio:.2f} x")
    return 0 if ratio >= 1.1 else 1


if __name__ == "__main__":
    sys.exit(main())
