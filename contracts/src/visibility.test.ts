import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { PLAN_IDS } from "./plans.ts";
import { nextChangeOf, type Rights, RightsWindow, type VisibilityViewer, visibilityOf } from "./visibility.ts";

const window = (extra: Partial<RightsWindow> = {}): RightsWindow => ({
  countries: null,
  exceptCountries: [],
  plans: null,
  from: null,
  until: null,
  ...extra,
});
const viewer = (extra: Partial<VisibilityViewer> = {}): VisibilityViewer => ({
  country: "BY",
  ageLimit: null,
  at: 100,
  ...extra,
});
const see = (rights: Rights, extra: Partial<VisibilityViewer> = {}) =>
  visibilityOf({ ageMark: 0, rights }, viewer(extra));

const COUNTRIES = ["BY", "RU", "US"];
const anyCountries = fc.option(fc.subarray(COUNTRIES), { nil: null });
const anyWindow: fc.Arbitrary<RightsWindow> = fc
  .record({
    countries: anyCountries,
    exceptCountries: fc.subarray(COUNTRIES, { maxLength: 1 }),
    plans: fc.option(fc.subarray([...PLAN_IDS], { minLength: 1 }), { nil: null }),
    from: fc.option(fc.integer({ min: 0, max: 30 }), { nil: null }),
    length: fc.option(fc.integer({ min: 1, max: 15 }), { nil: null }),
  })
  .map(({ length, from, ...rest }) => ({ ...rest, from, until: length === null ? null : (from ?? 0) + length }));
const anyRights = fc.array(anyWindow, { maxLength: 5 });
const anyCountry = fc.constantFrom(...COUNTRIES, "DE");
const anyAt = fc.integer({ min: 0, max: 50 });

/** The rule said the slow way: one instant, one window. */
const isOpen = (one: RightsWindow, country: string, at: number): boolean =>
  (one.countries?.includes(country) ?? true) &&
  !one.exceptCountries.includes(country) &&
  (one.from === null || one.from <= at) &&
  (one.until === null || at < one.until);

describe("rights", () => {
  test("without rights a title is everywhere, always, in every plan; without a window nowhere", () => {
    expect(see(null)).toEqual({ kind: "visible", plans: "all", leavesAt: null });
    expect(see([])).toEqual({ kind: "hidden", reason: "country" });
  });

  test("a window is open at its first instant and shut at its last", () => {
    const rights = [window({ from: 100, until: 200 })];
    expect(see(rights, { at: 99 })).toEqual({ kind: "hidden", reason: "not_yet", opensAt: 100 });
    expect(see(rights, { at: 100 })).toEqual({ kind: "visible", plans: "all", leavesAt: 200 });
    expect(see(rights, { at: 199 })).toEqual({ kind: "visible", plans: "all", leavesAt: 200 });
    expect(see(rights, { at: 200 })).toEqual({ kind: "hidden", reason: "gone" });
  });

  test("windows that meet or overlap keep the title without a gap; one after a gap does not", () => {
    const meeting = [window({ from: 150, until: 300 }), window({ from: 50, until: 150 })];
    expect(see(meeting)).toMatchObject({ leavesAt: 300 });
    const apart = [window({ from: 50, until: 150 }), window({ from: 151, until: 300 })];
    expect(see(apart)).toMatchObject({ leavesAt: 150 });
    expect(see(apart, { at: 150 })).toEqual({ kind: "hidden", reason: "not_yet", opensAt: 151 });
    expect(see([...apart, window({ from: 140 })])).toMatchObject({ leavesAt: null });
  });

  test("plans of the windows open now are one set, in the order of the plans", () => {
    const rights = [
      window({ plans: ["premium"], until: 200 }),
      window({ plans: ["basic"], until: 150 }),
      window({ plans: ["standard"], from: 150 }),
    ];
    expect(see(rights)).toMatchObject({ plans: ["basic", "premium"], leavesAt: null });
    expect(see([...rights, window({ plans: ["standard"] })])).toMatchObject({ plans: "all" });
  });

  test("a country that is taken out does not see it, whoever else does", () => {
    const rights = [window({ exceptCountries: ["BY"] }), window({ countries: ["RU"] })];
    expect(see(rights)).toEqual({ kind: "hidden", reason: "country" });
    expect(see(rights, { country: "US" }).kind).toBe("visible");
  });

  test("visible exactly while some window is open, until the first instant at which none is", () => {
    fc.assert(
      fc.property(anyRights, anyCountry, anyAt, (rights, country, at) => {
        const seen = see(rights, { country, at });
        expect(seen.kind === "visible").toBe(rights.some((one) => isOpen(one, country, at)));
        if (seen.kind === "hidden") {
          if (seen.reason !== "not_yet") return;
          expect(rights.some((one) => isOpen(one, country, seen.opensAt))).toBe(true);
          for (let t = at; t < seen.opensAt; t++) expect(see(rights, { country, at: t }).kind).toBe("hidden");
          return;
        }
        const last = seen.leavesAt ?? 80;
        for (let t = at; t < last; t++) expect(see(rights, { country, at: t }).kind).toBe("visible");
        if (seen.leavesAt !== null) expect(see(rights, { country, at: seen.leavesAt }).kind).toBe("hidden");
        const plans = PLAN_IDS.filter((plan) =>
          rights.some((one) => isOpen(one, country, at) && (one.plans?.includes(plan) ?? true)),
        );
        expect(seen.plans === "all" ? PLAN_IDS : seen.plans).toEqual(plans);
      }),
    );
  });

  test("the order of windows decides nothing", () => {
    fc.assert(
      fc.property(anyRights, anyCountry, anyAt, (rights, country, at) => {
        expect(see([...rights].reverse(), { country, at })).toEqual(see(rights, { country, at }));
      }),
    );
  });

  test("nothing changes between now and the next change", () => {
    fc.assert(
      fc.property(anyRights, anyCountry, anyAt, (rights, country, at) => {
        const now = see(rights, { country, at });
        const next = Math.min(nextChangeOf(rights, country, at), 80);
        for (let t = at; t < next; t++) expect(see(rights, { country, at: t })).toEqual(now);
      }),
    );
  });

  test("a window that ends before it begins is refused", () => {
    expect(RightsWindow.safeParse(window({ from: 5, until: 5 })).success).toBe(false);
    expect(RightsWindow.safeParse(window({ from: 5, until: 6 })).success).toBe(true);
  });
});

describe("ages", () => {
  test("a mark above the limit hides; an unknown mark counts as 18; without a limit nothing is hidden", () => {
    const at = (ageMark: number | null, ageLimit: number | null) =>
      visibilityOf({ ageMark, rights: null }, viewer({ ageLimit })).kind;
    expect([at(12, 12), at(16, 12), at(null, 16), at(null, 18), at(18, null)]).toEqual([
      "visible",
      "hidden",
      "hidden",
      "visible",
      "visible",
    ]);
  });

  test("whatever the rights, nobody sees what is above the limit", () => {
    fc.assert(
      fc.property(
        anyRights,
        anyCountry,
        anyAt,
        fc.constantFrom(6, 12, 16, 18, null),
        (rights, country, at, ageMark) => {
          expect(visibilityOf({ ageMark, rights }, { country, at, ageLimit: 0 })).toEqual({
            kind: "hidden",
            reason: "age",
          });
        },
      ),
    );
  });
});
