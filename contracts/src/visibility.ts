/**
 * What a viewer may know of: the one rule for every path (lists, deep links, search, rows, what is similar).
 *
 * A title exists for a viewer where a rights window admits the country at that instant and the age mark is within the
 * limit; else it is 404 like one that never was. The plan decides only what may be played, so it is told, not hidden.
 * Windows are half-open, [from, until): at `until` the title is gone. Windows may overlap and meet; the plans of those
 * open together are one set, and the title leaves at the end of what they cover without a gap.
 */
import { z } from "zod";
import { Country } from "./ids.ts";
import { PLAN_IDS, PlanId } from "./plans.ts";

/** Windows of one title: countries times years of deals, with room. */
export const RIGHTS_WINDOWS_MAX = 100;
/** An age mark that is not known counts as the strictest one. */
export const UNKNOWN_AGE_MARK = 18;

const instantMs = z.number().int().min(0).max(8_640_000_000_000_000);

/** Instants are milliseconds since the epoch. */
export const RightsWindow = z
  .object({
    /** null: everywhere. */
    countries: z.array(Country).max(250).nullable(),
    /** Taken out of `countries`. */
    exceptCountries: z.array(Country).max(250).default([]),
    /** null: every plan. */
    plans: z.array(PlanId).min(1).max(PLAN_IDS.length).nullable(),
    /** The first instant; null: since ever. */
    from: instantMs.nullable(),
    /** The first instant behind it; null: for good. */
    until: instantMs.nullable(),
  })
  .refine(({ from, until }) => from === null || until === null || from < until, {
    message: "a window ends after it begins: `from` before `until`",
  });
export type RightsWindow = z.infer<typeof RightsWindow>;

/** null: everywhere, always, in every plan (an import without rights). No window at all: nowhere. */
export const Rights = z.array(RightsWindow).max(RIGHTS_WINDOWS_MAX).nullable();
export type Rights = readonly Readonly<RightsWindow>[] | null;

export interface Restricted {
  readonly ageMark: number | null;
  readonly rights: Rights;
}

export interface VisibilityViewer {
  readonly country: string;
  /** In years; null: an adult's. */
  readonly ageLimit: number | null;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

export type Visibility =
  | {
      readonly kind: "visible";
      /** Where it may be played. */
      readonly plans: readonly PlanId[] | "all";
      /** When it ceases to be visible here, as far as is known; null: never. */
      readonly leavesAt: number | null;
    }
  | { readonly kind: "hidden"; readonly reason: "age" | "country" | "gone" }
  | {
      readonly kind: "hidden";
      readonly reason: "not_yet";
      /** When it comes. */
      readonly opensAt: number;
    };

const EVERYWHERE: Visibility = { kind: "visible", plans: "all", leavesAt: null };
const TOO_YOUNG: Visibility = { kind: "hidden", reason: "age" };
const NOT_HERE: Visibility = { kind: "hidden", reason: "country" };
const GONE: Visibility = { kind: "hidden", reason: "gone" };

const startOf = ({ from }: RightsWindow): number => from ?? Number.NEGATIVE_INFINITY;
const endOf = ({ until }: RightsWindow): number => until ?? Number.POSITIVE_INFINITY;

const admits = ({ countries, exceptCountries }: RightsWindow, country: string): boolean =>
  (countries === null || countries.includes(country)) && !exceptCountries.includes(country);

export function visibilityOf(title: Restricted, viewer: VisibilityViewer): Visibility {
  if (viewer.ageLimit !== null && (title.ageMark ?? UNKNOWN_AGE_MARK) > viewer.ageLimit) return TOO_YOUNG;
  if (title.rights === null) return EVERYWHERE;
  const here = title.rights.filter((window) => admits(window, viewer.country));
  if (here.length === 0) return NOT_HERE;
  const open = here.filter((window) => startOf(window) <= viewer.at && viewer.at < endOf(window));
  if (open.length === 0) {
    const opensAt = Math.min(...here.filter((window) => startOf(window) > viewer.at).map(startOf));
    return opensAt === Number.POSITIVE_INFINITY ? GONE : { kind: "hidden", reason: "not_yet", opensAt };
  }
  const leavesAt = endOfCoverage(here, viewer.at);
  return { kind: "visible", plans: plansOf(open), leavesAt: leavesAt === Number.POSITIVE_INFINITY ? null : leavesAt };
}

/** In the order of `PLAN_IDS`; all of them by name are "all". */
function plansOf(open: readonly RightsWindow[]): readonly PlanId[] | "all" {
  if (open.some(({ plans }) => plans === null)) return "all";
  const plans = PLAN_IDS.filter((plan) => open.some((window) => window.plans?.includes(plan)));
  return plans.length === PLAN_IDS.length ? "all" : plans;
}

/** From `at` on, while some window is open. In the order of their beginnings one pass is enough. */
function endOfCoverage(windows: readonly RightsWindow[], at: number): number {
  let end = at;
  for (const window of [...windows].sort((a, b) => startOf(a) - startOf(b))) {
    if (startOf(window) <= end) end = Math.max(end, endOf(window));
  }
  return end;
}

/** The next instant behind `at` at which `visibilityOf` may answer otherwise in this country; Infinity: never. */
export function nextChangeOf(rights: Rights, country: string, at: number): number {
  let next = Number.POSITIVE_INFINITY;
  for (const window of rights ?? []) {
    if (!admits(window, country)) continue;
    for (const edge of [startOf(window), endOf(window)]) if (edge > at) next = Math.min(next, edge);
  }
  return next;
}
