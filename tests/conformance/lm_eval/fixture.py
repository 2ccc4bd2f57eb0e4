#!/usr/bin/env python3
"""Writes tests/cases/suites/lm_eval.jsonl: what lm-evaluation-harness makes of assay's own starter items.

    python3 -m venv V && V/bin/pip install lm-eval==0.4.13
    V/bin/python tests/conformance/lm_eval/fixture.py > tests/cases/suites/lm_eval.jsonl

Its task code makes the prompts and scores the answers. No model is asked: log-probabilities are drawn, texts are put
together from pieces. tests/suites/lm_eval_fixture_test.cc holds assay's suites to every line.
"""
import json
import math
import pathlib
import random
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.dont_write_bytecode = True
sys.path.insert(0, str(ROOT / "scripts" / "parity"))
import lm_eval_tasks  # noqa: E402

CHOICES = ["winogrande", "arc_easy", "arc_challenge", "truthfulqa_mc1", "truthfulqa_mc2"]
NUMBERS = ["generate", "generate/cot", "generate/cot-zeroshot"]
PROMPTS = 12  # of each protocol with long examples
TEXTS = 600    # made-up answers, of each way to read them


def starter_data(folder):
    """The starter items where a data folder has its files."""
    for suite in ("winogrande", "arc", "truthfulqa", "gsm8k"):
        (folder / suite).symlink_to(ROOT / "suites" / suite / "starter")
    return folder


def line(**fields):
    print(json.dumps(fields, ensure_ascii=True))


def choices(suite, data, draw):
    for group, splits in lm_eval_tasks.documents(suite, data).items():
        rows = range(len(next(iter(splits.values()))))
        task = lm_eval_tasks.task(suite, "loglikelihood", group, splits, None, data)
        for row, instances in sorted(lm_eval_tasks.requests(task, set(rows)).items()):
            logprobs = [round(draw.uniform(-60, -0.5), 4) for _ in instances]
            if row % 8 == 0:
                logprobs = [max(logprobs)] * len(logprobs)  # the first of equals
            if row % 13 == 5:
                logprobs = [value - 700 for value in logprobs]
            scores = task.process_results(instances[0].doc, [(value, False) for value in logprobs])
            line(suite=suite, protocol="loglikelihood", shots=0, item=f"{suite}/{row}",
                 given=[instance.args[0] for instance in instances],
                 continuations=[instance.args[1] for instance in instances], logprobs=logprobs,
                 scores={name: float(value) for name, value in scores.items() if math.isfinite(value)})


def numbers(data, draw):
    for protocol in NUMBERS:
        for shots in (None, 0) if protocol == "generate" else (None,):
            splits = lm_eval_tasks.documents("gsm8k", data)[""]
            task = lm_eval_tasks.task("gsm8k", protocol, "", splits, shots, data)
            for row, (instance,) in sorted(lm_eval_tasks.requests(task, set(range(PROMPTS))).items()):
                line(suite="gsm8k", protocol=protocol, shots=task.config.num_fewshot, item=f"gsm8k/{row}",
                     given=[instance.args[0]], stop=instance.args[1]["until"])


def made_up_text(draw, right):
    """A solution as models write them, right or wrong, in forms that the filters take or leave."""
    number = draw.choice([right] * 9 + [str(draw.randint(-9, 4000)), f"{draw.randint(1000, 99999):,}",
                          f"{draw.uniform(0, 90):.2f}", right + "0", "1" + right, "0", "-3", "", "seven"])
    number = draw.choice([""] * 8 + ["$", "-", "$ ", "€", "{"]) + number + draw.choice(
        ["", "", "", "", "", ".", ".", ".00", "%", ",", " dollars", "\n", ".\n", "}", "、", "..", ". ", "!"])
    body = draw.choice(["", "He has 3 and 4, so 7. ", "First, 1,200 - 200 = 1000.\n", "Ünïcode ½ 12 ", "$5 + $6 = $11.\n",
                        "No numbers here. ", "3.5", "\x00", "####", "A: 18\n"])
    mark = draw.choice(["#### ", "#### ", "#### ", "####", "### ", "##### ", "The answer is ", "The answer is ",
                        "The answer is: ", "the answer is ", "The answer is\n", "Answer: ", "A: ", ""])
    tail = draw.choice(["", "", "", "\n", "\n\nQuestion", " or so", "\n#### 5", " The answer is 6.", "\nThat was 2 steps.",
                        " #### 1,000"])
    return body + mark + number + tail


def texts(data, draw):
    for protocol in ("generate", "generate/cot"):
        splits = lm_eval_tasks.documents("gsm8k", data)[""]
        task = lm_eval_tasks.task("gsm8k", protocol, "", splits, 0, data)
        rows = len(splits["test"])
        by_row = lm_eval_tasks.requests(task, set(range(rows)))
        for _ in range(TEXTS // rows):
            for row, (instance,) in sorted(by_row.items()):
                instance.resps = [made_up_text(draw, instance.doc["answer"].split("#### ")[-1])]
                instance.filtered_resps = {}
            task.apply_filters()
            for row, (instance,) in sorted(by_row.items()):
                scores = {name: float(task.process_results(instance.doc, [answer])["exact_match"])
                          for name, answer in instance.filtered_resps.items()}
                line(suite="gsm8k", protocol=protocol, shots=0, item=f"gsm8k/{row}", text=instance.resps[0],
                     extracted=instance.filtered_resps["strict-match"], scores=scores)


def main():
    draw = random.Random(9)
    with tempfile.TemporaryDirectory() as folder:
        data = starter_data(pathlib.Path(folder))
        for suite in CHOICES:
            choices(suite, data, draw)
        numbers(data, draw)
        texts(data, draw)


if __name__ == "__main__":
    main()
