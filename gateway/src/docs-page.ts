/**
 * The OpenAPI document as a page for people: made of the document, whole, without a script; what it shows of a schema is
 * what a reader needs to write a request by hand.
 */
interface Json {
  readonly [key: string]: unknown;
}

interface Operation {
  readonly operationId?: string;
  readonly summary?: string;
  readonly description?: string;
  readonly parameters?: readonly { name: string; in: string; required?: boolean; schema?: Json }[];
  readonly requestBody?: { readonly content?: Readonly<Record<string, { schema?: Json }>> };
  readonly responses?: Readonly<Record<string, { description?: string; content?: Record<string, { schema?: Json }> }>>;
  readonly "x-callers"?: readonly string[];
}

interface Document {
  readonly info: { readonly title: string; readonly version: string; readonly description?: string };
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Json>> };
}

const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");

/** Deeper ones are named only: what is shown stays a page. */
const DEPTH_MAX = 6;

export function renderDocsPage(document: object, nonce: string): string {
  const { info, paths, components } = document as Document;
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
  );
  const anchor = (method: string, path: string) => `${method}-${path}`.replaceAll(/[^\w]+/g, "-");
  const index = operations
    .map(
      ({ path, method, operation }) =>
        `<li><a href="#${anchor(method, path)}"><b>${method}</b> ${escaped(path)}</a> ${escaped(operation.summary ?? "")}</li>`,
    )
    .join("\n");
  const sections = operations.map(({ path, method, operation }) => {
    const bodies = Object.values(operation.requestBody?.content ?? {}).map(
      ({ schema }) => `<h3>Body</h3><pre>${escaped(typeText(schema))}</pre>`,
    );
    const parameters = (operation.parameters ?? []).map(
      (parameter) =>
        `<tr><td><code>${escaped(parameter.name)}</code></td><td>${escaped(parameter.in)}${parameter.required ? ", required" : ""}</td><td><code>${escaped(typeText(parameter.schema))}</code></td></tr>`,
    );
    const answers = Object.entries(operation.responses ?? {}).map(([status, { description = "", content = {} }]) => {
      const schema = Object.values(content)[0]?.schema;
      const isProblem = Object.keys(content).some((type) => type.includes("problem"));
      const shape = schema && !isProblem ? `<pre>${escaped(typeText(schema))}</pre>` : "";
      return `<dt>${escaped(status)} ${escaped(description)}</dt><dd>${shape}</dd>`;
    });
    return `<section id="${anchor(method, path)}">
<h2><b>${method}</b> ${escaped(path)}</h2>
<p>${escaped(operation.summary ?? "")} <small>For: ${escaped((operation["x-callers"] ?? []).join(", "))}</small></p>
${parameters.length > 0 ? `<table>${parameters.join("")}</table>` : ""}
${bodies.join("")}
<h3>Answers</h3><dl>${answers.join("")}</dl>
</section>`;
  });
  const schemas = Object.entries(components.schemas).map(
    ([name, schema]) =>
      `<section id="schema-${escaped(name)}"><h3>${escaped(name)}</h3><pre>${escaped(typeText(schema))}</pre></section>`,
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(info.title)}: the API</title>
<style nonce="${nonce}">
body { margin: 0 auto; max-width: 60rem; padding: 1rem; font: 16px/1.5 system-ui, sans-serif; background: #0d0f12; color: #e6e8eb; }
a { color: #8ab4ff; } h2 { border-top: 1px solid #333; padding-top: 1rem; font-size: 1.1rem; } h2 b, li b { color: #ffcf70; }
pre { background: #171a1f; padding: .75rem; overflow: auto; } td { padding: .1rem 1rem .1rem 0; } dd { margin: 0 0 .5rem; } ul { list-style: none; padding: 0; }
</style>
</head>
<body>
<h1>${escaped(info.title)}: the API</h1>
<p>${escaped(info.description ?? "")} The same for programs: <a href="/api/openapi.json">/api/openapi.json</a>.
A failure is a problem (RFC 9457); its <code>type</code> is a page that explains it.
A request that changes something and leans on a session's cookie carries <code>x-csrf-token</code>, which <code>GET /api/v1/session</code> says.</p>
<ul>
${index}
</ul>
${sections.join("\n")}
<h2>Shapes</h2>
${schemas.join("\n")}
</body>
</html>
`;
}

/** A JSON Schema, shortly: `{ name: string ≤64, profiles: [Profile] ≤6 }`. */
function typeText(schema: unknown, depth = 0): string {
  if (typeof schema !== "object" || schema === null) return "anything";
  const json = schema as Json;
  if (typeof json.$ref === "string") return json.$ref.slice(json.$ref.lastIndexOf("/") + 1);
  if (json.const !== undefined) return JSON.stringify(json.const);
  if (Array.isArray(json.enum)) return json.enum.map((value) => JSON.stringify(value)).join(" | ");
  const several = (json.anyOf ?? json.oneOf) as unknown[] | undefined;
  if (several) return several.map((one) => typeText(one, depth)).join(" | ");
  if (Array.isArray(json.allOf)) return json.allOf.map((one) => typeText(one, depth)).join(" & ");
  if (Array.isArray(json.type)) return json.type.map((type) => typeText({ ...json, type }, depth)).join(" | ");
  if (depth > DEPTH_MAX) return "…";
  const atMost = json.maxItems ?? json.maxLength ?? json.maximum;
  const limit = typeof atMost === "number" && atMost < Number.MAX_SAFE_INTEGER ? ` ≤${atMost}` : "";
  if (json.type === "array") return `[${typeText(json.items, depth + 1)}]${limit}`;
  if (json.type === "object" || json.properties !== undefined) {
    const required = (json.required ?? []) as readonly string[];
    const indent = "  ".repeat(depth + 1);
    const lines = Object.entries((json.properties ?? {}) as Json).map(
      ([name, value]) => `${indent}${name}${required.includes(name) ? "" : "?"}: ${typeText(value, depth + 1)}`,
    );
    if (lines.length === 0)
      return typeof json.additionalProperties === "object"
        ? `{ …: ${typeText(json.additionalProperties, depth + 1)} }`
        : "{ … }";
    return `{\n${lines.join("\n")}\n${"  ".repeat(depth)}}`;
  }
  return `${typeof json.type === "string" ? json.type : "anything"}${limit}`;
}
