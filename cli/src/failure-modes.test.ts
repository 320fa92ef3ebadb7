import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { storesOf } from "./roles/table.ts";

const root = new URL("../../", import.meta.url);
const page = readFileSync(new URL("docs/failure-modes/serving.md", root), "utf8");

const PARTS = ["event log", "warehouse", "recommendation store", "cache", "database", "search", "model files"] as const;
const FAULTS = ["slow", "dead", "wrong data"] as const;

/** `` `path` "title" `` */
const referencesIn = (text: string) =>
  [...text.matchAll(/`([\w./-]+\.test\.ts)`\s+"([^"]+)"/g)].map(([, path, title]) => ({ path: path!, title: title! }));

describe("the table of failure modes", () => {
  const sections = new Map(
    page
      .split(/^## /m)
      .slice(1)
      .map((section) => [section.slice(0, section.indexOf("\n")), section]),
  );

  test.each(PARTS.flatMap((part) => FAULTS.map((fault) => [part, fault] as const)))(
    "%s, %s: says what a viewer sees, within what time, and names its tests",
    (part, fault) => {
      const row = sections.get(part)?.match(new RegExp(`^\\| ${fault} \\|(.*)\\|$`, "m"))?.[1];
      const [sees = "", within = "", heldBy = ""] = row?.split(" | ").map((cell) => cell.trim()) ?? [];
      expect(sees).toMatch(/^[A-Z].{5,}\.$/);
      expect(within).toMatch(/at once|\d+ ms|\d+ s|an hour/);
      expect(referencesIn(heldBy).length).toBeGreaterThan(0);
    },
  );

  test("each test that it names is there", () => {
    const required = readFileSync(new URL("scripts/required-suites.txt", root), "utf8").split("\n");
    for (const { path, title } of referencesIn(page)) {
      expect(existsSync(new URL(path, root)), path).toBe(true);
      expect(required, path).toContain(path);
      expect(readFileSync(new URL(path, root), "utf8").includes(`"${title}"`), `${path}: ${title}`).toBe(true);
    }
  });
});

test("warehouse: nothing that answers viewers opens it", () => {
  const stores = storesOf(["gateway", "catalog", "ingestion", "serving", "control"]);
  expect(stores).not.toContain("warehouse");
  expect(stores).toEqual(
    expect.arrayContaining(["eventLog", "recommendations", "database", "cache", "search", "objects"]),
  );
});
