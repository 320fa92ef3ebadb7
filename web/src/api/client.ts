/**
 * Requests to the gateway, on the app's own origin. Types are the contract's; bodies are not parsed again with zod,
 * which would double the script: app and gateway come out of one build. A failure is one `ApiFailure`, whatever failed.
 */

import type { RatingsPage, TitleDetails, WatchlistPage } from "@thewatcher/contracts/api/catalogue";
import type { ApiPath } from "@thewatcher/contracts/api/operations.generated";
import type { HomePage, SimilarTitles } from "@thewatcher/contracts/api/serving";
import type { ChooseProfile, DemoAccounts, SessionView } from "@thewatcher/contracts/api/session";
import type { ClientEvent, EventBatchAnswer } from "@thewatcher/contracts/events";
import type { AccountId } from "@thewatcher/contracts/ids";
import type { Problem, ProblemSlug } from "@thewatcher/contracts/problems";
import type { SendOutcome } from "../events/queue.ts";
import { locale } from "../locale.ts";

/** Why a request failed: the slug of the problem's page, or `offline` when no answer came at all. */
export type FailureCause = ProblemSlug | "offline" | "unknown";

export class ApiFailure extends Error {
  readonly kind: FailureCause;
  readonly status: number;
  /** The request id, to be quoted to support. */
  readonly instance: string | undefined;
  /** How long to wait before the same is asked again, where the answer said so. */
  readonly retryAfterMs: number | undefined;

  constructor(kind: FailureCause, status: number, problem: Partial<Problem>, retryAfterMs?: number) {
    super(problem.detail ?? problem.title ?? kind);
    this.kind = kind;
    this.status = status;
    this.instance = problem.instance;
    this.retryAfterMs = retryAfterMs;
  }
}

/** An overload answers at once; who is told no time waits this long. */
const OVERLOAD_MS = 5_000;

/** When to ask again of a part that has too much to do; undefined: that is not what failed. */
export function overloadMsOf(error: unknown): number | undefined {
  if (!(error instanceof ApiFailure) || error.kind !== "overloaded") return undefined;
  return error.retryAfterMs ?? OVERLOAD_MS;
}

/** What a request may be tried again for; a refusal stays a refusal. */
const isTransient = (error: unknown) => !(error instanceof ApiFailure) || error.status === 0 || error.status >= 500;
const RETRIES_MAX = 2;
export const mayRetry = (failures: number, error: unknown): boolean => failures < RETRIES_MAX && isTransient(error);

/** Longer than the slowest page by far; a request beyond it has been lost on the way. */
const REQUEST_MS_MAX = 15_000;

/** An address that the gateway's document has: another one is a mistake that the compiler sees. */
type ApiAddress = ApiPath | `${ApiPath}?${string}`;
const SESSION = "/api/v1/session";

const slugOf = (problem: Partial<Problem>): FailureCause =>
  (problem.type?.split("/").at(-1) as ProblemSlug | undefined) ?? "unknown";

/** `Retry-After` in seconds, as ours is; the form with a date is a proxy's. */
function retryAfterMsOf(response: Response): number | undefined {
  const seconds = Number(response.headers.get("retry-after") ?? Number.NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? seconds * 1_000 : undefined;
}

async function failureOf(response: Response): Promise<ApiFailure> {
  const isProblem = response.headers.get("content-type")?.includes("problem+json");
  const problem: Partial<Problem> = isProblem ? await response.json().catch(() => ({})) : {};
  return new ApiFailure(isProblem ? slugOf(problem) : "unknown", response.status, problem, retryAfterMsOf(response));
}

async function answerTo(path: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(path, { signal: AbortSignal.timeout(REQUEST_MS_MAX), ...init });
  } catch {
    throw new ApiFailure("offline", 0, {});
  }
}

/**
 * What a request that changes something carries, so that the gateway knows it from another site's. Answers bring it: that
 * of the session, and each that begins a session or gives it another token.
 */
const CSRF_HEADER = "x-csrf-token";
let csrfToken: string | undefined;

async function exchange(path: string, init: RequestInit): Promise<Response> {
  const headers = {
    accept: "application/json",
    "accept-language": locale(),
    ...(init.body && { "content-type": "application/json" }),
    ...(csrfToken && { [CSRF_HEADER]: csrfToken }),
  };
  const response = await answerTo(path, { ...init, headers });
  csrfToken = response.headers.get(CSRF_HEADER) ?? csrfToken;
  return response;
}

/** Another tab may have changed the session since: then what this one carries is the former's. Asked once more with its own. */
async function changing(path: string, init: RequestInit): Promise<Response> {
  if (csrfToken === undefined) await exchange(SESSION, {});
  const carried = csrfToken;
  const response = await exchange(path, init);
  if (response.status !== 403) return response;
  await exchange(SESSION, {});
  return csrfToken === carried ? response : exchange(path, init);
}

export async function request<Body>(path: ApiAddress, init: RequestInit = {}): Promise<Body> {
  const send = init.method === undefined ? exchange : changing;
  const response = await send(path, init);
  if (!response.ok) throw await failureOf(response);
  return response.status === 204 ? (undefined as Body) : ((await response.json()) as Body);
}

export const withBody = (method: string, body: unknown) => ({ method, body: JSON.stringify(body) });

/** In a path: ids are letters, digits and `: . _ -`, of which only the colon would be escaped for nothing. */
export const segment = (id: string) => encodeURIComponent(id).replaceAll("%3A", ":");

/** What suits tonight: a bound on the length, somebody else of the account. */
export interface HomeWishes {
  readonly minutes?: string;
  readonly with?: string;
}

export const api = {
  listDemoAccounts: () => request<DemoAccounts>("/api/v1/demo/accounts"),
  getSession: () => request<SessionView>(SESSION),
  signIn: (accountId: AccountId) => request<SessionView>(SESSION, withBody("POST", { accountId })),
  chooseProfile: (choice: ChooseProfile) => request<SessionView>("/api/v1/session/profile", withBody("PUT", choice)),
  signOut: () => request<unknown>(SESSION, { method: "DELETE" }),
  getHome: (wishes: HomeWishes) => request<HomePage>(`/api/v1/home?${new URLSearchParams({ ...wishes })}`),
  getTitle: (titleId: string) => request<TitleDetails>(`/api/v1/titles/${segment(titleId)}`),
  getSimilar: (titleId: string) => request<SimilarTitles>(`/api/v1/titles/${segment(titleId)}/similar`),
  /** The latest 200 of each: the marks on cards; older ones come with the full "my list" screen. */
  getWatchlist: (profileId: string) =>
    request<WatchlistPage>(`/api/v1/profiles/${segment(profileId)}/watchlist?limit=200`),
  getRatings: (profileId: string) => request<RatingsPage>(`/api/v1/profiles/${segment(profileId)}/ratings?limit=200`),
};

/** Statuses that another try may cure: time-outs, too many requests, and whatever broke on the server. */
const isRetriable = (status: number) => status === 0 || status === 408 || status === 429 || status >= 500;
/** Browsers refuse requests that outlive the page above 64 KiB in flight together. */
const KEEPALIVE_BYTES_MAX = 60_000;

export async function sendEvents(events: readonly ClientEvent[]): Promise<SendOutcome> {
  const init = withBody("POST", { events });
  const keepalive = init.body.length < KEEPALIVE_BYTES_MAX;
  try {
    const answer = await request<EventBatchAnswer>("/api/v1/events", { ...init, keepalive });
    return { kind: "answered", answer };
  } catch (error) {
    const { status, retryAfterMs } = error instanceof ApiFailure ? error : { status: 0, retryAfterMs: undefined };
    return isRetriable(status) ? { kind: "retriable", afterMs: retryAfterMs } : { kind: "rejected", status };
  }
}
