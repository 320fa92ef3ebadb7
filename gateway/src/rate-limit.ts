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
  /** Of this window, on their way to the store. */
  told: number;
  /** Of this window, since. */
  own: number;
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
    const known = windows.get(key);
    if (known?.index === index) return known;
    if (!known && windows.size >= FOLLOWED_MAX) {
      const oldest = windows.keys().next();
      if (!oldest.done) windows.delete(oldest.value);
    }
    const before = known?.index === index - 1 ? known.shared + known.told + known.own : 0;
    const window = { index, before, shared: 0, told: 0, own: 0 };
    windows.set(key, window);
    return window;
  };

  const storeKey = (key: string, index: number) => `rate:${key}:${index}`;

  /** Adds what was counted here to what all counted; answers that, undefined where the store is away. */
  const tell = async (key: string, window: Window, budget: Budget): Promise<number | undefined> => {
    const { own } = window;
    window.own = 0;
    window.told += own;
    try {
      const options = { ttlMs: 2 * budget.perMs, by: own };
      const count = await cache.increment(storeKey(key, window.index), options);
      window.shared = Math.max(window.shared, count);
      return count;
    } catch {
      window.own += own;
      return undefined;
    } finally {
      window.told -= own;
    }
  };

  return {
    take(key, budget) {
      const now = clock.now();
      const window = windowOf(key, Math.floor(now / budget.perMs));
      const waitMs = waitOf(budget, window, now, presentOf(window) + 1);
      if (waitMs > 0) return waitMs;
      window.own++;
      if (window.told === 0 && window.own >= budget.count * TOLD_PART) void tell(key, window, budget);
      return 0;
    },
    async takeExactly(key, budget) {
      const now = clock.now();
      const index = Math.floor(now / budget.perMs);
      const isNew = !windows.has(key);
      const window = windowOf(key, index);
      if (isNew) {
        const before = await cache.get(storeKey(key, index - 1)).catch(() => undefined);
        window.before = Math.max(window.before, Number(before ?? 0));
      }
      const waitMs = waitOf(budget, window, now, presentOf(window) + 1);
      if (waitMs > 0) return waitMs;
      window.own++;
      const present = await tell(key, window, budget);
      // Of many at once each has a count of its own; without the store the look before was all there is.
      return present === undefined ? 0 : waitOf(budget, window, now, present);
    },
  };
}

const presentOf = ({ shared, told, own }: Window): number => shared + told + own;

/** Milliseconds until a window that holds `present` fits into the budget beside what the one before left. */
function waitOf({ count, perMs }: Budget, window: Window, now: number, present: number): number {
  const startsAt = window.index * perMs;
  // What was refused does not count against anybody later.
  const before = Math.min(window.before, count);
  if (before * (1 - (now - startsAt) / perMs) + present <= count) return 0;
  // The present window is full by itself: it must become the one before, and shrink until one more fits.
  if (present > count) return Math.ceil(startsAt + perMs + perMs / count - now);
  return Math.ceil(startsAt + perMs * (1 - (count - present) / before) - now);
}
