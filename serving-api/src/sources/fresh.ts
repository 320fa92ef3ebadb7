/** The titles last added; of one day, the newest years. The score falls with the place. */
import type { Source } from "./source.ts";

export const fresh: Source = {
  name: "new",
  switchable: "new",
  limit: 30,
  retrieve({ ws, mayOffer }, out) {
    const { newest } = ws.view;
    let rank = 0;
    for (let place = 0; place < newest.length; place++) {
      if (mayOffer(newest[place]!) && !out.push(newest[place]!, 1 / ++rank)) return;
    }
  },
};
