"""What a model lets somebody fill in, read from its JSON Schema: kinds, limits, allowed values. Knows no value and no HTML."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal

from pydantic import BaseModel

Kind = Literal["line", "text", "choice", "date", "number", "lines", "group", "groups", "map"]
LONG = 120
"""A text that may be longer than this many letters gets room for several lines."""


@dataclass(frozen=True, slots=True)
class Shape:
    """One place in a model. For lists of texts the limits are those of an item; `most` is how many items there may be."""

    kind: Kind
    is_required: bool = True
    may_be_null: bool = False
    description: str = ""
    max_length: int | None = None
    pattern: str = ""
    choices: tuple[str, ...] = ()
    lowest: int | None = None
    highest: int | None = None
    most: int | None = None
    by_date: bool = False
    values_may_be_null: bool = False
    fields: "Mapping[str, Shape]" = field(default_factory=dict)
    """Of a group, of each group in a list, of each group in a map."""


@cache
def shape_of(model: type[BaseModel]) -> Shape:
    """The shape of a model, with the rulebook's own keys."""
    schema = model.model_json_schema(by_alias=True)
    return _shape(schema, schema.get("$defs", {}), is_required=True)


# JSON Schema is untyped by nature: what stands here as Any is a dict, a list, a text or a number, as the standard says.
Schema = dict[str, Any]


def _shape(node: Schema, defs: Schema, *, is_required: bool) -> Shape:
    description = str(node.get("description", "")) if "properties" not in node else ""  # a model's own text is for programmers
    node, may_be_null = _resolved(node, defs)
    common: Schema = {"is_required": is_required, "may_be_null": may_be_null, "description": description}
    if "properties" in node:
        return Shape("group", fields=_fields(node, defs), **common)
    if node.get("type") == "object":
        inner, inner_null = _resolved(node.get("additionalProperties", {}), defs)
        by_date = node.get("propertyNames", {}).get("format") == "date"
        return Shape("map", fields=_fields(inner, defs), by_date=by_date, values_may_be_null=inner_null, **common)
    if node.get("type") == "array":
        item = _resolved(node.get("items", {}), defs)[0]
        if "properties" in item:
            return Shape("groups", fields=_fields(item, defs), most=node.get("maxItems"), **common)
        return Shape("lines", most=node.get("maxItems"), **_limits(item), **common)
    return Shape(_kind(node), **_limits(node), **common)


def _fields(node: Schema, defs: Schema) -> dict[str, Shape]:
    required = node.get("required", ())
    return {key: _shape(inner, defs, is_required=key in required) for key, inner in node.get("properties", {}).items()}


def _kind(node: Schema) -> Kind:
    if "enum" in node or "const" in node:
        return "choice"
    if node.get("format") == "date":
        return "date"
    if node.get("type") == "integer":
        return "number"
    return "text" if node.get("maxLength", 0) > LONG else "line"


def _limits(node: Schema) -> Schema:
    return {
        "max_length": node.get("maxLength"),
        "pattern": node.get("pattern", ""),
        "choices": tuple(map(str, node.get("enum", [node["const"]] if "const" in node else ()))),
        "lowest": node.get("minimum"),
        "highest": node.get("maximum"),
    }


def _resolved(node: Schema, defs: Schema) -> tuple[Schema, bool]:
    """Without references and alternatives; and whether nothing (null) is one of the alternatives."""
    may_be_null = False
    while True:
        if "$ref" in node:
            node = defs[node["$ref"].rsplit("/", 1)[1]]
        elif "anyOf" in node:
            may_be_null = may_be_null or any(option.get("type") == "null" for option in node["anyOf"])
            node = next((option for option in node["anyOf"] if option.get("type") != "null"), {})
        else:
            return node, may_be_null
