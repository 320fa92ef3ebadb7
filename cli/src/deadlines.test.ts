/** A deadline's whole way: door, network, listener, readings. */
import { HomePage } from "@thewatcher/contracts/api/serving";
import type { Generation } from "@thewatcher/contracts/ids";
import { forward } from "@thewatcher/gateway/forward";
import { createSimulatedClock, systemClock } from "@thewatcher/kit/clock";
import { DEADLINE_HEADER, msLeftOf } from "@thewatcher/kit/deadline";
import { listen } from "@thewatcher/kit/http";
import { createHttpService, type HttpServiceOptions } from "@thewatcher/kit/http-service";
import { silentLog } from "@thewatcher/kit/log";
import { createRng } from "@thewatcher/kit/rng";
import { createServingApi } from "@thewatcher/serving-api/app";
import { ANSWER_MS, READ_DEADLINE_MS } from "@thewatcher/serving-api/readings";
import { AS_OF, catalogueOf, GENERATION, PROFILE, tablesOf } from "@thewatcher/serving-api/test-world";
import { afterEach, describe, expect, test } from "vitest";
import { createAdmission } from "./admission.ts";
import type { Service } from "./clients.ts";

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** A service behind its listener, and how another process of ours calls it. */
async function reach(service: Service, more: Partial<HttpServiceOptions> = {}) {
  const ending = new AbortController();
  closing.push(() => ending.abort());
  const told = { expired: 0 };
  const admission = createAdmission({
    clock: systemClock,
    rng: createRng(1),
    metrics: {
      shed() {},
      level() {},
      expired() {
        told.expired++;
      },
    },
    signal: ending.signal,
  });
  const server = await listen({ fetch: admission.admit(service, "services") }, { hostname: "127.0.0.1", port: 0 });
  closing.push(() => server.close(0));
  const options = { name: "serving", urls: [server.url], clock: systemClock, deadlineMs: 5_000, ...more };
  const calling = createHttpService(options);
  closing.push(calling.close);
  return { call: calling.fetch, url: server.url, told };
}

const stamped = { token: "a.b.c", requestId: "request-0001", profileHeader: null };
const page = (headers: Record<string, string> = {}) =>
  new Request("http://thewatcher.by/api/v1/home", { headers: { ...headers } });

describe("a deadline", () => {
  test("goes with each call: what is left, and half of that where another process may be asked", async () => {
    const left: (number | undefined)[] = [];
    const service: Service = (request) => {
      left.push(msLeftOf(request.headers));
      return new Response(null, { status: 204 });
    };
    const { call, url } = await reach(service);
    await forward(call, page(), stamped);
    await forward((await reach(service, { urls: [url, url] })).call, page(), stamped);
    expect(left[0]).toBeGreaterThan(4_000);
    expect(left[0]).toBeLessThanOrEqual(5_000);
    expect(left[1]).toBeGreaterThan(2_000);
    expect(left[1]).toBeLessThanOrEqual(2_500);
  });

  test("what a client says of it reaches nobody", async () => {
    const left: (number | undefined)[] = [];
    const { call, told } = await reach((request) => {
      left.push(msLeftOf(request.headers));
      return new Response(null, { status: 204 });
    });
    for (const said of ["0", "1", "99999999", "soon"]) {
      expect((await forward(call, page({ [DEADLINE_HEADER]: said }), stamped)).status).toBe(204);
    }
    expect(left).toHaveLength(4);
    for (const ms of left) expect(ms).toBeGreaterThan(4_000);
    expect(told.expired).toBe(0);
  });

  test("of a request that one of our own processes hands on is not made longer", async () => {
    const left: (number | undefined)[] = [];
    const { call } = await reach((request) => {
      left.push(msLeftOf(request.headers));
      return new Response(null, { status: 204 });
    });
    await call(page({ [DEADLINE_HEADER]: "1500" }));
    expect(left[0]).toBeGreaterThan(500);
    expect(left[0]).toBeLessThanOrEqual(1_500);
  });

  test("one that has passed on arrival is refused before any work", async () => {
    let asked = 0;
    const { url, told, call } = await reach(() => {
      asked++;
      return new Response(null, { status: 204 });
    });
    const answer = await fetch(`${url}/api/v1/home`, { headers: { [DEADLINE_HEADER]: "0" } });
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({ type: "/docs/problems/unavailable" });
    expect([asked, told.expired]).toEqual([0, 1]);
    // And one that has passed before it is sent is not sent.
    await expect(call(page({ [DEADLINE_HEADER]: "0" }))).rejects.toThrow(/^serving: no answer within/);
    expect(told.expired).toBe(1);
  });

  test("a page takes the time that its asker has, not its own", async () => {
    const clock = createSimulatedClock(AS_OF + 60_000);
    const tables = tablesOf(createRng(2), { titleCount: 200, count: 40, halfLifeInteractions: 3 });
    const catalogue = catalogueOf(createRng(1), 200);
    const never = () => new Promise<never>(() => {});
    const serving = createServingApi({
      recommendations: { getLists: never, getStateUnless: never },
      itemTables: {
        current: () => tables,
        active: () => GENERATION as Generation,
        ranker: () => undefined,
        rankerProblem: () => undefined,
      },
      catalogue: { current: () => catalogue, genreNames: () => ({}), collections: () => [] },
      profiles: async () => ({ country: "BY", ageMark: null }),
      verifier: {
        verify: async () => ({
          ...{ role: "viewer", accountId: "a-1", profileId: PROFILE, country: "BY", device: "web" },
        }),
      },
      clock,
      log: silentLog,
    });
    const turn = () => new Promise((resolve) => setImmediate(resolve));
    /** After how long there is a page, without the store that never answers. */
    const waitedMs = async (headers: Record<string, string>): Promise<number> => {
      let page: HomePage | undefined;
      const asking = Promise.resolve(
        serving.request("/api/v1/home", { headers: { authorization: "Bearer a.b.c", ...headers } }),
      ).then(async (answer) => {
        page = HomePage.parse(await answer.json());
      });
      let waited = 0;
      for (; waited <= 1_000; waited += 5) {
        for (let i = 0; i < 5; i++) await turn();
        if (page) break;
        await clock.advance(5);
      }
      await asking;
      expect(page!.degradations.map(({ cause }) => cause)).toContain("timed_out");
      expect(page!.rows.length).toBeGreaterThan(0);
      return waited;
    };
    expect(await waitedMs({})).toBe(READ_DEADLINE_MS);
    expect(await waitedMs({ [DEADLINE_HEADER]: "2000" })).toBe(READ_DEADLINE_MS);
    expect(await waitedMs({ [DEADLINE_HEADER]: "60" })).toBe(60 - ANSWER_MS);
    expect(await waitedMs({ [DEADLINE_HEADER]: "10" })).toBeLessThanOrEqual(5);
    expect(await waitedMs({ [DEADLINE_HEADER]: "-3" })).toBe(READ_DEADLINE_MS);
  });
});
