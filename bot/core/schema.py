"""JSON Schemas for the rulebook's files, made from the model: completion and hover help in text editors."""

import json

from bot.core.assembly import KINDS

NAMES = {pattern: ("aturan" if "aturan" in pattern else pattern.split("/")[0].removesuffix(".yaml")) + ".json" for pattern in KINDS}


def schemas() -> dict[str, str]:
    """File name → schema text, stable from run to run."""
    found = {}
    for pattern, model in KINDS.items():
        schema = model.model_json_schema(by_alias=True)
        schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
        schema["title"] = f"Tanya Netral: {pattern}"
        found[NAMES[pattern]] = json.dumps(_plain(schema), ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    return found


def _plain(node: object) -> object:
    """Without what only programmers need: English titles of fields, and the topic that is filled in by itself."""
    if isinstance(node, dict):
        kept = {
            key: _plain(value) for key, value in node.items() if not (key == "title" and isinstance(value, str) and not value.startswith("Tanya"))
        }
        properties = kept.get("properties")
        if isinstance(properties, dict) and "frasa_inggris" in properties:
            properties.pop("topik", None)
        return kept
    return [_plain(item) for item in node] if isinstance(node, list) else node
