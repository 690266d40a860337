"""The tree keeps its promises: layers, names, words of the README, what the rulebook covers."""

import json
import re
import subprocess
from pathlib import Path

from bot.settings import VARIABLES
from bot.usecases.library import Library
from tests.audit import judged

ROOT = Path(__file__).parent.parent


def test_layers_hold() -> None:
    result = (
        subprocess.run([ROOT / ".venv/bin/lint-imports"], cwd=ROOT, capture_output=True, text=True, check=False)
        if (ROOT / ".venv/bin/lint-imports").exists()
        else None
    )
    assert result is None or result.returncode == 0, result.stdout


def test_no_drawer_for_odds_and_ends() -> None:
    odd = {"utils", "helpers", "common", "misc", "manager", "service", "const"}
    assert not [path for path in (ROOT / "bot").rglob("*.py") if path.stem.rstrip("s") in odd or path.stem in odd]


def test_the_readme_names_every_variable_and_every_command_and_no_other() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert all(f"`{name}`" in readme for name in VARIABLES)
    table = re.findall(r"^\| `([A-Z_]+)` \|", readme, re.MULTILINE)
    assert set(table) == set(VARIABLES)
    commands = set(re.findall(r"python -m bot (\w+)", readme))
    assert commands == {"run", "ask", "eval", "tune", "check", "schema", "export", "migrate", "backup", "restore", "bench"}
    for target in re.findall(r"^make (\w+)", readme, re.MULTILINE):
        assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)


def test_every_file_the_readme_names_is_there() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    named = re.findall(r"`((?:bot|knowledge|tests)/[\w/.-]+)`", readme) + re.findall(r"\]\(((?!http)[^)#]+)\)", readme)
    assert named
    assert [name for name in named if not (ROOT / name).exists()] == []
    assert (ROOT / "bot/web/static/percakapan.png").read_bytes().startswith(b"\x89PNG")


def test_lock_files_hold_no_address() -> None:
    for name in ("requirements.txt", "tests/requirements.txt"):
        text = (ROOT / name).read_text(encoding="utf-8")
        assert "://" not in text
        assert "--hash=sha256:" in text


def test_the_five_articles_are_cited_by_paragraph(library: Library) -> None:
    rulebook = library.shelf.rulebook
    cited = {a.source for rule in rulebook.rules.values() for v in rule.versions.values() if v for a in v.articles}
    assert cited == {"antara-2024", "distriknews-2024", "prokalteng-2024", "harianmuba-2024", "kantamedia-2024"}


def test_the_rulebook_holds_all_situations(library: Library) -> None:
    rulebook = library.shelf.rulebook
    assert len(rulebook.rules) >= 244
    assert all(rulebook.in_topic(topic) for topic in rulebook.topics)


def test_no_rule_rests_on_a_repealed_source_or_names_the_old_law(library: Library) -> None:
    rulebook = library.shelf.rulebook
    used = {c.source for rule in rulebook.rules.values() for v in rule.versions.values() if v for c in v.basis}
    assert not [name for name in used if rulebook.sources[name].status == "dicabut"]


def test_the_audit_fails_on_a_weakness_and_says_so_when_nothing_was_audited() -> None:
    def report(*packages: dict[str, object]) -> str:
        return json.dumps({"dependencies": packages})

    sound, weak = {"name": "a", "version": "1", "vulns": []}, {"name": "b", "version": "2", "vulns": [{"id": "CVE-2026-1"}]}
    skipped = {"name": "c", "skip_reason": "not found"}
    assert judged(report(sound, weak, skipped)) == (1, "b 2: CVE-2026-1")
    assert judged(report(sound, skipped))[0] == 0
    assert [judged(given)[1][:11] for given in (report(skipped), "", "<html>")] == ["NOT AUDITED"] * 3
