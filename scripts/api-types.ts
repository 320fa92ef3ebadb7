/**
 * Types of the public API, printed from its OpenAPI document: for each operation what it takes and what it answers, and
 * the addresses that there are. Our own printer and not `openapi-typescript`, which is built on a compiler API that
 * TypeScript 7 does not have.
 */
import { createCatalogApi } from "@thewatcher/catalog-api/app";
import { createControlApi } from "@thewatcher/control-api/app";
import { mergeOpenApi } from "@thewatcher/gateway/openapi";
import { describedRoutes } from "@thewatcher/serving-api/api-document";

interface Json {
  readonly [key: string]: unknown;
}
interface Operation {
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: string;
    readonly required?: boolean;
    readonly schema?: Json;
  }[];
  readonly requestBody?: { readonly content?: Readonly<Record<string, { readonly schema?: Json }>> };
  readonly responses?: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { readonly schema?: Json }>> }>
  >;
}
interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Json>> };
}

/** The document that the gateway answers with, without a store: an API describes itself before it is asked anything. */
export async function describeApi(): Promise<Document> {
  const nothing = {} as never;
  const nobody = { verify: async () => undefined } as never;
  const clock = { now: () => 0 } as never;
  const catalog = createCatalogApi({ database: nothing, index: nothing, verifier: nobody, clock, log: nothing });
  const control = createControlApi({
    database: nothing,
    composePages: nothing,
    verifier: nobody,
    clock,
    log: nothing,
  });
  // Serving's routes are described apart from its handlers, so any document takes them; the gateway's table picks.
  const serving = createCatalogApi({ database: nothing, index: nothing, verifier: nobody, clock, log: nothing });
  for (const route of describedRoutes) serving.openAPIRegistry.registerPath(route);
  const documentOf = async (app: { request(path: string): Promise<Response> | Response }) =>
    (await (await app.request("/openapi.json")).json()) as Json;
  return mergeOpenApi({
    catalog: await documentOf(catalog),
    serving: await documentOf(serving),
    control: await documentOf(control),
  }) as unknown as Document;
}

/** Of a template literal type. */
const PLACEHOLDER = ["$", "{string}"].join("");

const COMMENT = `/**
 * The public API's operations, printed from its OpenAPI document by \`npx tsx --conditions=@thewatcher/source
 * scripts/generate-api-types.ts\`. Not to be edited by hand: a test compares.
 */`;

export function printApiTypes({ paths, components }: Document): string {
  const names = new Map(Object.keys(components.schemas).map((name) => [name, typeNameOf(name)]));
  const print = (schema: unknown): string => typeOf(schema, names);
  const schemas = Object.entries(components.schemas)
    .map(([name, schema]) => `  readonly ${names.get(name)}: ${print(schema)};`)
    .sort();
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => {
      const query = (operation.parameters ?? []).filter((parameter) => parameter.in === "query");
      const takes = query.map(
        ({ name, required, schema }) => `readonly ${keyOf(name)}${required ? "" : "?"}: ${print(schema)};`,
      );
      const body = operation.requestBody?.content?.["application/json"]?.schema;
      const success = Object.entries(operation.responses ?? {}).find(([status]) => /^2/.test(status));
      const answer = success?.[1].content?.["application/json"]?.schema;
      return `  readonly "${method.toUpperCase()} ${path}": {
    readonly query: ${takes.length > 0 ? `{ ${takes.join(" ")} }` : "Record<never, never>"};
    readonly body: ${body === undefined ? "undefined" : print(body)};
    readonly answer: ${answer === undefined ? "unknown" : print(answer)};
  };`;
    }),
  );
  const addresses = Object.keys(paths)
    .map((path) => `  | \`${path.replaceAll(/\{\w+\}/g, PLACEHOLDER)}\``)
    .sort();
  return `${COMMENT}

interface Schemas {
${schemas.join("\n")}
}

export interface ApiOperations {
${operations.join("\n")}
}

/** Every address of the API, without a query. */
export type ApiPath =
${addresses.join("\n")};
`;
}

/** \`catalog.TitleCard\` → \`catalog_TitleCard\`. */
const typeNameOf = (name: string): string => name.replaceAll(/\W/g, "_");
const keyOf = (name: string): string => (/^[A-Za-z_]\w*$/.test(name) ? name : JSON.stringify(name));

function typeOf(schema: unknown, names: ReadonlyMap<string, string>): string {
  const print = (one: unknown): string => typeOf(one, names);
  if (typeof schema !== "object" || schema === null) return "unknown";
  const json = schema as Json;
  if (typeof json.$ref === "string") {
    const name = names.get(json.$ref.slice("#/components/schemas/".length));
    return name === undefined ? "unknown" : `Schemas["${name}"]`;
  }
  if (json.const !== undefined) return JSON.stringify(json.const);
  if (Array.isArray(json.enum)) return json.enum.map((value) => JSON.stringify(value)).join(" | ");
  const several = (json.anyOf ?? json.oneOf) as readonly unknown[] | undefined;
  if (several) return several.map((one) => `(${print(one)})`).join(" | ");
  if (Array.isArray(json.allOf)) return json.allOf.map((one) => `(${print(one)})`).join(" & ");
  if (Array.isArray(json.type)) return json.type.map((type) => `(${print({ ...json, type })})`).join(" | ");
  switch (json.type) {
    case "string":
      return "string";
    case "number":
    case "integer":
      return "number";
    case "boolean":
      return "boolean";
    case "null":
      return "null";
    case "array":
      return `readonly (${print(json.items)})[]`;
    case "object": {
      const required = (json.required ?? []) as readonly string[];
      const fields = Object.entries((json.properties ?? {}) as Json).map(([name, value]) =>
        required.includes(name)
          ? `readonly ${keyOf(name)}: ${print(value)};`
          : `readonly ${keyOf(name)}?: ${print(value)} | undefined;`,
      );
      if (fields.length > 0) return `{ ${fields.join(" ")} }`;
      return typeof json.additionalProperties === "object"
        ? `{ readonly [key: string]: ${print(json.additionalProperties)} }`
        : "Record<never, never>";
    }
    default:
      return "unknown";
  }
}
