/**
 * Each source alone for one profile: what it gives, by which scores, how long that takes; and what each stage of a page
 * does. For those who run the service: nothing is shown of it to a viewer, and no page is decided.
 */
import type { CandidatesView, Reason } from "@thewatcher/contracts/api/serving";
import { isOn, rank, retrieve, retrieveFrom } from "./pipeline.ts";
import type { Workspace } from "./ranking.ts";
import {
  becauseGiven,
  editorialGiven,
  historyGiven,
  newGiven,
  popularGiven,
  segmentGiven,
  trendingGiven,
  vectorGiven,
} from "./reasons.ts";
import { offerBarOf } from "./removals.ts";
import { type Prepared, prepare, type SlateRequest } from "./request.ts";
import { composeHome } from "./slate.ts";
import { sourceNamed } from "./sources/all.ts";
import { begun } from "./sources/begun.ts";
import { collectionsFor } from "./sources/editorial.ts";
import { genresFor, hasGenre } from "./sources/genre.ts";
import { CANDIDATES_MAX, placeOf, SOURCES, type SourceName } from "./sources/source.ts";

type Listed = Pick<CandidatesView, "sources" | "stages" | "degradations">;
type Stage = NonNullable<CandidatesView["stages"]>[number];

export interface CandidatesOptions {
  readonly sources: readonly SourceName[];
  /** Candidates listed of each. */
  readonly count: number;
  readonly withStages: boolean;
  /** What reading took, before this. */
  readonly readMs: number;
  readonly monotonicMs: () => number;
}

export function listCandidates(ws: Workspace, request: SlateRequest, options: CandidatesOptions): Listed {
  const degradations = prepare(ws, request).degradations;
  const sources = options.sources.map((name) => listSource(ws, request, name, options));
  return { degradations, sources, ...(options.withStages ? { stages: stagesOf(ws, request, options) } : {}) };
}

function listSource(ws: Workspace, request: SlateRequest, name: SourceName, options: CandidatesOptions) {
  const prepared = prepare(ws, request);
  const source = sourceNamed(name);
  const startedAt = options.monotonicMs();
  const count = retrieveFrom(prepared, source);
  const ms = options.monotonicMs() - startedAt;
  const reasonOf = reasonsOf(prepared, name);
  const offset = placeOf(name) * CANDIDATES_MAX;
  return {
    source: name,
    isOn: isOn(source, prepared),
    ms,
    count,
    candidates: Array.from({ length: Math.min(count, options.count) }, (_, slot) => {
      const index = ws.pool.indices[slot]!;
      return {
        title: request.showing.cardOf(index),
        rank: slot + 1,
        score: ws.pool.sourceScores[offset + slot]!,
        reason: reasonOf(index),
      };
    }),
  };
}

/** What a source would say of its candidates. */
function reasonsOf(prepared: Prepared, name: SourceName): (index: number) => Reason | null {
  const { ws } = prepared;
  switch (name) {
    case "personal_list":
      return (index) => historyGiven(prepared, index).reason;
    case "item_to_item":
      return (index) => becauseGiven(prepared, index)?.reason ?? null;
    case "taste_vector":
      return (index) => vectorGiven(prepared, index).reason;
    case "popular_in_country":
      return (index) => popularGiven(prepared, index)?.reason ?? null;
    case "trending_in_country":
      return (index) => trendingGiven(prepared, index)?.reason ?? null;
    case "popular_in_segment":
      return (index) => segmentGiven(prepared, index)?.reason ?? null;
    case "new":
      return (index) => newGiven(prepared, index).reason;
    case "editorial": {
      const collections = collectionsFor(prepared);
      return (index) => {
        const found = collections.find(({ itemIndices }) => itemIndices.includes(index));
        return found ? editorialGiven(prepared, found).reason : null;
      };
    }
    case "genre": {
      const genres = genresFor(prepared);
      return (index) => {
        const found = genres.find((genre) => hasGenre(ws.view, index, genre));
        return found === undefined ? null : { kind: "genre", genre: ws.view.genres[found]! };
      };
    }
    case "continue_watching":
    case "next_episode": {
      const entries = begun(prepared, Number.POSITIVE_INFINITY);
      return (index) => entries.find((entry) => entry.index === index)?.reason ?? null;
    }
    // What is drawn has its reason by the draw.
    case "exploration":
      return () => null;
  }
}

/** The stages of a page, one after the other. */
function stagesOf(ws: Workspace, request: SlateRequest, { readMs, monotonicMs }: CandidatesOptions): Stage[] {
  const stages: Stage[] = [];
  let since = monotonicMs();
  const lap = (): number => {
    const now = monotonicMs();
    const ms = now - since;
    since = now;
    return ms;
  };
  const list = request.list.kind === "read" ? (request.list.value?.titleIds.length ?? 0) : 0;
  const history = request.history.kind === "read" ? request.history.value.graded.length : 0;
  stages.push({ stage: "read", ms: readMs, countIn: 0, countOut: list, notes: [{ note: "history", count: history }] });

  const prepared = prepare(ws, request);
  const prepareMs = lap();
  const barred = new Map<string, number>();
  for (const titleId of (request.list.kind === "read" ? request.list.value?.titleIds : undefined) ?? []) {
    const index = ws.view.indexOf.get(titleId);
    const cause = index === undefined ? "not_in_catalogue" : offerBarOf(prepared, request, index);
    if (cause !== undefined) barred.set(cause, (barred.get(cause) ?? 0) + 1);
  }
  const notes = [...barred].map(([note, count]) => ({ note, count }));
  stages.push({ stage: "prepare", ms: prepareMs, countIn: list, countOut: prepared.ranking.count, notes });

  lap();
  retrieve(prepared);
  const given = [...ws.pool.sourceCounts];
  stages.push({
    stage: "retrieve",
    ms: lap(),
    countIn: given.reduce((sum, count) => sum + count, 0),
    countOut: ws.pool.count,
    notes: given.flatMap((count, place) => (count > 0 ? [{ note: SOURCES[place]!, count }] : [])),
  });
  const { rankerVersion } = rank(prepared, true);
  stages.push({
    stage: "rank",
    ms: lap(),
    countIn: ws.pool.count,
    countOut: ws.pool.count,
    notes: [{ note: rankerVersion === null ? "blended" : `ranker ${rankerVersion}`, count: ws.pool.count }],
  });
  const candidateCount = ws.pool.count;
  lap();
  const slate = composeHome(ws, request);
  const whole = lap();
  const before = stages.slice(1).reduce((sum, { ms }) => sum + ms, 0);
  stages.push({
    stage: "rows",
    ms: Math.max(0, whole - before),
    countIn: candidateCount,
    countOut: slate.rows.reduce((sum, { entries }) => sum + entries.length, 0),
    notes: slate.rows.map(({ rowId, entries }) => ({ note: rowId, count: entries.length })),
  });
  return stages;
}
