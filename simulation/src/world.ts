/**
 * A world of synthetic viewers whose tastes are known: accounts, profiles, and the true utility of every title for
 * every profile at every instant. Deterministic by (seed, profileCount, worldNow, catalogue).
 *
 * The viewers stand outside the engine's model family (popularity; linear item-item models):
 * - a viewer holds one to three planted tastes and judges a title by the one that it fits best (a maximum, not a sum);
 *   a taste is a steep conjunction of genre, hidden mood and era (`tastes.ts`);
 * - tastes drift: each one's weight swings over 90 to 240 days;
 * - fatigue: each watched film satiates its genres, saturating, and wears off with a time constant of 2.5 days;
 * - conformity: viewers differ in how much a title's fame in their country is worth to them;
 * - loved directors, regard for the score, and a private whim for each (profile, title).
 *
 * utility(p, i, t) = gain_p · max_k weight_pk(t) · affinity_ki + conformity_p · fame_ci + 0.8 · [loved director]
 *                  + regard_p · (score_i − 6.4) / 2.5 + 0.35 · whim_pi − fatigue_p · (1 − exp(−max_g satiation_pg(t)))
 *
 * Most films land between −0.5 and 1 for a viewer, films of a taste between 1.5 and 4; `LIKING` is the middle.
 */
import type { AgeMark, Profile, TitleDetails } from "@thewatcher/contracts/api/catalogue";
import { AccountId, ProfileId } from "@thewatcher/contracts/ids";
import { assert } from "@thewatcher/kit/assert";
import type { Rng } from "@thewatcher/kit/rng";
import { createRng } from "@thewatcher/kit/rng";
import type { Catalogue } from "./catalogue.ts";
import type { AccountPlan, ProfilePlan } from "./demo-accounts.ts";
import { DEMO_ACCOUNT_PLANS } from "./demo-accounts.ts";
import type { WatchHistory } from "./evenings.ts";
import { simulateEvenings } from "./evenings.ts";
import type { Taste } from "./tastes.ts";
import { createTasteSpace } from "./tastes.ts";
import type { Viewer, WorldCountry, WorldInternals } from "./viewer.ts";
import { COUNTRIES, DEVICES, SATIATION_TAU_MS } from "./viewer.ts";

const DAY_MS = 86_400_000;
/** How long before `worldNow` the histories begin. */
const HISTORY_DAYS = 180;
/** The floor is 2,000 profiles and 100,000 interactions; 2,100 leave room on both. */
const DEFAULT_PROFILE_COUNT = 2_100;
const COUNTRY_SHARES = [0.5, 0.2, 0.3] as const;

/** Accounts of one to six profiles: mostly one or two; 2.04 on average. */
const ACCOUNT_SIZE_SHARES = [0.45, 0.27, 0.14, 0.09, 0.03, 0.02] as const;
/** Of the profiles beyond the second, about half are children's. */
const MINOR_SHARE = 0.5;

const TASTES_PER_VIEWER_MAX = 3;
/** A child's taste must hold this many titles that the child may see. */
const SUITABLE_MEMBERS_MIN = 10;
const LOVED_DIRECTORS = 3;
const DIRECTOR_LOVE = 0.8;
const WHIM = 0.35;
const DRIFT = 0.5;
/** After ten time constants a film's satiation is below 5·10⁻⁵ of what it was. */
const SATIATION_HORIZON_MS = 10 * SATIATION_TAU_MS;

/**
 * Fame falls as 1 / (rank + 60)^1.15 over the file's ranks (Zipf–Mandelbrot); what is watched in the end has the Gini
 * of MovieLens 100K's titles (0.63; 1M: 0.60), see `world.test.ts`.
 */
const FAME_OFFSET = 60;
const FAME_EXPONENT = 1.15;
/** How far countries disagree, in the logarithm of a title's fame: by genre, and title by title. */
const COUNTRY_GENRE_SPREAD = 0.5;
const COUNTRY_TITLE_SPREAD = 0.4;

/**
 * History length: 14 + log-normal, as many as two films a day and a third of what the profile may watch; the outcome has
 * median 46 and mean 66 watched titles (MovieLens 100K: 20 and more, median 65, mean 106, over an unlimited time).
 */
const HISTORY_MIN = 14;
const HISTORY_LOG_MEAN = 3.5;
const HISTORY_LOG_SD = 1.05;
const WATCHES_PER_DAY_MAX = 2;

const FIRST_NAMES: Readonly<Record<WorldCountry, readonly string[]>> = {
  RU: [
    "Alexei",
    "Darya",
    "Ekaterina",
    "Fyodor",
    "Galina",
    "Ilya",
    "Kirill",
    "Maria",
    "Nikita",
    "Olga",
    "Polina",
    "Yuri",
  ],
  BY: ["Ales", "Bazhena", "Daryna", "Hanna", "Ihar", "Kastus", "Maryna", "Natallia", "Siarhei", "Uladzimir", "Volha"],
  US: [
    "Amelia",
    "Benjamin",
    "Charlotte",
    "Daniel",
    "Ella",
    "Grace",
    "Henry",
    "James",
    "Lily",
    "Mason",
    "Sofia",
    "William",
  ],
};

export interface WorldAccount {
  readonly accountId: AccountId;
  readonly name: string;
  readonly country: WorldCountry;
  readonly profiles: readonly Profile[];
}

export interface PlantedTaste {
  readonly tasteId: string;
  /** Mean weight over time, in (0, 1]. */
  readonly weight: number;
}

export interface World {
  readonly seed: number;
  /** Milliseconds since the epoch; no event lies after it. */
  readonly worldNow: number;
  readonly titles: readonly TitleDetails[];
  /** The demo accounts first. */
  readonly accounts: readonly WorldAccount[];
  readonly demoAccounts: readonly WorldAccount[];
  /** In the order of the accounts; a profile's index here is its `profileIndex` everywhere. */
  readonly profiles: readonly Profile[];
  readonly viewers: readonly Viewer[];
  readonly tastes: readonly Taste[];
  titleIndexOf(titleId: string): number | undefined;
  profileIndexOf(profileId: string): number | undefined;
  /** The profile's planted tastes, strongest first. */
  tastesOf(profileIndex: number): readonly PlantedTaste[];
  /** Indices of the titles that belong to the taste, strongest first. */
  titlesOfTaste(tasteId: string): readonly number[];
  /** In [0, 1]; a title of the taste has at least 0.6. */
  affinity(tasteId: string, titleIndex: number): number;
  /** How fame goes in the country, in [0, 1]. */
  fame(country: WorldCountry, titleIndex: number): number;
  /** Whether the age mark lets this profile watch the title. */
  isSuitable(profileIndex: number, titleIndex: number): boolean;
  /** The truth: what the title is worth to the profile at `at`, with the fatigue of what it watched before `at`. */
  trueUtility(profileIndex: number, titleIndex: number, at: number): number;
  /** What the profile watched, oldest first. Simulated when first asked for (about 0.6 ms), then kept. */
  historyOf(profileIndex: number): WatchHistory;
  /** The length of a title in seconds: the catalogue's, or for an unknown one the length that the player finds. */
  durationSeconds(titleIndex: number): number;
}

export interface WorldOptions {
  readonly seed: number;
  /** At least as many as the demo accounts hold; an account is never cut. */
  readonly profileCount?: number;
  readonly worldNow: number;
  readonly catalogue: Pick<Catalogue, "titles" | "priors">;
}

function pick(shares: readonly number[], rng: Rng): number {
  let mass = rng.next() * shares.reduce((sum, share) => sum + share, 0);
  for (const [index, share] of shares.entries()) {
    mass -= share;
    if (mass < 0) return index;
  }
  return shares.length - 1;
}

const clamp = (value: number, low: number, high: number) => Math.min(high, Math.max(low, value));
const uniform = (rng: Rng, low: number, high: number) => low + (high - low) * rng.next();

/** The marks that a viewer of this limit may watch; unknown counts as 18. */
const admits = (limit: AgeMark | null, mark: AgeMark | null): boolean => limit === null || (mark ?? 18) <= limit;

/** A fixed standard-normal-like number for each (seed, profile, title): four bytes summed, variance 4 · (256² − 1) / 12. */
function whimOf(seed: number, profileIndex: number, titleIndex: number): number {
  let hash = Math.imul(profileIndex + 1, 0x9e3779b1) ^ Math.imul(titleIndex + 1, 0x85ebca77) ^ seed;
  hash = Math.imul(hash ^ (hash >>> 16), 0x21f0aaad);
  hash = Math.imul(hash ^ (hash >>> 15), 0x735a2d97);
  hash ^= hash >>> 15;
  const sum = (hash & 255) + ((hash >>> 8) & 255) + ((hash >>> 16) & 255) + (hash >>> 24);
  return (sum - 510) / 147.8;
}

/** Accounts to be: the demo's, then random ones until the profiles suffice. */
function planAccounts(profileCount: number, rng: Rng): AccountPlan[] {
  const plans: AccountPlan[] = [...DEMO_ACCOUNT_PLANS];
  let planned = plans.reduce((sum, plan) => sum + plan.profiles.length, 0);
  assert(profileCount >= planned, "a world holds at least the demo accounts", () => ({ profileCount, planned }));
  while (planned < profileCount) {
    const country = COUNTRIES[pick(COUNTRY_SHARES, rng)]!;
    const size = Math.min(pick(ACCOUNT_SIZE_SHARES, rng) + 1, profileCount - planned);
    const names = FIRST_NAMES[country];
    const offset = rng.int(names.length);
    const profiles = Array.from({ length: size }, (_, place): ProfilePlan => {
      const isMinor = place >= 2 && rng.next() < MINOR_SHARE;
      const ageMark = isMinor ? ([6, 12, 12, 16] as const)[rng.int(4)]! : null;
      const watchCount = Math.round(HISTORY_MIN + Math.exp(HISTORY_LOG_MEAN + HISTORY_LOG_SD * rng.normal()));
      return { name: names[(offset + place) % names.length]!, ageMark, tasteIds: [], watchCount };
    });
    plans.push({ name: `Household ${plans.length + 1}`, country, profiles });
    planned += size;
  }
  return plans;
}

/** Rank by votes and box office together (both on a logarithmic scale; unknown counts as little). */
function fameRanks(catalogue: WorldOptions["catalogue"]): Uint16Array {
  const fame = catalogue.priors.map(
    ({ votes, grossUsd }) => Math.log1p(votes ?? 100) + 0.35 * Math.log1p(grossUsd ?? 50_000),
  );
  const order = [...fame.keys()].sort((a, b) => fame[b]! - fame[a]! || a - b);
  const ranks = new Uint16Array(fame.length);
  for (const [rank, index] of order.entries()) ranks[index] = rank;
  return ranks;
}

export function createWorld(options: WorldOptions): World {
  const { seed, worldNow, catalogue } = options;
  const { titles } = catalogue;
  const titleCount = titles.length;
  assert(titleCount === catalogue.priors.length, "one prior a title");
  const rng = createRng(seed);
  const space = createTasteSpace(titles, rng.fork("moods"));
  const tasteIndexOf = new Map(space.tastes.map((taste, index) => [taste.tasteId, index]));
  const requireTaste = (tasteId: string): number => {
    const index = tasteIndexOf.get(tasteId);
    assert(index !== undefined, "an unknown taste", () => tasteId);
    return index;
  };

  // Titles as columns.
  const genreNames = [...new Set(titles.flatMap((title) => title.genres))].sort();
  const genreNumber = new Map(genreNames.map((name, number) => [name, number]));
  const genresOf = titles.map((title) => Uint8Array.from(title.genres, (genre) => genreNumber.get(genre)!));
  const addedAt = Float64Array.from(titles, (title) => Date.parse(title.addedAt));
  const scoreShift = Float32Array.from(titles, (title) => (title.score === null ? 0 : (title.score - 6.4) / 2.5));
  const lengthRng = rng.fork("unknown runtimes");
  const durations = Uint32Array.from(titles, (title) => {
    const drawn = Math.round(clamp(104 + 14 * lengthRng.normal(), 70, 180) * 60);
    return title.runtimeMinutes === null ? drawn : title.runtimeMinutes * 60;
  });
  const byArrival = Uint16Array.from([...addedAt.keys()].sort((a, b) => addedAt[a]! - addedAt[b]! || a - b));

  // Fame, country by country: weight for exposure, and its logarithm scaled to [0, 1] as a part of utility.
  const ranks = fameRanks(catalogue);
  const fameWeights = new Map<WorldCountry, Float64Array>();
  const fameScaled = new Map<WorldCountry, Float32Array>();
  for (const country of COUNTRIES) {
    const countryRng = rng.fork(`fame ${country}`);
    const genreTaste = Float64Array.from(genreNames, () => COUNTRY_GENRE_SPREAD * countryRng.normal());
    const logs = Float64Array.from(titles, (_, index) => {
      let log = -FAME_EXPONENT * Math.log(ranks[index]! + FAME_OFFSET) + COUNTRY_TITLE_SPREAD * countryRng.normal();
      for (const genre of genresOf[index]!) log += genreTaste[genre]! / genresOf[index]!.length;
      return log;
    });
    const low = Math.min(...logs);
    const high = Math.max(...logs);
    fameWeights.set(country, logs.map(Math.exp));
    fameScaled.set(
      country,
      Float32Array.from(logs, (log) => (log - low) / (high - low)),
    );
  }
  const exposures = new Map<string, Float64Array>();
  const exposure = (country: WorldCountry, ageMark: AgeMark | null): Float64Array => {
    const key = `${country} ${ageMark}`;
    const known = exposures.get(key);
    if (known) return known;
    let sum = 0;
    const sums = fameWeights.get(country)!.map((weight, index) => {
      sum += admits(ageMark, titles[index]!.ageMark) ? weight : 0;
      return sum;
    });
    exposures.set(key, sums);
    return sums;
  };

  // Viewers.
  const suitableMembers = (ageMark: AgeMark | null) =>
    space.members.map((members) => members.filter((index) => admits(ageMark, titles[index]!.ageMark)));
  const membersByMark = new Map(([null, 6, 12, 16] as const).map((mark) => [mark, suitableMembers(mark)]));
  const startsAt = worldNow - HISTORY_DAYS * DAY_MS;

  function createViewer(profile: Profile, country: WorldCountry, plan: ProfilePlan, isDemo: boolean): Viewer {
    const own = rng.fork(`viewer ${profile.profileId}`);
    const members = membersByMark.get(profile.ageMark as 6 | 12 | 16 | null);
    assert(members !== undefined, "profiles are for adults or for 6, 12 or 16", () => profile.ageMark);
    const open = members.flatMap((titles, index) => (titles.length >= SUITABLE_MEMBERS_MIN ? [index] : []));
    const wanted = plan.tasteIds.map(requireTaste);
    const tasteCount = wanted.length > 0 ? wanted.length : 1 + pick([0.3, 0.45, 0.25], own);
    while (wanted.length < tasteCount) {
      const drawn = open[own.int(open.length)]!;
      if (!wanted.includes(drawn)) wanted.push(drawn);
    }
    assert(wanted.length <= TASTES_PER_VIEWER_MAX, "too many tastes for one viewer", () => plan);
    const weights = wanted.map((_, slot) => (slot === 0 ? 1 : uniform(own, 0.65, 0.95))).sort((a, b) => b - a);
    const directors = wanted.flatMap((index) => [...members[index]!].flatMap((title) => titles[title]!.directors));
    const lovedDirectors = new Set<string>();
    for (let draw = 0; draw < LOVED_DIRECTORS && directors.length > 0; draw++) {
      lovedDirectors.add(directors[own.int(directors.length)]!);
    }
    // A third were here before the window; the rest joined during it, at least 20 days before its end.
    const days = isDemo || own.next() < 0.35 ? HISTORY_DAYS : Math.floor(uniform(own, 20, HISTORY_DAYS));
    const suitableCount =
      profile.ageMark === null ? titleCount : titles.filter((t) => admits(profile.ageMark, t.ageMark)).length;
    // The demo's named viewers are characters: stronger tastes than most, less swayed by fame.
    return {
      profile,
      country,
      device: DEVICES[pick([0.35, 0.4, 0.25], own)]!,
      tasteIndices: wanted,
      tasteWeights: weights,
      driftPhases: wanted.map(() => uniform(own, 0, 2 * Math.PI)),
      driftPeriodsMs: wanted.map(() => uniform(own, 90, 240) * DAY_MS),
      lovedDirectors,
      gain: isDemo ? 3.2 : Math.max(1.4, 2.4 + 0.5 * own.normal()),
      conformity: isDemo ? 0.5 : clamp(1 + 0.5 * own.normal(), 0.1, 2),
      regard: clamp(0.35 + 0.2 * own.normal(), 0, 1),
      fatigue: clamp(1.1 + 0.4 * own.normal(), 0.3, 2.2),
      ratingShare: own.next() ** 2 * 0.6,
      generosity: 0.35 * own.normal(),
      firstAt: worldNow - days * DAY_MS,
      // A third of what may be watched at most: a child of six does not see all 430 films in half a year.
      watchTarget: Math.min(plan.watchCount, days * WATCHES_PER_DAY_MAX, Math.floor(suitableCount / 3)),
    };
  }

  const accounts: WorldAccount[] = [];
  const profiles: Profile[] = [];
  const viewers: Viewer[] = [];
  for (const [accountIndex, plan] of planAccounts(
    options.profileCount ?? DEFAULT_PROFILE_COUNT,
    rng.fork("accounts"),
  ).entries()) {
    const accountId = AccountId.parse(`a-${String(accountIndex + 1).padStart(5, "0")}`);
    const own = plan.profiles.map((profilePlan): Profile => {
      const profile: Profile = {
        profileId: ProfileId.parse(`p-${String(profiles.length + 1).padStart(5, "0")}`),
        accountId,
        name: profilePlan.name,
        ageMark: profilePlan.ageMark,
        country: plan.country,
        externalId: null,
      };
      profiles.push(profile);
      viewers.push(createViewer(profile, plan.country, profilePlan, accountIndex < DEMO_ACCOUNT_PLANS.length));
      return profile;
    });
    accounts.push({ accountId, name: plan.name, country: plan.country, profiles: own });
  }

  const tasteWeightAt = (viewer: Viewer, slot: number, at: number): number => {
    const angle = viewer.driftPhases[slot]! + (2 * Math.PI * (at - startsAt)) / viewer.driftPeriodsMs[slot]!;
    return viewer.tasteWeights[slot]! * (1 - DRIFT * 0.5 * (1 + Math.sin(angle)));
  };

  const internals: WorldInternals = {
    titleCount,
    addedAt,
    genresOf,
    genreCount: genreNames.length,
    byArrival,
    tasteWeightAt,
    membersOf: (tasteIndex) => space.members[tasteIndex]!,
    durationSeconds: (titleIndex) => durations[titleIndex]!,
    isSuitable: (viewer, titleIndex) => admits(viewer.profile.ageMark, titles[titleIndex]!.ageMark),
    exposure,
    fatigueOf: (viewer, satiation) => viewer.fatigue * (1 - Math.exp(-satiation)),
    baseUtility(viewer, profileIndex, titleIndex, at) {
      let fit = 0;
      for (let slot = 0; slot < viewer.tasteIndices.length; slot++) {
        const affinity = space.affinity[viewer.tasteIndices[slot]! * titleCount + titleIndex]!;
        // Below a hundredth the sine is not worth its price: nine cells in ten.
        if (affinity > 0.01) fit = Math.max(fit, affinity * tasteWeightAt(viewer, slot, at));
      }
      const director = titles[titleIndex]!.directors[0];
      return (
        viewer.gain * fit +
        viewer.conformity * fameScaled.get(viewer.country)![titleIndex]! +
        (director !== undefined && viewer.lovedDirectors.has(director) ? DIRECTOR_LOVE : 0) +
        viewer.regard * scoreShift[titleIndex]! +
        WHIM * whimOf(seed, profileIndex, titleIndex)
      );
    },
  };

  const histories: (WatchHistory | undefined)[] = [];
  const historyOf = (profileIndex: number): WatchHistory => {
    const known = histories[profileIndex];
    if (known) return known;
    const viewer = viewers[profileIndex];
    assert(viewer !== undefined, "no such profile", () => profileIndex);
    const evenings = rng.fork(`evenings ${viewer.profile.profileId}`);
    const history = simulateEvenings({ viewer, profileIndex, worldNow, rng: evenings, internals });
    histories[profileIndex] = history;
    return history;
  };

  /** The strongest satiation among the title's genres, from the watches before `at`. */
  function satiationBefore(profileIndex: number, titleIndex: number, at: number): number {
    const history = historyOf(profileIndex);
    let strongest = 0;
    for (const genre of genresOf[titleIndex]!) {
      let sum = 0;
      for (let watch = 0; watch < history.count; watch++) {
        const endedAt = history.startedAt[watch]! + history.watchedSeconds[watch]! * 1000;
        if (endedAt > at || at - endedAt > SATIATION_HORIZON_MS) continue;
        const watched = history.titleIndices[watch]!;
        if (!genresOf[watched]!.includes(genre)) continue;
        sum += (history.watchedSeconds[watch]! / durations[watched]!) * Math.exp((endedAt - at) / SATIATION_TAU_MS);
      }
      strongest = Math.max(strongest, sum);
    }
    return strongest;
  }

  const titleIndices = new Map<string, number>(titles.map((title, index) => [title.titleId, index]));
  const profileIndices = new Map<string, number>(profiles.map((profile, index) => [profile.profileId, index]));
  return {
    seed,
    worldNow,
    titles,
    accounts,
    demoAccounts: accounts.slice(0, DEMO_ACCOUNT_PLANS.length),
    profiles,
    viewers,
    tastes: space.tastes,
    titleIndexOf: (titleId) => titleIndices.get(titleId),
    profileIndexOf: (profileId) => profileIndices.get(profileId),
    tastesOf(profileIndex) {
      const viewer = viewers[profileIndex];
      assert(viewer !== undefined, "no such profile", () => profileIndex);
      return viewer.tasteIndices.map((tasteIndex, slot) => ({
        tasteId: space.tastes[tasteIndex]!.tasteId,
        weight: viewer.tasteWeights[slot]! * (1 - DRIFT * 0.5),
      }));
    },
    titlesOfTaste: (tasteId) => [...space.members[requireTaste(tasteId)]!],
    affinity: (tasteId, titleIndex) => space.affinity[requireTaste(tasteId) * titleCount + titleIndex]!,
    fame: (country, titleIndex) => fameScaled.get(country)![titleIndex]!,
    isSuitable: (profileIndex, titleIndex) => internals.isSuitable(viewers[profileIndex]!, titleIndex),
    trueUtility(profileIndex, titleIndex, at) {
      const viewer = viewers[profileIndex];
      assert(viewer !== undefined && titleIndex >= 0 && titleIndex < titleCount, "no such profile or title", () => ({
        profileIndex,
        titleIndex,
      }));
      const base = internals.baseUtility(viewer, profileIndex, titleIndex, at);
      return base - internals.fatigueOf(viewer, satiationBefore(profileIndex, titleIndex, at));
    },
    historyOf,
    durationSeconds: internals.durationSeconds,
  };
}
