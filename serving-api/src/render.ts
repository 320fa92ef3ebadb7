/**
 * Slates as JSON text, by hand: a title's card is a string made once, so a list of 20 is some hundred concatenations
 * (≈ 8 µs) instead of 20 objects built and walked by JSON.stringify (≈ 60 µs). The tests parse the text, hold it against
 * the contracts' schemas, and against the same slate built as objects.
 *
 * Identifiers need no escapes: ids.ts allows letters, digits and `: . _ -` only. Names and genres go through
 * JSON.stringify. Numbers are cut to six decimals: scores compare in the first three.
 */
import type { Degradation, Reason } from "@thewatcher/contracts/api/serving";
import type { DecisionId, Generation, ProfileId, TitleId } from "@thewatcher/contracts/ids";
import { assert, unreachable } from "@thewatcher/kit/assert";
import type { Entry } from "./candidates.ts";
import type { HomeSlate, ListSlate, SlateRow } from "./slate.ts";
import type { TitleView } from "./title-view.ts";

export interface AnswerHead {
  readonly decisionId: DecisionId;
  readonly generation: Generation | null;
}

export interface ProfileAnswerHead extends AnswerHead {
  readonly profileId: ProfileId;
  /** ISO instant. */
  readonly composedAt: string;
}

export function renderHome(view: TitleView, head: ProfileAnswerHead, slate: HomeSlate): string {
  let rows = "";
  for (const row of slate.rows) rows += (rows === "" ? "" : ",") + renderRow(view, row);
  const names = renderSeedNames(
    view,
    slate.rows.flatMap((row) => row.entries),
  );
  return `${renderHead(head, slate.degradations)},"seedNames":${names},"rows":[${rows}]}`;
}

export function renderList(view: TitleView, head: ProfileAnswerHead, slate: ListSlate): string {
  const names = renderSeedNames(view, slate.entries);
  return `${renderHead(head, slate.degradations)},"seedNames":${names},"items":${renderEntries(view, slate.entries)}}`;
}

export function renderSimilar(view: TitleView, head: AnswerHead, titleId: TitleId, slate: ListSlate): string {
  const items = renderEntries(view, slate.entries);
  return `{"decisionId":"${head.decisionId}","titleId":"${titleId}","generation":${idOrNull(head.generation)},"items":${items}}`;
}

const THREE_DIGITS: readonly string[] = Array.from({ length: 1_000 }, (_, value) => String(value).padStart(3, "0"));
const POINT_AND_THREE: readonly string[] = THREE_DIGITS.map((digits) => `.${digits}`);

/** Six decimals out of two tables: a tenth of what the shortest decimal of a double costs, 400 times a page. */
export function formatScore(score: number): string {
  assert(Number.isFinite(score), "a score is a number", () => String(score));
  const millionths = Math.round(Math.abs(score) * 1e6);
  // Beyond 2^53 millionths there are no decimals to keep.
  if (millionths > Number.MAX_SAFE_INTEGER) return String(score);
  const whole = Math.floor(millionths / 1e6);
  const rest = millionths - whole * 1e6;
  const high = Math.floor(rest / 1e3);
  const text = `${whole}${POINT_AND_THREE[high]}${THREE_DIGITS[rest - high * 1e3]}`;
  return score < 0 ? `-${text}` : text;
}

function renderHead(head: ProfileAnswerHead, degradations: readonly Degradation[]): string {
  return (
    `{"decisionId":"${head.decisionId}","profileId":"${head.profileId}","generation":${idOrNull(head.generation)}` +
    `,"composedAt":"${head.composedAt}","degradations":${degradations.length === 0 ? "[]" : JSON.stringify(degradations)}`
  );
}

const idOrNull = (id: string | null): string => (id === null ? "null" : `"${id}"`);

function renderRow(view: TitleView, row: SlateRow): string {
  const reason = row.reason === null ? "null" : renderReason(row.reason);
  return (
    `{"rowId":"${row.rowId}","kind":"${row.kind}","heading":${JSON.stringify(row.heading)},"reason":${reason}` +
    `,"items":${renderEntries(view, row.entries)}}`
  );
}

function renderEntries(view: TitleView, entries: readonly Entry[]): string {
  let text = "[";
  for (let position = 0; position < entries.length; position++) {
    const { index, score, source, reason } = entries[position]!;
    text +=
      `${position === 0 ? "" : ","}{"title":${view.cardJson[index]},"position":${position}` +
      `,"score":${formatScore(score)},"source":"${source}","reason":${renderReason(reason)}}`;
  }
  return `${text}]`;
}

/** Each seed once: a page of 200 reasons points at some thirty titles. */
function renderSeedNames(view: TitleView, entries: readonly Entry[]): string {
  const seen = new Set<TitleId>();
  let text = "";
  for (const { reason } of entries) {
    if (reason.kind !== "similar_to_history") continue;
    for (const { titleId } of reason.seeds) {
      if (seen.has(titleId)) continue;
      seen.add(titleId);
      const named = view.nameJson[view.indexOf.get(titleId) ?? -1];
      // A title that left the catalogue is still in the history, and has no name to show.
      if (named) text += text === "" ? named : `,${named}`;
    }
  }
  return `{${text}}`;
}

function renderReason(reason: Reason): string {
  const start = `{"kind":"${reason.kind}"`;
  switch (reason.kind) {
    case "because_you_watched":
      return (
        `${start},"seedTitleId":"${reason.seedTitleId}","seedName":${JSON.stringify(reason.seedName)}` +
        `,"contribution":${formatScore(reason.contribution)}}`
      );
    case "similar_to_history": {
      let seeds = "";
      for (const { titleId, contribution } of reason.seeds) {
        seeds += `${seeds === "" ? "" : ","}{"titleId":"${titleId}","contribution":${formatScore(contribution)}}`;
      }
      return `${start},"seeds":[${seeds}]}`;
    }
    case "similar_to_title":
      return `${start},"titleId":"${reason.titleId}","similarity":${formatScore(reason.similarity)}}`;
    case "popular_in_country":
      return `${start},"country":"${reason.country}","rank":${reason.rank}}`;
    case "popular":
      return `${start},"rank":${reason.rank}}`;
    case "new":
      return `${start},"year":${reason.year},"addedAt":"${reason.addedAt}"}`;
    case "continue_watching":
      return `${start},"positionSeconds":${reason.positionSeconds},"durationSeconds":${reason.durationSeconds}}`;
    case "genre":
      return `${start},"genre":${JSON.stringify(reason.genre)}}`;
    default:
      return unreachable(reason, "reason");
  }
}
