#!/usr/bin/env python3
"""Compares assay's spider_ex with the verdicts of the official Spider evaluator, pair by pair.

    scripts/parity/sql_spider.py --judge build/release/tests/suites/sql_judge --data ../shared/data/spider

Reads the published predictions and the generated pairs under reference/, with and without DISTINCT. Prints totals
and every pair on which the verdicts differ, and whether any database file has changed; exit status 1 if so.
"""
import argparse
import csv
import gzip
import hashlib
import json
import os
import subprocess
import sys


def published(data, dev):
    folder = os.path.join(data, "reference")
    texts = {
        "dail-sql_gpt-4": "dail-sql/DAIL-SQL+GPT-4.txt",
        "dail-sql_gpt-4_sc": "dail-sql/DAIL-SQL+GPT-4+self-consistency.txt",
        "graphix": "dail-sql/graphix_result.txt",
    }
    for name, path in texts.items():
        with open(os.path.join(folder, path)) as lines:
            yield name, [line.strip().split("\t")[0] for line in lines][: len(dev)]
    for stem in ("DIN-SQL", "GPT4_zero_shot"):
        with gzip.open(os.path.join(folder, "din-sql/GPT4_results", stem + ".csv.gz"), "rt", newline="") as rows:
            yield "din_GPT4_results_" + stem, [row["PREDICTED SQL"] for row in csv.DictReader(rows)]


def judge(program, pairs, keep_distinct):
    command = [program, "--compare", "spider_ex"] + (["--keep-distinct"] if keep_distinct else [])
    lines = "".join(json.dumps(pair) + "\n" for pair in pairs)
    done = subprocess.run(command, input=lines, capture_output=True, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def compare(name, pairs, expected, verdicts):
    differing = [i for i, (want, got) in enumerate(zip(expected, verdicts)) if want != int(got["match"])]
    right = sum(int(got["match"]) for got in verdicts)
    print(f"{name}: {right} right, reference {sum(expected)}, of {len(pairs)}; {len(differing)} verdicts differ")
    for i in differing[:20]:
        print("  ", json.dumps({**pairs[i], "reference": expected[i], **verdicts[i]}))
    return len(differing)


def hashes(folder):
    """What lies below a folder, and what is in it."""
    found = {}
    for place, _, names in os.walk(folder):
        for name in names:
            with open(os.path.join(place, name), "rb") as file:
                found[os.path.join(place, name)] = hashlib.sha256(file.read()).hexdigest()
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--judge", required=True)
    parser.add_argument("--data", required=True)
    arguments = parser.parse_args()
    data = os.path.abspath(arguments.data)

    def database(name):
        return os.path.join(data, "database", name, name + ".sqlite")

    with gzip.open(os.path.join(data, "dev.json.gz"), "rt") as text:
        dev = json.load(text)
    with open(os.path.join(data, "reference/official_exec_verdicts.tsv")) as rows:
        official = {int(row["index"]): row for row in csv.DictReader(rows, delimiter="\t")}
    differing = 0
    before = hashes(os.path.join(data, "database"))
    for name, predictions in published(data, dev):
        items = [i for i in official if os.path.exists(database(dev[i]["db_id"]))]
        pairs = [{"db": database(dev[i]["db_id"]), "gold": dev[i]["query"], "pred": predictions[i]} for i in items]
        for keep in (False, True):
            column = name + (":keep_distinct" if keep else "")
            expected = [int(official[i][column]) for i in items]
            differing += compare(column, pairs, expected, judge(arguments.judge, pairs, keep))
    with gzip.open(os.path.join(data, "reference/generated_pairs.jsonl.gz"), "rt") as lines:
        generated = [json.loads(line) for line in lines]
    pairs = [{"db": database(pair["db"]), "gold": pair["gold"], "pred": pair["pred"]} for pair in generated]
    for keep in (False, True):
        column = "match_keep_distinct" if keep else "match"
        differing += compare("generated:" + column, pairs, [pair[column] for pair in generated],
                             judge(arguments.judge, pairs, keep))
    same = hashes(os.path.join(data, "database")) == before
    print("database files: " + (f"{len(before)}, unchanged" if same else "CHANGED"))
    sys.exit(1 if differing or not same else 0)


if __name__ == "__main__":
    main()
