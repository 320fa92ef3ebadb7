import { Problem } from "@thewatcher/contracts/problems";
import { REQUEST_KINDS, type RequestKind } from "@thewatcher/contracts/request-kinds";
import { requestKindOf } from "@thewatcher/gateway/request-kind";
import { routes } from "@thewatcher/gateway/routes";
import { DEADLINE_HEADER } from "@thewatcher/kit/deadline";
import { createRng } from "@thewatcher/kit/rng";
import { LOOK_EVERY_MS, WAIT_MS_MAX } from "@thewatcher/kit/shedding";
import { afterEach, describe, expect, test } from "vitest";
import { createAdmission } from "./admission.ts";

/** An address of each kind, and what it costs the process to answer it. */
const ASKED: Readonly<Record<RequestKind, { method: string; path: string; costMs: number; perSecond: number }>> = {
  events: { method: "POST", path: "/api/v1/events", costMs: 0.5, perSecond: 400 },
  search: { method: "GET", path: "/api/v1/search?q=kin", costMs: 2, perSecond: 150 },
  home: { method: "GET", path: "/api/v1/home", costMs: 2, perSecond: 500 },
  resume: { method: "GET", path: "/api/v1/profiles/p1/watchlist", costMs: 1, perSecond: 200 },
  play: { method: "GET", path: "/api/v1/titles/t1", costMs: 1, perSecond: 300 },
};
const requestOf = (kind: RequestKind, headers: Record<string, string> = {}) =>
  new Request(`http://127.0.0.1${ASKED[kind].path}`, { method: ASKED[kind].method, headers });

let ending = new AbortController();
afterEach(() => {
  ending.abort();
  ending = new AbortController();
});

/**
 * One thread as Node has it: it answers all that has come, one after the other, then looks at its timers. Time goes by only
 * where work is done, or nothing is there to do.
 */
function createThread() {
  let now = 0;
  let busyMs = 0;
  let timer: { readonly at: number; readonly wake: () => void } | undefined;
  const counted = { shed: {} as Partial<Record<RequestKind, number>>, level: 0, expired: 0 };
  const admission = createAdmission({
    clock: {
      now: () => now,
      monotonicMs: () => now,
      sleep: (durationMs) =>
        new Promise((resolve) => {
          timer = { at: now + durationMs, wake: resolve };
        }),
    },
    rng: createRng(3),
    metrics: {
      shed(kind) {
        counted.shed[kind] = (counted.shed[kind] ?? 0) + 1;
      },
      level(level) {
        counted.level = level;
      },
      expired() {
        counted.expired++;
      },
    },
    busyMs: () => busyMs,
    signal: ending.signal,
  });
  /** A refusal over HTTP, measured: a twentieth of a page. */
  const REFUSAL_MS = 0.1;
  return {
    counted,
    admission,
    now: () => now,
    spend(durationMs: number) {
      now += durationMs;
      busyMs += durationMs;
    },
    refused() {
      now += REFUSAL_MS;
      busyMs += REFUSAL_MS;
    },
    async turn(untilMs: number) {
      if (timer && timer.at <= now) {
        const { wake } = timer;
        timer = undefined;
        wake();
        for (let i = 0; i < 5; i++) await Promise.resolve();
      }
      now = Math.max(now, Math.min(untilMs, timer?.at ?? untilMs));
    },
  };
}

interface Served {
  readonly kind: RequestKind;
  readonly arrivedMs: number;
  readonly isRefused: boolean;
  readonly waitedMs: number;
}

/** Requests that come whether earlier ones were answered or not, `share` of ASKED's rates; what became of each. */
async function drive(
  thread: ReturnType<typeof createThread>,
  options: { readonly seconds: number; readonly share: number; readonly sheds?: boolean },
): Promise<readonly Served[]> {
  const rng = createRng(11);
  const startMs = thread.now();
  const arrivals = REQUEST_KINDS.flatMap((kind) => {
    const count = Math.round(ASKED[kind].perSecond * options.share * options.seconds);
    return Array.from({ length: count }, () => ({ kind, atMs: startMs + rng.next() * options.seconds * 1_000 }));
  }).sort((a, b) => a.atMs - b.atMs);
  const service = (kind: RequestKind) => () => {
    thread.spend(ASKED[kind].costMs);
    return new Response(null, { status: 204 });
  };
  const admitted = new Map(
    REQUEST_KINDS.map((kind) => [
      kind,
      options.sheds === false ? service(kind) : thread.admission.admit(service(kind), "anybody"),
    ]),
  );
  const served: Served[] = [];
  for (let next = 0; next < arrivals.length; ) {
    const come = arrivals.findIndex(({ atMs }, index) => index >= next && atMs > thread.now());
    const batch = arrivals.slice(next, come < 0 ? arrivals.length : come);
    if (come >= 0 || batch.length > 0) next += batch.length;
    for (const { kind, atMs } of batch) {
      const { status } = await admitted.get(kind)!(requestOf(kind));
      if (status === 503) thread.refused();
      served.push({ kind, arrivedMs: atMs - startMs, isRefused: status === 503, waitedMs: thread.now() - atMs });
    }
    await thread.turn(arrivals[next]?.atMs ?? thread.now());
  }
  return served;
}

const refusedShare = (served: readonly Served[], kind: RequestKind): number => {
  const ofKind = served.filter((one) => one.kind === kind);
  return ofKind.filter(({ isRefused }) => isRefused).length / ofKind.length;
};
const waitedP99 = (served: readonly Served[], kind: RequestKind): number => {
  const waits = served.filter((one) => one.kind === kind && !one.isRefused).map(({ waitedMs }) => waitedMs);
  return waits.sort((a, b) => a - b)[Math.floor(waits.length * 0.99)] ?? Number.NaN;
};

describe("at twice of what a process can do", () => {
  // Its second: 0.2 s of events, 0.3 of search, 1 of pages, 0.2 of my list, 0.3 of titles: 2 s of work.
  test("pages that are let in come in bounded time, and what can best wait goes first", async () => {
    const thread = createThread();
    const served = await drive(thread, { seconds: 20, share: 1 });
    const settled = served.filter(({ arrivedMs }) => arrivedMs > 8_000);
    expect(waitedP99(settled, "home")).toBeLessThan(3 * WAIT_MS_MAX);
    expect(waitedP99(settled, "play")).toBeLessThan(3 * WAIT_MS_MAX);
    expect(refusedShare(settled, "events")).toBe(1);
    expect(refusedShare(settled, "search")).toBe(1);
    // Without events and search there is work for 1.5 s: half of the pages go, and a little more for the refusals.
    expect(refusedShare(settled, "home")).toBeGreaterThan(0.4);
    expect(refusedShare(settled, "home")).toBeLessThan(0.75);
    expect(refusedShare(settled, "resume")).toBe(0);
    // The first seconds, before the level is where it belongs: the end of a long turn.
    expect(refusedShare(served, "play")).toBeLessThan(0.01);
    expect(thread.counted.level).toBeGreaterThan(2);
    expect(thread.counted.level).toBeLessThan(3);
    expect(thread.counted.shed.events).toBe(
      served.filter(({ kind, isRefused }) => isRefused && kind === "events").length,
    );
    // What everybody would wait without it after 20 s at twice of the capacity: 20 s, and more each second.
    const all = await drive(createThread(), { seconds: 20, share: 1, sheds: false });
    expect(waitedP99(all, "home")).toBeGreaterThan(15_000);
  });

  test("everybody is let in again within 20 s of its end", async () => {
    const thread = createThread();
    await drive(thread, { seconds: 8, share: 1 });
    expect(thread.counted.level).toBeGreaterThan(1);
    const served = await drive(thread, { seconds: 25, share: 0.2 });
    const late = served.filter(({ arrivedMs }) => arrivedMs > 20_000);
    expect(late.filter(({ isRefused }) => isRefused)).toEqual([]);
    expect(thread.counted.level).toBe(0);
  });
});

/** Refuses everything that has a kind. */
async function overloaded() {
  const thread = createThread();
  let asked = 0;
  const service = thread.admission.admit(() => {
    asked++;
    return new Response(null, { status: 204 });
  }, "anybody");
  for (let i = 0; i < 20; i++) {
    thread.spend(LOOK_EVERY_MS + 1_000);
    await thread.turn(thread.now());
  }
  expect(thread.counted.level).toBe(REQUEST_KINDS.length);
  return { thread, service, asked: () => asked };
}

describe("a refusal", () => {
  test.each(REQUEST_KINDS)(
    "of %s says so, names the kind, when to come back, and costs the service nothing",
    async (kind) => {
      const { service, asked, thread } = await overloaded();
      const answer = await service(requestOf(kind));
      expect(answer.status).toBe(503);
      expect(answer.headers.get("content-type")).toBe("application/problem+json");
      expect(answer.headers.get("cache-control")).toBe("no-store");
      expect(Problem.parse(await answer.json())).toMatchObject({
        type: "/docs/problems/overloaded",
        status: 503,
        detail: `Refused for now: ${kind}.`,
      });
      expect(asked()).toBe(0);
      expect(thread.counted.shed).toEqual({ [kind]: 1 });
    },
  );

  test("sends them back at different times, of 2 to 8 s", async () => {
    const { service } = await overloaded();
    const seconds = new Set<number>();
    for (let i = 0; i < 200; i++) seconds.add(Number((await service(requestOf("home"))).headers.get("retry-after")));
    expect([...seconds].sort((a, b) => a - b)).toEqual([2, 3, 4, 5, 6, 7, 8]);
  });

  test.each([
    ["GET", "/healthz"],
    ["GET", "/readyz"],
    ["POST", "/api/v1/session"],
    ["DELETE", "/api/v1/session"],
    ["PUT", "/api/v1/session/profile"],
    ["POST", "/api/v1/sign-up"],
    ["PUT", "/api/v1/profiles/p1/wishes"],
    ["PATCH", "/api/v1/editor/titles/t1"],
    ["POST", "/api/v1/control/rules/3/publish"],
    ["GET", "/api/v1/profiles/p1/candidates"],
    ["GET", "/internal/catalogue"],
    ["GET", "/"],
    ["GET", "/assets/app.js"],
  ])("never is of %s %s, whatever the load", async (method, path) => {
    const { service } = await overloaded();
    expect((await service(new Request(`http://127.0.0.1${path}`, { method }))).status).toBe(204);
  });
});

describe("kinds of requests", () => {
  test("are beside the routes: each kind has some, and an address with a query or by HEAD is of the same", () => {
    const kinds = routes.map(({ method, path }) =>
      requestKindOf(method, `http://h:1${path.replaceAll(/:\w+/g, "x")}?a=/b`),
    );
    expect(new Set(kinds.filter((kind) => kind !== undefined))).toEqual(new Set(REQUEST_KINDS));
    expect(requestKindOf("HEAD", "http://h/api/v1/home")).toBe("home");
    for (const [index, { to }] of routes.entries()) if (to === "gateway") expect(kinds[index]).toBeUndefined();
  });
});

describe("a deadline", () => {
  test.each([
    ["services", "0", 503],
    ["services", "1", 204],
    ["services", "nonsense", 204],
    ["services", undefined, 204],
    ["anybody", "0", 204],
  ] as const)("of %s with %s ms left is answered %d", async (askers, left, status) => {
    const { admission, counted } = createThread();
    let asked = 0;
    const service = admission.admit(() => {
      asked++;
      return new Response(null, { status: 204 });
    }, askers);
    const answer = await service(requestOf("home", left === undefined ? {} : { [DEADLINE_HEADER]: left }));
    expect(answer.status).toBe(status);
    expect([asked, counted.expired]).toEqual(status === 503 ? [0, 1] : [1, 0]);
  });
});
