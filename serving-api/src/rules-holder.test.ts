import type { PublishedRules } from "@thewatcher/contracts/api/control";
import { parseRuleSet } from "@thewatcher/contracts/rules";
import { createSimulatedClock } from "@thewatcher/kit/clock";
import { silentLog } from "@thewatcher/kit/log";
import { expect, test } from "vitest";
import { createRulesHolder, type FetchRules, RULES_POLL_MS, RULES_READ_MS_MAX } from "./rules-holder.ts";

const START = Date.UTC(2026, 10, 23);
const filterOf = (titleId: string) => ({
  rules: [{ ruleId: "out", name: "Out", match: { titleIds: [titleId] }, effect: { kind: "filter" } }],
});
const none: PublishedRules = { version: null, document: null };
const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Control as serving sees it, with a version that rises and a death. */
function setUp() {
  const clock = createSimulatedClock(START);
  const control = { published: none as PublishedRules, answer: "whole" as "whole" | "error" | "hangs", asked: 0 };
  const fetchRules: FetchRules = async ({ heldVersion }) => {
    control.asked++;
    if (control.answer === "error") throw new Error("connect ECONNREFUSED");
    if (control.answer === "hangs") return new Promise(() => {});
    return heldVersion === control.published.version ? undefined : control.published;
  };
  const holder = createRulesHolder({ fetchRules, clock, log: silentLog });
  const ending = new AbortController();
  /** In steps as small as the watch's own, so that each of its sleeps is seen. */
  const advance = async (durationMs: number) => {
    for (let left = durationMs; left > 0; left -= 100) {
      await clock.advance(Math.min(100, left));
      await settled();
    }
  };
  return { clock, control, holder, ending, advance };
}

test("before anything was published there are no rules, and that is no problem", async () => {
  const { holder, control } = setUp();
  expect(holder.current()).toBeUndefined();
  await holder.refresh();
  expect(holder.current()).toBeUndefined();
  expect(holder.problem()).toBeUndefined();
  await holder.refresh();
  expect(control.asked).toBe(2);
});

test("what is published is held within 5 s, also an older version; the same object while it is the same", async () => {
  const { holder, control, ending, advance } = setUp();
  const watching = holder.watch(ending.signal);
  await settled();
  for (const version of [3, 4, 3]) {
    control.published = { version, document: filterOf(`t${version}`) };
    await advance(5_000);
    const held = holder.current();
    expect(held).toEqual({ version, ruleSet: parsed(filterOf(`t${version}`)) });
    await advance(3 * RULES_POLL_MS);
    expect(holder.current()).toBe(held);
  }
  control.published = none;
  await advance(5_000);
  expect(holder.current()).toBeUndefined();
  ending.abort();
  await watching;
});

test.each(["error", "hangs"] as const)(
  "while control %s the last rules are gone by, and the next are seen",
  async (answer) => {
    const { holder, control, ending, advance } = setUp();
    control.published = { version: 1, document: filterOf("t1") };
    const watching = holder.watch(ending.signal);
    await advance(100);
    const held = holder.current();
    expect(held?.version).toBe(1);
    control.answer = answer;
    control.published = { version: 2, document: filterOf("t2") };
    await advance(60_000);
    expect(holder.current()).toBe(held);
    expect(holder.problem()).toBe(
      answer === "error" ? "connect ECONNREFUSED" : `no answer within ${RULES_READ_MS_MAX} ms`,
    );
    control.answer = "whole";
    await advance(5_000);
    expect(holder.current()?.version).toBe(2);
    expect(holder.problem()).toBeUndefined();
    ending.abort();
    await watching;
  },
);

test("a document of another language is not gone by: the last one that is understood is", async () => {
  const { holder, control } = setUp();
  control.published = { version: 1, document: filterOf("t1") };
  await holder.refresh();
  control.published = { version: 2, document: { language: 99, rules: [] } };
  await holder.refresh();
  expect(holder.current()?.version).toBe(1);
  expect(holder.problem()).toMatch(/^rules 2: language /);
});

function parsed(document: unknown) {
  const outcome = parseRuleSet(document);
  if (outcome.kind === "invalid") throw new Error(JSON.stringify(outcome.errors));
  return outcome.ruleSet;
}
