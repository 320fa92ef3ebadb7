/**
 * What may be tried out in a slot that is drawn: titles added within a month, which no model knows well, then what
 * stands behind the head of the personal ranking. Nothing of it is certain to be shown.
 */
import type { Source } from "./source.ts";

const NEW_DAYS = 30;
const DAY_MS = 86_400_000;
/** New titles come first: they have nothing but this. */
const NEW_TITLES_MAX = 30;
/** Behind three rows of the ranking, where a title is hardly ever seen. */
const TAIL_FROM = 60;

export const explorationPool: Source = {
  name: "exploration",
  limit: 40,
  retrieve({ ws, at, ranking, mayOffer, parameters }, out) {
    if (parameters.explorationSlots === 0) return;
    const { newest, addedAt } = ws.view;
    let newTitles = 0;
    for (let place = 0; place < newest.length && newTitles < NEW_TITLES_MAX; place++) {
      const index = newest[place]!;
      if (at - addedAt[index]! > NEW_DAYS * DAY_MS) break;
      if (!mayOffer(index)) continue;
      newTitles++;
      if (!out.push(index, 1)) return;
    }
    for (let place = TAIL_FROM; place < ranking.count; place++) {
      if (!out.push(ws.order[place]!, ws.scores[ws.order[place]!]!)) return;
    }
  },
};
