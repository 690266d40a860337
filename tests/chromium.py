"""Debian's Chromium for browser tests: skipped where there is none, but never in CI."""

import os
import shutil
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.support.ui import WebDriverWait

FLAGS = "--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync"


def open_chromium(profile: Path) -> webdriver.Chrome:
    """A browser with a profile of its own; whoever opens it quits it."""
    binary, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not binary or not driver:
        if os.environ.get("CI"):
            pytest.fail("Chromium and its driver must be there in CI")
        pytest.skip("no Chromium here; CI installs it")
    options = Options()
    options.binary_location = binary
    for flag in (*FLAGS.split(), f"--user-data-dir={profile}"):
        options.add_argument(flag)
    return webdriver.Chrome(options=options, service=Service(driver))


def size(browser: webdriver.Chrome, width: int, height: int) -> None:
    """Makes the page as wide and high as that screen."""
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600})


def wait(browser: webdriver.Chrome, seconds: float) -> WebDriverWait[webdriver.Chrome]:
    """Waits so long at most, and looks often: its own half second between two looks would add up to half of the tests' time."""
    return WebDriverWait(browser, seconds, 0.05)
