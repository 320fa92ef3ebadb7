/**
 * `dead-letters list | show | replay`: letters, what became of them, and their way back.
 *
 * A letter that is replayed is mended by rules, judged as the collector judges, as of when it came and with who sent it,
 * and goes where the collector would send it: what was stated to its owner, behaviour to the log. Idempotent: its event
 * keeps its eventId, or gets one that its place in the topic decides; a letter that was accepted is not sent again; and
 * where the process died between the log and the database, it is sent again under the same id, which readers count once.
 */
import type { StoredEvent } from "@thewatcher/contracts/events";
import { isStated } from "@thewatcher/contracts/events";
import { topics } from "@thewatcher/contracts/topics";
import type { DeadLetterCause } from "@thewatcher/contracts/topics/dead-letters";
import { assert } from "@thewatcher/kit/assert";
import type { Clock } from "@thewatcher/kit/clock";
import { UserError } from "@thewatcher/kit/user-error";
import { deterministicUuid7 } from "@thewatcher/kit/uuid";
import type { Database } from "@thewatcher/stores/database/port";
import type { ArchiveDeps } from "../archive/archive.ts";
import type { SendStated, StatedEvent } from "../collector.ts";
import { holdsUnstorable, isObject, judge, type KnownTitle, senderAt } from "../judge.ts";
import { idOf, type LetterFilter, type PlacedLetter, rawOf, readLetters } from "./letters.ts";
import { type MendRule, mend, parseMendRule } from "./mend.ts";
import { type LetterReplay, rememberReplays, replaysOf } from "./replays.ts";

/** Judged, sent and remembered together. */
const LETTERS_PER_STEP = 500;
/** Told one by one in the answer; the counts are of all. */
const OUTCOMES_MAX = 1_000;

export interface LetterSummary {
  readonly id: string;
  readonly cause: DeadLetterCause;
  readonly detail: string;
  readonly profileId: string;
  readonly receivedAt: string;
  /** The beginning of the event as it came. */
  readonly raw: string;
  readonly replays: readonly LetterReplay[];
}

const RAW_SHOWN_CHARS = 120;

/** The newest letters, newest first. */
export async function listLetters(
  deps: ArchiveDeps & { readonly database: Database },
  filter: LetterFilter & { readonly limit: number },
): Promise<{ readonly letters: readonly LetterSummary[]; readonly more: number }> {
  let newest: PlacedLetter[] = [];
  let count = 0;
  for await (const letters of readLetters(deps, filter)) {
    count += letters.length;
    newest = [...newest, ...letters].slice(-filter.limit);
  }
  const replays = await replaysOf(deps.database, newest);
  const letters = newest.reverse().map((placed): LetterSummary => {
    const { cause, detail, profileId, receivedAt, raw } = placed.letter;
    const shown = raw.length > RAW_SHOWN_CHARS ? `${raw.slice(0, RAW_SHOWN_CHARS - 1)}…` : raw;
    return {
      id: idOf(placed),
      cause,
      detail,
      profileId,
      receivedAt,
      raw: shown,
      replays: replays.get(idOf(placed)) ?? [],
    };
  });
  return { letters, more: count - letters.length };
}

export interface WholeLetter extends LetterSummary {
  readonly device: string;
  readonly country: string;
  readonly fromMachine: boolean;
  readonly record: { readonly topic: string; readonly partition: number; readonly offset: number } | undefined;
  /** Where `raw` is no UTF-8: its bytes. */
  readonly rawBase64: string | undefined;
}

export async function showLetter(
  deps: ArchiveDeps & { readonly database: Database },
  id: string,
): Promise<WholeLetter> {
  const placed = await findLetter(deps, id);
  const { letter } = placed;
  const { text, bytes } = await rawOf(deps, letter);
  const replays = await replaysOf(deps.database, [placed]);
  return {
    id: idOf(placed),
    cause: letter.cause,
    detail: letter.detail,
    profileId: letter.profileId,
    receivedAt: letter.receivedAt,
    device: letter.device,
    country: letter.country,
    fromMachine: letter.fromMachine ?? false,
    record: letter.record,
    raw: text,
    rawBase64: Buffer.from(text, "utf8").equals(bytes) ? undefined : Buffer.from(bytes).toString("base64"),
    replays: replays.get(idOf(placed)) ?? [],
  };
}

async function findLetter(deps: ArchiveDeps, id: string): Promise<PlacedLetter> {
  for await (const letters of readLetters(deps, { ids: [id] })) {
    if (letters[0]) return letters[0];
  }
  throw new UserError(`there is no dead letter ${id}; \`dead-letters list\` shows which there are`);
}

export interface ReplayLettersDeps extends ArchiveDeps {
  readonly database: Database;
  readonly stated: SendStated;
  readonly knownTitle: KnownTitle;
  readonly clock: Clock;
}

export type LetterOutcome = { readonly id: string } & (
  | { readonly kind: "accepted"; readonly eventId: string; readonly type: string }
  | { readonly kind: "refused"; readonly cause: DeadLetterCause; readonly detail: string }
  /** Accepted before: not sent again. */
  | { readonly kind: "already"; readonly eventId: string | undefined }
);

export interface LettersReplayed {
  readonly accepted: number;
  readonly refused: number;
  readonly already: number;
  /** The first of them. */
  readonly outcomes: readonly LetterOutcome[];
  readonly dryRun: boolean;
}

export async function replayLetters(
  deps: ReplayLettersDeps,
  request: LetterFilter & {
    readonly mend: readonly string[];
    readonly dryRun: boolean;
    readonly signal?: AbortSignal;
    readonly onProgress?: (lettersDone: number) => void;
  },
): Promise<LettersReplayed> {
  const rules = request.mend.map(parseMendRule);
  const counts = { accepted: 0, refused: 0, already: 0 };
  const outcomes: LetterOutcome[] = [];
  const unseen = new Set(request.ids);
  for await (const batch of readLetters(deps, request)) {
    for (let start = 0; start < batch.length; start += LETTERS_PER_STEP) {
      request.signal?.throwIfAborted();
      for (const outcome of await step(deps, batch.slice(start, start + LETTERS_PER_STEP), rules, request)) {
        counts[outcome.kind]++;
        unseen.delete(outcome.id);
        if (outcomes.length < OUTCOMES_MAX) outcomes.push(outcome);
      }
      request.onProgress?.(counts.accepted + counts.refused + counts.already);
    }
  }
  if (unseen.size > 0) {
    throw new UserError(`there is no dead letter ${[...unseen].slice(0, 5).join(", ")}; the others were replayed`);
  }
  return { ...counts, outcomes, dryRun: request.dryRun };
}

type Judged = { readonly placed: PlacedLetter } & (
  | { readonly kind: "good"; readonly event: StoredEvent }
  | { readonly kind: "refused"; readonly cause: DeadLetterCause; readonly detail: string }
);

async function step(
  deps: ReplayLettersDeps,
  letters: readonly PlacedLetter[],
  rules: readonly MendRule[],
  { mend: ruleTexts, dryRun }: { readonly mend: readonly string[]; readonly dryRun: boolean },
): Promise<readonly LetterOutcome[]> {
  const before = await replaysOf(deps.database, letters);
  const acceptedBefore = (placed: PlacedLetter) =>
    before.get(idOf(placed))?.find(({ outcome }) => outcome === "accepted");
  const due = letters.filter((placed) => !acceptedBefore(placed));
  let judged: readonly Judged[] = await Promise.all(due.map((placed) => judgeLetter(deps, placed, rules)));
  if (!dryRun) {
    judged = await sendStated(deps, judged);
    const behaviour = judged.flatMap((one) => (one.kind === "good" && !isStated(one.event.type) ? [one.event] : []));
    if (behaviour.length > 0) {
      await deps.eventLog.append(
        topics.behaviour.name,
        behaviour.map((event) => ({ key: event.profileId, value: JSON.stringify(event) })),
      );
    }
    const replayedAt = deps.clock.now();
    await rememberReplays(
      deps.database,
      judged.map((one) => ({
        partition: one.placed.partition,
        offset: one.placed.offset,
        outcome: one.kind === "good" ? "accepted" : "refused",
        eventId: one.kind === "good" ? one.event.eventId : undefined,
        cause: one.kind === "good" ? undefined : one.cause,
        detail: one.kind === "good" ? undefined : one.detail,
        rules: ruleTexts,
        replayedAt,
      })),
    );
  }
  const now = new Map(judged.map((one) => [idOf(one.placed), one]));
  return letters.map((placed): LetterOutcome => {
    const id = idOf(placed);
    const one = now.get(id);
    if (!one) return { id, kind: "already", eventId: acceptedBefore(placed)?.eventId };
    if (one.kind === "refused") return { id, kind: "refused", cause: one.cause, detail: one.detail };
    return { id, kind: "accepted", eventId: one.event.eventId, type: one.event.type };
  });
}

async function judgeLetter(deps: ReplayLettersDeps, placed: PlacedLetter, rules: readonly MendRule[]): Promise<Judged> {
  const { letter } = placed;
  const { text } = await rawOf(deps, letter);
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch (error) {
    const detail = `no JSON: ${(error as Error).message.slice(0, 200)}`;
    return { placed, kind: "refused", cause: "undecodable_record", detail };
  }
  const receivedAt = Date.parse(letter.receivedAt);
  const mended = mend(raw, rules, letter.receivedAt);
  const event =
    isObject(mended) && mended.eventId === undefined
      ? { ...mended, eventId: deterministicUuid7(nameOf(placed), receivedAt) }
      : mended;
  const sender = senderAt({ ...letter, isMachine: letter.fromMachine ?? false }, receivedAt);
  const mayHoldUnstorable = holdsUnstorable(JSON.stringify(event));
  return { placed, ...judge(event, { sender, knownTitle: deps.knownTitle, mayHoldUnstorable }) };
}

/** Of a record that was told twice one name. */
function nameOf({ partition, offset, letter }: PlacedLetter): string {
  const place = letter.record ?? { topic: topics.deadLetters.name, partition, offset };
  return `${place.topic}/${place.partition}/${place.offset}`;
}

async function sendStated(deps: ReplayLettersDeps, judged: readonly Judged[]): Promise<readonly Judged[]> {
  const events = judged.flatMap((one) =>
    one.kind === "good" && isStated(one.event.type) ? [one.event as StatedEvent] : [],
  );
  if (events.length === 0) return judged;
  const { outcomes } = await deps.stated(events);
  assert(outcomes.length === events.length, "one outcome for each stated event");
  let next = 0;
  return judged.map((one): Judged => {
    if (one.kind !== "good" || !isStated(one.event.type)) return one;
    const outcome = outcomes[next++]!;
    return outcome.kind === "applied"
      ? one
      : { placed: one.placed, kind: "refused", cause: outcome.cause, detail: outcome.detail };
  });
}
