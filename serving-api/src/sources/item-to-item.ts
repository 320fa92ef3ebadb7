/**
 * Titles that the last watches lift: of each of the newest LAST_WATCHES watched titles, those that it lifts more than any
 * other title of the history does, so that "because you watched it" is true. The score is that contribution.
 */
import { findTopSeeds, type Workspace } from "../ranking.ts";
import type { Prepared } from "../request.ts";
import type { Source } from "./source.ts";

/** Recent history that may head a row. Older watches are in the lists anyway. */
const LAST_WATCHES = 20;
/** Seeds whose neighbours are looked through: three head rows, the others are in reserve for rows that are too short. */
const SEEDS_OF_SOURCE = 6;

/** Places in the history that may be named as a cause, the heaviest first. */
export function watchedSeeds({ ws, history, ranking, mayName }: Prepared): number[] {
  const seeds: number[] = [];
  if (!ws.view.tables || ranking.listIsForeign) return seeds;
  for (let place = 0; place < history.graded.length && place < LAST_WATCHES; place++) {
    const { index, watched, weight } = history.graded[place]!;
    if (watched && weight > 0 && mayName(index) && ws.hidden[index] !== ws.epoch) seeds.push(place);
  }
  return seeds.sort((a, b) => history.graded[b]!.weight - history.graded[a]!.weight || a - b);
}

/** Calls `give` with the titles that `seed` lifts most, the most lifted first, until it wants no more. */
export function eachLifted(
  { ws, history, mayOffer }: Pick<Prepared, "ws" | "history" | "mayOffer">,
  seed: number,
  give: (index: number, contribution: number) => boolean,
): void {
  const { epoch, carried, topPlaces, topContributions } = ws;
  const { count, itemIndices } = ws.view.tables!.neighbours;
  const { index: title } = history.graded[seed]!;
  const end = (title + 1) * count;
  for (let at = title * count; at < end; at++) {
    const index = itemIndices[at]!;
    if (index < 0) return;
    if (carried[index] !== epoch || topPlaces[index] !== seed || !mayOffer(index)) continue;
    if (!give(index, topContributions[index]!)) return;
  }
}

/** The seed that lifts a title most; −1: none is known. Needs `findTopSeeds` before it. */
export const seedOf = (ws: Workspace, index: number): number =>
  ws.carried[index] === ws.epoch ? ws.topPlaces[index]! : -1;

export const itemToItem: Source = {
  name: "item_to_item",
  switchable: "item_to_item",
  limit: 72,
  retrieve(prepared, out) {
    const seeds = watchedSeeds(prepared);
    if (seeds.length === 0) return;
    findTopSeeds(prepared.ws, prepared.history);
    for (const seed of seeds.slice(0, SEEDS_OF_SOURCE)) {
      let wanted = true;
      let left = Math.ceil(this.limit / SEEDS_OF_SOURCE);
      eachLifted(prepared, seed, (index, contribution) => {
        wanted = out.push(index, contribution);
        return wanted && --left > 0;
      });
      if (!wanted) return;
    }
  },
};
