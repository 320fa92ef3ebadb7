/**
 * Random: a ranking without knowledge, the other floor of every evaluation. The score of an item is a hash of the
 * model's seed, the user's history and the item (the finaliser of MurmurHash3), uniform in [0, 1): the same request
 * gives the same list alone or in a batch, and two users with different histories get different ones.
 */
import { assert } from "@thewatcher/kit/assert";
import { UserError } from "@thewatcher/kit/user-error";
import { decodeArtifact, encodeArtifact } from "../artifact.ts";
import { assertInteractions, type Interactions, interactionsOfHistories } from "../dataset.ts";
import { createKernels } from "../kernels/load.ts";
import { checkItems, createItemLists, type FittedModel, type ModelDefinition } from "../model.ts";
import { resolveParameters } from "../parameters.ts";
import { rankRequest } from "../ranking.ts";

const NAME = "random";
const ARTIFACT_VERSION = 1;
const parameters = {} as const;

function mix(value: number): number {
  let z = value | 0;
  z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
  z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
  return (z ^ (z >>> 16)) >>> 0;
}

function historyHash(seed: number, data: Interactions, row: number): number {
  let hash = mix(seed);
  for (let e = data.rowOffsets[row]!; e < data.rowOffsets[row + 1]!; e++) hash = mix(hash ^ (data.itemIndices[e]! + 1));
  return hash;
}

/** 24 bits: what f32 holds exactly below 1. */
const scoreOf = (hash: number, item: number) => (mix(hash ^ Math.imul(item + 1, 0x9e3779b1)) >>> 8) / 2 ** 24;

function createModel(seed: number, n: number): FittedModel {
  const kernels = createKernels();
  const nothing = async (itemIndices: ArrayLike<number>, count: number) => {
    checkItems(n, itemIndices, count);
    return createItemLists(itemIndices.length, count);
  };
  return {
    name: NAME,
    itemCount: n,
    parameters: {},
    memoryBytes: 0,
    fadePerInteraction: 1,
    recommend: (request, control) =>
      rankRequest(
        kernels,
        n,
        request,
        (row, block) => {
          const scores = kernels.f32(block);
          const hash = historyHash(seed, request.histories, row);
          for (let item = 0; item < n; item++) scores[item] = scoreOf(hash, item);
          return "scored";
        },
        control,
      ),
    similarItems: nothing,
    lifts: nothing,
    explain(history, itemIndex, count) {
      checkItems(n, [itemIndex], count);
      const score = scoreOf(historyHash(seed, interactionsOfHistories([history], n), 0), itemIndex);
      return { score, contributions: [], rest: score };
    },
    save: () => encodeArtifact({ model: NAME, version: ARTIFACT_VERSION, meta: { seed, itemCount: n }, arrays: {} }),
  };
}

export const random: ModelDefinition = {
  name: NAME,
  description: "a ranking without knowledge",
  parameters,
  async fit(data, given, { rng }) {
    resolveParameters(NAME, parameters, given);
    assertInteractions(data);
    return createModel(rng.int(2 ** 32), data.itemCount);
  },
  load(bytes) {
    const { model, version, meta } = decodeArtifact(bytes);
    assert(model === NAME, "a random model's artifact", () => model);
    if (version !== ARTIFACT_VERSION) {
      throw new UserError(
        `model random: file of version ${version}; this program reads version ${ARTIFACT_VERSION}: train again`,
      );
    }
    const { seed, itemCount } = meta as { seed: number; itemCount: number };
    return createModel(seed, itemCount);
  },
};
