import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { describeApi, printApiTypes } from "./api-types.ts";

const file = new URL("../contracts/src/api/operations.generated.ts", import.meta.url);

/** The formatter breaks lines; what it is made of stays. */
const words = (text: string): string => text.replaceAll(/[\s()|;,]+/g, " ").trim();

test("the generated types are those of today's document; else: npx tsx --conditions=@thewatcher/source scripts/generate-api-types.ts", async () => {
  expect(words(readFileSync(file, "utf8"))).toBe(words(printApiTypes(await describeApi())));
});

test("a schema is printed as what it allows", () => {
  const text = printApiTypes({
    paths: {
      "/api/v1/x/{id}": {
        put: {
          parameters: [
            { name: "id", in: "path", required: true, schema: { type: "string" } },
            { name: "n", in: "query", schema: { type: "integer" } },
          ],
          requestBody: {
            content: {
              "application/json": {
                schema: {
                  type: "object",
                  required: ["a"],
                  properties: { a: { enum: ["x", 1] }, "b-c": { type: ["string", "null"] } },
                },
              },
            },
          },
          responses: { 201: { content: { "application/json": { schema: { $ref: "#/components/schemas/one.Two" } } } } },
        },
      },
    },
    components: { schemas: { "one.Two": { type: "array", items: { anyOf: [{ type: "boolean" }, { const: "z" }] } } } },
  });
  expect(text).toContain("readonly query: { readonly n?: number; };");
  expect(text).toContain('readonly body: { readonly a: "x" | 1; readonly "b-c"?: (string) | (null) | undefined; };');
  expect(text).toContain('readonly answer: Schemas["one_Two"];');
  expect(text).toContain('readonly one_Two: readonly ((boolean) | ("z"))[];');
  expect(text).toContain(`| \`/api/v1/x/\${string}\``);
});
