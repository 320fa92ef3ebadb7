/**
 * Why a title is not on a profile's page, or where it is: the page is composed now, and the title followed through its
 * stages. For those who run the service, and for a viewer about the own page; what a viewer may not see is unknown there,
 * which app.ts sees to.
 */
import type { WhyNot } from "@thewatcher/contracts/api/serving";
import type { TitleId } from "@thewatcher/contracts/ids";
import { assert } from "@thewatcher/kit/assert";
import type { DecisionTrace, TracedRow } from "./decision-trace.ts";
import type { Workspace } from "./ranking.ts";
import { type OfferBar, offerBarOf } from "./removals.ts";
import { prepare, type SlateRequest } from "./request.ts";
import { composeHome } from "./slate.ts";
import { removedBy } from "./stages/rules.ts";
import type { TraceHead } from "./trace-home.ts";

/** What is not for a viewer to know of: such a title does not exist for the profile. */
const UNSEEN: readonly OfferBar[] = ["not_in_catalogue", "rights", "age"];

export type WhyNotAnswer = Pick<WhyNot, "verdict" | "sources" | "rows" | "candidates"> & {
  /** The profile may know that there is such a title. */
  readonly mayBeNamed: boolean;
};

export function whyNot(ws: Workspace, request: SlateRequest, head: TraceHead, titleId: string): WhyNotAnswer {
  const index = ws.view.indexOf.get(titleId);
  if (index === undefined) {
    const verdict = { kind: "removed", cause: "not_in_catalogue" } as const;
    return { verdict, sources: [], rows: [], candidates: 0, mayBeNamed: false };
  }
  let trace: DecisionTrace | undefined;
  composeHome(ws, request, {
    head,
    onDecision: (decided) => {
      trace = decided;
    },
  });
  assert(trace, "a page that is composed is told of");
  const prepared = prepare(ws, request);
  const bar = offerBarOf(prepared, request, index);
  const mayBeNamed = bar === undefined || !UNSEEN.includes(bar);
  const ruleId = bar === "rule" && prepared.rules ? removedBy(prepared.rules, index) : undefined;
  return { ...follow(trace, titleId as TitleId, ruleId === undefined ? bar : `rule:${ruleId}`, request), mayBeNamed };
}

function follow(
  trace: DecisionTrace,
  titleId: TitleId,
  bar: OfferBar | `rule:${string}` | undefined,
  request: SlateRequest,
): Omit<WhyNotAnswer, "mayBeNamed"> {
  const { candidates, sourceNames, rows, rowOrder, titleIds, country } = trace;
  const count = candidates.sources.length;
  const title = titleIds.indexOf(titleId);
  const candidate = title < 0 ? -1 : candidates.titles.indexOf(title);
  const score = candidates.scores[candidate] ?? Number.NaN;
  const sources = sourceNames.flatMap((source, place) =>
    candidate >= 0 && (candidates.sources[candidate]! & (1 << place)) !== 0
      ? [{ source, score: candidates.sourceScores[place * count + candidate]! }]
      : [],
  );
  const tried = title < 0 ? [] : rows.flatMap((row) => rowOf(row, title) ?? []);
  const said = { sources, rows: tried, candidates: count };
  const shown = rows.find(({ slots }) => slots.some((slot) => slot.title === title));
  if (shown && title >= 0) {
    const { rowId, heading, slots } = shown;
    const position = slots.findIndex((slot) => slot.title === title);
    return { ...said, verdict: { kind: "shown", rowId, heading, rowPlace: rowOrder.indexOf(rowId), position } };
  }
  if (bar === "rights") {
    const at = new Date(request.at).toISOString();
    return { ...said, verdict: { kind: "removed", cause: bar, detail: `Not to be shown in ${country} at ${at}.` } };
  }
  if (bar === "age") {
    const detail = trace.ageLimit === null ? "" : `The profile's limit is ${trace.ageLimit}+.`;
    return { ...said, verdict: { kind: "removed", cause: bar, detail } };
  }
  if (bar !== undefined) return { ...said, verdict: { kind: "removed", cause: bar } };
  const removal = trace.removed.find(({ titles }) => title >= 0 && titles.includes(title));
  if (removal) return { ...said, verdict: { kind: "removed", cause: removal.cause } };
  if (candidate < 0 && tried.length === 0) return { ...said, verdict: { kind: "no_source" } };
  const put = tried.find(({ outcome }) => outcome === "put_back");
  if (put) return { ...said, verdict: { kind: "put_back", rowId: put.rowId, rank: put.rank } };
  const rank = candidate < 0 ? null : 1 + candidates.scores.filter((other) => other > score).length;
  return { ...said, verdict: { kind: "below_cut", rank, of: count } };
}

/** For a viewer: that a rule did it, and not which. */
export function withoutRuleIds({ verdict, ...answer }: WhyNotAnswer): WhyNotAnswer {
  const isRule = verdict.kind === "removed" && verdict.cause.startsWith("rule:");
  return { ...answer, verdict: isRule ? { kind: "removed", cause: "rule" } : verdict };
}

/** What a row that looked at the title made of it. */
function rowOf(row: TracedRow, title: number): WhyNot["rows"][number] | undefined {
  const { rowId, heading, ranked, reranked, filled, pool, slots, entriesMax, isReranked } = row;
  const rank = ranked.indexOf(title);
  if (rank < 0 && !filled.includes(title) && !pool.includes(title)) return undefined;
  const place = reranked.indexOf(title);
  const outcome = (): WhyNot["rows"][number]["outcome"] => {
    if (slots.some((slot) => slot.title === title)) return "shown";
    if (slots.length === 0) return "row_too_short";
    if (rank < 0) return pool.includes(title) ? "not_drawn" : "in_another_row";
    if (place < 0) return "in_another_row";
    // Of what was free, it had been among the first.
    const before = new Set(ranked.subarray(0, rank));
    const freeBefore = reranked.filter((other) => before.has(other)).length;
    return isReranked && freeBefore < entriesMax ? "put_back" : "below_cut";
  };
  return { rowId, heading, rank: rank < 0 ? null : rank + 1, of: ranked.length, entriesMax, outcome: outcome() };
}
