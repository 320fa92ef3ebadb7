/**
 * The collector: where an app's events enter. `POST /api/v1/events` takes a batch, judges each event by itself, and
 * answers with one verdict for each, in order, after everything it says is durable.
 *
 * Who and from where come from the internal token alone: a body that names a profile changes nothing. A machine
 * (role `service`) names the profile that it writes for in the header `x-profile-id`.
 *
 * Order of writes: first the commands to the owner of stated preferences, then the log. The owner is idempotent (the
 * latest statement wins), the log is not; so a batch that is refused whole because the database is away leaves nothing
 * behind that a resend would double. The rest is up to `eventId`: readers count the same event once.
 *
 * Client clocks: an event cannot have been sent after it arrived. Where `sentAt` says so, that much is how far the
 * client's clock is ahead, and `occurredAt` is moved back by it; else one fast clock would own a profile's latest state
 * until the world catches up. `sentAt` and `receivedAt` are stored, so what the client said can be told again. A clock
 * that seems behind is believed: it can't be told from a phone that was offline. What still lies ahead goes to the dead
 * letters, and so does what is older than any device clock that was ever set.
 */

import type { StatedOutcomes } from "@thewatcher/contracts/api/stated";
import {
  type ClientEvent,
  clientEventSchemas,
  EVENT_BATCH_BYTES_MAX,
  EVENT_TYPES,
  EVENT_VERSION,
  EVENTS_PER_BATCH_MAX,
  type EventBatchAnswer,
  type EventType,
  type EventVerdict,
  isStated,
  type RefusalCause,
  SERVER_ONLY_EVENT_TYPES,
  type StatedEventType,
  type StoredEvent,
  type StoredEventOf,
} from "@thewatcher/contracts/events";
import { Identity } from "@thewatcher/contracts/identity";
import { ProfileId, type TitleId } from "@thewatcher/contracts/ids";
import { problem } from "@thewatcher/contracts/problems";
import { topics } from "@thewatcher/contracts/topics";
import type { DeadLetter } from "@thewatcher/contracts/topics/dead-letters";
import { assert } from "@thewatcher/kit/assert";
import type { Clock } from "@thewatcher/kit/clock";
import {
  handleErrors,
  issuesOf,
  ProblemError,
  problemResponse,
  readBoundedText,
  requestId,
} from "@thewatcher/kit/http";
import { createBearerReader, type TokenVerifier } from "@thewatcher/kit/internal-token";
import type { Log } from "@thewatcher/kit/log";
import type { EventLog, NewRecord } from "@thewatcher/stores/event-log/port";
import { type Context, Hono } from "hono";
import { deadLetterRecord } from "./dead-letter.ts";
import { eventTexts } from "./event-texts.ts";

export const PROFILE_HEADER = "x-profile-id";

/** How far ahead of us an event may lie once the client's skew is taken off: what two honest clocks may differ by. */
export const FUTURE_TOLERANCE_MS = 5 * 60_000;
/**
 * Older events of an app are a clock that was never set: televisions and phones wake up in 1970, 1980, 2000, 2010 or
 * 2015, never within the last ten years.
 */
export const APP_EVENT_AGE_MS_MAX = 10 * 365.25 * 86_400_000;
/** A clock further ahead than this says nothing; the warehouse's instants end in 2299 besides. */
const CLOCK_AHEAD_MS_MAX = APP_EVENT_AGE_MS_MAX;
/** Machines bring whole histories. The oldest rating of MovieLens is of 1995; nothing online is older than this. */
export const HISTORY_FLOOR = Date.UTC(1990, 0, 1);

/** What the owner of stated preferences takes. */
export type StatedEvent = StoredEventOf<StatedEventType>;
export type SendStated = (events: readonly StatedEvent[]) => Promise<StatedOutcomes>;

export interface CollectorMetrics {
  observe(batch: {
    readonly accepted: number;
    readonly refused: ReadonlyMap<RefusalCause, number>;
    readonly durationMs: number;
  }): void;
}

export interface CollectorDeps {
  readonly eventLog: EventLog;
  /** For the audience `ingestion`. */
  readonly verifier: TokenVerifier;
  readonly stated: SendStated;
  /** `undefined`: cannot say at the moment; the event is taken. */
  readonly knownTitle: (titleId: TitleId) => boolean | undefined;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics?: CollectorMetrics;
}

interface Sender {
  readonly profileId: ProfileId;
  readonly device: string;
  readonly country: string;
  /** Events before this are refused as too old. */
  readonly oldestAt: number;
  readonly receivedAt: number;
  readonly receivedAtText: string;
}

interface Refusal {
  readonly kind: "refused";
  readonly cause: RefusalCause;
  readonly detail: string;
}
type Judgement = { readonly kind: "good"; readonly event: StoredEvent } | Refusal;

export function createCollector(deps: CollectorDeps): Hono {
  const app = new Hono();
  app.use(requestId());
  handleErrors(app, { log: deps.log, notFound: problem("not-found"), internal: problem("internal") });
  const read = createBearerReader(deps.verifier, (claims) => Identity.safeParse(claims).data);

  async function senderOf(c: Context): Promise<Sender> {
    const identity = await read(c.req.header("authorization"));
    if (!identity) throw new ProblemError(problem("unauthenticated"));
    const receivedAt = deps.clock.now();
    const isMachine = identity.role === "service";
    return {
      profileId: isMachine ? machineProfile(c) : viewerProfile(identity),
      device: identity.device,
      country: identity.country,
      oldestAt: isMachine ? HISTORY_FLOOR : receivedAt - APP_EVENT_AGE_MS_MAX,
      receivedAt,
      receivedAtText: new Date(receivedAt).toISOString(),
    };
  }

  app.post("/api/v1/events", async (c) => {
    const startedMs = deps.clock.monotonicMs();
    const sender = await senderOf(c);
    const text = await readBoundedText(c.req.raw, EVENT_BATCH_BYTES_MAX);
    const batch = eventsOf(text);
    // Lone surrogates and NUL can only come as escapes; most bodies have none, and then nothing needs a second look.
    const mayHoldUnstorable = text !== undefined && UNSTORABLE_ESCAPE.test(text);
    const judgements = batch.map((raw) => {
      const judgement = judge(raw, sender, deps.knownTitle);
      return mayHoldUnstorable && judgement.kind === "good"
        ? { kind: "good" as const, event: storable(judgement.event) as StoredEvent }
        : judgement;
    });

    await sendStated(judgements, sender);
    await appendAll(judgements, sender, text ?? "");

    const answer = answerOf(judgements, batch);
    deps.metrics?.observe({
      accepted: answer.accepted,
      refused: countCauses(answer.verdicts),
      durationMs: deps.clock.monotonicMs() - startedMs,
    });
    return answer.accepted > 0 ? c.json(answer) : noneAccepted(answer);
  });

  app.all("/api/v1/events", () => {
    const response = problemResponse(problem("method-not-allowed", { detail: "Events are sent by POST." }));
    response.headers.set("allow", "POST");
    return response;
  });

  /** Replaces the judgement of what the owner of stated preferences refuses. */
  async function sendStated(judgements: Judgement[], sender: Sender): Promise<void> {
    const places: number[] = [];
    const events: StatedEvent[] = [];
    judgements.forEach((judgement, place) => {
      if (judgement.kind === "good" && isStatedEvent(judgement.event)) {
        places.push(place);
        events.push(judgement.event);
      }
    });
    if (events.length === 0) return;
    const { outcomes } = await orUnavailable("what viewers state", () => deps.stated(events));
    assert(outcomes.length === events.length, "one outcome for each stated event");
    outcomes.forEach((outcome, i) => {
      if (outcome.kind === "applied") return;
      const detail =
        outcome.cause === "unknown_profile" ? `profile ${sender.profileId}: ${outcome.detail}` : outcome.detail;
      judgements[places[i]!] = { kind: "refused", cause: outcome.cause, detail };
    });
  }

  async function appendAll(judgements: readonly Judgement[], sender: Sender, text: string): Promise<void> {
    const good: NewRecord[] = [];
    const bad: NewRecord[] = [];
    const texts = judgements.some(({ kind }) => kind === "refused") ? eventTexts(text) : [];
    judgements.forEach((judgement, place) => {
      if (judgement.kind === "refused") {
        bad.push(deadLetterRecord(letterOf(judgement, sender, texts[place] ?? "")));
      } else if (!isStatedEvent(judgement.event)) {
        good.push({ key: sender.profileId, value: JSON.stringify(judgement.event) });
      }
    });
    await orUnavailable("the event log", () =>
      Promise.all([
        good.length > 0 ? deps.eventLog.append(topics.behaviour.name, good) : undefined,
        bad.length > 0 ? deps.eventLog.append(topics.deadLetters.name, bad) : undefined,
      ]),
    );
  }

  return app;
}

async function orUnavailable<Value>(part: string, work: () => Promise<Value>): Promise<Value> {
  try {
    return await work();
  } catch (cause) {
    const detail = `Nothing was accepted: ${part} cannot be written at the moment. Send the same events again.`;
    throw new ProblemError(problem("unavailable", { detail }), cause);
  }
}

function viewerProfile(identity: Identity): ProfileId {
  if (identity.profileId) return identity.profileId;
  throw new ProblemError(problem("forbidden", { detail: "Choose a profile first: events belong to one." }));
}

function machineProfile(c: Context): ProfileId {
  const parsed = ProfileId.safeParse(c.req.header(PROFILE_HEADER));
  if (parsed.success) return parsed.data;
  throw new ProblemError(
    problem("bad-request", {
      detail: `A machine names the profile that it writes for in the header ${PROFILE_HEADER}.`,
      errors: issuesOf(parsed.error).map(({ message }) => ({ path: PROFILE_HEADER, message })),
    }),
  );
}

/** The events of a body; throws the problem of a body that holds none. */
function eventsOf(text: string | undefined): readonly unknown[] {
  if (text === undefined) {
    throw new ProblemError(
      problem("body-too-large", { detail: `A batch may hold at most ${EVENT_BATCH_BYTES_MAX} bytes.` }),
    );
  }
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch (cause) {
    throw new ProblemError(
      problem("bad-request", { detail: `The body is not JSON: ${cut((cause as Error).message)}` }),
    );
  }
  const events = isObject(body) && Object.hasOwn(body, "events") ? body.events : body;
  if (!Array.isArray(events) || events.length === 0) {
    const message = `an array of 1 to ${EVENTS_PER_BATCH_MAX} events`;
    throw new ProblemError(
      problem("bad-request", {
        detail: 'The body is { "events": [...] } or the array itself.',
        errors: [{ path: isObject(body) ? "events" : "(body)", message }],
      }),
    );
  }
  if (events.length > EVENTS_PER_BATCH_MAX) {
    const detail = `A batch may hold at most ${EVENTS_PER_BATCH_MAX} events; this one holds ${events.length}.`;
    throw new ProblemError(problem("body-too-large", { detail }));
  }
  return events;
}

function judge(raw: unknown, sender: Sender, knownTitle: CollectorDeps["knownTitle"]): Judgement {
  if (!isObject(raw)) return refused("not_an_object", "an event is a JSON object");
  const type = raw.type;
  if (typeof type !== "string" || !Object.hasOwn(clientEventSchemas, type)) {
    return refused("unknown_type", `type: ${show(type)} is none of ${EVENT_TYPES.join(", ")}`);
  }
  if ((SERVER_ONLY_EVENT_TYPES as readonly string[]).includes(type)) {
    return refused("server_only", `type: ${type} is made by the server only`);
  }
  const parsed = clientEventSchemas[type as EventType].safeParse(raw);
  if (!parsed.success) {
    const issues = issuesOf(parsed.error).slice(0, 3);
    return refused("invalid", issues.map(({ path, message }) => `${path}: ${message}`).join("; "));
  }
  const event: ClientEvent = parsed.data;
  const occurredAt = Date.parse(event.occurredAt);
  const sentAt = Date.parse(event.sentAt);
  const aheadMs = Math.max(0, sentAt - sender.receivedAt);
  const corrected = occurredAt - aheadMs;
  const misdated =
    aheadMs > CLOCK_AHEAD_MS_MAX ? clockTooFarAhead(event) : judgeTimes(corrected, sentAt, event, sender);
  if (misdated) return misdated;
  const { payload } = event;
  if ("titleId" in payload && knownTitle(payload.titleId) === false) {
    return refused("unknown_title", `payload.titleId: ${payload.titleId} is not in the catalogue`);
  }
  return { kind: "good", event: stamp(event, { occurredAt: corrected, sentAt }, sender) };
}

/** Field by field: a spread of the event with ten fields more costs 11 µs, the rest of the judgement 3. */
function stamp(
  event: ClientEvent,
  times: { readonly occurredAt: number; readonly sentAt: number },
  sender: Sender,
): StoredEvent {
  const stored: Pick<StoredEvent, keyof StoredEvent> = {
    version: EVENT_VERSION,
    eventId: event.eventId,
    type: event.type,
    occurredAt: instantText(times.occurredAt, event.occurredAt),
    sentAt: instantText(times.sentAt, event.sentAt),
    receivedAt: sender.receivedAtText,
    knownAt: sender.receivedAtText,
    profileId: sender.profileId,
    device: sender.device,
    country: sender.country,
    timeQuality: "observed",
    payload: event.payload,
  };
  if (event.decisionId !== undefined) stored.decisionId = event.decisionId;
  if (event.position !== undefined) stored.position = event.position;
  // The compiler loses which payload belongs to which type; both are copied from one event.
  return stored as StoredEvent;
}

/** `given`, where it already is the text of the instant: 0.7 µs saved. */
function instantText(at: number, given: string): string {
  return given.length === 24 && Date.parse(given) === at ? given : new Date(at).toISOString();
}

function clockTooFarAhead(event: ClientEvent): Refusal {
  return refused("occurred_in_future", `sentAt: ${event.sentAt} is years ahead of its arrival: set the clock`);
}

function judgeTimes(corrected: number, sentAt: number, event: ClientEvent, sender: Sender): Refusal | undefined {
  if (corrected > sender.receivedAt + FUTURE_TOLERANCE_MS) {
    const bySeconds = Math.round((corrected - sender.receivedAt) / 1000);
    const limit = `at most ${FUTURE_TOLERANCE_MS / 60_000} min are accepted`;
    return refused("occurred_in_future", `occurredAt: ${bySeconds} s ahead of its arrival; ${limit}`);
  }
  if (Math.min(corrected, sentAt) < sender.oldestAt) {
    const field = corrected < sender.oldestAt ? "occurredAt" : "sentAt";
    const oldest = new Date(sender.oldestAt).toISOString();
    return refused("too_old", `${field}: ${event[field]} is before ${oldest}, the oldest that is accepted`);
  }
  return undefined;
}

function answerOf(judgements: readonly Judgement[], batch: readonly unknown[]): EventBatchAnswer {
  const verdicts = judgements.map((judgement, index): EventVerdict => {
    if (judgement.kind === "good") return { kind: "accepted", eventId: judgement.event.eventId };
    const raw = batch[index];
    const eventId = isObject(raw) && typeof raw.eventId === "string" ? cut(raw.eventId, 64) : undefined;
    return {
      kind: "refused",
      index,
      ...(eventId === undefined ? {} : { eventId }),
      cause: judgement.cause,
      detail: judgement.detail,
    };
  });
  const accepted = verdicts.filter(({ kind }) => kind === "accepted").length;
  return { accepted, refused: verdicts.length - accepted, verdicts };
}

/** A problem that carries the verdicts too: what to mend is in them. */
function noneAccepted(answer: EventBatchAnswer): Response {
  const errors = answer.verdicts.flatMap((verdict) =>
    verdict.kind === "refused" ? [{ path: `events.${verdict.index}`, message: verdict.detail }] : [],
  );
  return problemResponse({ ...problem("invalid-events", { errors: errors.slice(0, 20) }), ...answer });
}

function countCauses(verdicts: readonly EventVerdict[]): Map<RefusalCause, number> {
  const counts = new Map<RefusalCause, number>();
  for (const verdict of verdicts) {
    if (verdict.kind === "refused") counts.set(verdict.cause, (counts.get(verdict.cause) ?? 0) + 1);
  }
  return counts;
}

function letterOf(refusal: Refusal, sender: Sender, raw: string): DeadLetter {
  return {
    version: 1,
    cause: refusal.cause,
    detail: refusal.detail,
    profileId: sender.profileId,
    device: sender.device,
    country: sender.country,
    receivedAt: sender.receivedAtText,
    raw,
  };
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isStatedEvent = (event: StoredEvent): event is StatedEvent => isStated(event.type);
const refused = (cause: RefusalCause, detail: string): Refusal => ({
  kind: "refused",
  cause,
  detail: cut(detail, 500),
});
const cut = (text: string, charsMax = 200) => (text.length > charsMax ? `${text.slice(0, charsMax - 1)}…` : text);
const show = (value: unknown) =>
  typeof value === "string" ? JSON.stringify(cut(value, 64)) : value === undefined ? "missing" : `a ${typeof value}`;

const UNSTORABLE_ESCAPE = /\\u(?:0000|[dD][89a-fA-F])/;
/** With the flag `u`, the surrogate class matches those without a partner only. */
const UNSTORABLE = /\0|\p{Surrogate}/gu;

/** PostgreSQL takes no NUL and ClickHouse no lone surrogate in JSON: both become U+FFFD, as UTF-8 decoders do. */
function storable(value: unknown): unknown {
  if (typeof value === "string") return value.replace(UNSTORABLE, "\uFFFD");
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, storable(inner)]));
}
