#!/usr/bin/env python3
"""Retrieval on a small real corpus: this project's own docs, twenty questions with the place of each answer.

rag_docs.py ASSAY MODEL.gguf [--embedding REF] [--limit N] [--threads N]: asks zero_shot and rag with passages found by
BM25, then rag with passages found by the embedding model (MODEL.gguf unless another is named), and prints recall, MRR and
what answering came to. Nothing is fetched and no key is needed.
"""
import argparse
import json
import os
import shutil
import subprocess
import tempfile

SUITE = """assay_suite: 1
name: docs
data: rag_docs.csv
system: You answer questions about a program in one short sentence.
prompt: "{{{{ question }}}}"
target: "{{{{ answer }}}}"
generate: {{max_tokens: 48}}
rag: {{documents: docs, embedding: "{embedding}", size: {size}, overlap: {overlap}, k: {k}, gold: source}}
score: {{contains: {{lowercase: true}}}}
"""


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("assay")
    parser.add_argument("model")
    parser.add_argument("--embedding")
    parser.add_argument("--limit", type=int, default=20)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--size", type=int, default=120)
    parser.add_argument("--k", type=int, default=4)
    arguments = parser.parse_args()
    here = os.path.dirname(os.path.abspath(__file__))
    model = f"llama:{os.path.abspath(arguments.model)}?threads={arguments.threads}"
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(os.path.join(here, "../../docs"), os.path.join(folder, "docs"),
                        ignore=shutil.ignore_patterns("*.png", "*.1"))
        shutil.copy(os.path.join(here, "rag_docs.csv"), folder)
        for name, embedding, strategies in (("bm25", "bm25", "zero_shot,rag"),
                                            ("embedding", arguments.embedding or model, "rag")):
            with open(os.path.join(folder, name + ".yaml"), "w", encoding="utf-8") as file:
                file.write(SUITE.format(embedding=embedding, size=arguments.size, overlap=arguments.size // 5, k=arguments.k))
            command = [arguments.assay, "run", "--suite", name + ".yaml", "--strategy", strategies, "--model", model,
                       "--limit", str(arguments.limit), "--run", name + ".db", "--format", "json", "--quiet"]
            done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
            if done.returncode != 0:
                raise SystemExit(f"{' '.join(command)}\nended with {done.returncode}\n{done.stderr}")
            for result in json.loads(done.stdout)["results"]:
                rows.append((name if result["strategy"] == "rag" else "–", result))
    print(f"{'passages by':12}{'strategy':11}{'items':>6}{'contains':>10}{'recall':>8}{'MRR':>8}{'p50 ms':>9}  embedding")
    for name, result in rows:
        metrics = {key.split("@")[0]: metric["value"] for key, metric in result["metrics"].items()}
        shown = lambda key: f"{metrics[key]:.3f}" if key in metrics else "–"
        use = result.get("retrieval", {}).get("embedding", {})
        took = f"{use['texts']} texts, {use['tokens']} tokens, {use['ms'] / 1000:.1f} s" if use.get("texts") else ""
        print(f"{name:12}{result['strategy']:11}{result['items']:6}{shown('contains'):>10}{shown('retrieval_recall'):>8}"
              f"{shown('retrieval_mrr'):>8}{result['latency_ms']['total']['p50']:9.0f}  {took}")


main()
