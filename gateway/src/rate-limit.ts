/**
 * How much is taken from whom, in all gateways together. A request is counted under its network and under its session;
 * what guesses at a secret is counted under other keys (attempts.ts).
 *
 * A sliding window (Cloudflare's approximation, 2017): the present window's count and, of the one before, the part that the
 * window's length still covers. Counts live in the cache store, but a request does not wait for it: a gateway counts
 * by itself and tells the store after every twentieth part of a budget, so that most sessions never cost the store
 * anything, and the error is at most a twentieth for each gateway. An exact budget is told, and waited for, each time.
 * Where the store is away each gateway goes on by its own count.
 */
import type { Clock } from "@thewatcher/kit/clock";
import type { Cache } from "@thewatcher/stores/cache/port";

interface Budget {
  readonly count: number;
  readonly perMs: number;
}

const MINUTE_MS = 60_000;
const perMinute = (count: number): Budget => ({ count, perMs: MINUTE_MS });

/**
 * A family of six behind one address, or a hostel of a hundred, must not notice; a carrier's shared address holds some
 * thousands, of whom a few watch at once. A viewer's screen asks for some ten things a page and sends a batch of events
 * every few seconds.
 */
export const BUDGETS = {
  /** Pages and lists. */
  read: { network: perMinute(6_000), session: perMinute(600) },
  /** One request a key pressed. */
  search: { network: perMinute(3_000), session: perMinute(300) },
  events: { network: perMinute(6_000), session: perMinute(300) },
  /** What changes something. */
  write: { network: perMinute(1_200), session: perMinute(120) },
  /** Looks at a secret of the account: a session that was stolen does not get to guess. */
  secret: { network: perMinute(300), session: { count: 60, perMs: 10 * MINUTE_MS } },
  /** Sends mail or looks at a link's token; each address has a limit of its own in the post office. */
  mail: { network: { count: 60, perMs: 10 * MINUTE_MS }, session: { count: 20, perMs: 10 * MINUTE_MS } },
  /** Documents that everybody may read. */
  open: { network: perMinute(1_200), session: perMinute(600) },
  /** Machines of ours, each with a token: an import, a benchmark. */
  machine: { network: perMinute(60_000), session: perMinute(60_000) },
} as const satisfies Record<string, { readonly network: Budget; readonly session: Budget }>;

export type LimitClass = keyof typeof BUDGETS;

/** Routes that are neither plain reads (GET) nor plain writes. `none`: a prober must always get its answer. */
export const LIMIT_CLASSES: Readonly<Record<string, LimitClass | "none">> = {
  "GET /healthz": "none",
  "GET /readyz": "none",
  "GET /api/openapi.json": "open",
  "GET /api/docs": "open",
  "GET /docs/problems/:slug": "open",
  "GET /api/v1/zone": "open",
  "GET /api/v1/search": "search",
  "POST /api/v1/events": "events",
  "POST /api/v1/session": "write",
  "PUT /api/v1/session/profile": "secret",
  "PUT /api/v1/account/password": "secret",
  "POST /api/v1/account/email": "mail",
  "POST /api/v1/account/email/confirm": "mail",
  "POST /api/v1/sign-up": "mail",
  "POST /api/v1/sign-up/resend": "mail",
  "POST /api/v1/sign-up/verify": "mail",
  "POST /api/v1/password/reset": "mail",
  "POST /api/v1/password/reset/confirm": "mail",
  "PUT /api/v1/profiles/:profileId/pin": "secret",
  "POST /api/v1/profiles/:profileId/erase": "secret",
};

export function limitClassOf(route: { readonly method: string; readonly path: string }): LimitClass | "none" {
  return LIMIT_CLASSES[`${route.method} ${route.path}`] ?? (route.method === "GET" ? "read" : "write");
}

/** The store is told after this part of a budget. */
const TOLD_PART = 1 / 20;
/** Keys followed at once: 50,000 × ~0.2 KB. Of one that is pushed out at most a twentieth of its budget is forgotten. */
const FOLLOWED_MAX = 50_000;

interface Window {
  index: number;
  /** Of the window before. */
  before: number;
  /** Of this window, as the store last said. */
  shared: number;
  /** Of this window, since. */
  own: number;
  isTelling: boolean;
}

export interface RateLimit {
  /** Counts one if the budget has room; else the milliseconds until it has. 0: counted. */
  take(key: string, budget: Budget): number;
  /** The same with what all gateways counted until now. */
  takeExactly(key: string, budget: Budget): Promise<number>;
}

export function createRateLimit(deps: { readonly cache: Cache; readonly clock: Clock }): RateLimit {
  const { cache, clock } = deps;
  const windows = new Map<string, Window>();

  const windowOf = (key: string, index: number): Window => {
    let window = windows.get(key);
    if (!window) {
      window = { index, before: 0, shared: 0, own: 0, isTelling: false };
      if (windows.size >= FOLLOWED_MAX) {
        const oldest = windows.keys().next();
        if (!oldest.done) windows.delete(oldest.value);
      }
      windows.set(key, window);
    } else if (window.index !== index) {
      window.before = window.index === index - 1 ? window.shared + window.own : 0;
      window.index = index;
      window.shared = 0;
      window.own = 0;
    }
    return window;
  };

  const storeKey = (key: string, index: number) => `rate:${key}:${index}`;

  /** Adds what was counted here to what all counted. */
  const tell = async (key: string, window: Window, budget: Budget): Promise<void> => {
    const { index, own } = window;
    if (own === 0) return;
    window.own = 0;
    try {
      const count = await cache.increment(storeKey(key, index), { ttlMs: 2 * budget.perMs, by: own });
      if (window.index === index) window.shared = Math.max(window.shared, count);
    } catch {
      if (window.index === index) window.own += own;
    }
  };

  return {
    take(key, budget) {
      const now = clock.now();
      const window = windowOf(key, Math.floor(now / budget.perMs));
      const waitMs = waitOf(window, budget, now, 1);
      if (waitMs > 0) return waitMs;
      window.own++;
      if (!window.isTelling && window.own >= budget.count * TOLD_PART) {
        window.isTelling = true;
        void tell(key, window, budget).finally(() => {
          window.isTelling = false;
        });
      }
      return 0;
    },
    async takeExactly(key, budget) {
      const now = clock.now();
      const index = Math.floor(now / budget.perMs);
      const isNew = !windows.has(key);
      const window = windowOf(key, index);
      if (isNew) {
        const before = await cache.get(storeKey(key, index - 1)).catch(() => undefined);
        if (before !== undefined) window.before = Math.max(window.before, Number(before));
      }
      const waitMs = waitOf(window, budget, now, 1);
      if (waitMs > 0) return waitMs;
      window.own++;
      await tell(key, window, budget);
      return waitOf(window, budget, now, 0);
    },
  };
}

/** Milliseconds until `more` fit into the budget. */
function waitOf({ index, before, shared, own }: Window, budget: Budget, now: number, more: number): number {
  const { count, perMs } = budget;
  const startsAt = index * perMs;
  const present = shared + own;
  const elapsed = now - startsAt;
  if (before * (1 - elapsed / perMs) + present + more <= count) return 0;
  // The present window alone is full: it must become the one before, and shrink.
  if (present + more > count)
    return Math.ceil(startsAt + perMs + perMs * Math.max(0, 1 - (count - more) / present) - now);
  return Math.ceil(startsAt + perMs * (1 - (count - more - present) / before) - now);
}
