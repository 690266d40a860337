"""The ask page in a real browser, at the width of a phone."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By

from tests.chromium import open_chromium, size, wait
from tests.program import Program, running

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory, library: object) -> Iterator[Program]:
    with running(tmp_path_factory.mktemp("web")) as program:
        yield program


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    browser = open_chromium(tmp_path_factory.mktemp("profile"))
    size(browser, 390, 844)
    yield browser
    browser.quit()


def ask(browser: webdriver.Chrome, program: Program, question: str) -> str:
    browser.get(program.url + "/")
    browser.find_element(By.ID, "tanya").send_keys(question)
    browser.find_element(By.CSS_SELECTOR, ".ask button").click()
    wait(browser, 10).until(lambda b: b.find_elements(By.CLASS_NAME, "asked"))
    return browser.find_element(By.CSS_SELECTOR, "main").text


def test_an_answer_fits_a_phone_and_starts_with_the_verdict(browser: webdriver.Chrome, program: Program, tmp_path: Path) -> None:
    text = ask(browser, program, "boleh gak sih saya dateng ke kampanye cuma nonton?")
    assert "HINDARI" in text
    width = browser.execute_script("return document.documentElement.scrollWidth")
    assert width <= 390
    assert browser.save_screenshot(str(tmp_path / "jawaban.png"))


def test_details_open_and_a_branch_leads_to_its_own_verdict(browser: webdriver.Chrome, program: Program) -> None:
    ask(browser, program, "boleh gak sih saya dateng ke kampanye cuma nonton?")
    details = browser.find_elements(By.TAG_NAME, "details")
    details[0].find_element(By.TAG_NAME, "summary").click()
    assert details[0].get_attribute("open")
    browser.find_element(By.CSS_SELECTOR, ".links a").click()
    assert browser.find_elements(By.CSS_SELECTOR, ".card .fact")


def test_the_page_can_be_used_with_the_keyboard_alone(browser: webdriver.Chrome, program: Program) -> None:
    browser.get(program.url + "/")
    first = browser.switch_to.active_element
    first.send_keys("\ue004")
    assert browser.switch_to.active_element.get_attribute("class") == "skip"


CONTRAST = """
const luminance = c => { const v = c.match(/[\\d.]+/g).slice(0, 3).map(x => x / 255).map(x => x <= .03928 ? x / 12.92 : ((x + .055) / 1.055) ** 2.4);
  return .2126 * v[0] + .7152 * v[1] + .0722 * v[2]; };
const ground = e => { for (; e; e = e.parentElement) { const c = getComputedStyle(e).backgroundColor; if (!/, 0\\)$/.test(c) && c !== 'transparent') return c; }
  return 'rgb(255, 255, 255)'; };
return [...document.querySelectorAll('main *, header *, footer *')].filter(e => [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim())).map(e => {
  const a = luminance(getComputedStyle(e).color), b = luminance(ground(e)); return (Math.max(a, b) + .05) / (Math.min(a, b) + .05); });
"""


def test_all_text_has_the_contrast_that_wcag_aa_asks_for(browser: webdriver.Chrome, program: Program) -> None:
    ask(browser, program, "boleh gak like postingan paslon?")
    ratios: list[float] = browser.execute_script(CONTRAST)
    assert len(ratios) > 20
    assert min(ratios) >= 4.5


def test_every_field_has_a_name_and_every_page_one_language(browser: webdriver.Chrome, program: Program) -> None:
    browser.get(program.url + "/")
    assert browser.find_element(By.CSS_SELECTOR, "label[for=tanya]").text
    assert browser.find_element(By.TAG_NAME, "html").get_attribute("lang") == "id"
