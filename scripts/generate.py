#!/usr/bin/env python3
"""Writes what follows from the schema: the fields of a rule for Python's type checkers, the options of the
command line, the form of the console, the types of the control API's answers for the console's type checker, and
the API in OpenAPI, from which clients in other languages are generated.

usage: generate.py [--check]
"""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, NotRequired, Union, get_args, get_origin

from typing_extensions import get_type_hints, is_typeddict

from localstack_outages.control.openapi import openapi
from localstack_outages.schema import documents, load_documents, scenario_documents
from localstack_outages.schema.faults import all_faults
from localstack_outages.schema.forms import Form, Group, Part
from localstack_outages.schema.model import Model
from localstack_outages.schema.rule_forms import forms
from localstack_outages.schema.rules import Rule

PACKAGE = Path(__file__).parents[1] / "localstack_outages"
CONSOLE = PACKAGE / "control" / "console"
CLIENTS = PACKAGE.parent / "clients"
COLUMNS = 100


def main() -> int:
    """Write the files, or say which are not up to date; give the exit code."""
    stale = []
    for path, write in FILES.items():
        text = formatted(write()) if path.suffix == ".py" else write()
        if "--check" not in sys.argv:
            path.write_text(text)
        elif not path.exists() or path.read_text() != text:
            stale.append(str(path.relative_to(PACKAGE.parent)))
    if stale:
        print(f"error: {', '.join(stale)}: not up to date; run 'make generate'", file=sys.stderr)
    return 1 if stale else 0


# Fields of a rule, for Python


def python_fields() -> str:
    """Write ``schema/fields.py``."""
    faults = [fault.name for fault in all_faults()]
    hints = {name: field.annotation for name, field in Rule.model_fields.items()}
    given = [f"    {name}: {as_given(hints[name])}" for name in hints if name != "service"]
    kept = [f"    {name}: {as_kept(hints[name])} = None" for name in faults]
    return "\n".join(
        [
            "# Written by 'make generate' from the schema. Do not edit.",
            '"""The fields of a rule, for type checkers: a rule gets those of the faults from'
            " ``faults/``.",
            '"""',
            "",
            "from collections.abc import Mapping, Sequence",
            "from typing import Any, Literal, TypedDict",
            "",
            *imports({model for name in faults for model in models(hints[name])}),
            "from .model import Model",
            "",
            "",
            "class Fields(TypedDict, total=False):",
            '    """The fields of a rule but for the service, as ``Rule`` describes them."""',
            "",
            *given,
            "",
            "",
            "class FaultFields(Model):",
            '    """The faults of a rule."""',
            "",
            *kept,
            "",
        ]
    )


def formatted(text: str) -> str:
    """Format Python's code as ``make format`` does."""
    ruff = [sys.executable, "-m", "ruff", "format", "--stdin-filename", "x.py", "-"]
    return subprocess.run(
        ruff, input=text, capture_output=True, text=True, check=True, cwd=PACKAGE.parent
    ).stdout


def imports(named: set[type[Model]]) -> list[str]:
    """Write the imports of models, by module."""
    by_module: dict[str, list[str]] = {}
    for model in named:
        by_module.setdefault(model.__module__.rpartition("schema")[2], []).append(model.__name__)
    return [
        f"from {module} import {', '.join(sorted(by_module[module]))}"
        for module in sorted(by_module)
    ]


def models(annotation: Any) -> Iterator[type[Model]]:
    """Give the models in an annotation."""
    if isinstance(annotation, type) and issubclass(annotation, Model):
        yield annotation
    for argument in get_args(annotation):
        yield from models(argument)


def as_given(annotation: Any) -> str:
    """Write a type as it is given: as JSON has it, in Python's types."""

    def of_model(model: type[Model]) -> str:
        members = [member for f in model.model_fields.values() for member in flat(f.annotation)]
        numbers = all(member in (int, float, NoneType) for member in members)
        return f"Mapping[str, {'float' if numbers else 'Any'}]"

    return in_python([m for m in flat(annotation) if m is not NoneType], of_model, "Sequence[{}]")


def as_kept(annotation: Any) -> str:
    """Write a type as a rule keeps it."""
    return in_python(flat(annotation), lambda model: model.__name__, "tuple[{}, ...]")


def flat(annotation: Any) -> list[Any]:
    """Give the members of a union, or the one type, without what pydantic checks beside them."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return flat(get_args(annotation)[0])
    if origin in (Union, UnionType):
        return [member for argument in get_args(annotation) for member in flat(argument)]
    return [annotation]


def in_python(members: list[Any], of_model: Callable[[type[Model]], str], of_tuple: str) -> str:
    """Write the members of a union."""
    written = []
    for member in members:
        if member is NoneType:
            written.append("None")
        elif get_origin(member) is Literal:
            written.append(f"Literal[{', '.join(json.dumps(word) for word in get_args(member))}]")
        elif get_origin(member) is dict:
            key, value = get_args(member)
            written.append(f"Mapping[{key.__name__}, {value.__name__}]")
        elif get_origin(member) is tuple:
            item = in_python(flat(get_args(member)[0]), of_model, of_tuple)
            written.append(of_tuple.format(item))
        elif issubclass(member, Model):
            written.append(of_model(member))
        else:
            written.append("Any" if member is Any else member.__name__)
    return " | ".join(dict.fromkeys(written))


# The options of the command line


def cli_options() -> str:
    """Write ``cli/fault_options.py``: help must not wait for what the faults are made of."""
    options = [
        "{"
        f'"name": {fault.name!r}, "metavar": {fault.option.metavar!r}, "help": {fault.option.help!r},'
        f' "words": {tuple(fault.option.words)!r}, "names": {fault.option.names!r}'
        "},"
        for fault in all_faults()
    ]
    return "\n".join(
        [
            "# Written by 'make generate' from the schema. Do not edit.",
            '"""The options of ``start`` that are faults, as ``schema/faults/`` describes them."""',
            "",
            "from typing import Literal, TypedDict",
            "",
            "",
            "class FaultOption(TypedDict):",
            '    """One option, see ``schema.fault.CommandOption``."""',
            "    name: str",
            "    metavar: str",
            "    help: str",
            "    words: tuple[str, ...]",
            '    names: Literal["error_codes"] | None',
            "",
            "",
            "FAULT_OPTIONS: tuple[FaultOption, ...] = (",
            *options,
            ")",
            "",
        ]
    )


# The form of the console


def console_form() -> str:
    """Write ``fields.js``."""
    groups: dict[str, list[str]] = {title: [] for title in get_args(Group)}
    for path, form in forms().items():
        groups[form.group].append(field_in_js(path, form))
    lines = [
        "/** Written by 'make generate' from the schema. Do not edit. */",
        "",
        "/** The fields of a rule, as a form asks for them: each has shapes, each shape has parts. */",
        "/** @type {{title: string, fields: Field[]}[]} */",
        "export const GROUPS = [",
    ]
    for title, fields in groups.items():
        lines += [f"  {{ title: {json.dumps(title)}, fields: [", *fields, "  ] },"]
    return "\n".join([*lines, "];", ""])


def console_faults() -> str:
    """Write ``faults.js``, apart from the form, which a page loads only when it is opened."""
    lines = [
        "/** Written by 'make generate' from the schema. Do not edit. */",
        "",
        "/** What each fault does to the calls that a rule matches. */",
        "/** @type {{name: string, fails: boolean, takesAll: boolean, passing?: string[]}[]} */",
        "export const FAULTS = [",
    ]
    for fault in all_faults():
        takes_all = not fault.lets_pass(None) and not fault.is_finite
        facts: dict[str, Any] = {"name": fault.name, "fails": fault.fails, "takesAll": takes_all}
        passing = [word for word in fault.option.words if takes_all and fault.lets_pass(word)]
        if passing:
            facts["passing"] = passing
        lines.append(f"  {in_js(facts)},")
    return "\n".join([*lines, "];", ""])


def field_in_js(path: str, form: Form) -> str:
    """Write a field of the form."""
    head = {"path": path, "label": form.label, **({"hint": form.hint} if form.hint else {})}
    shapes = [
        "      "
        + in_js(
            {
                "name": shape.name,
                **({"keys": shape.keys} if shape.keys else {}),
                "parts": [part_in_js(part) for part in shape.parts],
            }
        )
        + ","
        for shape in form.shapes
    ]
    return "\n".join([f"    {in_js(head)[:-2]}, shapes: [", *shapes, "    ] },"])


def part_in_js(part: Part) -> dict[str, Any]:
    """Give what a part says, without what it leaves out."""
    return {name: value for name, value in part._asdict().items() if value}


def in_js(value: Any) -> str:
    """Write a value; names of an object stand without quotes."""
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{name}: {in_js(item)}' for name, item in value.items())} }}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(in_js, value))}]"
    return json.dumps(value, ensure_ascii=False)


# The answers of the control API, for the console's type checker

CALLED = {"Event": "Call"}
"""What is called otherwise there, since browsers have the name."""


def console_types() -> str:
    """Write ``types.d.ts``."""
    lines = [
        "// Written by 'make generate' from the schema. Do not edit.",
        "",
        "// What the control API answers; schema/*documents.py have the meaning and the unit of each",
        "// field. For the type checker alone: it is never served.",
        "",
        "type Rule = Record<string, any>;",
    ]
    for module in (documents, load_documents, scenario_documents):
        for name, document in vars(module).items():
            if is_typeddict(document) and document.__module__ == module.__name__:
                lines += ["", *interface(name, document)]
    return "\n".join([*lines, ""])


def interface(name: str, document: Any) -> list[str]:
    """Write a document as an interface."""
    hints = get_type_hints(document, include_extras=True)
    fields = [
        f"  {field}{'' if field in document.__required_keys__ else '?'}: {type_of(hint)};"
        for field, hint in hints.items()
    ]
    return [f"interface {CALLED.get(name, name)} {{", *fields, "}"]


def type_of(hint: Any) -> str:
    """Write a type."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Annotated, NotRequired):
        return type_of(arguments[0])
    if origin in (Union, UnionType):
        return " | ".join(type_of(argument) for argument in arguments)
    if origin is Literal:
        return " | ".join(json.dumps(word) for word in arguments)
    if origin is list:
        item = type_of(arguments[0])
        return f"({item})[]" if "|" in item else f"{item}[]"
    if origin is dict:
        return f"Record<{type_of(arguments[0])}, {type_of(arguments[1])}>"
    if is_typeddict(hint):
        return CALLED.get(hint.__name__, hint.__name__)
    return {str: "string", int: "number", float: "number", bool: "boolean", NoneType: "null"}.get(
        hint, "any"
    )


# The control API, for generators of clients


def openapi_document() -> str:
    """Write ``openapi.json``."""
    return json.dumps(openapi(), indent=1, ensure_ascii=False) + "\n"


FILES: dict[Path, Callable[[], str]] = {
    PACKAGE / "cli" / "fault_options.py": cli_options,
    PACKAGE / "schema" / "fields.py": python_fields,
    CONSOLE / "static" / "fields.js": console_form,
    CONSOLE / "static" / "faults.js": console_faults,
    CONSOLE / "types.d.ts": console_types,
    CLIENTS / "openapi.json": openapi_document,
}

if __name__ == "__main__":
    sys.exit(main())
