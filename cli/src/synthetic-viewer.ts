/**
 * The synthetic viewer: how long it takes from an accepted event to a changed page, measured all the time on the way that
 * every viewer's events take: collector, event log, fold, store, page. A minute or so apart it reports a new place in the
 * title that stands first on its page, and asks for the page until "continue watching" goes on from there.
 *
 * Each time it is another one of the reserved profiles (contracts/src/synthetic.ts), which nothing else counts. It begins
 * its clock with the collector's answer, as the promise does, and looks every few milliseconds: what it says is too long
 * by the pause before the last look and by that page. What it does not see in time counts as that time and as a failure.
 */
import { HomePage } from "@thewatcher/contracts/api/serving";
import { EventBatchAnswer } from "@thewatcher/contracts/events";
import type { ProfileId, TitleId } from "@thewatcher/contracts/ids";
import { SYNTHETIC_PROFILES, syntheticProfileId } from "@thewatcher/contracts/synthetic";
import type { Clock } from "@thewatcher/kit/clock";
import type { Rng } from "@thewatcher/kit/rng";
import { uuid7 } from "@thewatcher/kit/uuid";
import type { Call } from "./clients.ts";
import type { Look } from "./regular-looks.ts";

const EVERY_MS = 60_000;
/** Ten times the promise: who waited so long has clicked again. */
const UNSEEN_MS = 10_000;
/** First and longest pause between two looks; each is half as long again as the one before. */
const PAUSE_MS = 5;
const PAUSE_MS_MAX = 100;
/** Places to go on from: past the 30 s that make a beginning, and not the same again within an hour. */
const PLACE_FIRST_SECONDS = 60;
const PLACES = 3_600;

/** `refused`: the collector did not take the event. `unanswered`: no page. `unseen`: no page with it in time. */
export const REACTION_FAILURES = ["refused", "unanswered", "unseen"] as const;
type ReactionFailure = (typeof REACTION_FAILURES)[number];

export interface ReactionMetrics {
  reacted(durationMs: number): void;
  failed(reason: ReactionFailure): void;
}

class Failed extends Error {
  readonly reason: ReactionFailure;
  constructor(reason: ReactionFailure, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}

export function createSyntheticViewer(deps: {
  readonly ingestion: Call;
  readonly serving: Call;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly metrics: ReactionMetrics;
}): Look {
  const { ingestion, serving, clock, rng, metrics } = deps;

  async function pageOf(profileId: ProfileId): Promise<HomePage> {
    try {
      const response = await serving(`/api/v1/profiles/${profileId}/home`);
      if (!response.ok) throw new Error(`${response.status} ${(await response.text()).slice(0, 500)}`);
      return HomePage.parse(await response.json());
    } catch (cause) {
      throw new Failed("unanswered", "no page for the synthetic viewer", { cause });
    }
  }

  async function send(profileId: ProfileId, titleId: TitleId, positionSeconds: number): Promise<void> {
    const now = clock.now();
    const at = new Date(now).toISOString();
    const payload = { titleId, playbackId: "synthetic", positionSeconds, watchedSeconds: 0 };
    const event = { eventId: uuid7(now), type: "play_progress", occurredAt: at, sentAt: at, payload };
    try {
      const body = JSON.stringify({ events: [event] });
      const response = await ingestion("/api/v1/events", {
        method: "POST",
        headers: { "x-profile-id": profileId },
        body,
      });
      if (!response.ok) throw new Error(`${response.status} ${(await response.text()).slice(0, 500)}`);
      EventBatchAnswer.parse(await response.json());
    } catch (cause) {
      throw new Failed("refused", "the event of the synthetic viewer was not accepted", { cause });
    }
  }

  async function react(): Promise<void> {
    const profileId = syntheticProfileId(rng.int(SYNTHETIC_PROFILES));
    const { rows } = await pageOf(profileId);
    const titleId = rows[0]?.items[0]?.title.titleId;
    // A cinema without titles shows nothing that could change.
    if (titleId === undefined) return;
    const positionSeconds = PLACE_FIRST_SECONDS + (Math.floor(clock.now() / 1000) % PLACES);
    await send(profileId, titleId, positionSeconds);
    const acceptedAt = clock.monotonicMs();
    for (let pauseMs = PAUSE_MS; ; pauseMs = Math.min(PAUSE_MS_MAX, pauseMs * 1.5)) {
      if (goesOnFrom(await pageOf(profileId), titleId, positionSeconds)) break;
      if (clock.monotonicMs() - acceptedAt >= UNSEEN_MS) {
        metrics.reacted(UNSEEN_MS);
        throw new Failed("unseen", `no page of ${profileId} knew its event within ${UNSEEN_MS} ms`);
      }
      await clock.sleep(pauseMs);
    }
    metrics.reacted(clock.monotonicMs() - acceptedAt);
  }

  return {
    name: "reaction",
    everyMs: EVERY_MS,
    // A look ends by itself: calls between services are bounded.
    withinMs: 3 * UNSEEN_MS,
    async look() {
      try {
        await react();
      } catch (error) {
        metrics.failed(error instanceof Failed ? error.reason : "unanswered");
        throw error;
      }
    },
  };
}

function goesOnFrom({ rows }: HomePage, titleId: TitleId, positionSeconds: number): boolean {
  const begun = rows.find(({ kind }) => kind === "continue_watching");
  const item = begun?.items.find(({ title }) => title.titleId === titleId);
  return item?.reason.kind === "continue_watching" && item.reason.positionSeconds === positionSeconds;
}
