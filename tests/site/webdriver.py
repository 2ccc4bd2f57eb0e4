"""A browser for tests: headless Chromium through chromedriver, with Python's standard library alone."""
import json
import os
import shutil
import subprocess
import tempfile
import time
import urllib.error
import urllib.request


class Missing(Exception):
    """What the browser needs is not on this machine."""


def found(*names):
    for name in names:
        path = shutil.which(name)
        # Ubuntu's packages of these names only say that there is a snap.
        if path and not os.path.realpath(path).startswith("/snap"):
            return path
    return None


class Browser:
    """One window. Console messages and requests are kept and can be asked for."""

    def __init__(self):
        chromium = found("chromium", "chromium-browser", "google-chrome")
        driver = found("chromedriver")
        if not chromium or not driver:
            raise Missing("no chromium and chromedriver here (packages chromium, chromium-driver: scripts/setup --pages)")
        self.profile = tempfile.mkdtemp(prefix="assay-browser-")
        self.driver = subprocess.Popen([driver, "--port=0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.base = None
        for line in self.driver.stdout:
            if "started successfully on port " in line:
                self.base = f"http://127.0.0.1:{line.split('on port ')[1].split('.')[0].strip()}"
                break
        if not self.base:
            raise Missing("chromedriver does not start")
        arguments = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
                     "--disable-background-networking", "--disable-component-update", "--disable-sync",
                     "--disable-default-apps", "--disable-dev-shm-usage", "--hide-scrollbars", "--force-color-profile=srgb",
                     f"--user-data-dir={self.profile}"]
        try:
            session = self.call("POST", "/session", {"capabilities": {"alwaysMatch": {
                "browserName": "chrome",
                "goog:chromeOptions": {"binary": chromium, "args": arguments},
                "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"}}}})
        except Exception as failure:  # a browser that cannot start here is as good as none
            self.close()
            raise Missing(f"chromium does not start: {failure}") from failure
        self.session = f"/session/{session['sessionId']}"

    def call(self, method, path, body=None):
        request = urllib.request.Request(self.base + path, method=method,
                                         data=None if body is None else json.dumps(body).encode(),
                                         headers={"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=120) as reply:
                return json.load(reply)["value"]
        except urllib.error.HTTPError as failure:
            raise RuntimeError(json.load(failure)["value"]["message"]) from None

    def open(self, url):
        # To the same page with another fragment the browser would not go anew.
        self.call("POST", self.session + "/url", {"url": "about:blank"})
        self.call("POST", self.session + "/url", {"url": url})

    def run(self, script, *arguments):
        return self.call("POST", self.session + "/execute/sync", {"script": script, "args": list(arguments)})

    def run_async(self, script, *arguments):
        return self.call("POST", self.session + "/execute/async", {"script": script, "args": list(arguments)})

    def protocol(self, command, **parameters):
        return self.call("POST", self.session + "/goog/cdp/execute", {"cmd": command, "params": parameters})

    def wait(self, script, seconds=20):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.run(f"return Boolean({script})"):
                return
            time.sleep(0.02)
        raise AssertionError(f"not within {seconds} s: {script}\n{self.run('return document.body.innerText.slice(0, 600)')}")

    def keys(self, *keys):
        actions = []
        for key in keys:
            actions += [{"type": "keyDown", "value": key}, {"type": "keyUp", "value": key}]
        self.call("POST", self.session + "/actions", {"actions": [{"type": "key", "id": "keyboard", "actions": actions}]})

    def size(self, width, height, mobile=False):
        self.protocol("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=mobile)

    def scheme(self, name):
        self.protocol("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": name}])

    def picture(self, path, whole=False):
        import base64
        data = self.protocol("Page.captureScreenshot", format="png", captureBeyondViewport=whole)["data"]
        with open(path, "wb") as file:
            file.write(base64.b64decode(data))

    def console(self):
        """Errors and warnings since the last call."""
        entries = self.call("POST", self.session + "/se/log", {"type": "browser"})
        return [entry["message"] for entry in entries if entry["level"] in ("SEVERE", "WARNING")]

    def requests(self):
        """URLs asked for since the last call."""
        urls = []
        for entry in self.call("POST", self.session + "/se/log", {"type": "performance"}):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                urls.append(message["params"]["request"]["url"])
        return urls

    def close(self):
        if getattr(self, "session", None):
            try:
                self.call("DELETE", self.session)
            except Exception:
                pass
        self.driver.terminate()
        self.driver.wait()
        shutil.rmtree(self.profile, ignore_errors=True)
