import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DryRunReport } from "@thewatcher/contracts/api/control";
import type { TitleId } from "@thewatcher/contracts/ids";
import { UserError } from "@thewatcher/kit/user-error";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { checkRulesFile, readRulesFile } from "../rules-file.ts";
import { dryRunText, ruleSetsText } from "./rules.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "rules-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function fileOf(text: string): Promise<string> {
  const file = join(folder, "rules.json");
  await writeFile(file, text);
  return file;
}
const rule = { ruleId: "less-drama", name: "Less drama", match: { genre: ["Drama"] }, effect: { kind: "filter" } };

describe("a file of rules", () => {
  test("is read with what it leaves out, with or without a byte-order mark", async () => {
    const { rules } = await readRulesFile(await fileOf(`\uFEFF${JSON.stringify({ rules: [rule] })}`));
    expect(rules).toEqual([{ ...rule, enabled: true, when: {} }]);
  });

  test("with mistakes is refused in one line with the first of them; all are told by `check`", async () => {
    const wrong = Array.from({ length: 5 }, () => ({ ...rule, effect: { kind: "boost", factor: 11 } }));
    const file = await fileOf(JSON.stringify({ rules: wrong }));
    const refused = await readRulesFile(file).catch((error: unknown) => error as Error);
    expect(refused).toBeInstanceOf(UserError);
    expect((refused as Error).message).toMatch(
      /rules\.0\.effect\.factor is too large or too long \(accepted: at most 10\); .*; 2 more \(`thewatcher rules check` tells all\)$/,
    );
    const checked = await checkRulesFile(file);
    expect(checked.kind === "invalid" && checked.errors.length).toBe(5);
  });

  test.each([
    ["{", /not JSON/],
    ["", /not JSON/],
    [`"${"x".repeat(1_048_576)}"`, /1,048,578 bytes, at most 1,048,576/],
  ])("that is none is told as such", async (text, message) => {
    await expect(readRulesFile(await fileOf(text))).rejects.toThrow(message);
  });

  test("that is not there is told as such", async () => {
    await expect(readRulesFile(join(folder, "nowhere.json"))).rejects.toThrow(/cannot be read \(ENOENT\)/);
  });
});

test("a dry run is printed: what changed, who gains and loses, and which rules did nothing", () => {
  const effects = { removed: 0, moved: 0, pinned: 0, capped: 0 };
  const report: DryRunReport = {
    published: 3,
    seed: 1,
    profilesAsked: 1_000,
    profiles: 45,
    cutShort: false,
    changedShare: 0.2,
    relaxedPages: { before: 0, after: 2 },
    exposure: { before: 100, after: 99.5 },
    titlesChanged: 2,
    gaining: [{ titleId: "t1" as TitleId, name: "Alien", before: 1, after: 3.25 }],
    losing: [{ titleId: "t2" as TitleId, name: "Brazil", before: 2, after: 0 }],
    emptied: [{ rowId: "genre-2", kind: "genre", pages: 4 }],
    rules: [
      { ruleId: "up", name: "Up", enabled: true, pages: 9, effects: { ...effects, moved: 12 } },
      { ruleId: "idle", name: "Idle", enabled: true, pages: 0, effects },
      { ruleId: "old", name: "Old", enabled: false, pages: 0, effects },
    ],
    durationMs: 1_234,
    composeMs: { before: 1, after: 1.5 },
  };
  expect(dryRunText(report).split("\n")).toEqual([
    "45 of 1,000 profiles asked for, against rule set 3, which is published; 1.2 s.",
    "",
    "Pages changed: 20.0 %. Titles whose exposure changed: 2. Expected looks in all: 100.00 before, 99.50 after.",
    "",
    "2 pages were left too few rows, and were composed without filters and caps (before: 0).",
    "",
    "Gaining:",
    "title  before  after  change",
    "Alien  1.00    3.25   2.25",
    "",
    "Losing:",
    "title   before  after  change",
    "Brazil  2.00    0.00   -2.00",
    "",
    "Rows that are gone:",
    "row      pages",
    "genre-2      4",
    "",
    "What each rule did:",
    "rule       pages  removed  moved  pinned  capped",
    "up             9        0     12       0       0",
    "idle           0        0      0       0       0",
    "old (off)      0        0      0       0       0",
    "",
    "Never acted: idle.",
  ]);
});

test("an empty list says how to make the first; nothing published is said", () => {
  expect(ruleSetsText({ versions: [], published: null, next: null })).toMatch(/rules publish <file>/);
  const draft = {
    version: 1,
    status: "draft",
    revision: 1,
    note: "n",
    ruleCount: 2,
    createdAt: "2026-11-23T10:00:00.000Z",
    createdBy: "x",
    publishedAt: null,
    publishedBy: null,
  } as const;
  expect(ruleSetsText({ versions: [draft], published: null, next: 1 })).toMatch(
    /pages go by no rules\.\n\nOlder ones: --before 1$/,
  );
});
