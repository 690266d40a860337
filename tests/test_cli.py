"""The command line, as a user calls it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.program import ROOT, give_what_was_learnt


def netral(*arguments: str, folder: Path, given: str | None = None, start_in: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    give_what_was_learnt(folder / "cache")
    variables = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "DATABASE_URL": f"sqlite:///{folder}/a.sqlite3", **environment}
    return subprocess.run(
        [sys.executable, "-m", "bot", *arguments], cwd=start_in, env=variables, input=given, capture_output=True, text=True, timeout=120, check=False
    )


KEYS = {"question", "outcome", "rule", "branch", "verdict", "options", "kind", "parts", "confidence", "matched", "text"}


def test_one_question_as_json_has_the_promised_shape(tmp_path: Path, library: object) -> None:
    result = netral("ask", "boleh gak like postingan paslon?", "--json", folder=tmp_path)
    record = json.loads(result.stdout)
    assert set(record) == KEYS
    assert (record["outcome"], record["rule"], record["verdict"]) == ("answer", "like-komentar-share", "dilarang")
    assert 0 <= record["confidence"] <= 1


def test_a_question_as_text_explains_itself_on_request(tmp_path: Path, office_folder: Path) -> None:
    result = netral("ask", "boleh", "gak", "like", "postingan", "paslon", "--explain", folder=tmp_path, start_in=office_folder)
    assert "DILARANG" in result.stdout
    assert "like-komentar-share" in result.stdout


def test_a_batch_answers_line_by_line_in_order(tmp_path: Path, office_folder: Path) -> None:
    lines = ["boleh gak like postingan paslon?", "", "halo", "asdf qwer", "boleh hadir kampanye? terus kalau nyoblos boleh kan ya pak?"] * 20
    result = netral("ask", "--batch", "-", "--json", folder=tmp_path, given="\n".join(lines) + "\n", start_in=office_folder)
    records = [json.loads(line) for line in result.stdout.splitlines()]
    assert [record["question"] for record in records] == lines
    assert [record["outcome"] for record in records[:4]] == ["answer", "decline", "decline", "decline"]
    assert len(records[4]["parts"]) == 2


def test_a_single_question_leaves_one_row_and_a_batch_none(tmp_path: Path, office_folder: Path) -> None:
    import sqlite3

    netral("ask", "boleh gak like postingan paslon?", folder=tmp_path, start_in=office_folder)
    netral("ask", "--batch", "-", "--json", folder=tmp_path, given="halo\n", start_in=office_folder)
    with sqlite3.connect(tmp_path / "a.sqlite3") as connection:
        assert connection.execute("SELECT channel, rule FROM questions").fetchall() == [("baris-perintah", "like-komentar-share")]
    connection.close()


def test_check_is_clean_on_the_rulebook_and_tells_all_problems_of_a_broken_one(tmp_path: Path) -> None:
    assert netral("check", folder=tmp_path).returncode == 0
    broken = tmp_path / "rusak"
    netral("export", str(broken), folder=tmp_path)
    (broken / "aturan" / "umum.yaml").write_text("topik: umum\naturan:\n  - id: X\n\t- y\n", encoding="utf-8")
    (broken / "pesan.yaml").write_text("pesan: 3\n", encoding="utf-8")
    result = netral("--knowledge", str(broken), "check", folder=tmp_path)
    assert result.returncode == 1
    assert "aturan/umum.yaml:4" in result.stdout
    assert "pesan.yaml" in result.stdout


def test_the_schemas_in_the_folder_are_those_of_the_code() -> None:
    from bot.core.schema import schemas

    assert {path.name: path.read_text(encoding="utf-8") for path in (ROOT / "knowledge" / "_skema").glob("*.json")} == schemas()


def test_migrate_may_run_twice(tmp_path: Path) -> None:
    assert [netral("migrate", folder=tmp_path).returncode for _ in range(2)] == [0, 0]


def test_bad_settings_are_told_at_once_and_without_secrets(tmp_path: Path) -> None:
    result = netral("run", folder=tmp_path, TELEGRAM_BOT_TOKEN="bukan-token-rahasia", PORT="x")
    assert result.returncode == 2
    assert result.stderr.count("  - ") == 2
    assert "bukan-token-rahasia" not in result.stderr + result.stdout


@pytest.mark.parametrize("command", ["run", "ask", "eval", "tune", "check", "schema", "export", "migrate"])
def test_every_command_has_help_in_plain_words(tmp_path: Path, command: str) -> None:
    assert len(netral(command, "--help", folder=tmp_path).stdout) > 60
