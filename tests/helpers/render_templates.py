"""Renders chat templates as transformers does: reads [{template, context}] and writes [{text} or {error}], as JSON."""
import json
import sys
from datetime import datetime
from functools import cache

from jinja2 import nodes
from jinja2.exceptions import TemplateError
from jinja2.ext import Extension, loopcontrols
from jinja2.sandbox import ImmutableSandboxedEnvironment


class Generation(Extension):
    tags = {"generation"}

    def parse(self, parser):
        line = next(parser.stream).lineno
        body = parser.parse_statements(["name:endgeneration"], drop_needle=True)
        return nodes.CallBlock(self.call_method("_write"), [], [], body).set_lineno(line)

    def _write(self, caller):
        return caller()


def raise_exception(message):
    raise TemplateError(message)


def to_json(value, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
    return json.dumps(value, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)


now = datetime.fromisoformat(sys.argv[1])
environment = ImmutableSandboxedEnvironment(
    trim_blocks=True, lstrip_blocks=True, extensions=[Generation, loopcontrols]
)
environment.filters["tojson"] = to_json
environment.globals["raise_exception"] = raise_exception
environment.globals["strftime_now"] = lambda pattern: now.strftime(pattern)

compiled = cache(environment.from_string)
outcomes = []
for case in json.load(sys.stdin):
    try:
        outcomes.append({"text": compiled(case["template"]).render(**case["context"])})
    except Exception as error:
        outcomes.append({"error": f"{type(error).__name__}: {error}"})
json.dump(outcomes, sys.stdout)
