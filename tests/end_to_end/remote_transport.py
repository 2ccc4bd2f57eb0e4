#!/usr/bin/env python3
"""What needs a whole process: certificates, proxies, HTTP/2, errors that end a run, and keys that must not get out.

    remote_transport.py ASSAY tls|proxy|http2|permanent|keys

Certificates are made with the openssl command; HTTP/2 is spoken by nghttpx (Debian: nghttp2-proxy). Where one of them
is not installed, what needs it is skipped (exit code 77).
"""
import argparse
import collections
import contextlib
import http.server
import json
import pathlib
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import remote_runs as remote

SKIPPED = 77
KEY = "sk-test-4f1d0b8e55c94c7f9a2e-KEY"


def check(condition, message):
    if not condition:
        sys.exit(f"FAILED: {message}")


def chat_reply(text):
    return {"id": "x", "object": "chat.completion", "model": "served",
            "choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 9, "completion_tokens": 1, "total_tokens": 10}}


class Model:
    """A model server in this process; `answer(path, headers, body)` gives status, body and further headers."""

    def __init__(self, answer, certificate=None):
        self.requests = []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.requests.append((self.path, dict(self.headers)))
                status, reply, *headers = answer(self.path, self.headers, body)
                data = reply if isinstance(reply, bytes) else json.dumps(reply).encode()
                self.send_response(status)
                for name, value in headers:
                    self.send_header(name, value)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_):
                pass

        class Quiet(http.server.ThreadingHTTPServer):
            def handle_error(self, *_):  # a client that does not trust us breaks off
                pass

        self.server = Quiet(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


def certificate(folder, name, alternative):
    """A self-signed certificate and its key; `alternative` as openssl's subjectAltName has it."""
    if not shutil.which("openssl"):
        sys.exit(SKIPPED)
    paths = folder / f"{name}.pem", folder / f"{name}.key"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                    "-keyout", paths[1], "-out", paths[0], "-days", "2", "-subj", "/CN=test", "-addext",
                    f"subjectAltName={alternative}"], check=True, capture_output=True)
    return tuple(map(str, paths))


def ask(options, folder, url, *, adapter="openai", environment=None, in_flight=4, reference="", extra=()):
    """A run of the few items in `folder`, in a new run file."""
    run_file = folder / f"{time.monotonic_ns()}.db"
    command = remote.mmlu_command(options.assay, url, folder, run_file, in_flight=in_flight, options=reference,
                                  extra=["--quiet", *extra])
    command = [word.replace("openai:", f"{adapter}:") for word in command]
    done = remote.run(command, environment, str(folder))
    done.run_file = run_file
    return done


def refused(done, *words):
    lines = done.err.strip().splitlines()
    check(done.exit_code == 2, f"exit code {done.exit_code}: {done.err}")
    check(done.out == "", f"output: {done.out}")
    check(len(lines) == 1, f"not one line: {done.err}")
    for word in words:
        check(word in lines[0], f"'{word}' is not in: {lines[0]}")
    print(f"  {lines[0]}")


def good(done):
    check(done.exit_code == 0, f"exit code {done.exit_code}: {done.err}")


def tls(options, folder):
    here = certificate(folder, "here", "IP:127.0.0.1")
    elsewhere = certificate(folder, "elsewhere", "DNS:elsewhere.test")
    answer = lambda *_: (200, chat_reply("A"))
    with Model(answer, here) as model:
        url = f"https://127.0.0.1:{model.port}"
        refused(ask(options, folder, url), "certificate", "SSL_CERT_FILE", url)
        check(not model.requests, "a request was sent to a server that is not trusted")
        good(ask(options, folder, url, environment={"SSL_CERT_FILE": here[0]}))
        good(ask(options, folder, url, environment={"CURL_CA_BUNDLE": here[0]}))
        refused(ask(options, folder, url, environment={"SSL_CERT_FILE": elsewhere[0]}), "certificate")
        refused(ask(options, folder, url, environment={"SSL_CERT_FILE": str(folder / "missing.pem")}), "missing.pem")
    with Model(answer, elsewhere) as model:
        refused(ask(options, folder, f"https://127.0.0.1:{model.port}", environment={"SSL_CERT_FILE": elsewhere[0]}),
                "certificate")
        check(not model.requests, "a request was sent to a server of another name")


def proxy(options, folder):
    there = certificate(folder, "there", "DNS:model.test")
    heads = []

    def tunnel(client, target):
        head = b""
        while b"\r\n\r\n" not in head:
            head += client.recv(4096)
        heads.append(head)
        other = socket.create_connection(("127.0.0.1", target))
        client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")

        def pump(source, sink):
            with contextlib.suppress(OSError):
                while data := source.recv(65536):
                    sink.sendall(data)
            with contextlib.suppress(OSError):
                sink.shutdown(socket.SHUT_WR)

        threading.Thread(target=pump, args=(other, client), daemon=True).start()
        pump(client, other)

    with Model(lambda *_: (200, chat_reply("A")), there) as model, socket.create_server(("127.0.0.1", 0)) as door:
        def serve():
            with contextlib.suppress(OSError):
                while True:
                    threading.Thread(target=tunnel, args=(door.accept()[0], model.port), daemon=True).start()

        threading.Thread(target=serve, daemon=True).start()
        environment = {"https_proxy": f"http://127.0.0.1:{door.getsockname()[1]}", "SSL_CERT_FILE": there[0],
                       "OPENAI_API_KEY": KEY}
        good(ask(options, folder, "https://model.test/v1", environment=environment))
        check(model.requests and all(headers["Authorization"] == f"Bearer {KEY}" for _, headers in model.requests),
              "the model did not get its key")
    check(heads and all(head.startswith(b"CONNECT model.test:443 ") for head in heads), "no CONNECT")
    check(not any(KEY.encode() in head for head in heads), "the proxy saw the key")


def http2(options, folder):
    if not shutil.which("nghttpx", path="/usr/sbin:/usr/bin:/usr/local/bin:/usr/local/sbin"):
        print("nghttpx is not installed: skipped")
        sys.exit(SKIPPED)
    here = certificate(folder, "here", "IP:127.0.0.1")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    log = folder / "access.log"
    with remote.Server(options.fault_server, "--latency-ms", 100) as server:
        front = subprocess.Popen(
            [shutil.which("nghttpx", path="/usr/sbin:/usr/bin:/usr/local/bin:/usr/local/sbin"), "--conf=/dev/null",
             f"--frontend=127.0.0.1,{port}", f"--backend=127.0.0.1,{server.port}", "--workers=1",
             f"--accesslog-file={log}", "--accesslog-format=$remote_port $alpn $status", here[1], here[0]],
            stderr=subprocess.DEVNULL)
        try:
            for _ in range(100):
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                    break
                time.sleep(0.05)
            done = ask(options, folder, f"https://127.0.0.1:{port}", in_flight=64,
                       environment={"SSL_CERT_FILE": here[0]})
            counts = server.counts()
        finally:
            front.terminate()
            front.wait()
    good(done)
    lines = [line.split() for line in log.read_text().splitlines() if line.split()[1] != "-"]
    connections = collections.Counter(port for port, *_ in lines)
    print(f"  {len(lines)} requests over {len(connections)} connections, {counts['most_in_flight']} at once at most")
    check(all(protocol == "h2" for _, protocol, _ in lines), "not HTTP/2")
    check(len(lines) == options.items, "requests are missing")
    check(len(connections) <= 2, "not multiplexed")
    check(counts["most_in_flight"] > 32, "not at once")


def permanent(options, folder):
    error = lambda message, code=None: {"error": {"message": message, "code": code}}
    for status, body, words in [
            (401, error("Incorrect API key provided"), ["401", "Incorrect API key"]),
            (403, b"<html><title>Forbidden by policy</title></html>", ["403", "Forbidden by policy"]),
            (404, error("The model `loopback` does not exist", "model_not_found"), ["404", "does not exist"]),
            (400, error("Unsupported parameter: 'temperature'"), ["400", "Unsupported parameter"]),
            (400, error("maximum context length is 16 tokens", "context_length_exceeded"), ["400", "16 tokens"]),
            (307, b"", ["redirect"])]:
        with Model(lambda *_: (status, body, ("Location", "http://127.0.0.1:1/"))) as model:
            done = ask(options, folder, f"http://127.0.0.1:{model.port}")
            refused(done, *words)
            check(len(model.requests) <= 24, f"{len(model.requests)} requests")
            check(not done.run_file.exists(), "a run file of nothing was left")
    filtered = error("The response was filtered", "content_filter")
    with Model(lambda *_: (400, filtered)) as model:
        done = ask(options, folder, f"http://127.0.0.1:{model.port}")
        good(done)
        result = remote.summary(options.assay, done.run_file)
        check(result["scored"] == options.items and result["metrics"]["accuracy"]["value"] == 0,
              "a content filter's refusals are not scored 0")
    exported = remote.run([options.assay, "export", str(done.run_file), "--to", "jsonl"]).out.splitlines()
    row = json.loads(exported[0])
    check(row["finish_reason"] == "content_filter" and "content filter" in row["why"], f"record: {row}")
    print(f"  content filter: scored 0, why: {row['why']}")


def keys(options, folder):
    told = f"your key is {KEY}, indeed {KEY}"
    replies = {
        "openai": chat_reply(told),
        "azure": chat_reply(told),
        "anthropic": {"type": "message", "model": told, "content": [{"type": "text", "text": told}],
                      "stop_reason": "end_turn", "usage": {"input_tokens": 1, "output_tokens": 1}},
        "gemini": {"candidates": [{"content": {"parts": [{"text": told}], "role": "model"}, "finishReason": "STOP"}],
                   "modelVersion": told, "usageMetadata": {"promptTokenCount": 1, "candidatesTokenCount": 1}},
    }
    variables = {"openai": "OPENAI_API_KEY", "azure": "AZURE_OPENAI_API_KEY", "anthropic": "ANTHROPIC_API_KEY",
                 "gemini": "GEMINI_API_KEY"}
    seen = []

    def look(where, text):
        data = text if isinstance(text, bytes) else text.encode()
        seen.append((where, len(data)))
        check(KEY.encode() not in data, f"the key is in {where}")

    for adapter, variable in variables.items():
        for name, answer in {
                "answers": lambda *_: (200, replies[adapter]),
                "401": lambda *_: (401, {"error": {"message": f"Incorrect API key provided: {KEY}", "type": KEY}}),
                "page": lambda *_: (403, f"<html><title>{told}</title></html>".encode()),
                "broken": lambda *_: (200, f"{told} {{".encode()),
                "redirect": lambda *_: (307, b"", ("Location", f"http://127.0.0.1:{thief.port}/?key={KEY}")),
        }.items():
            with Model(lambda *_: (200, chat_reply("stolen"))) as thief, Model(answer) as model:
                done = ask(options, folder, f"http://127.0.0.1:{model.port}", adapter=adapter,
                           environment={variable: KEY}, reference="&max_retries=1", extra=["-v", "-v"])
                check(any(KEY in value for _, headers in model.requests for value in headers.values()),
                      f"{adapter}: the key was not sent")
                check(not any(KEY in path for path, _ in model.requests), f"{adapter}: the key is in the URL")
                check(not thief.requests, "a redirect was followed")
            what = f"{adapter}, {name}"
            look(f"stdout ({what})", done.out)
            look(f"stderr ({what})", done.err)
            check((done.exit_code == 0) == (name == "answers"), f"{what}: exit code {done.exit_code}: {done.err}")
            for path in folder.glob(f"{done.run_file.name}*"):
                look(f"{path.suffix} ({what})", path.read_bytes())
            if not done.run_file.exists():
                continue
            run_file = str(done.run_file)
            item = "mmlu/astronomy/0"
            for command in [["show", run_file], ["show", run_file, "--format", "json"], ["show", run_file, "--item", item],
                            ["show", run_file, "--item", item, "--format", "json"],
                            *[["export", run_file, "--to", form]
                              for form in ("jsonl", "csv", "lm-eval", "inspect", "junit", "prometheus")]]:
                shown = remote.run([options.assay, *command], {variable: KEY})
                look(f"{' '.join(command[:1] + command[2:])} ({what})", shown.out + shown.err)
    check(len([size for where, size in seen if "export" in where and size > 100]) >= 4, "nothing was exported")
    print(f"  {len(seen)} outputs, {sum(size for _, size in seen)} bytes: no key in them")
    shown = remote.run([options.assay, "doctor"], {name: KEY for name in variables.values()})
    look("doctor", shown.out + shown.err)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("assay")
    parser.add_argument("fault_server")
    parser.add_argument("what", choices=["tls", "proxy", "http2", "permanent", "keys"])
    options = parser.parse_args()
    options.assay = str(pathlib.Path(options.assay).resolve())
    options.items = {"http2": 300, "permanent": 60}.get(options.what, 4)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        remote.write_mmlu(folder, options.items)
        {"tls": tls, "proxy": proxy, "http2": http2, "permanent": permanent, "keys": keys}[options.what](options, folder)


if __name__ == "__main__":
    main()
