/**
 * Slates as the bytes of their JSON, by hand: a title's card is encoded once, so a list of 20 is some hundred copies into
 * one buffer instead of 20 objects built and walked by JSON.stringify. The tests parse the text, hold it against the
 * contracts' schemas, and against the same slate built as objects.
 *
 * Identifiers need no escapes: ids.ts allows letters, digits and `: . _ -` only. Names and genres go through
 * JSON.stringify.
 */
import type { Degradation, Reason } from "@thewatcher/contracts/api/serving";
import type { DecisionId, Generation, ProfileId, TitleId } from "@thewatcher/contracts/ids";
import { unreachable } from "@thewatcher/kit/assert";
import type { Entry } from "./candidates.ts";
import { bytesOf, createJsonBytes } from "./json-bytes.ts";
import type { Showing } from "./showings.ts";
import type { HomeSlate, ListSlate, SlateRow } from "./slate.ts";
import type { TitleView } from "./title-view.ts";

/** An answer's bytes, in memory of their own. */
export type JsonAnswer = Uint8Array<ArrayBuffer>;

export interface AnswerHead {
  readonly decisionId: DecisionId;
  readonly generation: Generation | null;
}

export interface ProfileAnswerHead extends AnswerHead {
  readonly profileId: ProfileId;
  /** ISO instant. */
  readonly composedAt: string;
}

export interface HomeHead extends ProfileAnswerHead {
  /** Said where there is none. */
  readonly profiling?: false;
}

/** Rendering is synchronous: one answer at a time is written here. */
const out = createJsonBytes();
const SCORE = bytesOf(',"score":');
const FIRST_ENTRY = bytesOf('{"title":');
const NEXT_ENTRY = bytesOf(',{"title":');
const POSITION = bytesOf(',"position":');
const SOURCE = bytesOf(',"source":"');
const PROPENSITY = bytesOf(',"propensity":');
const REASON = bytesOf('","reason":');
const HISTORY_REASON = bytesOf('{"kind":"similar_to_history","seeds":[');
const FIRST_SEED = bytesOf('{"titleId":"');
const NEXT_SEED = bytesOf(',{"titleId":"');
const CONTRIBUTION = bytesOf('","contribution":');

export function renderHome(view: TitleView, showing: Showing, head: HomeHead, slate: HomeSlate): JsonAnswer {
  out.begin();
  writeHead(head, slate.degradations);
  if (head.profiling === false) out.ascii(',"profiling":false');
  out.ascii(',"seedNames":{');
  const named = new Set<TitleId>();
  for (const row of slate.rows) writeSeedNames(view, showing, row.entries, named);
  out.ascii('},"rows":[');
  slate.rows.forEach((row, place) => {
    if (place > 0) out.ascii(",");
    writeRow(showing, row);
  });
  out.ascii("]}");
  return out.take();
}

export function renderList(view: TitleView, showing: Showing, head: ProfileAnswerHead, slate: ListSlate): JsonAnswer {
  out.begin();
  writeHead(head, slate.degradations);
  out.ascii(',"seedNames":{');
  writeSeedNames(view, showing, slate.entries, new Set());
  out.ascii('},"items":');
  writeEntries(showing, slate.entries);
  out.ascii("}");
  return out.take();
}

export function renderSimilar(showing: Showing, head: AnswerHead, titleId: TitleId, slate: ListSlate): JsonAnswer {
  out.begin();
  out.ascii(`{"decisionId":"${head.decisionId}","titleId":"${titleId}","generation":${idOrNull(head.generation)}`);
  out.ascii(',"items":');
  writeEntries(showing, slate.entries);
  out.ascii("}");
  return out.take();
}

function writeHead(head: ProfileAnswerHead, degradations: readonly Degradation[]): void {
  out.ascii(`{"decisionId":"${head.decisionId}","profileId":"${head.profileId}"`);
  out.ascii(`,"generation":${idOrNull(head.generation)},"composedAt":"${head.composedAt}","degradations":`);
  out.value(degradations);
}

const idOrNull = (id: string | null): string => (id === null ? "null" : `"${id}"`);

function writeRow(showing: Showing, row: SlateRow): void {
  out.ascii(`{"rowId":"${row.rowId}","kind":"${row.kind}","heading":`);
  out.value(row.heading);
  out.ascii(',"reason":');
  writeReason(row.reason);
  out.ascii(',"items":');
  writeEntries(showing, row.entries);
  out.ascii("}");
}

function writeEntries(showing: Showing, entries: readonly Entry[]): void {
  out.ascii("[");
  for (let position = 0; position < entries.length; position++) {
    const { index, score, source, reason, propensity } = entries[position]!;
    out.raw(position === 0 ? FIRST_ENTRY : NEXT_ENTRY);
    out.raw(showing.cardJson(index));
    out.raw(POSITION);
    out.ascii(String(position));
    out.raw(SCORE);
    out.score(score);
    out.raw(SOURCE);
    out.ascii(source);
    out.raw(REASON);
    writeReason(reason);
    if (propensity !== undefined) {
      out.raw(PROPENSITY);
      // Whole: what is estimated by it divides by it.
      out.value(propensity);
    }
    out.ascii("}");
  }
  out.ascii("]");
}

/** Each seed once: a page of 200 reasons points at some thirty titles. */
function writeSeedNames(view: TitleView, showing: Showing, entries: readonly Entry[], named: Set<TitleId>): void {
  for (const { reason } of entries) {
    if (reason.kind !== "similar_to_history") continue;
    for (const { titleId } of reason.seeds) {
      if (named.has(titleId)) continue;
      const name = showing.nameJson(view.indexOf.get(titleId) ?? -1);
      // A title that left the catalogue is still in the history, and has no name to show.
      if (!name) continue;
      if (named.size > 0) out.ascii(",");
      named.add(titleId);
      out.raw(name);
    }
  }
}

function writeReason(reason: Reason): void {
  if (reason.kind === "similar_to_history") {
    out.raw(HISTORY_REASON);
    for (let place = 0; place < reason.seeds.length; place++) {
      const { titleId, contribution } = reason.seeds[place]!;
      out.raw(place === 0 ? FIRST_SEED : NEXT_SEED);
      out.ascii(titleId);
      out.raw(CONTRIBUTION);
      out.score(contribution);
      out.ascii("}");
    }
    out.ascii("]}");
    return;
  }
  out.ascii('{"kind":"');
  out.ascii(reason.kind);
  switch (reason.kind) {
    case "because_you_watched":
      out.ascii('","seedTitleId":"');
      out.ascii(reason.seedTitleId);
      out.ascii('","seedName":');
      out.value(reason.seedName);
      out.ascii(',"contribution":');
      out.score(reason.contribution);
      break;
    case "similar_to_title":
      out.ascii('","titleId":"');
      out.ascii(reason.titleId);
      out.ascii('","similarity":');
      out.score(reason.similarity);
      break;
    case "popular_in_country":
      out.ascii(`","country":"${reason.country}","rank":${reason.rank}`);
      break;
    case "popular":
      out.ascii(`","rank":${reason.rank}`);
      break;
    case "new":
      out.ascii(`","year":${reason.year},"addedAt":"${reason.addedAt}"`);
      break;
    case "continue_watching":
      out.ascii(`","positionSeconds":${reason.positionSeconds},"durationSeconds":${reason.durationSeconds}`);
      break;
    case "genre":
      out.ascii('","genre":');
      out.value(reason.genre);
      break;
    case "trending_in_country":
      out.ascii(`","country":"${reason.country}","rank":${reason.rank},"growth":`);
      out.score(reason.growth);
      break;
    case "popular_in_segment":
      out.ascii(`","segment":${reason.segment},"rank":${reason.rank}`);
      break;
    case "editorial":
      out.ascii(`","collectionId":"${reason.collectionId}","collectionName":`);
      out.value(reason.collectionName);
      break;
    case "exploration":
      out.ascii('","propensity":');
      out.value(reason.propensity);
      break;
    case "next_episode":
      out.ascii(`","partId":"${reason.partId}","season":${reason.season},"episode":${reason.episode}`);
      break;
    case "pinned":
      out.ascii(`","ruleId":"${reason.ruleId}"`);
      break;
    case "for_both":
      out.ascii('","scores":[');
      out.score(reason.scores[0]);
      out.ascii(",");
      out.score(reason.scores[1]);
      out.ascii("]");
      break;
    case "personal_ranking":
    case "unfinished":
      out.ascii(`","titleCount":${reason.titleCount}`);
      break;
    default:
      unreachable(reason, "reason");
  }
  out.ascii("}");
}
