"""A real browser for the tests of pages: a few words of the WebDriver protocol (W3C), over HTTP, no package needed."""

from __future__ import annotations

import base64
import json
import re
import shutil
import subprocess
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest


def browser_or_skip(folder: Path, size: tuple[int, int] = (900, 1600)) -> Driver:
    """A headless Chromium with its profile in ``folder``; skips the test where there is none."""
    driver, chromium = shutil.which("chromedriver"), shutil.which("chromium")
    if driver is None or chromium is None:
        pytest.skip("no chromium and chromedriver here (Debian: chromium-driver)")
    return Driver(driver, chromium, folder, size)


class Driver:
    """One window of it, ``size`` in pixels."""

    def __init__(self, driver: str, chromium: str, folder: Path, size: tuple[int, int]) -> None:
        self.process = subprocess.Popen(
            [driver, "--port=0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        assert self.process.stdout
        port = next(m[1] for line in self.process.stdout if (m := re.search(r"successfully on port (\d+)", line)))
        self.root = f"http://127.0.0.1:{port}/session"
        options = {"binary": chromium, "args": [
            "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
            f"--window-size={size[0]},{size[1]}", f"--user-data-dir={folder / 'profile'}"]}
        wanted = {"capabilities": {"alwaysMatch": {"goog:chromeOptions": options, "timeouts": {"implicit": 10000}}}}
        self.root += "/" + self._call("POST", "", wanted)["sessionId"]

    def __enter__(self) -> Driver:
        return self

    def __exit__(self, *exc: object) -> None:
        self._call("DELETE", "")
        self.process.terminate()
        self.process.wait(10)

    def _call(self, method: str, path: str, body: Any = None) -> Any:
        data = None if method != "POST" else json.dumps(body or {}).encode()
        request = urllib.request.Request(self.root + path, data, {"Content-Type": "application/json"}, method=method)
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=60) as answer:
            return json.load(answer)["value"]

    def _find(self, selector: str, using: str = "css selector") -> str:
        return "/element/" + next(iter(self._call("POST", "/element", {"using": using, "value": selector}).values()))

    def open(self, url: str) -> None:
        self._call("POST", "/url", {"url": url})

    def type(self, css: str, text: str) -> None:
        self._call("POST", self._find(css) + "/value", {"text": text})

    def click(self, css: str) -> None:
        self._call("POST", self._find(css) + "/click")

    def text(self, xpath: str) -> str:
        """Of an element that only the page which is coming has: the one before may still stand there after a click, and
        what is found on it is gone by the next word."""
        return str(self._call("GET", self._find(xpath, "xpath") + "/text"))

    def picture(self, path: Path) -> None:
        path.write_bytes(base64.b64decode(self._call("GET", "/screenshot")))

    def evaluate(self, expression: str) -> Any:
        """What a JavaScript expression is on the page that stands there; asked again for two seconds while false."""
        for _ in range(20):
            found = self._call("POST", "/execute/sync", {"script": f"return {expression}", "args": []})
            if found:
                break
            time.sleep(0.1)
        return found
