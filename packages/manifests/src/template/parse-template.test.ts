import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { TemplateError } from "./node.ts";
import { parseTemplate } from "./parse-template.ts";

const refuses = (text: string, message: RegExp) =>
  assert.throws(
    () => parseTemplate(text),
    (error) => error instanceof TemplateError && message.test(error.message),
    text.slice(0, 80),
  );

describe("templates as Go takes them", () => {
  for (const text of [
    "",
    "no action",
    "{{ .PW }}",
    "{{- .PW -}}",
    "{{/* a comment with }} in it */}}x",
    "{{- /* trimmed */ -}}",
    '{{ index . "my-key" }}',
    "{{ `{{ .PW }}` }}",
    '{{ printf "%s:%s" .user .pass | b64enc }}',
    "{{ .PW | toString | b64enc | quote }}",
    '{{ if .A }}x{{ else if eq .B "y" }}y{{ else }}z{{ end }}',
    "{{ with .A }}{{ . }}{{ else with .B }}{{ . }}{{ end }}",
    "{{ range $k, $v := . }}{{ $k }}={{ $v }}\n{{ end }}",
    "{{ range $i := until 3 }}{{ if eq $i 1 }}{{ break }}{{ end }}{{ continue }}{{ end }}",
    "{{ $x := .A }}{{ $x = .B }}{{ $x }}",
    "{{ (.J | fromJson).a.b }}",
    '{{ (index (.J | fromJson) "a").b }}',
    '{{ define "T" }}{{ . }}{{ end }}{{ template "T" .A }}{{ template "T" }}',
    '{{ block "T" .A }}{{ . }}{{ end }}',
    "{{ 1.5e3 }}{{ -1 }}{{ 'a' }}{{ true }}{{ 0x1F }}",
    "{{ and .A (not .B) }}",
    "{{ now.Year }}",
    "{{ $.A }}",
    '{{ "}}" }}',
    "{{\n  .A\n  | quote\n}}",
    "a } b { c }} d",
    "{{ .ключ }}",
  ]) {
    test(JSON.stringify(text), () => assert.doesNotThrow(() => parseTemplate(text)));
  }
});

describe("templates that Go refuses", () => {
  test("a field with a dash", () => refuses("{{ .my-key }}", /bad character U\+002D '-'/));
  test("functions of Helm", () => {
    for (const name of ["tpl", "include", "lookup", "required", "env"]) {
      refuses(`{{ ${name} "x" }}`, new RegExp(`function "${name}" not defined`));
    }
  });
  test("no end", () => {
    refuses("{{ .A", /unclosed action/);
    refuses("{{ if .A }}x", /unexpected EOF/);
    refuses("{{/* x", /unclosed comment/);
    refuses('{{ "a }}', /unterminated/);
  });
  test("a stray end", () => {
    refuses("{{ end }}", /unexpected \{\{end/);
    refuses("{{ if .A }}{{ else }}{{ else }}{{ end }}", /unexpected/);
  });
  test("an empty action or command", () => {
    refuses("{{ }}", /missing value/);
    refuses("{{ .A | }}", /missing value/);
    refuses("{{ ( }}", /missing value|unclosed/);
    refuses("{{ .A ) }}", /unexpected/);
  });
  test("nesting without end", () => refuses("{{ if .A }}".repeat(5000), /too deeply nested/));
  test("parentheses without end", () => refuses(`{{ ${"(".repeat(50_000)} }}`, /nested/));
});

test("a template parses, or is refused with a place in its text", () => {
  const part = fc.constantFrom(
    "{{",
    "}}",
    "-",
    " ",
    ".A",
    "|",
    "(",
    ")",
    '"',
    "`",
    "if",
    "else",
    "end",
    "$x",
    ":=",
    "b64enc",
    "/*",
    "*/",
    "\n",
    "range",
    "'",
    "1",
  );
  fc.assert(
    fc.property(fc.array(part, { maxLength: 30 }), (parts) => {
      const text = parts.join("");
      try {
        for (const { at, end } of parseTemplate(text)) assert(at >= 0 && end <= text.length && at <= end);
      } catch (error) {
        assert(error instanceof TemplateError, String(error));
        assert(error.at >= 0 && error.at <= text.length);
      }
    }),
    { numRuns: 2000 },
  );
});
