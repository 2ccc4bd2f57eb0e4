#!/usr/bin/env python3
"""`run --until-decided` stops where the verdict stands: at once against a model that is plainly worse, early against an
equal one; and what it refuses, it refuses before anything is asked.

    until_decided.py ASSAY
"""
import json
import pathlib
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import generated_hellaswag

ITEMS = 1000


def main():
    assay = sys.argv[1]
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        data = generated_hellaswag.write(folder, ITEMS)
        with (folder / "right.jsonl").open("w", encoding="utf-8") as script:
            for index, line in enumerate(data.read_text(encoding="utf-8").splitlines()):
                script.write(json.dumps({"item": f"hellaswag/{index}", "choose": json.loads(line)["label"]}) + "\n")
        (folder / "same.jsonl").write_text(json.dumps({"item": "*", "choose": 2}) + "\n")

        def run(model, path, *more):
            command = [assay, "run", "--suite", "hellaswag", "--data", folder, "--quiet", "--run", folder / path, *more]
            command += ["--model", model if ":" in model else f"scripted:{folder / model}"]
            done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
            return done.returncode, done.stderr

        def expect(outcome, code, pattern):
            if outcome[0] != code or not re.search(pattern, outcome[1]):
                sys.exit(f"expected {code} and {pattern!r}, got {outcome}")
            return re.search(pattern, outcome[1])

        expect(run("right.jsonl", "baseline.db"), 0, "")
        against = ("--until-decided", "--against", folder / "baseline.db")
        expect(run("same.jsonl", "worse.db", *against), 0, f"worse after 100 items; {ITEMS - 100} items saved")
        equal = expect(run("right.jsonl", "equal.db", *against), 0, r"not_worse after (\d+) items")
        if int(equal.group(1)) > ITEMS / 2:
            sys.exit(f"equal models needed {equal.group(1)} of {ITEMS} items")
        shown = subprocess.run([assay, "show", str(folder / "equal.db")], capture_output=True, text=True).stdout
        if "asked only until decided against" not in shown:
            sys.exit(f"the run is not marked: {shown}")
        other = ("--until-decided", "--against", folder / "other.db")
        expect(run("right.jsonl", "other.db", "--protocol", "generate"), 0, "")
        expect(run("right.jsonl", "x.db", *other), 2, "was not asked as this run would ask it: protocol generate")
        expect(run("right.jsonl", "x.db", "--until-decided"), 2, "go together")
        expect(run("right.jsonl", "x.db", *against, "--dry-run"), 2, "a dry run asks nothing")
        if (folder / "x.db").exists():
            sys.exit("a refused run left a file")


main()
