"""Known weaknesses of the packages the program runs with, asked of the public advisory service: `python -m tests.audit`.

Ends with 1 when there is one. Where the service cannot be asked, it says in capitals that nothing was audited and ends with 0:
an installation without the internet must still be testable.
"""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


def judged(report: str) -> tuple[int, str]:
    """Exit code and what to say of pip-audit's JSON; an empty report is one that never came."""
    try:
        packages = json.loads(report)["dependencies"]
    except (ValueError, KeyError):
        return 0, "NOT AUDITED: the advisory service could not be asked."
    weak = [(one["name"], one["version"], weakness["id"]) for one in packages for weakness in one.get("vulns", [])]
    skipped = [one["name"] for one in packages if "skip_reason" in one]
    if weak:
        return 1, "\n".join(f"{name} {version}: {identifier}" for name, version, identifier in weak)
    if len(skipped) == len(packages):
        return 0, "NOT AUDITED: the advisory service knows none of the packages; is it a mirror?"
    told = f", {len(skipped)} unknown to the service: {', '.join(skipped)}" if skipped else ""
    return 0, f"{len(packages) - len(skipped)} packages audited, no known weakness{told}."


def main() -> int:
    words = ["-r", str(ROOT / "requirements.txt"), "--require-hashes", "--disable-pip", "--progress-spinner", "off", "--format", "json"]
    done = subprocess.run([sys.executable, "-m", "pip_audit", *words], capture_output=True, text=True, timeout=300, check=False)
    code, told = judged(done.stdout)
    print(told)
    return code


if __name__ == "__main__":
    sys.exit(main())
