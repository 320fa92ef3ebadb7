/**
 * The matrix that the ranker reads: a row for each candidate, the columns of the registry in its order
 * (feature-store/src/ranking-features.ts), NaN where a value is not known. Features of titles follow the event log
 * (feature-store/src/live-title-features.ts); those of the pair and of the request are worked out here, column by column: no object and no call
 * for a single value.
 */
import { PROFILE_FEATURE_NAMES, profileFeatureValues } from "@thewatcher/feature-store/profile-features";
import { RANKING_FEATURES } from "@thewatcher/feature-store/ranking-features";
import { createRng } from "@thewatcher/kit/rng";
import { bestOf, blendedInto } from "../blend.ts";
import type { TracedFeatures } from "../decision-trace.ts";
import type { Prepared } from "../request.ts";
import { CANDIDATES_MAX, placeOf, type SourceName } from "../sources/source.ts";
import { tasteOf } from "../sources/taste-vector.ts";

export const FEATURE_NAMES: readonly string[] = RANKING_FEATURES.map(({ name }) => name);
export const FEATURE_COUNT = FEATURE_NAMES.length;
/** Candidates in a trace beside those that were shown: what a ranker learns of what it passed over. */
export const SAMPLED_CANDIDATES = 20;

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const HOURS_A_DAY = 24;
const DECADES = 21;
const FIRST_DECADE = 183;
/** 1 January 1970 was a Thursday. */
const DAYS_FROM_MONDAY = 3;

/** [CANDIDATES_MAX × FEATURE_COUNT]. Composing is synchronous: one request at a time works here. */
const matrix = new Float32Array(CANDIDATES_MAX * FEATURE_COUNT);
const blended = new Float64Array(CANDIDATES_MAX);
const eras = new Float64Array(DECADES);

/** Of a profile without a past: the same at any time. */
const nobodys = profileFeatureValues(undefined, 0);

/** Writes the values of all candidates into one column. */
type Column = (prepared: Prepared, column: number) => void;

const each = (prepared: Prepared, column: number, read: (index: number, slot: number) => number): void => {
  const { count, indices } = prepared.ws.pool;
  for (let slot = 0, at = column; slot < count; slot++, at += FEATURE_COUNT) matrix[at] = read(indices[slot]!, slot);
};
const all = (prepared: Prepared, column: number, value: number): void => {
  const end = prepared.ws.pool.count * FEATURE_COUNT;
  for (let at = column; at < end; at += FEATURE_COUNT) matrix[at] = value;
};

const shareOf =
  (source: SourceName): Column =>
  (prepared, column) => {
    const { pool } = prepared.ws;
    const place = placeOf(source);
    const best = pool.sourceCounts[place] === 0 ? 0 : bestOf(pool, place);
    if (best <= 0) return all(prepared, column, 0);
    const offset = place * CANDIDATES_MAX;
    each(prepared, column, (_, slot) =>
      (pool.sources[slot]! & (1 << place)) === 0 ? 0 : pool.sourceScores[offset + slot]! / best,
    );
  };

const log2 = (count: number): number => Math.log2(1 + count);

/** Columns of the pair and of the request, by name. */
const COLUMNS: Readonly<Record<string, Column>> = {
  blendedScore(prepared, column) {
    blendedInto(prepared.ws.pool, blended);
    each(prepared, column, (_, slot) => blended[slot]!);
  },
  sourceCount: (prepared, column) => each(prepared, column, (_, slot) => bitCount(prepared.ws.pool.sources[slot]!)),
  personalShare: shareOf("personal_list"),
  personalRank(prepared, column) {
    const { pool } = prepared.ws;
    const place = placeOf("personal_list");
    each(prepared, column, (_, slot) =>
      (pool.sources[slot]! & (1 << place)) === 0 ? Number.NaN : log2(pool.sourceRanks[place * CANDIDATES_MAX + slot]!),
    );
  },
  freshShare(prepared, column) {
    const { ws } = prepared;
    const best = bestOf(ws.pool, placeOf("personal_list"));
    each(prepared, column, (index) => (best > 0 && ws.scored[index] === ws.epoch ? ws.freshScores[index]! / best : 0));
  },
  itemToItemShare: shareOf("item_to_item"),
  tasteVectorShare: shareOf("taste_vector"),
  vectorCosine(prepared, column) {
    const { ws, history } = prepared;
    const taste = tasteOf(ws, history);
    if (!taste) return all(prepared, column, Number.NaN);
    const { dimension, values } = ws.view.tables!.vectors!;
    const { vector, length } = taste;
    each(prepared, column, (index) => {
      if (index >= ws.view.trainedCount) return Number.NaN;
      let dot = 0;
      for (let at = 0, start = index * dimension; at < dimension; at++) dot += vector[at]! * values[start + at]!;
      return dot / length;
    });
  },
  trendingShare: shareOf("trending_in_country"),
  segmentShare: shareOf("popular_in_segment"),
  popularityRank(prepared, column) {
    const ranks = prepared.popularity?.ranks;
    each(prepared, column, (index) => {
      const rank = ranks?.[index] ?? 0;
      return rank === 0 ? Number.NaN : log2(rank);
    });
  },
  genreAffinity(prepared, column) {
    const { view } = prepared.ws;
    const shares = genreSharesOf(prepared);
    each(prepared, column, (index) => {
      const start = view.genreOffsets[index]!;
      const end = view.genreOffsets[index + 1]!;
      let sum = 0;
      for (let at = start; at < end; at++) sum += shares[view.titleGenres[at]!]!;
      return end === start ? 0 : sum / (end - start);
    });
  },
  eraAffinity(prepared, column) {
    const { view } = prepared.ws;
    eras.fill(0);
    let total = 0;
    for (const { index, weight } of prepared.history.graded) {
      if (weight <= 0 || view.years[index] === 0) continue;
      const era = eraOf(view.years[index]!);
      eras[era] = eras[era]! + weight;
      total += weight;
    }
    each(prepared, column, (index) =>
      total === 0 || view.years[index] === 0 ? 0 : eras[eraOf(view.years[index]!)]! / total,
    );
  },
  daysInCatalogue: (prepared, column) =>
    each(prepared, column, (index) => log2(Math.max(0, prepared.at - prepared.ws.view.addedAt[index]!) / DAY_MS)),
  yearsOld(prepared, column) {
    const year = new Date(prepared.at).getUTCFullYear();
    const { years } = prepared.ws.view;
    each(prepared, column, (index) => (years[index] === 0 ? Number.NaN : year - years[index]!));
  },
  runtimeMinutes(prepared, column) {
    const { runtimes } = prepared.ws.view;
    each(prepared, column, (index) => (runtimes[index] === Number.POSITIVE_INFINITY ? Number.NaN : runtimes[index]!));
  },
  isSeries: (prepared, column) => each(prepared, column, (index) => prepared.ws.view.series[index]!),
  isTrainedOn: (prepared, column) => each(prepared, column, (index) => (index < prepared.ws.view.trainedCount ? 1 : 0)),
  hourSine: (prepared, column) => all(prepared, column, Math.sin(angleOf(prepared.at))),
  hourCosine: (prepared, column) => all(prepared, column, Math.cos(angleOf(prepared.at))),
  isWeekend(prepared, column) {
    const day = (Math.floor(prepared.at / DAY_MS) + DAYS_FROM_MONDAY) % 7;
    all(prepared, column, day >= 5 ? 1 : 0);
  },
  historySize: (prepared, column) => all(prepared, column, log2(prepared.history.graded.length)),
  isTelevision: (prepared, column) => all(prepared, column, /tv/i.test(prepared.device) ? 1 : 0),
  isPhone: (prepared, column) => all(prepared, column, /phone|tablet|android|ios/i.test(prepared.device) ? 1 : 0),
};

const angleOf = (at: number): number => (2 * Math.PI * ((at / HOUR_MS) % HOURS_A_DAY)) / HOURS_A_DAY;
const eraOf = (year: number): number => Math.min(DECADES - 1, Math.max(0, Math.floor(year / 10) - FIRST_DECADE));

function bitCount(word: number): number {
  let count = 0;
  for (let rest = word; rest !== 0; rest &= rest - 1) count++;
  return count;
}

/** What share of the history each genre has; a title of three genres gives a third to each. */
function genreSharesOf({ ws, history }: Prepared): Float64Array {
  const { view } = ws;
  const shares = new Float64Array(view.genres.length);
  let total = 0;
  for (const { index, weight } of history.graded) {
    const start = view.genreOffsets[index]!;
    const end = view.genreOffsets[index + 1]!;
    if (weight <= 0 || end === start) continue;
    total += weight;
    for (let at = start; at < end; at++) {
      const genre = view.titleGenres[at]!;
      shares[genre] = shares[genre]! + weight / (end - start);
    }
  }
  if (total > 0) for (let genre = 0; genre < shares.length; genre++) shares[genre] = shares[genre]! / total;
  return shares;
}

/** The rows of all candidates, until the next request: `matrix[slot × FEATURE_COUNT + column]`. */
export function assembleFeatures(prepared: Prepared): Float32Array {
  const { titleFeatures, country } = prepared;
  for (let column = 0; column < FEATURE_COUNT; column++) {
    const name = FEATURE_NAMES[column]!;
    const fill = COLUMNS[name];
    const ofProfile = PROFILE_FEATURE_NAMES.indexOf(name);
    const ofTitle = titleFeatures?.features.names.indexOf(name) ?? -1;
    if (fill) fill(prepared, column);
    else if (ofProfile >= 0) all(prepared, column, (prepared.history.profileFeatures ?? nobodys)[ofProfile]!);
    else if (ofTitle >= 0) {
      const values = titleFeatures!.features.column(ofTitle, country);
      each(prepared, column, (index) => values[index] ?? Number.NaN);
    } else all(prepared, column, Number.NaN);
  }
  return matrix;
}

/** Of what was shown, and of a sample of the rest that follows from the decision's seed. */
export function traceFeatures(prepared: Prepared, isShown: (index: number) => boolean): TracedFeatures {
  const { pool } = prepared.ws;
  const shown: number[] = [];
  const rest: number[] = [];
  for (let slot = 0; slot < pool.count; slot++) (isShown(pool.indices[slot]!) ? shown : rest).push(slot);
  const rng = createRng(prepared.seed).fork("sample");
  for (let place = 0; place < SAMPLED_CANDIDATES && place < rest.length; place++) {
    const other = place + rng.int(rest.length - place);
    [rest[place], rest[other]] = [rest[other]!, rest[place]!];
  }
  const candidates = Int32Array.from([...shown, ...rest.slice(0, SAMPLED_CANDIDATES)]);
  const values = new Float32Array(candidates.length * FEATURE_COUNT);
  candidates.forEach((slot, row) => {
    values.set(matrix.subarray(slot * FEATURE_COUNT, (slot + 1) * FEATURE_COUNT), row * FEATURE_COUNT);
  });
  return { names: FEATURE_NAMES, candidates, values };
}
