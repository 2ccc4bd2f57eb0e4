#!/usr/bin/env python3
"""Runs the commands of a documentation page as they stand.

docs_commands.py ASSAY PAGE...: of each page, in a folder of its own: a block ```yaml NAME (or csv, jsonl, txt) is written to that file, a block
```sh is run line by line. Every command must end with 0. Other blocks are left alone.
"""
import os
import re
import subprocess
import sys
import tempfile


def blocks(page):
    """(kind, name, text) of each fenced block."""
    with open(page, encoding="utf-8") as file:
        text = file.read()
    for match in re.finditer(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", text, re.M | re.S):
        yield match.group(1), match.group(2), match.group(3)


def run_page(assay, page):
    commands = 0
    with tempfile.TemporaryDirectory() as folder:
        environment = dict(os.environ, PATH=os.path.dirname(assay) + os.pathsep + os.environ["PATH"], HOME=folder)
        for kind, name, text in blocks(page):
            if kind in ("yaml", "csv", "jsonl", "txt") and name:
                os.makedirs(os.path.dirname(os.path.join(folder, name)), exist_ok=True)
                with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
                    file.write(text)
            if kind != "sh":
                continue
            for line in text.splitlines():
                commands += 1
                done = subprocess.run(line, shell=True, cwd=folder, env=environment, capture_output=True, text=True)
                if done.returncode != 0:
                    sys.exit(f"{page}: {line}\nended with {done.returncode}\n{done.stdout}{done.stderr}")
    if commands == 0:
        sys.exit(f"{page}: has no commands")
    print(f"{os.path.basename(page)}: {commands} commands")


def main():
    for page in sys.argv[2:]:
        run_page(os.path.abspath(sys.argv[1]), page)


main()
