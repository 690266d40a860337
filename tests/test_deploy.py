"""The guides under deploy/ name only what there is: variables, commands, files, versions."""

import contextlib
import io
import re
import shlex
import tomllib
from pathlib import Path

import pytest

from bot.__main__ import _parser
from bot.settings import VARIABLES, Settings

ROOT = Path(__file__).parent.parent
DEPLOY = ROOT / "deploy"
GUIDES = sorted(DEPLOY.glob("*.md"))
SCRIPTS = [DEPLOY / name for name in ("netral.service", "netral.env", "netral.sh", "Caddyfile", "Containerfile")]
OURS = [*GUIDES, *SCRIPTS, ROOT / "Procfile", ROOT / ".dockerignore"]
OTHERS_VARIABLES = {"PATH", "PYTHONPATH", "PYTHONUNBUFFERED", "MPLCONFIGDIR"}
"""Variables of Python and matplotlib that the unit and the image set."""
SUBJECTS = ("What you need", "First start", "Settings", "Webhook", "Backup", "Update", "Roll back", "Rotate the token", "Watch it")


def accepted(arguments: list[str]) -> bool:
    """Whether the program's parser takes these words."""
    with contextlib.redirect_stderr(io.StringIO()):
        try:
            _parser().parse_args(arguments)
        except SystemExit:
            return False
    return True


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def procfile() -> dict[str, str]:
    return dict(line.split(": ", 1) for line in text_of(ROOT / "Procfile").splitlines())


@pytest.mark.parametrize("guide", GUIDES, ids=lambda path: path.stem)
def test_a_guide_is_one_page_and_speaks_of_everything(guide: Path) -> None:
    text = text_of(guide)
    assert len(text.splitlines()) <= 85
    assert [subject for subject in SUBJECTS if not re.search(rf"^(?:## |\*\*){subject}", text, re.MULTILINE)] == []
    told = ("/healthz", "/readyz", "/metrics", "/status", "PUBLIC_URL", "WEBHOOK_SECRET", "METRICS_TOKEN", "RETENTION_DAYS", "/revoke", "/undang")
    assert [word for word in told if word not in text] == []


def test_every_variable_that_is_named_is_one_the_program_reads() -> None:
    for path in OURS:
        words = set(re.findall(r"\b(?!AF_)[A-Z]+(?:_[A-Z]+)+\b", text_of(path))) | set(re.findall(r"^([A-Z_]+)=", text_of(path), re.MULTILINE))
        assert words - set(VARIABLES) - OTHERS_VARIABLES - {"V"} == set(), path.name


def test_every_command_that_is_named_is_one_the_parser_takes() -> None:
    calls = [
        (path.name, shlex.split(call))
        for path in OURS
        for call in re.findall(r"(?:python3? (?:-P )?-m bot|deploy/netral\.sh) ([^`\n\"]+)", text_of(path))
        if not call.startswith("$")
    ]
    assert {words[0] for _, words in calls} >= {"run", "migrate", "backup", "restore", "check", "ask"}
    assert [(name, words) for name, words in calls if not accepted(words[: words.index("&&")] if "&&" in words else words)] == []


def test_every_file_that_is_named_is_there() -> None:
    for path in OURS:
        named = re.findall(r"(?<![\w./-])(?:/opt/netral/)?((?:deploy|bot|knowledge|tests)/[\w./-]*\w)", text_of(path))
        assert [name for name in named if not (ROOT / name).exists()] == [], path.name


def test_no_host_of_a_package_registry_is_named() -> None:
    registries = re.compile(r"pypi|pythonhosted|docker\.io|ghcr|quay\.|npmjs|index-url|find-links|gcr\.", re.IGNORECASE)
    assert [path.name for path in OURS if registries.search(text_of(path))] == []


def test_the_procfile_runs_the_processes_of_its_guide_and_stops_without_a_database() -> None:
    guide = text_of(DEPLOY / "procfile.md")
    assert set(re.findall(r"`(\w+):`", guide)) == set(procfile()) == {"web", "release"}
    for line in procfile().values():
        assert "EPHEMERAL_DISK=${EPHEMERAL_DISK:-yes} " in line
        assert accepted(shlex.split(line.partition("-m bot ")[2]))


def test_the_unit_starts_what_is_there_and_keeps_secrets_out_of_sight() -> None:
    lines = [line.split("=", 1) for line in text_of(DEPLOY / "netral.service").splitlines() if re.match(r"\w+=", line)]
    unit = dict(lines)
    assert accepted(shlex.split(unit["ExecStart"].partition("-m bot ")[2]))
    assert unit["EnvironmentFile"] == "/etc/netral.env"
    assert "install -m 600 deploy/netral.env /etc/netral.env" in text_of(DEPLOY / "vm.md")
    assert unit["Environment"].startswith("PYTHONPATH=/opt/netral ")
    assert unit["WorkingDirectory"] == f"/var/lib/{unit['StateDirectory']}"
    expected = {"DynamicUser": "yes", "NoNewPrivileges": "yes", "ProtectSystem": "strict", "PrivateTmp": "yes", "Restart": "always"}
    assert expected.items() <= unit.items()
    assert int(unit["TimeoutStopSec"]) > 10
    for name in ("WorkingDirectory", "EnvironmentFile", "User", "StateDirectory", "DynamicUser"):
        assert f"-p {name}={unit[name]} " in text_of(DEPLOY / "netral.sh"), "a command sees what the service sees"


def test_the_proxy_logs_nobody() -> None:
    text = re.sub(r"#.*", "", text_of(DEPLOY / "Caddyfile"))
    everywhere, _, site = text.partition("\nnetral.example.go.id {")
    assert "exclude http.log.error" in everywhere
    assert "log" not in site
    assert f"127.0.0.1:{Settings.from_environment({}).port} " in site
    assert "-X-Forwarded-For" in site


def test_the_settings_file_is_good_when_filled_in() -> None:
    given = dict(line.split("=", 1) for line in text_of(DEPLOY / "netral.env").splitlines() if line and not line.startswith("#"))
    assert not Settings.from_environment(given).token
    word = "0123456789abcdef0123"
    filled = {"TELEGRAM_BOT_TOKEN": "42:abcdefghijklmnop", "ADMIN_IDS": "1,2", "PUBLIC_URL": "https://netral.example.go.id"}
    assert Settings.from_environment(given | filled | {"WEBHOOK_SECRET": word, "METRICS_TOKEN": word}).metrics_token == word


def test_the_image_has_a_python_that_will_do_hashed_packages_and_no_root() -> None:
    text = text_of(DEPLOY / "Containerfile")
    needed = tomllib.loads(text_of(ROOT / "pyproject.toml"))["project"]["requires-python"]
    lowest = tuple(int(part) for part in needed.removeprefix(">=").split("."))
    bases = re.findall(r"^FROM python:(\d+)\.(\d+)-slim\b", text, re.MULTILINE)
    assert len(bases) == len(re.findall("^FROM ", text, re.MULTILINE)) == 2
    assert len(set(bases)) == 1
    assert all((int(major), int(minor)) >= lowest for major, minor in bases)
    assert "--require-hashes" in text
    assert re.findall(r"^USER (\d+):\d+$", text, re.MULTILINE) not in ([], ["0"])
    assert "/healthz" in text
    started = re.findall(r"^CMD \[(.*)\]$", text, re.MULTILINE)
    assert accepted(re.findall(r'"([^"]*)"', started[0])[3:])
    copied = {name for line in re.findall(r"^COPY (?!--from)(.*) \S+$", text, re.MULTILINE) for name in line.split()}
    assert copied == set(re.findall(r"^!(\S+)$", text_of(ROOT / ".dockerignore"), re.MULTILINE)), "nothing else is sent to the builder"
    assert all((ROOT / name).exists() for name in copied)


def test_the_lock_holds_every_package_the_program_asks_for() -> None:
    project = tomllib.loads(text_of(ROOT / "pyproject.toml"))["project"]
    locked = set(re.findall(r"^([\w.-]+)==", text_of(ROOT / "requirements.txt"), re.MULTILINE))
    asked = {re.split(r"[\[<>=]", name)[0].lower() for name in project["dependencies"]}
    assert asked - locked == set(), "make lock"
