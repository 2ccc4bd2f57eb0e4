#!/usr/bin/env python3
"""The verdicts that real local models must give, on HellaSwag.

    scripts/parity/local_verdicts.py ASSAY --data DIR --model MODEL.gguf --other OTHER.gguf --quantize PATH/llama-quantize \
        [--items 300] [--folder DIR]

The model against itself (asked twice): not one flip, and not worse. Against its own Q4_0 requantization, made with
llama.cpp's own quantizer: never better, and as many flips as there are. Against another model: whatever it is, both
ways round it must be the mirror image. Against `baseline:random`: worse. Prints a line each; ends with 1 where one of
them is not so. With --folder the run files are kept, and taken where they are there.
"""
import argparse
import json
import pathlib
import subprocess
import sys
import tempfile


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("assay")
    parser.add_argument("--data", required=True)
    parser.add_argument("--model", required=True)
    parser.add_argument("--other", required=True)
    parser.add_argument("--quantize", required=True)
    parser.add_argument("--items", type=int, default=300)
    parser.add_argument("--folder")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(options.folder or name)
        folder.mkdir(parents=True, exist_ok=True)
        requantized = folder / "requantized.Q4_0.gguf"
        if not requantized.exists():
            subprocess.run([options.quantize, "--allow-requantize", options.model, requantized, "Q4_0"], check=True,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

        def run(path, model):
            subprocess.run([options.assay, "run", "--suite", "hellaswag", "--data", options.data, "--limit",
                            str(options.items), "--model", model, "--run", folder / path, "--quiet"], check=True,
                           stdout=subprocess.DEVNULL)
            return folder / path

        def compare(baseline, candidate):
            words = [options.assay, "compare", baseline, candidate, "--format", "json", "--flips", "0"]
            done = subprocess.run([str(word) for word in words], check=True, capture_output=True, text=True)
            return json.loads(done.stdout)["suites"][0]

        base = run("model.db", f"llama:{options.model}")
        pairs = [("itself", base, run("again.db", f"llama:{options.model}")),
                 ("its Q4_0", base, run("q4_0.db", f"llama:{requantized}")),
                 ("the other", base, run("other.db", f"llama:{options.other}")),
                 ("the other way round", folder / "other.db", base),
                 ("random", base, run("random.db", "baseline:random"))]
        seen = {}
        for title, baseline, candidate in pairs:
            suite = seen[title] = compare(baseline, candidate)
            print(f"{title:20} {suite['paired_items']} items, {suite['metric']} {suite['baseline']:.3f} -> "
                  f"{suite['candidate']:.3f}, lost {suite['only_baseline']}, gained {suite['only_candidate']}, "
                  f"bounds {100 * suite['lower_bound']:+.1f} {100 * suite['upper_bound']:+.1f} points: "
                  f"{suite['verdict']}")

        def flips(suite):
            return suite["only_baseline"], suite["only_candidate"]

        there, back = seen["the other"], seen["the other way round"]
        wrong = [what for what, right in (
            ("itself has flips", flips(seen["itself"]) == (0, 0)),
            ("itself is not 'not_worse'", seen["itself"]["verdict"] == "not_worse"),
            ("Q4_0 has no flips", sum(flips(seen["its Q4_0"])) > 0),
            ("Q4_0 is better", seen["its Q4_0"]["verdict"] != "better"),
            ("the other way round is no mirror", flips(there) == flips(back)[::-1]
             and abs(there["lower_bound"] + back["upper_bound"]) < 1e-9),
            ("random is not worse", seen["random"]["verdict"] == "worse")) if not right]
        sys.exit("; ".join(wrong) or 0)


main()
