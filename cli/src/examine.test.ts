import { createSimulatedClock, type SimulatedClock } from "@thewatcher/kit/clock";
import { expect, test } from "vitest";
import { examineStores } from "./examine.ts";
import { STORE_NAMES, type StoreName, type Stores } from "./open-stores.ts";
import { resolveSettings } from "./settings.ts";

/** Stores of which only `describe` is asked. */
function storesOf(describe: (name: StoreName) => Promise<string>): Stores {
  return Object.fromEntries(STORE_NAMES.map((name) => [name, { describe: () => describe(name) }])) as unknown as Stores;
}
const settings = (env: Record<string, string> = {}) => resolveSettings({ flags: {}, env }).values;

test("every store is said, in the order of the data, with its setting", async () => {
  const found = await examineStores(
    STORE_NAMES,
    storesOf(async (name) => `${name} 1.0`),
    settings(),
    createSimulatedClock(0),
  );
  expect(found.map((store) => [store.store, store.reachable, store.detail, store.advice])).toEqual([
    ["event log", true, "eventLog 1.0", ""],
    ["warehouse", true, "warehouse 1.0", ""],
    ["recommendation store", true, "recommendations 1.0", ""],
    ["database", true, "database 1.0", ""],
    ["cache", true, "cache 1.0", ""],
    ["search", true, "search 1.0", ""],
    ["objects", true, "objects 1.0", ""],
  ]);
  expect(found[1]).toMatchObject({ setting: "THEWATCHER_WAREHOUSE_URL", url: "chdb:warehouse" });
});

test("one that fails or never answers is said with what to do; the others answer, and no password is shown", async () => {
  const clock: SimulatedClock = createSimulatedClock(0);
  const examining = examineStores(
    STORE_NAMES,
    storesOf((name) => {
      if (name === "database") return Promise.reject(new Error("connection refused"));
      if (name === "cache") return new Promise(() => {});
      return Promise.resolve(name);
    }),
    settings({ THEWATCHER_DATABASE_URL: "postgres://me:hush@db/x" }),
    clock,
  );
  await new Promise((resolve) => setImmediate(resolve));
  await clock.advance(2_000);
  const found = await examining;
  expect(found.find((store) => store.store === "database")).toEqual({
    name: "database",
    store: "database",
    setting: "THEWATCHER_DATABASE_URL",
    url: "postgres://me:***@db/x",
    reachable: false,
    detail: "connection refused",
    latencyMs: 0,
    advice: "start the server, or set THEWATCHER_DATABASE_URL to one that runs",
  });
  expect(found.find((store) => store.store === "cache")).toMatchObject({
    reachable: false,
    detail: "no answer within 2000 ms",
    latencyMs: 2000,
    advice: expect.stringContaining("restart"),
  });
  expect(found.filter((store) => store.reachable).length).toBe(STORE_NAMES.length - 2);
});
