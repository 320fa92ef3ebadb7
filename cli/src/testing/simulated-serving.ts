/**
 * A simulated world behind the real serving, in one process and without stores: the world's events folded into live
 * states and features of titles, the engine's own training, pages by `composeHome`, viewers that answer them
 * (simulation/src/respond.ts), and the ranker's rows out of the decisions' traces. The truth is known, so what each stage
 * does to the utility of what is shown can be counted.
 *
 * Looking: a row is scrolled to with probability (row + 1)^(−½), a card of it looked at with (place + 1)^(−½); the cards
 * of a row that was scrolled to are its impressions. Left out: trending, which is counted in the warehouse.
 */
import type { Generation, TitleId } from "@thewatcher/contracts/ids";
import type { ItemTables } from "@thewatcher/contracts/item-tables";
import type { ProfileState } from "@thewatcher/contracts/profile-state";
import type { RankerModel } from "@thewatcher/contracts/ranker-model";
import { defaultServingParameters, type ServingParameters } from "@thewatcher/contracts/serving-parameters";
import { coverage, exposureGini, intraListDiversity } from "@thewatcher/engine/metrics/beyond-accuracy";
import { categoryCosine } from "@thewatcher/engine/metrics/item-likeness";
import { factsOf, gradeTitleState, TRAINING_SIGNAL_MIN } from "@thewatcher/feature-store/live-signal";
import { profileFeatureValues } from "@thewatcher/feature-store/profile-features";
import { TITLE_PLAN } from "@thewatcher/feature-store/ranking-features";
import { gradeSignal } from "@thewatcher/feature-store/signal";
import { createTitleFeatureFold, type TitleFeatures } from "@thewatcher/feature-store/title-feature-fold";
import { foldProfile } from "@thewatcher/ingestion/profile-state";
import { assert } from "@thewatcher/kit/assert";
import type { Clock } from "@thewatcher/kit/clock";
import { createRng } from "@thewatcher/kit/rng";
import type { DecisionTrace } from "@thewatcher/serving-api/decision-trace";
import { emptyHistory, type History, readHistory } from "@thewatcher/serving-api/history";
import { createWorkspace, type Workspace } from "@thewatcher/serving-api/ranking";
import type { SlateRequest } from "@thewatcher/serving-api/request";
import { createShowings, type Showing } from "@thewatcher/serving-api/showings";
import { composeHome, type HomeSlate } from "@thewatcher/serving-api/slate";
import { CANDIDATES_MAX, SOURCES, type SourceName } from "@thewatcher/serving-api/sources/source";
import { FEATURE_NAMES } from "@thewatcher/serving-api/stages/features";
import { bindRanker, type Ranker } from "@thewatcher/serving-api/stages/ranker";
import { type CatalogueTitle, createTitleView } from "@thewatcher/serving-api/title-view";
import { loadCatalogue } from "@thewatcher/simulation/catalogue";
import { demoDocuments } from "@thewatcher/simulation/demo-documents";
import { examinationProbability } from "@thewatcher/simulation/evenings";
import { generateEvents } from "@thewatcher/simulation/history";
import { clickProbability, respondToSlate } from "@thewatcher/simulation/respond";
import { createWorld, type World } from "@thewatcher/simulation/world";
import type { StoredList } from "@thewatcher/stores/recommendations/port";
import { runEngineJob } from "@thewatcher/trainer/engine-job";
import type { RankerRow } from "@thewatcher/trainer/ranker/rows";

const AT = Date.UTC(2026, 10, 23, 18);
const GENERATION = `g${AT}-00aa` as Generation;
/** Places of a ranked list that are counted: a row's. */
const LIST_DEPTH = 20;
/** The trainer's own choice for a cinema watched evening by evening (EASE_RECENCY_CHOICES); left open it fits two more. */
const EASE = { halfLifeInteractions: null, trainingHalfLifeInteractions: null, regularization: 300 };

export interface SimulatedServing {
  readonly world: World;
  readonly ws: Workspace;
  /** Profiles with a list: places in `world.profiles`. */
  readonly warm: readonly number[];
  page(profile: number, options: PageOptions): HomeSlate;
  /** What the title is worth to the profile now. */
  utility(profile: number, index: number): number;
  pickProbability(profile: number, index: number): number;
}

export interface PageOptions {
  readonly parameters?: Partial<ServingParameters>;
  readonly seed: number;
  readonly ranker?: Ranker | undefined;
  readonly rules?: SlateRequest["rules"];
  readonly exclude?: readonly string[];
  readonly onDecision?: (trace: DecisionTrace) => void;
}

export async function openSimulatedServing(options: {
  readonly seed: number;
  readonly profileCount: number;
  readonly clock: Clock;
}): Promise<SimulatedServing> {
  const { seed, profileCount, clock } = options;
  const world = createWorld({ seed, worldNow: AT, catalogue: loadCatalogue({ worldNow: AT }), profileCount });
  const { states, titleFeatures } = foldEvents(world);
  const { tables, lists } = await train(world, states, { seed, clock });
  const view = createTitleView(catalogueOf(world), tables);
  const ws = createWorkspace(view);
  const showings = createShowings(view, {});
  const showingOf = new Map(
    ["RU", "BY", "US"].map((country): [string, Showing] => [country, showings({ country, locale: "en", at: AT })]),
  );
  const histories = states.map(
    (state): History =>
      state
        ? { ...readHistory(view, state, gradeTitleState), profileFeatures: profileFeatureValues(state, AT) }
        : emptyHistory,
  );
  const features = titleFeatures(view.titleIds);
  const worldIndex = view.titleIds.map((titleId) => world.titleIndexOf(titleId) ?? -1);
  const utilities = new Map<number, Float32Array>();
  const utility = (profile: number, index: number): number => {
    const own = utilities.get(profile) ?? new Float32Array(view.titleCount).fill(Number.NaN);
    utilities.set(profile, own);
    if (Number.isNaN(own[index]!)) {
      assert(worldIndex[index]! >= 0, "the world knows every title", () => view.titleIds[index]);
      own[index] = world.trueUtility(profile, worldIndex[index]!, AT);
    }
    return own[index]!;
  };
  return {
    world,
    ws,
    warm: [...world.profiles.keys()].filter((profile) => lists[profile] !== undefined && histories[profile]!.known),
    utility,
    pickProbability: (profile, index) => clickProbability(world, profile, worldIndex[index]!, AT),
    page(profile, { parameters, seed: chance, ranker, rules, exclude = [], onDecision }) {
      const { profileId, ageMark } = world.profiles[profile]!;
      const { country } = world.viewers[profile]!;
      return composeHome(
        ws,
        {
          profile: { country, ageMark },
          list: { kind: "read", value: lists[profile] },
          history: { kind: "read", value: histories[profile]! },
          exclude,
          showing: showingOf.get(country)!,
          at: AT,
          device: "web",
          parameters: { ...defaultServingParameters, ...parameters },
          titleFeatures: { version: "simulated", features },
          ranker,
          rules,
          planId: null,
          seed: chance,
        },
        onDecision && {
          head: {
            decisionId: `d${profile}-${chance}` as never,
            kind: "home",
            profileId,
            generation: GENERATION,
            arms: {},
            with: null,
          },
          onDecision,
        },
      );
    },
  };
}

function catalogueOf(world: World): CatalogueTitle[] {
  const documents = new Map(
    demoDocuments(world.titles, { worldNow: AT }).titles.map((title) => [title.titleId as string, title]),
  );
  return world.titles.map((title) => {
    const { titleId, name, year, genres, ageMark, runtimeMinutes, score, source, addedAt } = title;
    const names = documents.get(titleId)?.names ?? {};
    return {
      facts: {
        titleId,
        kind: "film",
        name,
        names,
        originalName: null,
        year,
        genres,
        ageMark,
        runtimeMinutes,
        referenceRuntimeMinutes: null,
      },
      rights: null,
      addedAt,
      attributes: { countries: title.countries ?? [], score, source, directors: [], people: [] },
    };
  });
}

/** What the log's readers make of the world's half year. */
function foldEvents(world: World): {
  readonly states: readonly (ProfileState | undefined)[];
  readonly titleFeatures: (titleIds: readonly string[]) => TitleFeatures;
} {
  const foldings = world.profiles.map(({ profileId }) => ({ folding: foldProfile(profileId, undefined), events: 0 }));
  const titles = createTitleFeatureFold({ plan: TITLE_PLAN, now: AT });
  const encoder = new TextEncoder();
  const offsets = new Map<string, number>();
  for (const { topic, key, event } of generateEvents(world)) {
    const own = foldings[world.profileIndexOf(key)!]!;
    own.folding.apply(event);
    own.events++;
    const offset = offsets.get(topic) ?? 0;
    offsets.set(topic, offset + 1);
    titles.fold({ topic, partition: 0, records: [{ offset, key, value: encoder.encode(JSON.stringify(event)) }] });
  }
  titles.advanceTo(AT);
  return {
    states: foldings.map(({ folding, events }) => (events === 0 ? undefined : folding.state())),
    titleFeatures: (titleIds) => titles.features(titleIds),
  };
}

async function train(
  world: World,
  states: readonly (ProfileState | undefined)[],
  { seed, clock }: { readonly seed: number; readonly clock: Clock },
): Promise<{ readonly tables: ItemTables; readonly lists: readonly (StoredList | undefined)[] }> {
  const users: number[] = [];
  const items: number[] = [];
  const weights: number[] = [];
  const occurredAt: number[] = [];
  const hidden: { user: number; item: number }[] = [];
  for (const [user, state] of states.entries()) {
    for (const title of state?.titles ?? []) {
      const item = world.titleIndexOf(title.titleId);
      if (item === undefined) continue;
      const signal = gradeSignal(factsOf(title));
      if (signal.kind === "negative") hidden.push({ user, item });
      if (signal.kind !== "positive" || signal.weight < TRAINING_SIGNAL_MIN) continue;
      users.push(user);
      items.push(item);
      weights.push(signal.weight);
      occurredAt.push(title.touchedAt);
    }
  }
  const outcome = await runEngineJob(
    {
      model: "ease",
      parameters: EASE,
      seed,
      evaluate: false,
      choose: false,
      userCount: world.profiles.length,
      itemCount: world.titles.length,
      userIndices: Uint32Array.from(users),
      itemIndices: Uint32Array.from(items),
      weights: Float32Array.from(weights),
      occurredAt: Float64Array.from(occurredAt),
      timeQuality: "observed",
      countries: world.viewers.map(({ country }) => country),
      hiddenUsers: Uint32Array.from(hidden, ({ user }) => user),
      hiddenItems: Uint32Array.from(hidden, ({ item }) => item),
    },
    { monotonicMs: () => clock.monotonicMs() },
  );
  const titleIds = world.titles.map(({ titleId }) => titleId as TitleId);
  const { lists, neighbours, similar, popularity, vectors, segments, halfLifeInteractions } = outcome;
  const trained = new Set(users);
  return {
    tables: {
      generation: GENERATION,
      asOf: AT,
      halfLifeInteractions,
      titleIds,
      neighbours,
      similar,
      popularity,
      vectors,
      ...(segments ? { segments } : {}),
    },
    lists: states.map((_, user) => {
      if (!trained.has(user)) return undefined;
      const start = user * lists.count;
      const end = start + lists.filled[user]!;
      return {
        profileId: world.profiles[user]!.profileId,
        generation: GENERATION,
        titleIds: Array.from(lists.itemIndices.subarray(start, end), (item) => titleIds[item]!),
        scores: lists.scores.slice(start, end),
      };
    }),
  };
}

/** Rows of the ranker: `pages` decisions a profile, each without what the ones before it showed. */
export function viewPages(
  serving: SimulatedServing,
  options: { readonly profiles: readonly number[]; readonly pages: number; readonly ranker?: Ranker | undefined },
): RankerRow[] {
  const { world, ws } = serving;
  const chance = createRng(world.seed).fork("views");
  const rows: RankerRow[] = [];
  let at = 0;
  for (const profile of options.profiles) {
    const exclude: string[] = [];
    for (let page = 0; page < options.pages; page++) {
      let trace: DecisionTrace | undefined;
      const slate = serving.page(profile, {
        seed: profile * 8 + page,
        exclude,
        ranker: options.ranker,
        onDecision: (made) => {
          trace = made;
        },
      });
      const features = trace?.features;
      assert(trace && features, "a page has its features");
      const rowOf = new Map<string, number>();
      for (const [row, candidate] of features.candidates.entries()) {
        rowOf.set(trace.titleIds[trace.candidates.titles[candidate]!]!, row);
      }
      const width = features.names.length;
      const blended = features.names.indexOf("blendedScore");
      at++;
      for (const [place, { kind, entries }] of slate.rows.entries()) {
        if (kind === "continue_watching" || chance.next() >= examinationProbability(place)) continue;
        const titleIds = entries.map(({ index }) => ws.view.titleIds[index]!);
        const { clicked, play } = respondToSlate(world, profile, titleIds, chance, AT);
        exclude.push(...titleIds);
        for (const [position, titleId] of titleIds.entries()) {
          const row = rowOf.get(titleId);
          if (row === undefined) continue;
          const values = features.values.subarray(row * width, (row + 1) * width);
          const played = play?.position === position ? play : undefined;
          const signal = gradeSignal({
            stars: 0,
            strength: 0,
            plays: played ? 1 : 0,
            watchedSeconds: played?.watchedSeconds ?? 0,
            durationSeconds: played?.durationSeconds ?? 0,
            clicks: clicked.includes(position) ? 1 : 0,
            isWatchlisted: false,
            isNotInterested: false,
          });
          rows.push({
            decisionId: `${world.seed}-${profile}-${page}`,
            at,
            features: values,
            position,
            rowKind: kind,
            blendedScore: values[blended]!,
            label: signal.kind === "positive" ? signal.weight : 0,
          });
        }
      }
    }
  }
  return rows;
}

export function rankerOf(model: RankerModel): Ranker {
  const binding = bindRanker(model, FEATURE_NAMES);
  assert(binding.kind === "ready", "serving has what the ranker needs", () => binding);
  return binding.ranker;
}

/** Of the first twenty places, each weighted by how likely it is looked at. */
export interface ListWorth {
  readonly utility: number;
  readonly picks: number;
  readonly titles: readonly number[];
}

function worthOf(
  { utility, pickProbability }: SimulatedServing,
  profile: number,
  titles: readonly number[],
): ListWorth {
  let weights = 0;
  let sum = 0;
  let picks = 0;
  for (const [place, index] of titles.slice(0, LIST_DEPTH).entries()) {
    const weight = examinationProbability(place);
    weights += weight;
    sum += weight * utility(profile, index);
    picks += weight * pickProbability(profile, index);
  }
  return { utility: weights === 0 ? Number.NaN : sum / weights, picks, titles };
}

/** Every source's own order of its candidates, the blended one, and the ranker's; NaN where a source gives nothing. */
export function ordersOf(
  serving: SimulatedServing,
  profile: number,
  ranker: Ranker,
): Readonly<Record<SourceName | "blended" | "ranker", ListWorth>> {
  const { pool } = serving.ws;
  const byRank = (): number[] => Array.from(pool.order.subarray(0, LIST_DEPTH), (slot) => pool.indices[slot]!);
  serving.page(profile, { seed: profile, parameters: { ranker: false } });
  const bySource = SOURCES.map((name, source): [SourceName, ListWorth] => {
    const slots = Array.from({ length: pool.count }, (_, slot) => slot).filter(
      (slot) => (pool.sources[slot]! & (1 << source)) !== 0,
    );
    const rankOf = (slot: number): number => pool.sourceRanks[source * CANDIDATES_MAX + slot]!;
    slots.sort((a, b) => rankOf(a) - rankOf(b));
    const titles = slots.slice(0, LIST_DEPTH).map((slot) => pool.indices[slot]!);
    return [name, worthOf(serving, profile, titles)];
  });
  const blended = worthOf(serving, profile, byRank());
  serving.page(profile, { seed: profile, ranker });
  const ranked = worthOf(serving, profile, byRank());
  return { ...(Object.fromEntries(bySource) as Record<SourceName, ListWorth>), blended, ranker: ranked };
}

/** A page as it comes out of the stages so far. */
export interface Stage {
  readonly name: string;
  readonly parameters: Partial<ServingParameters>;
  readonly rules: boolean;
}

const bare: Partial<ServingParameters> = {
  ranker: false,
  diversity: 0,
  explorationSlots: 0,
  rowOrder: "fixed",
  rules: false,
};
const { diversity, explorationSlots, rowOrder } = defaultServingParameters;
/** Each adds one to those before it, at the default parameters. */
export const STAGES: readonly Stage[] = [
  { name: "sources, blended", parameters: bare, rules: false },
  { name: "+ ranker", parameters: { ...bare, ranker: true }, rules: false },
  { name: "+ diversity", parameters: { ...bare, ranker: true, diversity }, rules: false },
  { name: "+ rules", parameters: { ...bare, ranker: true, diversity, rules: true }, rules: true },
  {
    name: "+ exploration",
    parameters: { ...bare, ranker: true, diversity, rules: true, explorationSlots },
    rules: true,
  },
  {
    name: "+ row order",
    parameters: { ranker: true, diversity, rules: true, explorationSlots, rowOrder },
    rules: true,
  },
];

export interface StageWorth {
  readonly name: string;
  /** By profile: mean true utility of the page's cards, weighted by how likely each is looked at. */
  readonly utilities: Float64Array;
  /** Expected picks of a page, by profile. */
  readonly picks: Float64Array;
  /** Of the row of top picks alone. */
  readonly topUtilities: Float64Array;
  /** Mean distance of genres within the row of top picks. */
  readonly distance: number;
  /** Share of the catalogue on some page. */
  readonly coverage: number;
  readonly gini: number;
  /** Milliseconds a page. */
  readonly composeMs: number;
}

/** Pages of the profiles at one stage. What was begun is the viewer's own and is left out. */
export function measureStage(
  serving: SimulatedServing,
  stage: Stage,
  options: {
    readonly profiles: readonly number[];
    readonly ranker: Ranker;
    readonly rules?: SlateRequest["rules"];
    readonly clock: Clock;
  },
): StageWorth {
  const { profiles, ranker, rules, clock } = options;
  const { ws, utility, pickProbability } = serving;
  const { genreOffsets, titleGenres, genres, titleCount } = ws.view;
  const cosine = categoryCosine({
    categoryCount: genres.length,
    rowOffsets: Uint32Array.from(genreOffsets),
    categories: titleGenres,
  });
  const exposures = new Float64Array(titleCount);
  const utilities = new Float64Array(profiles.length);
  const picks = new Float64Array(profiles.length);
  const topUtilities = new Float64Array(profiles.length);
  let distance = 0;
  let distances = 0;
  let composeMs = 0;
  for (const [at, profile] of profiles.entries()) {
    const startedMs = clock.monotonicMs();
    const slate = serving.page(profile, {
      seed: profile,
      parameters: stage.parameters,
      ranker,
      rules: stage.rules ? rules : undefined,
    });
    composeMs += clock.monotonicMs() - startedMs;
    let weights = 0;
    let row = 0;
    for (const { kind, entries } of slate.rows) {
      if (kind === "continue_watching") continue;
      for (const [place, { index }] of entries.entries()) {
        const weight = examinationProbability(row) * examinationProbability(place);
        weights += weight;
        utilities[at]! += weight * utility(profile, index);
        picks[at]! += weight * pickProbability(profile, index);
        exposures[index]!++;
      }
      row++;
      if (kind !== "top_picks") continue;
      const titles = entries.map(({ index }) => index);
      topUtilities[at] = worthOf(serving, profile, titles).utility;
      const own = intraListDiversity(titles, cosine, LIST_DEPTH);
      if (own === undefined) continue;
      distance += own;
      distances++;
    }
    utilities[at]! /= weights;
  }
  return {
    name: stage.name,
    utilities,
    picks,
    topUtilities,
    distance: distance / distances,
    coverage: coverage(exposures) ?? 0,
    gini: exposureGini(exposures) ?? 0,
    composeMs: composeMs / profiles.length,
  };
}
