"""A real browser without a window, and what tests do with it."""

from __future__ import annotations

from collections.abc import Callable
import os
from pathlib import Path
from typing import Any

from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

PATIENCE_S = 60.0


class Chromium:
    """One tab of Chromium."""

    def __init__(self, browser: str, driver: str, downloads: Path) -> None:
        """
        Start it.

        :param browser: path of its program
        :param driver: path of chromedriver
        :param downloads: folder for them
        """
        options = webdriver.ChromeOptions()
        options.binary_location = browser
        for argument in ('--headless=new', '--disable-gpu', '--disable-dev-shm-usage'):
            options.add_argument(argument)
        if os.geteuid() == 0:
            options.add_argument('--no-sandbox')  # which root cannot have
        options.add_experimental_option('prefs', {'download.default_directory': str(downloads)})
        options.set_capability('goog:loggingPrefs', {'browser': 'ALL'})
        self.driver = webdriver.Chrome(options=options, service=Service(driver))

    def open(self, url: str, width: int = 1200, color_scheme: str = 'light') -> None:
        """Open a page anew and wait until it knows the server."""
        self.command(
            'Emulation.setDeviceMetricsOverride',
            width=width,
            height=800,
            deviceScaleFactor=1,
            mobile=width < 600,
        )
        features = [
            {'name': 'prefers-color-scheme', 'value': color_scheme},
            {'name': 'prefers-reduced-motion', 'value': 'reduce'},
        ]
        self.command('Emulation.setEmulatedMedia', features=features)
        self.driver.get(url)
        self.wait(lambda: 'classes' in self.text('network'))

    def command(self, name: str, **values: Any) -> None:
        """Use Chromium's own protocol."""
        self.driver.execute_cdp_cmd(name, values)

    def find(self, name: str) -> WebElement:
        """Find an element by its id."""
        return self.driver.find_element(By.ID, name)

    def find_all(self, selector: str) -> list[WebElement]:
        """Find elements by CSS."""
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def text(self, name: str) -> str:
        """Text of an element that is seen."""
        return self.find(name).text

    def run(self, script: str, *args: Any) -> Any:
        """Run JavaScript; ``arguments`` has what is given."""
        return self.driver.execute_script(script, *args)

    def press(self, *keys: str) -> None:
        """Press keys where the focus is."""
        ActionChains(self.driver).send_keys(*keys).perform()

    def wait(self, is_done: Callable[[], Any]) -> None:
        """Wait until something has happened."""
        WebDriverWait(self.driver, PATIENCE_S, 0.05).until(lambda _: is_done())

    def upload(self, path: Path) -> None:
        """Choose a file and wait until the page is done with it."""
        self.find('file').send_keys(str(path))
        self.wait_until_labeled()

    def wait_until_labeled(self) -> None:
        """Wait until nothing is being labeled, and there is something to say."""
        self.wait(lambda: not self.find('work').is_displayed())
        self.wait(lambda: self.text('status') or self.text('error'))

    def read_log(self) -> list[str]:
        """Read which errors there were since the last time."""
        entries = self.driver.get_log('browser')
        return [entry['message'] for entry in entries if entry['level'] == 'SEVERE']

    def close(self) -> None:
        """End it."""
        self.driver.quit()
