/** What the viewer began: films and episodes to go on with, and series whose next episode is due. */
import type { Entry } from "../candidates.ts";
import type { NextEpisode, Started } from "../history.ts";
import type { Prepared } from "../request.ts";
import type { Source } from "./source.ts";

const SECONDS_A_MINUTE = 60;

/** Of what was begun, what is left decides whether there is time for it. */
function fits({ ws, minutesMax }: Prepared, { index, positionSeconds, durationSeconds }: Started): boolean {
  if (minutesMax === Number.POSITIVE_INFINITY) return true;
  const seconds = durationSeconds ?? ws.view.runtimes[index]! * SECONDS_A_MINUTE;
  return (seconds - positionSeconds) / SECONDS_A_MINUTE <= minutesMax;
}

function fitsNext({ ws, minutesMax }: Prepared, { index, runtimeMinutes }: NextEpisode): boolean {
  return (runtimeMinutes ?? ws.view.runtimes[index]!) <= minutesMax;
}

const startedOf = (prepared: Prepared): Started[] =>
  prepared.history.started.filter((title) => prepared.mayContinue(title.index) && fits(prepared, title));
const nextOf = (prepared: Prepared): NextEpisode[] =>
  prepared.history.nextEpisodes.filter((title) => prepared.mayContinue(title.index) && fitsNext(prepared, title));

/** Both in one row, the last played first. */
export function begun(prepared: Prepared, count: number): Entry[] {
  const started = startedOf(prepared).map(({ index, positionSeconds, durationSeconds, playedAt }) => ({
    playedAt,
    entry: {
      index,
      score: 0,
      source: "continue_watching",
      reason: { kind: "continue_watching", positionSeconds, durationSeconds },
    } satisfies Entry,
  }));
  const next = nextOf(prepared).map(({ index, partId, season, episode, playedAt }) => ({
    playedAt,
    entry: {
      index,
      score: 0,
      source: "next_episode",
      reason: { kind: "next_episode", partId, season, episode },
    } satisfies Entry,
  }));
  return [...started, ...next]
    .sort((a, b) => b.playedAt - a.playedAt || a.entry.index - b.entry.index)
    .slice(0, count)
    .map(({ entry }) => entry);
}

export const continueWatching: Source = {
  name: "continue_watching",
  limit: 20,
  retrieve(prepared, out) {
    startedOf(prepared).every(({ index }, place) => out.push(index, 1 / (place + 1)));
  },
};

export const nextEpisode: Source = {
  name: "next_episode",
  limit: 20,
  retrieve(prepared, out) {
    nextOf(prepared).every(({ index }, place) => out.push(index, 1 / (place + 1)));
  },
};
