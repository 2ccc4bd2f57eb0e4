#!/usr/bin/env python3
"""Runs every command of docs/leaderboard.md as it stands there: page_commands.py ASSAY EXAMPLE_RUNS PAGE.

In a folder with runs/*.db, runs/first.db and baseline.db; a command must end with 0, `serve` must answer. What the page
says is written must then be there.
"""
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path


def commands_of(page):
    blocks = re.findall(r"```sh\n(.*?)```", page.read_text(), re.S)
    return [line.split("  #")[0].strip() for block in blocks for line in block.splitlines() if line.strip()]


def serve(command, folder, environment):
    # Another one may have the port: the test takes a free one.
    server = subprocess.Popen(f"exec {command} --port 0", shell=True, cwd=folder, env=environment, text=True, stdout=subprocess.PIPE)
    try:
        address = server.stdout.readline().strip()
        assert urllib.request.urlopen(address, timeout=20).status == 200
    finally:
        server.send_signal(signal.SIGINT)
        assert server.wait(timeout=20) == 0


def main():
    assay, example_runs, page = (Path(argument).resolve() for argument in sys.argv[1:4])
    folder = Path(tempfile.mkdtemp(prefix="assay-page-"))
    try:
        (folder / "bin").mkdir()
        (folder / "bin" / "assay").symlink_to(assay)
        environment = {**os.environ, "PATH": f"{folder / 'bin'}:{os.environ['PATH']}"}
        runs = folder / "runs"
        runs.mkdir()
        made = subprocess.run([example_runs, runs, "demo"], check=True, capture_output=True, text=True).stdout.split("\n")[:-1]
        Path(made[1]).rename(runs / "first.db")
        Path(made[0]).rename(folder / "baseline.db")
        # A gate that fails says so by its exit code, and leaves its night all the same.
        subprocess.run([assay, "gate", "--baseline", made[5], made[6], "--history", folder / "nights.jsonl"], capture_output=True)
        commands = commands_of(page)
        assert len(commands) >= 8, commands
        for command in commands:
            assert command.startswith("assay "), command
            if command.startswith("assay serve"):
                serve(command, folder, environment)
                continue
            done = subprocess.run(["bash", "-c", command], cwd=folder, env=environment, capture_output=True, text=True)
            assert done.returncode == 0, f"{command}: {done.returncode}: {done.stderr}"
            print(f"ok: {command}")
        for name in ["site/index.html", "site/leaderboard.json", "site/leaderboard.md", "assay.prom", "items.xml"]:
            assert (folder / name).stat().st_size > 0, name
        assert list((folder / "logs").glob("*.json")) and list((folder / "lm-eval").glob("*/results_*.json"))
        return 0
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
