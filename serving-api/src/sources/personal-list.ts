/**
 * The published list, brought up to date with what happened since (ranking.ts): "personal_list", and "recent_activity"
 * where the newer part carries more of the score.
 */
import type { CandidateSource } from "@thewatcher/contracts/api/serving";
import type { Workspace } from "../ranking.ts";
import type { Source } from "./source.ts";

export const personalList: Source = {
  name: "personal_list",
  switchable: "personal_list",
  limit: 160,
  retrieve({ ws, ranking }, out) {
    for (let place = 0; place < ranking.count; place++) {
      const index = ws.order[place]!;
      if (!out.push(index, ws.scores[index]!)) return;
    }
  },
};

/** Which of the two carries more of the score: the published list, or what happened since. */
export function personalSource(ws: Workspace, index: number): CandidateSource {
  const fresh = ws.freshScores[index]!;
  return fresh > ws.scores[index]! - fresh ? "recent_activity" : "personal_list";
}
