"""lm-evaluation-harness's own tasks on data files as the suites' authors publish them.

Used by against_lm_eval.py (a real model) and tests/conformance/lm_eval/fixture.py (prompts and scores without one). The
package lm-eval must be importable.
"""
import csv
import gzip
import io
import json
import os
import pathlib
import tempfile

SUITES = ["hellaswag", "mmlu", "winogrande", "arc_easy", "arc_challenge", "truthfulqa_mc1", "truthfulqa_mc2", "gsm8k",
          "legalbench"]

# Where the tasks are, below lm_eval/tasks, by suite and assay's protocol; of mmlu and legalbench one a group.
_FILES = {
    ("hellaswag", "loglikelihood"): "hellaswag/hellaswag.yaml",
    ("winogrande", "loglikelihood"): "winogrande/default.yaml",
    ("arc_easy", "loglikelihood"): "arc/arc_easy.yaml",
    ("arc_challenge", "loglikelihood"): "arc/arc_challenge.yaml",
    ("truthfulqa_mc1", "loglikelihood"): "truthfulqa/truthfulqa_mc1.yaml",
    ("truthfulqa_mc2", "loglikelihood"): "truthfulqa/truthfulqa_mc2.yaml",
    ("gsm8k", "generate"): "gsm8k/gsm8k.yaml",
    ("gsm8k", "generate/cot"): "gsm8k/gsm8k-cot.yaml",
    ("gsm8k", "generate/cot-zeroshot"): "gsm8k/gsm8k-cot-zeroshot.yaml",
}


def opened(path):
    """A data file as its authors publish it, plain or gzipped."""
    if path.exists():
        return io.StringIO(path.read_text(encoding="utf-8"), newline="")
    return io.StringIO(gzip.open(f"{path}.gz", "rb").read().decode("utf-8"), newline="")


def _json_lines(path):
    return [json.loads(line) for line in opened(path) if line.strip()]


def _there(path):
    return path.exists() or pathlib.Path(f"{path}.gz").exists()


def _hellaswag(data, _):
    rows = _json_lines(data / "hellaswag" / "hellaswag_val.jsonl")
    for row in rows:
        row["label"] = str(row["label"])
    return {"": {"validation": rows}}


def _mmlu(data, _):
    documents = {}
    for path in sorted((data / "mmlu" / "test").glob("*_test.csv*")):
        subject = path.name.split("_test.csv")[0]
        splits = {}
        for split in ("dev", "test"):
            rows = csv.reader(opened(data / "mmlu" / split / f"{subject}_{split}.csv"))
            splits[split] = [{"question": r[0], "subject": subject, "choices": r[1:5], "answer": "ABCD".index(r[5])}
                             for r in rows]
        documents[subject] = splits
    return documents


def _winogrande(data, _):
    return {"": {"validation": _json_lines(data / "winogrande" / "dev.jsonl")}}


def _arc(data, suite):
    """In the form of the copy that the task reads: {"question", "choices": {"text", "label"}, "answerKey"}."""
    published = data / "arc" / {"arc_easy": "ARC-Easy-Test.jsonl", "arc_challenge": "ARC-Challenge-Test.jsonl"}[suite]
    rows = []
    if _there(published):
        for row in _json_lines(published):
            choices = row["question"]["choices"]
            rows.append({"question": row["question"]["stem"], "answerKey": row["answerKey"],
                         "choices": {"text": [c["text"] for c in choices], "label": [c["label"] for c in choices]}})
    else:
        for row in _json_lines(data / "arc" / "llm-foundry" / f"{suite}.jsonl"):
            labels = list("ABCDE"[:len(row["choices"])])
            rows.append({"question": row["query"].removeprefix("Question: "), "answerKey": labels[row["gold"]],
                         "choices": {"text": row["choices"], "label": labels}})
    return {"": {"test": rows}}


def _truthfulqa(data, _):
    rows = [{"question": row["question"],
             **{name: {"choices": list(row[name]), "labels": list(row[name].values())}
                for name in ("mc1_targets", "mc2_targets")}}
            for row in json.load(opened(data / "truthfulqa" / "mc_task.json"))]
    return {"": {"validation": rows}}


def _gsm8k(data, _):
    return {"": {split: _json_lines(data / "gsm8k" / f"{split}.jsonl") for split in ("train", "test")}}


def _legalbench(data, _):
    documents = {}
    folder = data / "legalbench"
    for task in sorted(path.name for path in (folder / "tasks").iterdir()):
        for path in (folder / "tasks" / task / "test.tsv", folder / "pre-release-2023-03" / task / "test.tsv"):
            if _there(path):
                rows = list(csv.DictReader(opened(path), delimiter="\t"))
                for row in rows:
                    row["answer"] = row.get("answer", row.get("label"))
                documents[task] = {"test": rows}
                break
    return documents


_READERS = {"hellaswag": _hellaswag, "mmlu": _mmlu, "winogrande": _winogrande, "arc_easy": _arc,
            "arc_challenge": _arc, "truthfulqa_mc1": _truthfulqa, "truthfulqa_mc2": _truthfulqa, "gsm8k": _gsm8k,
            "legalbench": _legalbench}


def documents(suite, data):
    """The suite's rows as the task reads them: by group (subject, task; "" where there are none), then by split."""
    return _READERS[suite](pathlib.Path(data), suite)


def prefix(suite, group):
    """What the ids of a group's items begin with; the row of the asked split follows."""
    return f"{suite}/{group}/" if group else f"{suite}/"


def _legalbench_config(data, group):
    # lm-eval has tasks of its own for a few of these, with other prompts. This is the authors' base prompt, rendered by
    # lm-eval's template engine, and asked as its tasks ask.
    text = opened(pathlib.Path(data) / "legalbench" / "tasks" / group / "base_prompt.txt").read()
    return {"task": f"legalbench_{group}", "output_type": "generate_until", "test_split": "test",
            "doc_to_text": text, "doc_to_target": "{{answer}}", "num_fewshot": 0,
            "generation_kwargs": {"until": ["\n"], "do_sample": False, "temperature": 0.0},
            # As the authors' evaluation.py, which takes white space off both ends of an answer before it compares.
            "filter_list": [{"name": "none", "filter": [{"function": "remove_whitespace"}, {"function": "take_first"}]}],
            "metric_list": [{"metric": "exact_match", "ignore_case": True, "ignore_punctuation": True}]}


def task(suite, protocol, group, splits, shots, data):
    """lm-eval's task on these rows, seeded as its command line does. None: the task's own number of examples."""
    os.environ.setdefault("HF_DATASETS_OFFLINE", "1")
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    import lm_eval
    from lm_eval.api.task import ConfigurableTask
    from lm_eval.tasks._yaml_loader import load_yaml
    with tempfile.TemporaryDirectory() as folder:
        files = {}
        for split, rows in splits.items():
            files[split] = os.path.join(folder, f"{split}.json")
            with open(files[split], "w", encoding="utf-8") as file:
                for row in rows:
                    file.write(json.dumps(row) + "\n")
        if suite == "legalbench":
            config = _legalbench_config(data, group)
        else:
            name = f"mmlu/default/mmlu_{group}.yaml" if suite == "mmlu" else _FILES[suite, protocol]
            config = load_yaml(pathlib.Path(lm_eval.__file__).parent / "tasks" / name, resolve_func=True)
        if shots is not None:
            config["num_fewshot"] = shots
        config.update(dataset_path="json", dataset_name=None, dataset_kwargs={"data_files": files})
        if "train" not in splits:
            config.pop("training_split", None)
        if config.get("validation_split") and config["validation_split"] not in splits:
            config.pop("validation_split")
        config.pop("tag", None)
        os.environ["HF_DATASETS_CACHE"] = folder
        made = ConfigurableTask(config=config)
        made.set_fewshot_seed(1234)
    return made


def requests(made, rows):
    """The task's requests of these rows, by row. All rows up to the last wanted one are built, because few-shot
    examples are drawn one document after the other."""
    made.build_all_requests(limit=max(rows) + 1)
    by_row = {}
    for instance in made.instances:
        if instance.doc_id in rows:
            by_row.setdefault(instance.doc_id, []).append(instance)
    for instances in by_row.values():
        instances.sort(key=lambda instance: instance.idx)
    return by_row
