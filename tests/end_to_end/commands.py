"""What tests of whole commands share."""
import json
import os
import subprocess
import sys


def runner(program, **environment):
    """A function that runs `program` in a folder, which is its home too, and ends the test where its exit code is not
    the expected one."""

    def run(folder, *words, code=0):
        variables = {name: str(folder / path) for name, path in environment.items()}
        done = subprocess.run([program, *words], cwd=folder, capture_output=True, text=True,
                              env=dict(os.environ, HOME=str(folder), **variables), timeout=300)
        if done.returncode != code:
            sys.exit(f"assay {' '.join(words)}: ended with {done.returncode}, expected {code}\n{done.stdout}{done.stderr}")
        return done

    return run


def check(condition, what):
    if not condition:
        sys.exit(f"not so: {what}")


def script(folder, name, rules):
    """Writes the rules of a scripted model."""
    (folder / name).write_text("".join(json.dumps(rule) + "\n" for rule in rules))
