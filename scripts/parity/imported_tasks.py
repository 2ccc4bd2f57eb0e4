#!/usr/bin/env python3
"""Imported tasks against lm-evaluation-harness itself: the same prompts, continuations and scores, item by item.

    imported_tasks.py ASSAY [--items N]

Writes tasks of its own (multiple choice and generation, with and without examples, templates with blocks), has
lm-evaluation-harness (which this Python must have) make their requests, imports them with `assay suite import`, runs them
with a scripted model whose answers are made up, and compares. Ends with 1 where anything differs.
"""
import argparse
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("assay", type=os.path.abspath)
parser.add_argument("--items", type=int, default=200)
ARGUMENTS = parser.parse_args()

WORDS = "red blue Grün 東京 seven 7 1,234 -3.5 'quoted' \"double\" a&b <tag> new\tline é {brace} 50% the end".split(" ")


def rows(rng):
    for index in range(ARGUMENTS.items):
        words = [rng.choice(WORDS) for _ in range(rng.randint(3, 9))]
        yield {"question": " ".join(words), "context": rng.choice(["", "some context"]), "label": rng.randrange(3),
               "options": [f"{rng.choice(WORDS)} {i}" for i in range(3)], "number": str(rng.randint(-50, 5000)), "index": index}


COMMON = {"dataset_path": "json", "test_split": "test", "fewshot_split": "train"}
FIRST = {"fewshot_config": {"sampler": "first_n"}}
TASKS = {
    "choice_field": {"output_type": "multiple_choice", "doc_to_text": "{{question}}\nAnswer:", "doc_to_target": "label",
                     "doc_to_choice": "options", "metric_list": [{"metric": "acc"}, {"metric": "acc_norm"}]},
    "choice_list": {"output_type": "multiple_choice", "doc_to_text": "Q: {{question}}\nA:", "doc_to_target": "{{label}}",
                    "doc_to_choice": ["yes", "no", "maybe"], "target_delimiter": "", "num_fewshot": 3, **FIRST},
    "choice_expression": {"output_type": "multiple_choice", "doc_to_text": "{% if context %}\n{{context}}\n{% endif %}\n{{question}}",
                          "doc_to_target": "{{options[label]}}", "doc_to_choice": "{{[options[0], options[1], options[2]]}}",
                          "num_fewshot": 2, "fewshot_delimiter": "\n###\n", **FIRST},
    "generate": {"output_type": "generate_until", "doc_to_text": "{{question}}\n  {% for o in options %}\n- {{o}}\n  {% endfor %}\nNumber?\n",
                 "doc_to_target": "number", "num_fewshot": 2, **FIRST,
                 "generation_kwargs": {"until": ["\n\n"], "max_gen_toks": 16, "do_sample": False},
                 "filter_list": [{"name": "number", "filter": [{"function": "regex", "regex_pattern": "(-?[0-9][0-9,]*)", "group_select": -1},
                                                               {"function": "take_first"}]}],
                 "metric_list": [{"metric": "exact_match", "aggregation": "mean", "higher_is_better": True}]},
    "described": {"output_type": "generate_until", "description": "Answer in one word.\n\n", "doc_to_text": "question",
                  "doc_to_target": "{{options[0] | trim}}", "filter_list": [{"name": "f", "filter": [{"function": "remove_whitespace"}, {"function": "take_first"}]}],
                  "metric_list": [{"metric": "exact_match", "ignore_case": True, "ignore_punctuation": True}]},
}


def answer_to(rng, row, name):
    if name == "generate":
        return rng.choice([f" {row['number']}", f"I say 12 or {row['number']}.", "none", " 3", f"{row['number']},"])
    return rng.choice([f" {row['options'][0].upper()}! ", row["options"][0], "", " other"])


def theirs(config, folder, data, answers):
    """Per item: the requests of lm-evaluation-harness and, for generation, the score of our made-up answer."""
    from lm_eval.api.task import ConfigurableTask
    os.chdir(folder)
    task = ConfigurableTask(config=dict(config))
    task.build_all_requests(limit=None, rank=0, world_size=1)
    by_doc = {}
    for instance in task.instances:
        by_doc.setdefault(instance.doc_id, []).append(instance)
    out = []
    for doc_id in sorted(by_doc):
        requests = by_doc[doc_id]
        out.append({"context": requests[0].arguments[0], "continuations": [one.arguments[1] for one in requests]})
        if config["output_type"] == "generate_until":
            requests[0].resps.append(answers[doc_id])
    if config["output_type"] == "generate_until":
        task.apply_filters()
        for doc_id in sorted(by_doc):
            instance = by_doc[doc_id][0]
            filtered = list(instance.filtered_resps.values())[0]
            out[doc_id]["score"] = task.process_results(data[doc_id], [filtered])["exact_match"]
    return out


def ours(config, name, folder, answers):
    def assay(*words):
        done = subprocess.run([ARGUMENTS.assay, *words], cwd=folder, capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"assay {' '.join(words)}: {done.stderr}")
        return done.stdout
    (folder / "task.yaml").write_text("\n".join(f"{key}: {json.dumps(value)}" for key, value in config.items()))
    assay("suite", "import", "task.yaml", "-o", f"{name}.yaml")
    if config["output_type"] == "generate_until":
        rules = [{"item": f"{name}/{index}", "text": text} for index, text in enumerate(answers)]
    else:
        rules = [{"choose": 0}]
    (folder / "answers.jsonl").write_text("".join(json.dumps(rule) + "\n" for rule in rules))
    assay("run", "--suite", f"{name}.yaml", "--model", "scripted:answers.jsonl", "--run", f"{name}.db")
    lines = [json.loads(line) for line in assay("export", f"{name}.db", "--to", "jsonl").splitlines()]
    return sorted(lines, key=lambda line: int(line["item"].split("/")[1]))


def main():
    wrong = 0
    with tempfile.TemporaryDirectory() as place:
        folder = pathlib.Path(place)
        data = list(rows(random.Random(5)))
        for split, part in (("test", data), ("train", list(rows(random.Random(6)))[:20])):
            (folder / f"{split}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in part))
        for name, own in TASKS.items():
            config = {"task": name, **COMMON, **own, "dataset_kwargs": {"data_files": {"test": "test.jsonl", "train": "train.jsonl"}}}
            rng = random.Random(name)
            answers = [answer_to(rng, row, name) for row in data]
            expected = theirs(config, folder, data, answers)
            got = ours(config, name, folder, answers)
            same = 0
            for want, have in zip(expected, got, strict=True):
                good = want["context"] == have["prompt"]
                if config["output_type"] == "multiple_choice":
                    delimiter = config.get("target_delimiter", " ")
                    good = good and want["continuations"] == [delimiter + choice for choice in have["choices"]]
                else:
                    good = good and want["score"] == have["score"]
                if not good and wrong == 0:
                    print(f"{have['item']}: lm-evaluation-harness {want!r}\nassay {have!r}")
                same += good
                wrong += not good
            print(f"{name}: {same} of {len(expected)} items agree")
    return 1 if wrong else 0


sys.exit(main())
