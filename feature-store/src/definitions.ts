/**
 * The language in which features are declared. One declaration has two computations, SQL over the warehouse's events
 * (feature-sql.ts) and a fold of the log (title-feature-fold.ts), and a slow oracle that both are held to
 * (testing/oracle.ts). So the language is small, and everything in it means the same when an event comes twice, late or
 * in another order.
 *
 * Its one primitive is the register: for a key (a title, a title in a country, a profile) and a member (the profile or
 * the title on the other side, or the event itself), the largest (instant, value) of the signs between them. A
 * maximum is idempotent and knows no order. What is called "distinct profiles in seven days" is the number of registers
 * whose instant lies in the window; a rating that was undone is a register with the value 0.
 *
 * Two times. A sign counts at its `at` = min(occurredAt, knownAt), as in the live states (nothing happens after it was
 * known of), and can be seen from max(occurredAt, knownAt) on: as of t, what occurred or was known later is not there.
 *
 * A window of d days holds the last 24·d clock hours in UTC, the running one included: hour(at) > hour(t) − 24·d. So it
 * is up to one hour shorter than d·24 h, and a feature changes with an event or with the hour, never in between.
 *
 * Of a profile, what it asked to forget of a title ("that was not me") says nothing while that stands: registers at or
 * before it count nowhere, but for the days since something, which name no title. A title's viewers stay its viewers.
 *
 * Left out everywhere: signs of synthetic times, which lie in no window; and everything that a profile did up to its
 * last erasure, whatever t is.
 */
import type { EventType } from "@thewatcher/contracts/events";
import { assert } from "@thewatcher/kit/assert";

/** What a register remembers: the events that write it, and the value they write. */
export interface SignDefinition {
  readonly events: readonly EventType[];
  /** Events that write 0: the member counts no more. */
  readonly undoneBy?: EventType;
  /** Default: 1. `stars`: of the rating. */
  readonly value?: "stars";
  /** Only events of a playback that is as good as whole: watchedSeconds ≥ WHOLE_SHARE · durationSeconds. */
  readonly isWhole?: true;
}

/** Credits are left early: see signal.ts. */
export const WHOLE_SHARE = 0.9;

export const SIGNS = {
  shown: { events: ["impression"] },
  clicked: { events: ["click"] },
  played: { events: ["play_start", "play_progress", "play_stop"] },
  finished: { events: ["play_progress", "play_stop"], isWhole: true },
  rated: { events: ["rate"], undoneBy: "rate_undo", value: "stars" },
  watchlisted: { events: ["watchlist"], undoneBy: "watchlist_undo" },
  notInterested: { events: ["not_interested"], undoneBy: "not_interested_undo" },
} as const satisfies Readonly<Record<string, SignDefinition>>;
export type SignName = keyof typeof SIGNS;
export const signOf = (name: SignName): SignDefinition => SIGNS[name];
export const eventsOf = (name: SignName): readonly EventType[] => {
  const { events, undoneBy } = signOf(name);
  return undoneBy ? [...events, undoneBy] : events;
};

/** Days, or everything since the first event. */
export type Window = number | "all";

/**
 * `distinct`: members (profiles of a title, titles of a profile). `count`: events, an eventId once. `sum`: of the values.
 * `share`: (x + strength·share) / (n + strength), x and n distinct members of two signs; `mean` the same of values:
 * with nothing known it is the prior, and `strength` members weigh as much as it does. `days_since`: whole clock hours
 * since the last one, in days; the window's length where none lies in it (so it has one, and no undo).
 */
export type Aggregate =
  | { readonly kind: "distinct"; readonly of: SignName; readonly atMost?: number }
  | { readonly kind: "count"; readonly of: SignName }
  | { readonly kind: "sum"; readonly of: SignName }
  | {
      readonly kind: "share";
      readonly of: SignName;
      readonly among: SignName;
      readonly prior: { readonly share: number; readonly strength: number };
    }
  | {
      readonly kind: "mean";
      readonly of: SignName;
      readonly prior: { readonly mean: number; readonly strength: number };
    }
  | { readonly kind: "days_since"; readonly of: SignName };

interface Declaration {
  /** Unique; what a ranker's file and a decision's record call it. */
  readonly name: string;
  readonly type: "number";
  /** Who is asked when it drifts. */
  readonly owner: string;
  /** Older than this, the served value is stale. */
  readonly freshnessMs: number;
  /** A sentence for people. */
  readonly describe: string;
}

/** Of a title or a profile, computed from events. */
export interface AggregateFeature extends Declaration {
  readonly entity: "title" | "profile";
  /** The events that it is computed from. */
  readonly source: readonly EventType[];
  readonly window: Window;
  /** For each country of its own: of events in it, for a request from it. */
  readonly dimension?: "country";
  readonly aggregate: Aggregate;
}

/** Of a (profile, title) pair or of the request: a pure function at serving, logged with the decision for training. */
export interface ServedFeature extends Declaration {
  readonly entity: "pair" | "context";
  /** What it is made of. */
  readonly source: readonly string[];
  readonly window: "now";
}

export type RankingFeature = AggregateFeature | ServedFeature;
export const isAggregate = (feature: RankingFeature): feature is AggregateFeature =>
  feature.entity === "title" || feature.entity === "profile";

export const HOUR_MS = 3_600_000;
const DAY_HOURS = 24;
export const hourOf = (at: number): number => Math.floor(at / HOUR_MS);
/** The first instant at which what happened at `at` lies in the window no more. */
export const endOf = (at: number, window: Window): number =>
  window === "all" ? Number.POSITIVE_INFINITY : (hourOf(at) + DAY_HOURS * window) * HOUR_MS;

/** Registers of one sign by one key: what one query computes, and one table of the fold holds. */
export interface RegisterGroup {
  readonly id: string;
  readonly sign: SignName;
  readonly key: "title" | "titleInCountry" | "profile";
  /** `counterpart`: the profile of a title's, the title of a profile's. */
  readonly member: "counterpart" | "event";
  readonly components: readonly Component[];
}

/** One number that a group has for a key, as of t. `last`: the latest instant in the window, in ms; 0: none. */
export interface Component {
  readonly measure: "members" | "values" | "last";
  readonly window: Window;
}

/** Where a feature finds one of its components. */
export interface ComponentPlace {
  readonly group: number;
  readonly component: number;
}

export interface FeaturePlan {
  readonly features: readonly AggregateFeature[];
  readonly groups: readonly RegisterGroup[];
  /** By feature: its components, in the order in which `featureValue` takes them. */
  readonly places: readonly (readonly ComponentPlace[])[];
}

type Measure = Component["measure"];
const measuresOf = (aggregate: Aggregate): readonly (readonly [SignName, Measure])[] => {
  switch (aggregate.kind) {
    case "distinct":
    case "count":
      return [[aggregate.of, "members"]];
    case "sum":
      return [[aggregate.of, "values"]];
    case "share":
      return [
        [aggregate.of, "members"],
        [aggregate.among, "members"],
      ];
    case "mean":
      return [
        [aggregate.of, "values"],
        [aggregate.of, "members"],
      ];
    case "days_since":
      return [[aggregate.of, "last"]];
  }
};

/** Features that ask for the same registers share them. */
export function planFeatures(features: readonly AggregateFeature[]): FeaturePlan {
  for (const { name, aggregate, window } of features) {
    if (aggregate.kind !== "days_since") continue;
    // The latest instant is a maximum over members, which an undo could not take back; and "never" needs a number.
    assert(signOf(aggregate.of).undoneBy === undefined && window !== "all", "days since something", () => name);
  }
  const groups: { -readonly [Field in keyof RegisterGroup]: RegisterGroup[Field] }[] = [];
  const places = features.map(({ entity, dimension, window, aggregate }) =>
    measuresOf(aggregate).map(([sign, measure]): ComponentPlace => {
      const key = entity === "title" && dimension === "country" ? "titleInCountry" : entity;
      const member = aggregate.kind === "count" ? "event" : "counterpart";
      const id = `${sign} by ${key}${member === "event" ? ", each event" : ""}`;
      let group = groups.findIndex((other) => other.id === id);
      if (group < 0) group = groups.push({ id, sign, key, member, components: [] }) - 1;
      const held = groups[group]!;
      let component = held.components.findIndex((other) => other.measure === measure && other.window === window);
      if (component < 0) {
        component = held.components.length;
        held.components = [...held.components, { measure, window }];
      }
      return { group, component };
    }),
  );
  return { features, groups, places };
}

/** The feature's value out of its components (`FeaturePlan.places`), as of `at`. */
export function featureValue(
  { aggregate, window }: Pick<AggregateFeature, "aggregate" | "window">,
  components: readonly number[],
  at: number,
): number {
  const [first = 0, second = 0] = components;
  switch (aggregate.kind) {
    case "distinct":
      return Math.min(first, aggregate.atMost ?? Number.POSITIVE_INFINITY);
    case "count":
    case "sum":
      return first;
    case "share": {
      const { share, strength } = aggregate.prior;
      return (first + strength * share) / (second + strength);
    }
    case "mean": {
      const { mean, strength } = aggregate.prior;
      return (first + strength * mean) / (second + strength);
    }
    case "days_since":
      return first > 0 ? (hourOf(at) - hourOf(first)) / DAY_HOURS : (window as number);
  }
}
