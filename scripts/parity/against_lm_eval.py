#!/usr/bin/env python3
"""Item by item: assay against lm-evaluation-harness on the same GGUF and the same items.

lm-evaluation-harness (from PyPI) makes the prompts, few-shot examples, token boundaries and scores with its own task
code; llama-cpp-python (from PyPI) evaluates them one whole sequence at a time, in small chunks of nearly equal size,
which is what a reproducible evaluation of a quantised model on a CPU needs. Then assay runs the same items, and every
log-probability and choice, or every prompt and written text, is compared.

    scripts/parity/against_lm_eval.py --suite hellaswag --items 'hellaswag/12?' --data DIR --model FILE.gguf
    scripts/parity/against_lm_eval.py --suite mmlu --shots 5 --random 20 --data DIR --model FILE.gguf
    scripts/parity/against_lm_eval.py --suite gsm8k --protocol generate/cot --random 10 --data DIR --model FILE.gguf

Without --shots both take their own default. Of legalbench, lm-evaluation-harness has only a few tasks, with prompts of
its own: there it renders the authors' base prompt, and its exact match is compared with ours, item by item.
The first call makes a virtual environment in the user's cache (llama-cpp-python builds there for some minutes).
Exit code 0: of the log-probabilities 99 % agree to 0.001 (of texts 99 % are the same), and 99 % of choices and scores.
"""
import argparse
import ctypes
import fnmatch
import json
import math
import os
import pathlib
import random
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
import lm_eval_tasks  # noqa: E402

PINNED = ["lm-eval==0.4.13", "llama-cpp-python==0.3.36"]
ROOT = pathlib.Path(__file__).resolve().parents[2]


def enter_environment():
    """Runs this script again inside the virtual environment that has the peers, made on first use."""
    cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "assay"
    home = pathlib.Path(os.environ.get("ASSAY_PARITY_VENV") or cache / "parity-lm-eval")
    python = home / "bin" / "python3"
    if pathlib.Path(sys.prefix).resolve() == home.resolve():
        return
    if not (home / "ready").exists():
        print(f"installing {' '.join(PINNED)} into {home}", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", str(home)], check=True)
        # AVX2's order of sums, as assay builds llama.cpp: with AVX-512's, log-probabilities differ by some 0.1 an item.
        build = {**os.environ, "CMAKE_ARGS": "-DGGML_NATIVE=OFF " + os.environ.get("CMAKE_ARGS", "")}
        subprocess.run([str(python), "-m", "pip", "install", "-q", "--no-binary", "llama-cpp-python", *PINNED],
                       check=True, env=build)
        (home / "ready").touch()
    os.execv(str(python), [str(python), str(pathlib.Path(__file__).resolve()), *sys.argv[1:]])


class OneAtATime:
    """A GGUF through llama.cpp's own C interface: one sequence, nothing shared, nothing batched with anything."""

    def __init__(self, path, threads):
        import llama_cpp
        self.lib = llama_cpp
        self.lib.llama_log_set(_SILENT, None)
        self.lib.llama_backend_init()
        self.model = self.lib.llama_model_load_from_file(path.encode(), self.lib.llama_model_default_params())
        if not self.model:
            sys.exit(f"{path}: cannot be loaded")
        self.vocab = self.lib.llama_model_get_vocab(self.model)
        parameters = self.lib.llama_context_default_params()
        parameters.n_ctx = min(self.lib.llama_model_n_ctx_train(self.model), 8192)
        parameters.n_batch = parameters.n_ubatch = 63
        parameters.n_threads = parameters.n_threads_batch = threads
        self.context = self.lib.llama_init_from_model(self.model, parameters)
        self.max_length = self.lib.llama_n_ctx(self.context)
        self.size = self.lib.llama_vocab_n_tokens(self.vocab)

    def encode(self, text, add_special=True):
        data = text.encode()
        buffer = (self.lib.llama_token * (len(data) + 8))()
        count = self.lib.llama_tokenize(self.vocab, data, len(data), buffer, len(buffer), add_special, False)
        return list(buffer[:count])

    def evaluate(self, context, continuation):
        import numpy
        tokens = (context + continuation)[-(self.max_length + 1):][:-1]
        first = len(tokens) - len(continuation)  # the position whose logits say the continuation's first token
        memory = self.lib.llama_get_memory(self.context)
        self.lib.llama_memory_clear(memory, True)
        # Batches of nearly equal size, at most 48 tokens: never 64 or more at once, never one alone, and the same
        # places in their batches for tokens of repacked weights, whose kernels take rows in groups.
        count = -(-len(tokens) // 48)
        sizes = [len(tokens) // count + (i < len(tokens) % count) for i in range(count)]
        chunks = [(sum(sizes[:i]), sizes[i]) for i in range(count)]
        total, greedy = 0.0, True
        batch = self.lib.llama_batch_init(63, 0, 1)
        for start, size in chunks:
            batch.n_tokens = size
            for i in range(size):
                batch.token[i] = tokens[start + i]
                batch.pos[i] = start + i
                batch.n_seq_id[i] = 1
                batch.seq_id[i][0] = 0
                batch.logits[i] = start + i >= first
            if self.lib.llama_decode(self.context, batch) != 0:
                sys.exit("llama_decode failed")
            for i in range(size):
                if start + i < first:
                    continue
                logits = numpy.ctypeslib.as_array(self.lib.llama_get_logits_ith(self.context, i), (self.size,))
                wide = logits.astype(numpy.float64)
                target = continuation[start + i - first]
                highest = wide.max()
                total += wide[target] - highest - math.log(numpy.exp(wide - highest).sum())
                greedy = greedy and int(wide.argmax()) == target
        self.lib.llama_batch_free(batch)
        return float(total), greedy


    def write(self, prompt, stop, limit):
        """Greedy text after a prompt: the prompt in chunks as above, then token by token, until a stop text. Each token
        is evaluated beside the one before it: alone in a batch it would take another path through the kernels, and
        where two tokens are nearly as likely that path chooses."""
        import numpy
        tokens = prompt[-(self.max_length - limit):]
        memory = self.lib.llama_get_memory(self.context)
        self.lib.llama_memory_clear(memory, True)
        count = -(-len(tokens) // 48)
        sizes = [len(tokens) // count + (i < len(tokens) % count) for i in range(count)]
        batch = self.lib.llama_batch_init(63, 0, 1)
        done, written = 0, b""
        pending = [tokens[sum(sizes[:i]):sum(sizes[:i + 1])] for i in range(count)]
        for _ in range(limit):
            for chunk in pending:
                batch.n_tokens = len(chunk)
                for i, token in enumerate(chunk):
                    batch.token[i] = token
                    batch.pos[i] = done + i
                    batch.n_seq_id[i] = 1
                    batch.seq_id[i][0] = 0
                    batch.logits[i] = i + 1 == len(chunk)
                if self.lib.llama_decode(self.context, batch) != 0:
                    sys.exit("llama_decode failed")
                done += len(chunk)
            logits = numpy.ctypeslib.as_array(self.lib.llama_get_logits_ith(self.context, -1), (self.size,))
            token = int(logits.argmax())
            if self.lib.llama_vocab_is_eog(self.vocab, token):
                break
            piece = (ctypes.c_char * 64)()
            size = self.lib.llama_token_to_piece(self.vocab, token, piece, 64, 0, False)
            written += bytes(piece[:max(size, 0)])
            if any(text.encode() in written for text in stop):
                break
            done -= 1
            self.lib.llama_memory_seq_rm(memory, 0, done, -1)
            pending = [[pending[-1][-1], token]]
        self.lib.llama_batch_free(batch)
        text = written.decode("utf-8", "replace")
        for end in stop:
            text = text.split(end)[0]
        return text


def _silent_callback():
    import llama_cpp
    return llama_cpp.llama_log_callback(lambda level, text, data: None)


def reference(arguments, documents, wanted):
    """lm-evaluation-harness's own prompts, answers and scores, by item id."""
    from lm_eval.api.model import TemplateLM

    engine = OneAtATime(str(arguments.model), arguments.threads)

    class Gguf(TemplateLM):
        eot_token_id = engine.lib.llama_vocab_eos(engine.vocab)

        @property
        def prefix_token_id(self):
            bos = engine.lib.llama_vocab_bos(engine.vocab)
            return bos if bos >= 0 else self.eot_token_id

        def tok_encode(self, string, add_special_tokens=None, **_):
            return engine.encode(string, add_special_tokens is not False)

        def _loglikelihood_tokens(self, requests, **_):
            return [engine.evaluate(context, continuation) for _, context, continuation in requests]

        def loglikelihood_rolling(self, *_):
            raise NotImplementedError

        def generate_until(self, requests, **_):
            return [engine.write(self.tok_encode(r.args[0]), r.args[1]["until"],
                                 r.args[1].get("max_gen_toks", arguments.max_tokens)) for r in requests]

    model = Gguf()
    answers = {}
    for group, splits in documents.items():
        prefix = lm_eval_tasks.prefix(arguments.suite, group)
        rows = {int(item[len(prefix):]) for item in wanted if item.startswith(prefix)}
        if not rows:
            continue
        task = lm_eval_tasks.task(arguments.suite, arguments.protocol, group, splits, arguments.shots, arguments.data)
        by_row = lm_eval_tasks.requests(task, rows)
        for position, (row, instances) in enumerate(sorted(by_row.items())):
            print(f"\rreference {prefix}{row} ({position + 1}/{len(by_row)})   ", end="", file=sys.stderr)
            answer = {"prompts": [instance.args[0] for instance in instances]}
            if arguments.protocol.startswith("loglikelihood"):
                results = model.loglikelihood(instances, disable_tqdm=True)
                answer["logprobs"] = [value for value, _ in results]
                answer["scores"] = task.process_results(instances[0].doc, results)
            else:
                task._instances = instances
                instances[0].resps = model.generate_until(instances)
                instances[0].filtered_resps = {}
                task.apply_filters()
                answer["text"] = instances[0].resps[0]
                answer["scores"] = {name: task.process_results(instances[0].doc, [text])["exact_match"]
                                    for name, text in instances[0].filtered_resps.items()}
            answers[f"{prefix}{row}"] = answer
        print(file=sys.stderr)
    return answers


def assay(arguments, wanted):
    """assay's records of the same items, by item id."""
    with tempfile.TemporaryDirectory() as folder:
        ids = os.path.join(folder, "ids")
        pathlib.Path(ids).write_text("\n".join(wanted) + "\n")
        run = os.path.join(folder, "run.db")
        suite = arguments.suite
        if not arguments.protocol.startswith("loglikelihood"):
            suite += f":max_tokens={arguments.max_tokens}"
        command = [str(arguments.assay), "run", "--suite", suite, "--items", f"@{ids}", "--protocol",
                   arguments.protocol, "--data", str(arguments.data), "--run", run,
                   "--model", f"llama:{arguments.model}?threads={arguments.threads}"]
        if arguments.shots is not None:
            command += ["--shots", str(arguments.shots)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        lines = subprocess.run([str(arguments.assay), "export", run, "--to", "jsonl"], check=True,
                               capture_output=True, text=True).stdout
    return {record["item"]: record for record in map(json.loads, lines.splitlines())}


def compared_choices(record, answer, counts):
    """Adds an item's log-probabilities to the counts; whether both choose the same."""
    pairs = list(zip(record["logprobs"], answer["logprobs"], strict=True))
    counts["values"] += len(pairs)
    counts["agreeing"] += sum(abs(ours - theirs) <= 0.001 for ours, theirs in pairs)
    counts["worst"] = max(counts["worst"], *(abs(ours - theirs) for ours, theirs in pairs))
    return max(range(len(pairs)), key=lambda i: pairs[i][0]) == max(range(len(pairs)), key=lambda i: pairs[i][1])


def compared_texts(record, answer, counts):
    """Adds an item's written text to the counts; whether prompt and text are the same."""
    counts["values"] += 1
    same = (record["completion"] or "") == answer["text"]
    counts["agreeing"] += same
    return same and record["prompt"] == answer["prompts"][0]


# assay's name of a score, and theirs.
NAMES = [("accuracy", "acc"), ("accuracy_norm", "acc_norm"), ("mc2", "acc"), ("accuracy", "strict-match"),
         ("accuracy_flexible", "flexible-extract"), ("accuracy", "none")]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--suite", choices=lm_eval_tasks.SUITES, required=True)
    parser.add_argument("--protocol", help="default: loglikelihood; of gsm8k and legalbench generate")
    parser.add_argument("--shots", type=int, help="default: the suite's own; of mmlu 0")
    parser.add_argument("--max-tokens", type=int, default=256, help="of written answers")
    parser.add_argument("--items", action="append", default=[], help="ids or globs")
    parser.add_argument("--random", type=int, default=0, help="so many items instead, drawn with --seed")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--data", type=pathlib.Path, required=True)
    parser.add_argument("--model", type=pathlib.Path, required=True)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--assay", type=pathlib.Path, default=ROOT / "build/release/harness/cli/assay")
    arguments = parser.parse_args()
    enter_environment()
    global _SILENT
    _SILENT = _silent_callback()
    if arguments.protocol is None:
        arguments.protocol = "generate" if arguments.suite in ("gsm8k", "legalbench") else "loglikelihood"
    if arguments.shots is None and arguments.suite == "mmlu":
        arguments.shots = 0

    documents = lm_eval_tasks.documents(arguments.suite, arguments.data)
    all_items = []
    for group, splits in documents.items():
        asked = splits.get("test", splits.get("validation"))
        all_items += [f"{lm_eval_tasks.prefix(arguments.suite, group)}{i}" for i in range(len(asked))]
    if arguments.random:
        wanted = random.Random(arguments.seed).sample(all_items, arguments.random)
    else:
        wanted = [i for i in all_items if any(fnmatch.fnmatchcase(i, glob) for glob in arguments.items)]
    if not wanted:
        sys.exit("no item chosen: give --items GLOB or --random N")

    expected = reference(arguments, documents, wanted)
    measured = assay(arguments, wanted)
    written = not arguments.protocol.startswith("loglikelihood")
    counts = {"values": 0, "agreeing": 0, "worst": 0.0}
    same_answer = same_scores = 0
    for item, answer in expected.items():
        record = measured[item]
        same = (compared_texts if written else compared_choices)(record, answer, counts)
        same_answer += same
        pairs = [(record["scores"][ours], answer["scores"][theirs]) for ours, theirs in NAMES
                 if ours in record["scores"] and theirs in answer["scores"]]
        right = bool(pairs) and all(abs(ours - theirs) <= 1e-3 for ours, theirs in pairs)
        same_scores += right
        if not (same and right):
            kind = "text" if written else "logprobs"
            print(f"{item}: assay {record['completion' if written else kind]!r} {record['scores']}, "
                  f"reference {answer[kind]!r} {answer['scores']}")
            if written and record["prompt"] != answer["prompts"][0]:
                print(f"{item}: the prompts differ: {record['prompt'][-300:]!r}, {answer['prompts'][0][-300:]!r}")
    count = len(expected)
    agreeing, values = counts["agreeing"], counts["values"]
    print(f"{arguments.suite}, {arguments.protocol}, {count} items: "
          + (f"same text: {agreeing}/{values}; same prompt and text: {same_answer}/{count}; " if written else
             f"log-probabilities within 0.001: {agreeing}/{values} ({agreeing / values:.2%}), largest difference "
             f"{counts['worst']:.6f}; same choice: {same_answer}/{count}; ")
          + f"same scores: {same_scores}/{count}")
    sys.exit(0 if min(agreeing / values, same_answer / count, same_scores / count) >= 0.99 else 1)


if __name__ == "__main__":
    main()
