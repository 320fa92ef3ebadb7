/**
 * The definitions in the doc comments of the metrics are what `docs/metrics.md` says, and their examples are what the
 * code does: each `@example call = arithmetic` is run. `npx vitest run engine/src/metrics/definitions -u` writes the page.
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import * as accuracy from "./accuracy.ts";
import * as beyondAccuracy from "./beyond-accuracy.ts";

interface Definition {
  readonly name: string;
  readonly about: string;
  readonly formula: string;
  readonly symbols: readonly string[];
  readonly examples: readonly { readonly call: string; readonly arithmetic: string }[];
}

const textOf = (file: string): string => readFileSync(fileURLToPath(new URL(file, import.meta.url)), "utf8");
const plain = (comment: string): string =>
  comment
    .split("\n")
    .map((line) => line.replace(/^\s*\*\s?/, "").trim())
    .join("\n")
    .trim();

function headerOf(source: string): string {
  const header = /^\/\*\*([\s\S]*?)\*\//.exec(source)?.[1] ?? "";
  return plain(header).replace(/ ?The examples below[\s\S]*$/, "");
}

function definitionsOf(source: string): Definition[] {
  return [...source.matchAll(/\/\*\*((?:(?!\*\/)[\s\S])*?)\*\/\nexport (?:const|function) (\w+)/g)]
    .filter(([, comment]) => comment?.includes("@formula"))
    .map(([, comment = "", name = ""]) => {
      const [about = "", ...tags] = plain(comment).split(/^@/m);
      const tagged = (tag: string) =>
        tags.filter((text) => text.startsWith(`${tag} `)).map((text) => text.slice(tag.length).trim());
      return {
        name,
        about: about.trim(),
        formula: tagged("formula").join("\n"),
        symbols: tagged("symbols"),
        examples: tagged("example").map((text) => {
          const at = text.indexOf(") = ") + 1;
          return { call: text.slice(0, at), arithmetic: text.slice(at + 3) };
        }),
      };
    });
}

const files = [
  { title: "Finding", source: textOf("./accuracy.ts") },
  { title: "Beyond finding", source: textOf("./beyond-accuracy.ts") },
].map(({ title, source }) => ({ title, header: headerOf(source), definitions: definitionsOf(source) }));

/** The code of a doc comment with the metrics and log2 in reach, and nothing else. */
function run(code: string): unknown {
  const scope: Readonly<Record<string, unknown>> = {
    ...accuracy,
    ...beyondAccuracy,
    log2: Math.log2,
    max: Math.max,
  };
  return new Function(...Object.keys(scope), `return (${code});`)(...Object.values(scope));
}

describe("every example in a metric's definition is what the metric gives", () => {
  const all = files.flatMap(({ definitions }) => definitions);
  test("each of the fourteen metrics has a formula and an example", () => {
    expect(all.map(({ name }) => name)).toEqual([
      "recall",
      "precision",
      "hitRate",
      "mrr",
      "ndcg",
      "map",
      "coverage",
      "exposureGini",
      "novelty",
      "popularityRank",
      "popularityLift",
      "serendipity",
      "intraListDiversity",
      "calibration",
    ]);
    for (const { formula, examples } of all) expect([formula === "", examples.length > 0]).toEqual([false, true]);
  });

  test.each(all.flatMap(({ examples }) => examples.map(({ call, arithmetic }) => [call, arithmetic])))(
    "%s = %s",
    (call, arithmetic) => {
      const expected = run(arithmetic as string);
      expect(expected).toEqual(expect.any(Number));
      expect(run(call as string)).toBeCloseTo(expected as number, 12);
    },
  );
});

test("docs/metrics.md says what the doc comments say", async () => {
  const code = (text: string) => `\`\`\`\n${text}\n\`\`\``;
  const sections = files.map(({ title, header, definitions }) =>
    [
      `## ${title}`,
      header,
      ...definitions.map(({ name, about, formula, symbols, examples }) =>
        [
          `### ${name}`,
          about,
          code([formula, ...symbols.map((symbol) => `  ${symbol}`)].join("\n")),
          "Worked example:",
          code(examples.map(({ call, arithmetic }) => `${call}\n  = ${arithmetic}`).join("\n")),
        ].join("\n\n"),
      ),
    ].join("\n\n"),
  );
  const page = [
    "# Metrics",
    [
      "Written from the doc comments in `engine/src/metrics` (`npx vitest run engine/src/metrics/definitions -u`); a test",
      "holds this page to them, runs every example, and `scripts/cross-check-metrics` holds the numbers against RecTools.",
    ].join("\n"),
    [
      "`npx thewatcher evaluate --metrics <name@k,…>` prints each as a mean over the evaluated users with a 95% interval",
      "(1,000 bootstrap resamples of users; `engine/src/metrics/interval.ts`), beside Popular and Random and with the paired",
      "differences. The whole catalogue is ranked, without what a user has in training or as input.",
    ].join("\n"),
    ...sections,
  ].join("\n\n");
  await expect(`${page}\n`).toMatchFileSnapshot("../../../docs/metrics.md");
});
