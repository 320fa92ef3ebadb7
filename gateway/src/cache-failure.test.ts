/** What a viewer sees when the store of sessions fails: cells of docs/failure-modes/serving.md. */
import { Problem } from "@thewatcher/contracts/problems";
import type { Cache } from "@thewatcher/stores/cache/port";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Browser, type Door, openDoor, openTestStores, signIn, type TestStores } from "./testing.ts";

/** What a remote store's adapter gives a call (stores/src/cache/redis.ts). */
const CALL_MS = 3_000;

let stores: TestStores;
let door: Door;
let browser: Browser;
let fault: "none" | "slow" | "dead";
const values = new Map<string, string>();
beforeAll(async () => {
  stores = await openTestStores();
});
afterAll(() => stores.dispose());
beforeEach(async () => {
  fault = "none";
  values.clear();
  const gone = async (): Promise<void> => {
    if (fault === "none") return;
    if (fault === "slow") await door.clock.sleep(CALL_MS);
    throw new Error("redis://secret@10.0.0.1 is away");
  };
  const answering =
    <Question extends readonly unknown[], Value>(answer: (...question: Question) => Value) =>
    async (...question: Question): Promise<Value> => {
      await gone();
      return answer(...question);
    };
  const cache: Cache = {
    get: answering((key) => values.get(key)),
    set: answering((key, value) => void values.set(key, value)),
    add: answering((key, value) => {
      if (values.has(key)) return false;
      values.set(key, value);
      return true;
    }),
    take: answering((key) => {
      const value = values.get(key);
      values.delete(key);
      return value;
    }),
    increment: answering((key, { by = 1 }) => {
      const count = Number(values.get(key) ?? 0) + by;
      values.set(key, String(count));
      return count;
    }),
    delete: answering((keys) => {
      for (const key of keys) values.delete(key);
    }),
    describe: async () => "sessions of the test",
    close: async () => {},
  };
  door = await openDoor(stores, { cache });
  browser = await signIn(door, "demo-a", "a-1");
});
afterEach(() => door.close());

async function home(): Promise<number> {
  const answering = browser.fetch("/api/v1/home");
  for (let i = 0; i < 20; i++) {
    await new Promise((resolve) => setImmediate(resolve));
    await door.clock.advance(CALL_MS / 10);
  }
  const answer = await answering;
  if (answer.status === 503) {
    const text = await answer.text();
    expect(Problem.parse(JSON.parse(text)).type).toBe("/docs/problems/unavailable");
    expect(text).not.toContain("secret");
    expect(answer.headers.get("retry-after")).toMatch(/^\d+$/);
  }
  return answer.status;
}

describe("cache", () => {
  test.each(["slow", "dead"] as const)(
    "%s: a problem that says when to ask again, and nobody is signed out by it",
    async (how) => {
      expect(await home()).toBe(200);
      await door.clock.advance(5_000);
      fault = how;
      expect(await home()).toBe(503);
      expect((await door.request("/healthz")).status).toBe(200);
      expect((await door.request("/api/v1/zone")).status).toBe(200);
      fault = "none";
      expect(await home()).toBe(200);
    },
  );

  test("wrong data: who has a damaged session is asked to sign in, and nobody else", async () => {
    const other = await signIn(door, "demo-b", "b-1");
    await door.clock.advance(5_000);
    // Of both tokens: before the profile was chosen, and since.
    const mine = [...values.keys()].filter((key) => key.startsWith("session:") && values.get(key)!.includes('"a-1"'));
    expect(mine.length).toBeGreaterThan(0);
    for (const damaged of ["", "{", "null", "7", '{"deviceId":7}', "<html>"]) {
      for (const key of mine) values.set(key, damaged);
      await door.clock.advance(5_000);
      expect(await home()).toBe(401);
    }
    expect((await other.fetch("/api/v1/home")).status).toBe(200);
  });
});
