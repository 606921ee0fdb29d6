"""How a schema's type is spelt in a language: the schemas of the document are few in kind."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from tools.clients.document import named_by

_SAY_NOTHING: Final = frozenset({"title", "description", "default"})


@dataclass(frozen=True, slots=True)
class Spelling:
    """The words of a language for what a schema can say; `{}` stands for the type within."""

    anything: str
    plain: Mapping[str, str]
    array: str
    mapping: str
    literals: Callable[[list[Any]], str]

    def of(self, schema: Any) -> str:
        """Return the type of a schema. Raises LookupError for what is not known."""
        if schema is None or schema is True or not schema.keys() - _SAY_NOTHING:
            return self.anything
        if "$ref" in schema:
            return named_by(schema)
        for several in ("anyOf", "oneOf"):
            if several in schema:
                return " | ".join(dict.fromkeys(self.of(one) for one in schema[several]))
        if "const" in schema:
            return self.literals([schema["const"]])
        if "enum" in schema:
            return self.literals(schema["enum"])
        return self._by_word(schema)

    def _by_word(self, schema: dict[str, Any]) -> str:
        word = schema.get("type")
        if word == "array":
            return self.array.format(self.of(schema.get("items")))
        if word == "object":
            return self.mapping.format(self.of(schema.get("additionalProperties")))
        if isinstance(word, str) and word in self.plain:
            return self.plain[word]
        raise LookupError(f"no type is known for {schema}")
