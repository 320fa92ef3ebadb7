/** Why a title is not among those that may be offered: the one answer for traces and for whoever asks about a title. */
import type { Prepared, SlateRequest } from "./request.ts";

export const OFFER_BARS = [
  "not_in_catalogue",
  "rights",
  "age",
  "not_interested",
  "excluded",
  "watched",
  "started",
  "put_away",
  "minutes",
  "rule",
] as const;
export type OfferBar = (typeof OFFER_BARS)[number];

/** undefined: it may be offered. Of several causes the first of OFFER_BARS. For two: of either. */
export function offerBarOf(prepared: Prepared, request: SlateRequest, index: number): OfferBar | undefined {
  const { ws, mayName, mayOffer } = prepared;
  const { view } = ws;
  if (mayOffer(index)) return undefined;
  if (view.shown[index] !== 1) return "not_in_catalogue";
  if (request.showing.shown[index] !== 1) return "rights";
  if (!mayName(index)) return "age";
  const readings = request.other ? [request.history, request.other.history] : [request.history];
  const histories = readings.flatMap((reading) => (reading.kind === "read" ? [reading.value] : []));
  if (histories.some(({ hidden }) => hidden.includes(index))) return "not_interested";
  if (request.exclude.includes(view.titleIds[index]!)) return "excluded";
  if (histories.some(({ watched }) => watched.includes(index))) return "watched";
  const has = (titles: readonly { readonly index: number }[]) => titles.some((title) => title.index === index);
  if (histories.some(({ started, nextEpisodes }) => has(started) || has(nextEpisodes))) return "started";
  if (histories.some(({ putAway }) => putAway.includes(index))) return "put_away";
  return view.runtimes[index]! > prepared.minutesMax ? "minutes" : "rule";
}
