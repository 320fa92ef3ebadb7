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
 */

import type { StatedOutcomes } from "@thewatcher/contracts/api/stated";
import {
  EVENT_BATCH_BYTES_MAX,
  EVENT_BYTES_MAX,
  EVENTS_PER_BATCH_MAX,
  type EventBatchAnswer,
  type EventVerdict,
  isStated,
  type RefusalCause,
  type StatedEventType,
  type StoredEvent,
  type StoredEventOf,
} from "@thewatcher/contracts/events";
import { Identity } from "@thewatcher/contracts/identity";
import { ProfileId } from "@thewatcher/contracts/ids";
import { problem } from "@thewatcher/contracts/problems";
import { topics } from "@thewatcher/contracts/topics";
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
import { createClientClocks } from "./client-clock.ts";
import { deadLetterRecord, letterOf } from "./dead-letter.ts";
import { eventTexts } from "./event-texts.ts";
import {
  cut,
  holdsUnstorable,
  isObject,
  type Judgement,
  judge,
  type KnownTitle,
  type Sender,
  senderAt,
} from "./judge.ts";

export const PROFILE_HEADER = "x-profile-id";

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
  readonly knownTitle: KnownTitle;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics?: CollectorMetrics;
}

export function createCollector(deps: CollectorDeps): Hono {
  const app = new Hono();
  app.use(requestId());
  handleErrors(app, { log: deps.log, notFound: problem("not-found"), internal: problem("internal") });
  const clientClocks = createClientClocks();
  const read = createBearerReader(deps.verifier, (claims) => Identity.safeParse(claims).data);

  async function senderOf(c: Context): Promise<Sender> {
    const identity = await read(c.req.header("authorization"));
    if (!identity) throw new ProblemError(problem("unauthenticated"));
    const isMachine = identity.role === "service";
    const profileId = isMachine ? machineProfile(c) : viewerProfile(identity);
    return senderAt({ ...identity, profileId, isMachine }, deps.clock.now());
  }

  app.post("/api/v1/events", async (c) => {
    const startedMs = deps.clock.monotonicMs();
    const sender = await senderOf(c);
    const text = await readBoundedText(c.req.raw, EVENT_BATCH_BYTES_MAX);
    const batch = eventsOf(text);
    refuseTooLarge(text ?? "");
    const sentAts = batch.map((raw) =>
      isObject(raw) && typeof raw.sentAt === "string" ? Date.parse(raw.sentAt) : NaN,
    );
    const behindMs = clientClocks.behindMs(`${sender.profileId} ${sender.device}`, sender.receivedAt, sentAts);
    const rules = {
      sender: { ...sender, behindMs },
      knownTitle: deps.knownTitle,
      mayHoldUnstorable: text !== undefined && holdsUnstorable(text),
    };
    const judgements = batch.map((raw) => judge(raw, rules));

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

/**
 * A dead letter keeps its event whole, so an event has to fit one. Looked for where a body is larger than one event may
 * be: hardly ever.
 */
function refuseTooLarge(text: string): void {
  if (Buffer.byteLength(text) <= EVENT_BYTES_MAX) return;
  eventTexts(text).forEach((event, index) => {
    const bytes = Buffer.byteLength(event);
    if (bytes <= EVENT_BYTES_MAX) return;
    const message = `an event of ${bytes} bytes; at most ${EVENT_BYTES_MAX} are accepted`;
    throw new ProblemError(
      problem("body-too-large", {
        detail: "Nothing was accepted: one event is too large. Send the others without it.",
        errors: [{ path: `events.${index}`, message }],
      }),
    );
  });
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

const isStatedEvent = (event: StoredEvent): event is StatedEvent => isStated(event.type);
