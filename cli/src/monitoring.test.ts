import { readFileSync } from "node:fs";
import { systemClock } from "@thewatcher/kit/clock";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { createCinemaMetrics } from "./metrics.ts";
import type { ObservationDeps } from "./observations.ts";

const textOf = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");

const documented = new Map(
  [...textOf("docs/monitoring.md").matchAll(/^\| `(thewatcher_\w+)` \|([^|]*)\|/gm)].map(([, name, labels]) => [
    name!,
    labels!
      .split(",")
      .map((label) => label.trim())
      .filter(Boolean),
  ]),
);

async function offered(): Promise<readonly string[]> {
  const metrics = createCinemaMetrics();
  // Nothing is looked at here.
  metrics.observations({ clock: systemClock, arrivals: () => [] } as unknown as ObservationDeps);
  const text = await metrics.render({});
  return [...text.matchAll(/^# TYPE (thewatcher_\w+) /gm)].map(([, name]) => name!);
}

interface RuleFile {
  readonly groups: readonly {
    readonly name: string;
    readonly rules: readonly {
      readonly alert: string;
      readonly expr: string;
      readonly for?: string;
      readonly labels: Record<string, string>;
      readonly annotations: Record<string, string>;
    }[];
  }[];
}
const rules = (parse(textOf("ops/alerts/serving.rules.yml")) as RuleFile).groups.flatMap((group) => group.rules);

test("the page has each metric that is offered, and no other", async () => {
  expect([...documented.keys()].sort()).toEqual([...(await offered())].sort());
});

test("what can't be said yet is no zero", async () => {
  const metrics = createCinemaMetrics();
  metrics.observations({ clock: systemClock, arrivals: () => [] } as unknown as ObservationDeps);
  const text = await metrics.render({});
  for (const name of [
    "decision_join_ratio",
    "top_ten_overlap_median",
    "new_titles_below_goal",
    "feature_table_age_seconds",
  ]) {
    expect(text).toMatch(new RegExp(`^thewatcher_${name} nan$`, "im"));
  }
});

test("each alert asks for metrics and labels that there are, and says what to do", () => {
  expect(rules.length).toBeGreaterThan(8);
  expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length);
  for (const { alert, expr, labels, annotations, ...rule } of rules) {
    const names = [...expr.matchAll(/\bthewatcher_\w+/g)].map(([name]) => name.replace(/_(?:bucket|sum|count)$/, ""));
    expect(names.length, alert).toBeGreaterThan(0);
    for (const name of names) expect(documented.has(name), `${alert}: ${name}`).toBe(true);
    expect(labels.severity, alert).toMatch(/^(info|warning|critical)$/);
    expect(annotations.summary, alert).toBeTruthy();
    expect(annotations.action, alert).toBeTruthy();
    const known = names.flatMap((name) => documented.get(name) ?? []);
    for (const [, label] of JSON.stringify(annotations).matchAll(/\$labels\.(\w+)/g))
      expect(known, alert).toContain(label);
    if (rule.for !== undefined) expect(rule.for, alert).toMatch(/^\d+[smhd]$/);
    // Balanced, and compared with something.
    expect(expr.split("(").length, alert).toBe(expr.split(")").length);
    expect(expr, alert).toMatch(/[<>=]=?\s*[\d.]+/);
  }
});
