import { createRng } from "@thewatcher/kit/rng";
import { UserError } from "@thewatcher/kit/user-error";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { evaluate } from "./evaluate.ts";
import { assembleSplit, type InteractionRows, PART, type SplitOptions, type SplitRule, splitRows } from "./splits.ts";

interface Row {
  readonly user: number;
  readonly item: number;
  readonly weight: number;
  readonly at: number;
}

const USERS = 12;
const ITEMS = 15;

function rowsOf(list: readonly Row[], timed = true): InteractionRows {
  return {
    userCount: USERS,
    itemCount: ITEMS,
    userIndices: Uint32Array.from(list, ({ user }) => user),
    itemIndices: Uint32Array.from(list, ({ item }) => item),
    weights: Float32Array.from(list, ({ weight }) => weight),
    ...(timed ? { occurredAt: Float64Array.from(list, ({ at }) => at) } : {}),
    timeQuality: timed ? "observed" : "synthetic",
  };
}

const options = (more: Partial<SplitOptions> = {}): SplitOptions => ({ seed: 7, inner: false, ...more });
const names = Object.keys(PART);
const partsOf = (rows: InteractionRows, rule: SplitRule, more: Partial<SplitOptions> = {}): string[] =>
  Array.from(splitRows(rows, rule, options(more)), (part) => names[part] as string);
const row = (user: number, item: number, at: number): Row => ({ user, item, weight: 1, at });

describe("leave-one-out", () => {
  // User 0 watches 4, 5, 6, 7; 5 once more before 7; 4 once more at the end.
  const list = [row(0, 4, 1), row(0, 5, 2), row(0, 6, 3), row(0, 5, 4), row(0, 7, 5), row(0, 4, 6)];

  test("the newest title is the target, the second-newest input only, what is watched again never a target", () => {
    expect(partsOf(rowsOf(list), { kind: "leaveOneOut" })).toEqual([
      "train",
      "train",
      "input",
      "input",
      "target",
      "hidden",
    ]);
  });

  test("of a validation user the third-newest is not trained on either", () => {
    expect(partsOf(rowsOf(list), { kind: "leaveOneOut" }, { validationUsers: new Set([0]) })).toEqual([
      "train",
      "input",
      "input",
      "input",
      "target",
      "hidden",
    ]);
  });

  test("inner: the third-newest is the target, trained before it, and nobody sees the rest", () => {
    expect(partsOf(rowsOf(list), { kind: "leaveOneOut" }, { inner: true })).toEqual([
      "train",
      "target",
      "hidden",
      "hidden",
      "hidden",
      "hidden",
    ]);
  });

  test("goes by time where there is one, else by the order of the rows", () => {
    const backwards = [row(0, 7, 5), row(0, 6, 3), row(0, 4, 1)];
    expect(partsOf(rowsOf(backwards), { kind: "leaveOneOut" })).toEqual(["target", "input", "train"]);
    expect(partsOf(rowsOf(backwards, false), { kind: "leaveOneOut" })).toEqual(["train", "input", "target"]);
  });

  test("somebody with one title has no target: there would be nothing to rank out of", () => {
    expect(partsOf(rowsOf([row(0, 1, 1)]), { kind: "leaveOneOut" })).toEqual(["hidden"]);
  });
});

describe("by time", () => {
  const list = Array.from({ length: 10 }, (_, at) => row(at % 3, at, at));
  test("the newest share is the target, the share before it input only, and the target while settings are chosen", () => {
    const rule = { kind: "time", test: 0.2, validation: 0.1 } as const;
    const outer = partsOf(rowsOf(list), rule);
    expect(outer).toEqual([...Array(7).fill("train"), "input", "target", "target"]);
    const inner = partsOf(rowsOf(list), rule, { inner: true });
    expect(inner).toEqual([...Array(7).fill("train"), "target", "hidden", "hidden"]);
  });
  test("a moment is a cut of its own", () => {
    expect(partsOf(rowsOf(list), { kind: "time", test: { at: 6 } })).toEqual([
      ...Array(6).fill("train"),
      ...Array(4).fill("target"),
    ]);
    expect(partsOf(rowsOf(list), { kind: "time", test: { at: 100 } })).toEqual(Array(10).fill("train"));
  });
  test("made-up times are refused", () => {
    expect(() => partsOf(rowsOf(list, false), { kind: "time", test: 0.2 })).toThrow(UserError);
  });
});

describe("by chance", () => {
  const list = Array.from({ length: 40 }, (_, at) => row(at % 2, at % ITEMS, at));
  test("of each user's 20 rows two are the target and two are for validation; another seed takes others", () => {
    const rule = { kind: "random", test: 0.1, validation: 0.1 } as const;
    const parts = partsOf(rowsOf(list), rule);
    for (const user of [0, 1]) {
      const mine = parts.filter((_, at) => at % 2 === user);
      expect(["train", "input", "target"].map((part) => mine.filter((own) => own === part).length)).toEqual([16, 2, 2]);
    }
    expect(partsOf(rowsOf(list), rule)).toEqual(parts);
    expect(partsOf(rowsOf(list), rule, { seed: 8 })).not.toEqual(parts);
    const inner = partsOf(rowsOf(list), rule, { inner: true });
    expect(inner).toEqual(parts.map((part) => (part === "input" ? "target" : part === "target" ? "hidden" : part)));
  });
});

test("by users: none of a held-out user is trained on, a fifth of their rows is the target", async () => {
  const list = Array.from({ length: USERS * 10 }, (_, at) => row(at % USERS, Math.floor(at / USERS), at));
  const parts = partsOf(rowsOf(list), { kind: "users", test: 0.25 });
  const ofUser = (user: number) => parts.filter((_, at) => at % USERS === user);
  const heldOut = Array.from({ length: USERS }, (_, user) => user).filter((user) => !ofUser(user).includes("train"));
  expect(heldOut).toHaveLength(3);
  for (const user of heldOut) {
    expect(ofUser(user).filter((part) => part === "target")).toHaveLength(2);
    expect(ofUser(user).filter((part) => part === "input")).toHaveLength(8);
  }
  const { counts } = await assembleSplit(
    rowsOf(list),
    splitRows(rowsOf(list), { kind: "users", test: 0.25 }, options()),
  );
  expect(counts).toMatchObject({ evaluatedUsers: 3, untrainedUsers: 3, coldUsers: 0, trainingUsers: 9 });
});

describe("a split out of parts", () => {
  const part = (...given: (keyof typeof PART)[]) => Uint8Array.from(given, (name) => PART[name]);

  test("what a list never holds is no target, and what training does not know is a miss", async () => {
    const list = [row(0, 1, 1), row(0, 2, 2), row(0, 3, 3), row(0, 1, 4), row(0, 2, 5), row(0, 9, 6), row(0, 3, 7)];
    const { split, counts } = await assembleSplit(
      rowsOf(list),
      part("train", "input", "exclude", "target", "target", "target", "target"),
    );
    expect(counts).toEqual({
      trainingInteractions: 1,
      trainingUsers: 1,
      catalogue: 2,
      targetInteractions: 2,
      evaluatedUsers: 1,
      coldUsers: 0,
      untrainedUsers: 0,
      targetsOutsideCatalogue: 2,
      targetsLeftOut: 2,
      repeatedInteractions: 0,
    });
    expect([...split.targets.itemIndices].every((item) => item >= split.train.itemCount)).toBe(true);
  });

  test("users unknown to training are cold, and evaluated", async () => {
    const { counts } = await assembleSplit(rowsOf([row(0, 1, 1), row(1, 1, 2)]), part("train", "target"));
    expect(counts).toMatchObject({ evaluatedUsers: 1, coldUsers: 1, untrainedUsers: 1 });
  });

  test("one user, one title, identical rows: counted, nothing breaks", async () => {
    const list = [row(0, 1, 1), row(0, 1, 1), row(0, 1, 1)];
    const { counts } = await assembleSplit(rowsOf(list), part("train", "train", "target"));
    expect(counts).toMatchObject({ repeatedInteractions: 1, targetsLeftOut: 1, evaluatedUsers: 0 });
  });
});

describe("the leakage guard: what lies at or behind the cut changes no input, no list and no score", () => {
  const anyRow = fc.record({
    user: fc.nat(USERS - 1),
    item: fc.nat(ITEMS - 1),
    weight: fc.constantFrom(0.5, 1, 3),
    at: fc.nat(60),
  });
  const anyRows = fc.array(anyRow, { minLength: 5, maxLength: 60 });
  const rules: readonly SplitRule[] = [
    { kind: "leaveOneOut" },
    { kind: "time", test: 0.2, validation: 0.1 },
    { kind: "random", test: 0.2, validation: 0.2 },
    { kind: "users", test: 0.3 },
  ];
  /** Everything that a model is given, as bytes. */
  const givenTo = async (rows: InteractionRows, parts: Uint8Array) => {
    const { split, users, items } = await assembleSplit(rows, parts);
    const bytes = ({ rowOffsets, itemIndices, weights, occurredAt }: typeof split.train) =>
      [itemIndices, weights, occurredAt, rowOffsets].map((column) => [...column]);
    // Users known by their targets alone come behind; what is in front of them is what counts.
    return {
      catalogue: [...items.slice(0, split.train.itemCount)],
      users: [...users].filter((_, user) => split.histories.rowOffsets[user + 1]! > split.histories.rowOffsets[user]!),
      train: bytes(split.train).slice(0, 3),
      histories: bytes(split.histories).slice(0, 3),
    };
  };

  test.each(rules.flatMap((rule) => [false, true].map((inner) => [rule.kind, inner, rule] as const)))(
    "%s, inner %s: rewriting the targets and what is hidden",
    async (_, inner, rule) => {
      await fc.assert(
        fc.asyncProperty(anyRows, fc.array(anyRow, { minLength: 60, maxLength: 60 }), async (list, others) => {
          const rows = rowsOf(list);
          const parts = splitRows(rows, rule, options({ inner }));
          const isBehind = (at: number) => parts[at] === PART.target || parts[at] === PART.hidden;
          // The same user's rows at the same places: other titles (also new ones), weights and, behind all, times.
          const rewritten = list.map((own, at) =>
            isBehind(at) ? { ...own, item: others[at]!.item, weight: others[at]!.weight } : own,
          );
          expect(await givenTo(rowsOf(rewritten), parts)).toEqual(await givenTo(rows, parts));
        }),
        { numRuns: 60 },
      );
    },
  );

  test("by a moment: planting rows from it on, anywhere in the file and of anybody", async () => {
    await fc.assert(
      fc.asyncProperty(anyRows, fc.array(fc.tuple(anyRow, fc.nat(60)), { maxLength: 10 }), async (list, planted) => {
        const rule = { kind: "time", test: { at: 30 } } as const;
        const longer = [...list];
        for (const [own, place] of planted) longer.splice(place % (longer.length + 1), 0, { ...own, at: 30 + own.at });
        const of = (rows: InteractionRows) => givenTo(rows, splitRows(rows, rule, options()));
        expect(await of(rowsOf(longer))).toEqual(await of(rowsOf(list)));
      }),
      { numRuns: 100 },
    );
  });

  test("with files for each part: planting rows of the test anywhere", async () => {
    const given = fc.array(fc.tuple(anyRow, fc.constantFrom(PART.train, PART.input)), { minLength: 1, maxLength: 40 });
    const planted = fc.array(fc.tuple(anyRow, fc.nat(60)), { maxLength: 10 });
    await fc.assert(
      fc.asyncProperty(given, planted, async (list, more) => {
        const longer = [...list] as (readonly [Row, number])[];
        for (const [own, place] of more) longer.splice(place % (longer.length + 1), 0, [own, PART.target]);
        const of = (pairs: readonly (readonly [Row, number])[]) =>
          givenTo(
            rowsOf(pairs.map(([own]) => own)),
            Uint8Array.from(pairs, ([, part]) => part),
          );
        expect(await of(longer)).toEqual(await of(list));
      }),
      { numRuns: 100 },
    );
  });

  test("by leave-one-out: another last title changes nobody's input", async () => {
    await fc.assert(
      fc.asyncProperty(anyRows, fc.nat(USERS - 1), async (list, user) => {
        const rows = rowsOf(list);
        const parts = splitRows(rows, { kind: "leaveOneOut" }, options());
        const target = parts.findIndex((part, at) => part === PART.target && list[at]!.user === user);
        const mine = new Set(list.filter((own) => own.user === user).map(({ item }) => item));
        const free = Array.from({ length: ITEMS }, (_, item) => item).find((item) => !mine.has(item));
        fc.pre(target >= 0 && free !== undefined);
        // Also where that title is watched once more.
        const isTarget = (own: Row) => own.user === user && own.item === list[target]!.item;
        const rewritten = rowsOf(list.map((own) => (isTarget(own) ? { ...own, item: free! } : own)));
        const again = splitRows(rewritten, { kind: "leaveOneOut" }, options());
        expect([...again]).toEqual([...parts]);
        expect(await givenTo(rewritten, again)).toEqual(await givenTo(rows, parts));
      }),
      { numRuns: 100 },
    );
  });

  test("and so the lists: with other targets only what is found changes, not what novelty, coverage or Gini say", async () => {
    const rng = createRng(3);
    const list = Array.from({ length: 120 }, (_, at) => row(rng.int(USERS), rng.int(ITEMS), at));
    const metrics = ["novelty@3", "popularityRank@3", "popularityLift@3", "intraListDiversity@3", "calibration@3"];
    const wholes = ["coverage@3", "exposureGini@3"];
    const parts = splitRows(rowsOf(list), { kind: "time", test: 0.25 }, options());
    const figuresOf = async (rows: readonly Row[]) => {
      const { split, users } = await assembleSplit(rowsOf(rows), parts);
      let perUser: unknown;
      const evaluation = await evaluate(
        { name: "ease" },
        split,
        { rng: createRng(1) },
        {
          metrics: [...metrics, ...wholes],
          perUser: ({ users: evaluated, values }) => {
            perUser = Object.fromEntries(
              evaluated.map((user, u) => [users[user], values.map((own) => own.map((series) => series[u]))]),
            );
          },
        },
      );
      return { perUser, whole: wholes.map((label) => evaluation.model.metrics[label]) };
    };
    const others = list.map((own, at) =>
      parts[at] === PART.target ? { ...own, item: (own.item * 7 + 3) % ITEMS } : own,
    );
    const plain = await figuresOf(list);
    const planted = await figuresOf(others);
    const common = Object.keys(plain.perUser as object).filter((user) => user in (planted.perUser as object));
    expect(common.length).toBeGreaterThan(5);
    const at = (figures: typeof plain) => common.map((user) => (figures.perUser as Record<string, unknown>)[user]);
    expect(at(planted)).toEqual(at(plain));
  });
});
