import { expect, test } from "vitest";
import { mergeOpenApi } from "./openapi.ts";
import { routes } from "./routes.ts";

type Operations = Record<string, Record<string, Record<string, unknown>>>;

test("the document describes every route of the table and nothing else", () => {
  const { paths } = mergeOpenApi({}) as { paths: Operations };
  const described = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  const table = routes.map((route) => `${route.method} ${route.path.replaceAll(/:(\w+)/g, "{$1}")}`);
  expect(described.sort()).toEqual(table.sort());
});

test("a service's own description is taken, its schemas under its own name, and its internal routes left out", () => {
  const document = mergeOpenApi({
    catalog: {
      paths: {
        // The service calls the parameter by another name.
        "/api/v1/titles/{id}": { get: { operationId: "getTitle", schema: { $ref: "#/components/schemas/Title" } } },
        "/internal/stated": { post: { operationId: "applyStated" } },
      },
      components: { schemas: { Title: { type: "object" } } },
    },
  }) as { paths: Operations; components: { schemas: Record<string, unknown> } };
  expect(document.paths["/api/v1/titles/{titleId}"]?.get).toMatchObject({
    operationId: "getTitle",
    schema: { $ref: "#/components/schemas/catalog.Title" },
    "x-callers": ["viewer", "service"],
    security: [{ session: [] }, { machine: [] }],
  });
  expect(document.components.schemas["catalog.Title"]).toEqual({ type: "object" });
  expect(JSON.stringify(document)).not.toContain("internal/");
});
