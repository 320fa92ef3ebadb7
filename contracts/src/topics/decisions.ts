/** What was shown to whom, and why: written by serving beside its answers, read by the warehouse. No topic of events. */
import { DECISION_DAYS, DecisionRecord } from "../decisions.ts";
import type { Topic } from "./topic.ts";

const DAY_MS = 86_400_000;

export const decisions = {
  name: "decisions",
  version: 1,
  /** Where it is nobody's, the record's key is its decisionId. */
  key: "profileId",
  partitionCount: 4,
  retentionMs: DECISION_DAYS * DAY_MS,
  schema: DecisionRecord,
  example: {
    version: 1,
    decisionId: "019ab000-0000-7000-8000-00000000000d",
    kind: "list",
    profileId: "p-1001",
    occurredAt: "2026-11-23T10:00:00.000Z",
    generation: "g1795427800000-0a1b",
    versions: { ranker: null, rules: null, titleFeatures: null },
    country: "BY",
    locale: "ru",
    ageLimit: null,
    device: "web",
    parameters: { diversity: 0.3 },
    arms: {},
    request: { exclude: [], minutes: null, with: null },
    stateRevision: "42",
    seed: 7,
    history: { titleIds: ["film-0007"], weights: "$f1:AQ==", flags: "$u1:Aw==" },
    titleIds: ["film-0042", "film-0043"],
    numbers: "$d8:AAAAAAAA4D8=",
    reasons: [{ kind: "similar_to_history", seeds: [{ titleId: "film-0007", contribution: 0.5 }] }],
    slotSources: ["personal_list"],
    sourceNames: ["personal_list"],
    candidates: { titles: "$i0:1", sources: "$u1:AQ==", sourceScores: "$f4:AAAAPw==", scores: "$n0:1" },
    features: { names: ["list_score"], candidates: "$i0:1", columns: [0.5] },
    removed: [{ stage: "retrieve", cause: "watched", titles: "$i1:AQ==" }],
    rows: [
      {
        rowId: "list",
        kind: "top_picks",
        heading: "",
        reason: 0,
        slots: { titles: "$i0:1", scores: "$n0:1", sources: "$i0:1", reasons: "$i0:1" },
      },
    ],
    rowsArePersonal: false,
    rowOrder: ["list"],
    degradations: [],
    cut: [],
  },
} satisfies Topic;
