/**
 * What every model promises, whatever it computes. Each model's test file runs this suite; a promise that a model
 * cannot keep is named in `deviations` with its reason and then has to fail (`test.fails`), so that the entry is
 * deleted once the model keeps it. The checkerboard is from implicit's `recommender_base_test.py`.
 */
import { createRng } from "@thewatcher/kit/rng";
import { describe, expect, test } from "vitest";
import { buildInteractions, type Interactions, interactionsOfHistories } from "../dataset.ts";
import { type FittedModel, type ItemLists, listRow, type ModelDefinition } from "../model.ts";
import type { ParameterInput } from "../parameters.ts";
import { joinShards, takeShard } from "../shards.ts";
import { loadModel } from "./registry.ts";

type Promised = "checkerboard" | "relabelling";

export interface ModelContractOptions {
  readonly parameters?: ParameterInput;
  readonly deviations?: Partial<Record<Promised, string>>;
}

/** User u has the titles of its own parity, except title u. */
function checkerboard(size: number): Interactions {
  const userIndices: number[] = [];
  const itemIndices: number[] = [];
  for (let user = 0; user < size; user++) {
    for (let item = user % 2; item < size; item += 2) {
      if (item === user) continue;
      userIndices.push(user);
      itemIndices.push(item);
    }
  }
  return buildInteractions({ userIndices, itemIndices }, { userCount: size, itemCount: size });
}

/** 60 users, 37 titles (odd on purpose: not a multiple of any tile), grades, times and two countries. */
function village(relabelUser = (user: number) => user, relabelItem = (item: number) => item): Interactions {
  const rng = createRng(20_260_101);
  const rows: { user: number; item: number; weight: number; at: number }[] = [];
  for (let user = 0; user < 60; user++) {
    for (let position = 0; position < 3 + rng.int(12); position++) {
      const item = Math.floor(37 * rng.next() ** 2);
      rows.push({ user, item, weight: 0.25 + rng.next(), at: 1e12 + position * 3_600_000 + user });
    }
  }
  const country = new Map(Array.from({ length: 59 }, (_, user) => [relabelUser(user), user % 3 === 0 ? "SE" : "DE"]));
  return buildInteractions(
    {
      userIndices: rows.map((row) => relabelUser(row.user)),
      itemIndices: rows.map((row) => relabelItem(row.item)),
      weights: rows.map((row) => row.weight),
      occurredAt: rows.map((row) => row.at),
    },
    { userCount: 60, itemCount: 37, countryOf: (user) => country.get(user) },
  );
}

const bytesOf = (lists: ItemLists) =>
  Buffer.concat([lists.itemIndices, lists.scores, lists.filled].map((array) => Buffer.from(array.buffer.slice(0))));

const rowsOf = (lists: ItemLists) => Array.from({ length: lists.rowCount }, (_, row) => listRow(lists, row));

export function describeModelContract(definition: ModelDefinition, options: ModelContractOptions = {}): void {
  const { parameters = {}, deviations = {} } = options;
  const fit = (data: Interactions, seed = 7): Promise<FittedModel> =>
    definition.fit(data, parameters, { rng: createRng(seed) });
  const promise = (name: Promised, title: string, body: () => Promise<void>) => {
    const reason = deviations[name];
    if (reason === undefined) test(title, body);
    else test.fails(`${title} (deviation: ${reason})`, body);
  };

  describe(`the model contract, kept by ${definition.name}`, () => {
    promise("checkerboard", "a withheld title of one's own kind comes back first", async () => {
      const data = checkerboard(50);
      const model = await fit(data);
      const lists = await model.recommend({ histories: data, count: 1 });
      expect([...lists.itemIndices]).toEqual(Array.from({ length: 50 }, (_, user) => user));
    });

    test("a batch gives each user the bits of a single request", async () => {
      const data = village();
      const model = await fit(data);
      const batch = await model.recommend({ histories: data, count: 8 });
      for (let user = 0; user < data.userCount; user++) {
        const from = data.rowOffsets[user]!;
        const to = data.rowOffsets[user + 1]!;
        const single = await model.recommend({
          histories: {
            ...data,
            userCount: 1,
            rowOffsets: Uint32Array.of(0, to - from),
            itemIndices: data.itemIndices.slice(from, to),
            weights: data.weights.slice(from, to),
            occurredAt: data.occurredAt.slice(from, to),
            userCountries: data.userCountries.slice(user, user + 1),
          },
          count: 8,
        });
        expect(listRow(single, 0)).toEqual(listRow(batch, user));
      }
    });

    test("lists made in shards are those of one run, bit for bit", async () => {
      const data = village();
      const model = await fit(data);
      const whole = await model.recommend({ histories: data, count: 8 });
      const parts: ItemLists[] = [];
      for (const index of [0, 1, 2, 3, 4, 5, 6]) {
        parts.push(await model.recommend({ histories: takeShard(data, { index, count: 7 }), count: 8 }));
      }
      expect(bytesOf(joinShards(parts))).toEqual(bytesOf(whole));
    });

    test("requests that overlap on one model do not disturb each other", async () => {
      const data = village();
      const model = await fit(data);
      const alone = await model.recommend({ histories: data, count: 8 });
      const together = await Promise.all([
        model.recommend({ histories: data, count: 8 }),
        model.similarItems([3, 4], 5),
        model.recommend({ histories: data, count: 8 }),
      ]);
      expect(bytesOf(together[0])).toEqual(bytesOf(alone));
      expect(bytesOf(together[2])).toEqual(bytesOf(alone));
    });

    test("saved and loaded it gives the same scores bit for bit, and the same bytes when saved again", async () => {
      const data = village();
      const model = await fit(data);
      const bytes = model.save();
      const loaded = loadModel(bytes);
      expect(loaded.name).toBe(definition.name);
      expect(loaded.parameters).toEqual(model.parameters);
      const request = { histories: data, count: 37 };
      expect(bytesOf(await loaded.recommend(request))).toEqual(bytesOf(await model.recommend(request)));
      expect(bytesOf(await loaded.similarItems([0, 5], 9))).toEqual(bytesOf(await model.similarItems([0, 5], 9)));
      expect(bytesOf(await loaded.lifts([0, 5], 9))).toEqual(bytesOf(await model.lifts([0, 5], 9)));
      expect(Buffer.from(loaded.save())).toEqual(Buffer.from(bytes));
    });

    test("a file cut short or damaged is refused in words", async () => {
      const bytes = (await fit(village())).save();
      const flipped = bytes.slice();
      flipped[bytes.length - 9]! ^= 0x10;
      for (const damaged of [bytes.slice(0, -8), bytes.slice(0, 5), flipped]) {
        expect(() => loadModel(damaged)).toThrow(/not a usable model file/);
      }
    });

    test("the same seed makes the same bytes", async () => {
      const first = (await fit(village(), 11)).save();
      const second = (await fit(village(), 11)).save();
      expect(Buffer.from(first)).toEqual(Buffer.from(second));
    });

    test("someone without a history gets an empty list or a whole one of numbers, each title once", async () => {
      const model = await fit(village());
      const cold = interactionsOfHistories([{ itemIndices: [] }, { itemIndices: [], country: "XX" }], 37);
      const lists = await model.recommend({ histories: cold, count: 10 });
      for (const row of rowsOf(lists)) {
        expect([0, 10]).toContain(row.length);
        expect(new Set(row.map(({ itemIndex }) => itemIndex)).size).toBe(row.length);
        expect(row.every(({ score }) => Number.isFinite(score))).toBe(true);
      }
    });

    test("asked for more titles than there are, it gives what there is and leaves the rest empty", async () => {
      const data = village();
      const lists = await (await fit(data)).recommend({ histories: data, count: 50 });
      for (let user = 0; user < data.userCount; user++) {
        const seen = data.rowOffsets[user + 1]! - data.rowOffsets[user]!;
        expect(lists.filled[user]).toBe(37 - seen);
        expect(lists.itemIndices.subarray(user * 50 + 37 - seen, (user + 1) * 50).every((item) => item === -1)).toBe(
          true,
        );
        expect(lists.scores.subarray(user * 50 + 37 - seen, (user + 1) * 50).every(Number.isNaN)).toBe(true);
      }
    });

    test("what was seen, excluded or masked is never returned, and lists fall from best to worst", async () => {
      const data = village();
      const mask = new Uint8Array(37).fill(1);
      mask[1] = 0;
      mask[36] = 0;
      const exclude = interactionsOfHistories(
        Array.from({ length: 60 }, (_, user) => ({ itemIndices: [user % 37, (user + 5) % 37] })),
        37,
      );
      const lists = await (await fit(data)).recommend({ histories: data, count: 37, exclude, candidateMask: mask });
      rowsOf(lists).forEach((row, user) => {
        const forbidden = new Set([1, 36, user % 37, (user + 5) % 37]);
        for (const item of data.itemIndices.subarray(data.rowOffsets[user]!, data.rowOffsets[user + 1]!))
          forbidden.add(item);
        expect(row).toHaveLength(37 - forbidden.size);
        row.forEach(({ itemIndex, score }, position) => {
          expect(forbidden.has(itemIndex)).toBe(false);
          const before = row[position - 1];
          if (!before) return;
          expect(before.score > score || (before.score === score && before.itemIndex < itemIndex)).toBe(true);
        });
      });
    });

    promise("relabelling", "other indices for the same users and titles change no score", async () => {
      const user = (index: number) => (index * 7 + 13) % 60;
      const item = (index: number) => (index * 5 + 2) % 37;
      const plain = village();
      const relabelled = village(user, item);
      const lists = await (await fit(plain)).recommend({ histories: plain, count: 37 });
      const others = await (await fit(relabelled)).recommend({ histories: relabelled, count: 37 });
      for (let u = 0; u < 60; u++) {
        const scores = new Map(listRow(others, user(u)).map(({ itemIndex, score }) => [itemIndex, score]));
        const row = listRow(lists, u);
        expect(scores.size).toBe(row.length);
        // Sums in another order differ in the last bits of f32; scores here are around 1.
        for (const { itemIndex, score } of row) expect(scores.get(item(itemIndex))).toBeCloseTo(score, 4);
      }
    });

    test("one user and one title", async () => {
      const data = buildInteractions({ userIndices: [0], itemIndices: [0] }, { userCount: 1, itemCount: 1 });
      const model = await fit(data);
      expect([...(await model.recommend({ histories: data, count: 3 })).filled]).toEqual([0]);
      expect([...(await model.similarItems([0], 3)).filled]).toEqual([0]);
    });

    test("no interactions at all", async () => {
      const data = buildInteractions({ userIndices: [], itemIndices: [] }, { userCount: 2, itemCount: 5 });
      const lists = await (await fit(data)).recommend({ histories: data, count: 3 });
      expect([...lists.scores].every((score) => Number.isNaN(score) || Number.isFinite(score))).toBe(true);
      const empty = buildInteractions({ userIndices: [], itemIndices: [] }, { userCount: 0, itemCount: 0 });
      expect((await (await fit(empty)).recommend({ histories: empty, count: 3 })).rowCount).toBe(0);
    });

    test("users with identical rows get identical lists of numbers", async () => {
      const histories = Array.from({ length: 20 }, () => ({ itemIndices: [2, 0, 7] }));
      const data = interactionsOfHistories(histories, 9);
      const rows = rowsOf(await (await fit(data)).recommend({ histories: data, count: 9 }));
      for (const row of rows) {
        expect(row).toEqual(rows[0]);
        expect(row.every(({ score }) => Number.isFinite(score))).toBe(true);
      }
    });

    test("weights that are NaN, negative, zero or infinite are refused", async () => {
      const data = village();
      for (const weight of [Number.NaN, -1, 0, Number.POSITIVE_INFINITY]) {
        const spoilt = { ...data, weights: data.weights.slice() };
        spoilt.weights[5] = weight;
        await expect(fit(spoilt)).rejects.toThrow(/finite weight above 0/);
      }
    });

    test("similar titles and lifts are other titles with positive scores", async () => {
      const model = await fit(village());
      const all = Array.from({ length: 37 }, (_, item) => item);
      for (const lists of [await model.similarItems(all, 37), await model.lifts(all, 37)]) {
        rowsOf(lists).forEach((row, item) => {
          for (const entry of row) {
            expect(entry.itemIndex).not.toBe(item);
            expect(entry.score).toBeGreaterThan(0);
          }
        });
      }
    });

    test("an explanation adds up to the score that was given", async () => {
      const model = await fit(village());
      const history = { itemIndices: [4, 1, 9, 0, 12], weights: [1, 0.5, 1, 0.25, 1], country: "SE" };
      const lists = await model.recommend({ histories: interactionsOfHistories([history], 37), count: 10 });
      for (const { itemIndex, score } of listRow(lists, 0)) {
        const explanation = model.explain(history, itemIndex, 2);
        expect(explanation.score).toBe(score);
        expect(explanation.contributions.length).toBeLessThanOrEqual(2);
        const sum = explanation.contributions.reduce(
          (total, { contribution }) => total + contribution,
          explanation.rest,
        );
        expect(sum).toBeCloseTo(score, 6);
        for (const { itemIndex: cause } of explanation.contributions) expect(history.itemIndices).toContain(cause);
      }
    });

    test("an unknown parameter is named together with what is taken", async () => {
      const control = { rng: createRng(1) };
      await expect(definition.fit(village(), { noSuchThing: 3 }, control)).rejects.toThrow(
        new RegExp(`model ${definition.name}: unknown parameter "noSuchThing"; it takes`),
      );
    });

    test("progress stays within 0 and 1, and an abort ends the work with its reason", async () => {
      const data = village();
      const model = await fit(data);
      const fractions: number[] = [];
      await model.recommend({ histories: data, count: 5 }, { progress: ({ fraction }) => fractions.push(fraction) });
      expect(fractions.length).toBeGreaterThan(0);
      expect(fractions.every((fraction) => fraction >= 0 && fraction <= 1)).toBe(true);
      const signal = AbortSignal.abort(new Error("enough"));
      await expect(model.recommend({ histories: data, count: 5 }, { signal })).rejects.toThrow("enough");
    });
  });
}
