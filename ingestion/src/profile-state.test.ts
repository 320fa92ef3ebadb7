import type { StoredEvent } from "@thewatcher/contracts/events";
import {
  PROFILE_STATE_TITLES_MAX,
  type ProfileState,
  ROW_USE_HOURS_MAX,
  rememberedTitle,
} from "@thewatcher/contracts/profile-state";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { foldEvent, foldProfile } from "./profile-state.ts";
import { anyEvent, NOON, storedEvent } from "./testing/events.ts";

const fold = (events: readonly StoredEvent[]): ProfileState | undefined =>
  events.reduce<ProfileState | undefined>(foldEvent, undefined);

/** The one register that the cap may leave differently: see the header of profile-state.ts. */
const withoutWatched = (state: ProfileState | undefined) => ({
  ...state,
  titles: state?.titles.map(({ watchedSeconds: _, ...title }) => title),
});

/** The events, some of them several times, in another order. */
const delivered = (events: readonly StoredEvent[]) =>
  fc
    .shuffledSubarray([...events, ...events, ...events], { minLength: 0 })
    .chain((again) => fc.shuffledSubarray([...events, ...again], { minLength: events.length + again.length }));

describe("a profile's state", () => {
  test("is the same for the same events in any order, any of them any number of times", () => {
    const scenario = fc
      .array(anyEvent({ titleCount: 4, instants: 6 }), { minLength: 1, maxLength: 25 })
      .chain((events) => fc.tuple(fc.constant(events), delivered(events)));
    fc.assert(
      fc.property(scenario, ([events, again]) => {
        expect(fold(again)).toEqual(fold(events));
      }),
      { numRuns: 500 },
    );
  });

  test("is the same whether folded one by one or many at once, from any state on", () => {
    fc.assert(
      fc.property(
        fc.array(anyEvent({ titleCount: 5, instants: 8 }), { minLength: 1, maxLength: 20 }),
        fc.nat(20),
        (events, cut) => {
          const before = fold(events.slice(0, cut));
          const folding = foldProfile(events[0]!.profileId, before);
          for (const event of events.slice(cut)) folding.apply(event);
          expect(folding.state()).toEqual(fold(events));
        },
      ),
    );
  });

  test("beyond the cap on titles is still the same in any order, and holds the titles touched last", () => {
    const instants = PROFILE_STATE_TITLES_MAX * 2;
    const filling = Array.from({ length: PROFILE_STATE_TITLES_MAX }, (_, i) =>
      storedEvent("click", NOON + (i + 1) * 1500, { titleId: `f-${i}` }),
    );
    const scenario = fc
      .array(anyEvent({ titleCount: 12, instants }), { minLength: 10, maxLength: 40 })
      .chain((events) => {
        const all = [...events, ...filling];
        return fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length }));
      });
    fc.assert(
      fc.property(scenario, ([events, shuffled]) => {
        const state = fold(events);
        expect(withoutWatched(fold(shuffled))).toEqual(withoutWatched(state));
        expect(state?.titles.length).toBeLessThanOrEqual(PROFILE_STATE_TITLES_MAX);
        const touches = state?.titles.map(({ touchedAt }) => touchedAt) ?? [];
        expect(touches).toEqual([...touches].sort((a, b) => b - a));
      }),
      { numRuns: 40 },
    );
  });

  test("keeps exactly the cap, however many titles share an instant", () => {
    const events = Array.from({ length: PROFILE_STATE_TITLES_MAX + 50 }, (_, i) =>
      storedEvent("watched", NOON, { titleId: `t-${String(i).padStart(3, "0")}` }),
    );
    const state = fold(events);
    expect(state?.titles).toHaveLength(PROFILE_STATE_TITLES_MAX);
    // Of equal instants the greater ids stay: 350 titles, t-349 to t-050; the newest cut is t-049.
    expect(state?.titles[0]?.titleId).toBe("t-349");
    expect(state?.horizon).toEqual({ at: NOON, titleId: "t-049" });
  });

  test("has each register by its latest writer", () => {
    const state = fold([
      storedEvent("rate", NOON + 2000, { titleId: "a", stars: 4 }),
      storedEvent("rate", NOON + 1000, { titleId: "a", stars: 1 }),
      storedEvent("play_progress", NOON + 5000, {
        titleId: "a",
        playbackId: "x",
        positionSeconds: 900,
        watchedSeconds: 800,
        durationSeconds: 5400,
      }),
      storedEvent("play_start", NOON + 9000, { titleId: "a", playbackId: "y", fromSeconds: 60 }),
      storedEvent("watchlist", NOON, { titleId: "b" }),
      storedEvent("watchlist_undo", NOON + 1, { titleId: "b" }),
      storedEvent("continue_hidden", NOON + 2, { titleId: "b" }),
      storedEvent("continue_hidden_undo", NOON + 1, { titleId: "b" }),
      storedEvent("impression", NOON + 99_000, { titleId: "c" }),
    ]);
    expect(state).toEqual({
      version: 1,
      profileId: "p-1",
      titles: [
        {
          titleId: "a",
          touchedAt: NOON + 9000,
          rated: { at: NOON + 2000, stars: 4 },
          playedAt: NOON + 9000,
          positionSeconds: 60,
          watchedSeconds: 800,
        },
        {
          titleId: "b",
          touchedAt: NOON + 2,
          watchlisted: { at: NOON + 1, on: false },
          continueHidden: { at: NOON + 2, on: true },
        },
      ],
    });
  });

  test("forgets at an erasure all that was known by then, also what arrives afterwards", () => {
    const before = storedEvent("click", NOON - 1, { titleId: "a" });
    const offlineThen = storedEvent("click", NOON - 500, { titleId: "b" }, { knownAt: NOON + 60_000 });
    // A clock that runs ahead dates the click behind the erasure that came after it.
    const ahead = storedEvent("click", NOON + 200_000, { titleId: "c" }, { knownAt: NOON - 10 });
    const erasure = storedEvent("erasure", NOON, { reason: "viewer_request" });
    const after = storedEvent("click", NOON + 1, { titleId: "d" });
    const all = [before, offlineThen, ahead, erasure, after];
    fc.assert(
      fc.property(fc.shuffledSubarray(all, { minLength: all.length }), (events) => {
        expect(fold(events)?.titles.map(({ titleId }) => titleId)).toEqual(["d"]);
      }),
    );
  });

  test("keeps the corrections of taste as a whole, the last written, whatever the cap cuts, until an erasure", () => {
    const edit = (at: number, value: number) =>
      storedEvent("taste_edit", at, { edits: [{ facet: "genre:Drama", value }] });
    const clicks = Array.from({ length: PROFILE_STATE_TITLES_MAX + 5 }, (_, i) =>
      storedEvent("click", NOON + 10 + i, { titleId: `t-${i}` }),
    );
    const written = [edit(NOON, 1), edit(NOON + 1, -1), ...clicks];
    const erasure = storedEvent("erasure", NOON + 1, { reason: "viewer_request" });
    fc.assert(
      fc.property(fc.shuffledSubarray(written, { minLength: written.length }), (events) => {
        expect(fold(events)?.tasteEdits).toEqual({ at: NOON + 1, edits: [{ facet: "genre:Drama", value: -1 }] });
      }),
      { numRuns: 20 },
    );
    const few = [edit(NOON, 1), edit(NOON + 1, -1), erasure];
    fc.assert(
      fc.property(fc.shuffledSubarray(few, { minLength: few.length }), (events) => {
        expect(fold(events)?.tasteEdits).toBeUndefined();
        expect(fold([...events, edit(NOON + 2, 1)])?.tasteEdits?.at).toBe(NOON + 2);
      }),
    );
  });

  test("remembers nothing of a title that was to be forgotten, but what came since, and all of it after an undo", () => {
    const play = (at: number, seconds: number) =>
      storedEvent("play_progress", at, {
        titleId: "a",
        playbackId: `p-${at}`,
        positionSeconds: seconds,
        watchedSeconds: seconds,
        durationSeconds: 6000,
      });
    const watched = [
      play(NOON, 5_900),
      storedEvent("rate", NOON + 1, { titleId: "a", stars: 5 }),
      storedEvent("click", NOON - 5, { titleId: "a" }),
    ];
    const forgotten = [...watched, storedEvent("forget", NOON + 2, { titleId: "a" })];
    const remembered = (events: readonly StoredEvent[]) => {
      const title = fold(events)?.titles[0];
      return title && rememberedTitle(title);
    };
    expect(remembered(forgotten)).toBeUndefined();
    expect(remembered([...forgotten, play(NOON + 3, 60)])).toEqual({
      titleId: "a",
      touchedAt: NOON + 3,
      playedAt: NOON + 3,
      positionSeconds: 60,
      watchedSeconds: 60,
      durationSeconds: 6000,
    });
    const undone = remembered([...forgotten, storedEvent("forget_undo", NOON + 4, { titleId: "a" })]);
    expect(undone).toMatchObject({ rated: { stars: 5 }, watchedSeconds: 5_900, clickedAt: NOON - 5 });
  });

  test("remembers in which hours rows of each kind were seen and clicked: the newest 32, the same in any order", () => {
    const HOUR_MS = 3_600_000;
    const used = fc
      .record({
        type: fc.constantFrom("impression" as const, "click" as const),
        rowId: fc.constantFrom("top-picks", "because-1", "because-2", "genre-3", "search", undefined),
        hour: fc.nat(80),
        minute: fc.nat(59),
      })
      .map(({ type, rowId, hour, minute }) => {
        const payload = { titleId: "t", ...(rowId === undefined ? {} : { rowId }) };
        return storedEvent(type, NOON + hour * HOUR_MS + minute * 60_000, payload);
      });
    const erased = fc.nat(80).map((hour) => storedEvent("erasure", NOON + hour * HOUR_MS, { reason: "operator" }));
    const scenario = fc
      .tuple(fc.array(used, { minLength: 30, maxLength: 150 }), fc.array(erased, { maxLength: 1 }))
      .chain(([events, erasures]) => {
        const all = [...events, ...erasures];
        return fc.tuple(fc.constant(all), delivered(all));
      });
    fc.assert(
      fc.property(scenario, ([events, again]) => {
        const state = fold(events);
        expect(fold(again)?.rowUse).toEqual(state?.rowUse);
        const erasedAt = Math.max(
          ...events.map(({ type, occurredAt }) => (type === "erasure" ? Date.parse(occurredAt) : 0)),
        );
        const seen = new Set<number>();
        for (const event of events) {
          const isOfKind = "rowId" in event.payload && String(event.payload.rowId).startsWith("because-");
          const hour = Math.floor(Date.parse(event.occurredAt) / HOUR_MS);
          if (isOfKind && hour * HOUR_MS > erasedAt) seen.add(hour);
        }
        const newest = [...seen].sort((a, b) => b - a).slice(0, ROW_USE_HOURS_MAX);
        expect(state?.rowUse?.because_you_watched?.seen ?? []).toEqual(newest);
        for (const { clicked } of Object.values(state?.rowUse ?? {}))
          expect(clicked.length).toBeLessThanOrEqual(ROW_USE_HOURS_MAX);
        expect(Object.keys(state?.rowUse ?? {}).length).toBeLessThanOrEqual(3);
      }),
      { numRuns: 100 },
    );
  });

  test("is the same state after another card of a row that was seen in this hour: nothing is written for it", () => {
    const first = foldEvent(undefined, storedEvent("impression", NOON, { titleId: "a", rowId: "genre-1" }));
    expect(first.rowUse).toEqual({ genre: { seen: [NOON / 3_600_000], clicked: [] } });
    expect(foldEvent(first, storedEvent("impression", NOON + 60_000, { titleId: "b", rowId: "genre-2" }))).toBe(first);
  });

  test("is never changed in place", () => {
    const first = foldEvent(undefined, storedEvent("click", NOON, { titleId: "a" }));
    const copy = structuredClone(first);
    foldEvent(first, storedEvent("rate", NOON + 1, { titleId: "a", stars: 5 }));
    expect(first).toEqual(copy);
    expect(foldEvent(first, storedEvent("search", NOON + 2, { query: "x" }))).toBe(first);
  });
});
