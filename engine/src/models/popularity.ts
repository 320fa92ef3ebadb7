/**
 * Popularity: what viewers of the same country watched lately. No model of the person; the floor for all others and
 * the source of "top 10 in your country".
 *
 *   weight of an interaction  d = w · 2^(-(asOf - occurredAt) / halfLife)     (interactions after asOf are not seen)
 *   score in country c        (Σ_{c, i} d + κ · share(i)) / (Σ_c d + κ),  share(i) = Σ_i d / Σ d over the whole world
 *
 * so that a country with little traffic leans on the world (κ interactions' worth), and one without any, or a user
 * whose country is unknown, gets the world's list. Synthetic times say nothing about age: there nothing decays.
 * Titles nobody watched follow at score 0, by index.
 */
import { assert } from "@thewatcher/kit/assert";
import { UserError } from "@thewatcher/kit/user-error";
import { decodeArtifact, encodeArtifact } from "../artifact.ts";
import { assertInteractions, type Interactions } from "../dataset.ts";
import { createKernels } from "../kernels/load.ts";
import {
  breathe,
  checkItems,
  createItemLists,
  type FitControl,
  type FittedModel,
  type ModelDefinition,
} from "../model.ts";
import { type ParameterInput, type ParameterValues, resolveParameters } from "../parameters.ts";
import { rankRequest } from "../ranking.ts";

const NAME = "popularity";
const ARTIFACT_VERSION = 1;
const DAY_MS = 86_400_000;
/** Rows between two steps; a row is an exponential per interaction. */
const STEP_USERS = 8192;

const parameters = {
  halfLifeDays: {
    kind: "optionalNumber",
    description: "an interaction this old counts half; null: age does not matter",
    min: 0.01,
    max: 36_500,
    default: 30,
  },
  asOf: {
    kind: "optionalNumber",
    description: "the moment to look from, in milliseconds since 1970; null: the latest interaction",
    min: -8.64e15,
    max: 8.64e15,
    default: null,
  },
  countryShrinkage: {
    kind: "number",
    description: "κ: how many interactions of the world each country's counts are mixed with",
    min: 0,
    max: 1e9,
    default: 200,
  },
  signal: {
    kind: "choice",
    description: "binary: every interaction counts 1; graded: it counts its weight",
    values: ["binary", "graded"],
    default: "graded",
  },
} as const;

type Parameters = ParameterValues<typeof parameters>;

interface Tables {
  readonly itemCount: number;
  readonly countryCodes: readonly string[];
  /** Row 0 is the world, row 1 + c the country c: [(1 + countries) × itemCount]. */
  readonly scores: Float32Array;
}

async function fit(data: Interactions, given: ParameterInput, control: FitControl): Promise<FittedModel> {
  const resolved = resolveParameters(NAME, parameters, given);
  assertInteractions(data);
  const n = data.itemCount;
  const countries = data.countryCodes.length;
  const sums = new Float64Array((1 + countries) * n);
  const totals = new Float64Array(1 + countries);
  let asOf = resolved.asOf ?? Number.NEGATIVE_INFINITY;
  if (resolved.asOf === null) for (const at of data.occurredAt) asOf = Math.max(asOf, at);
  const halfLifeMs =
    resolved.halfLifeDays === null || data.timeQuality === "synthetic" ? null : resolved.halfLifeDays * DAY_MS;

  for (let user = 0; user < data.userCount; user++) {
    if (user % STEP_USERS === 0) await breathe(control, "count", user / data.userCount);
    const country = data.userCountries[user]!;
    for (let e = data.rowOffsets[user]!; e < data.rowOffsets[user + 1]!; e++) {
      const ageMs = asOf - data.occurredAt[e]!;
      if (ageMs < 0 && data.timeQuality === "observed") continue;
      const weight = resolved.signal === "graded" ? data.weights[e]! : 1;
      const decayed = halfLifeMs === null ? weight : weight * 2 ** (-ageMs / halfLifeMs);
      const item = data.itemIndices[e]!;
      sums[item]! += decayed;
      totals[0]! += decayed;
      if (country < 0) continue;
      sums[(1 + country) * n + item]! += decayed;
      totals[1 + country]! += decayed;
    }
  }

  const scores = new Float32Array(sums.length);
  const world = totals[0]!;
  for (let item = 0; item < n; item++) {
    const share = world > 0 ? sums[item]! / world : 0;
    scores[item] = share;
    for (let row = 1; row <= countries; row++) {
      const mass = totals[row]! + resolved.countryShrinkage;
      scores[row * n + item] = mass > 0 ? (sums[row * n + item]! + resolved.countryShrinkage * share) / mass : share;
    }
  }
  return createModel({ itemCount: n, countryCodes: data.countryCodes, scores }, resolved);
}

function createModel(tables: Tables, resolved: Parameters): FittedModel {
  const { itemCount: n, countryCodes, scores } = tables;
  const kernels = createKernels();
  const rowOfCountry = new Map(countryCodes.map((code, index) => [code, index + 1]));
  const scoresFor = (country: string | undefined) => {
    const row = country === undefined ? 0 : (rowOfCountry.get(country) ?? 0);
    return scores.subarray(row * n, (row + 1) * n);
  };
  const nothing = async (itemIndices: ArrayLike<number>, count: number) => {
    checkItems(n, itemIndices, count);
    return createItemLists(itemIndices.length, count);
  };
  return {
    name: NAME,
    itemCount: n,
    parameters: resolved,
    memoryBytes: scores.byteLength,
    fadePerInteraction: 1,
    recommend: (request, control) =>
      rankRequest(
        kernels,
        n,
        request,
        (row, block) => {
          const { countryCodes: codes, userCountries } = request.histories;
          kernels.f32(block).set(scoresFor(codes[userCountries[row]!]));
          return "scored";
        },
        control,
      ),
    similarItems: nothing,
    lifts: nothing,
    explain(history, itemIndex, count) {
      checkItems(n, [itemIndex], count);
      const score = scoresFor(history.country)[itemIndex]!;
      return { score, contributions: [], rest: score };
    },
    save: () =>
      encodeArtifact({
        model: NAME,
        version: ARTIFACT_VERSION,
        meta: { parameters: resolved, itemCount: n, countryCodes },
        arrays: { scores },
      }),
  };
}

function load(bytes: Uint8Array): FittedModel {
  const { model, version, meta, arrays } = decodeArtifact(bytes);
  assert(model === NAME, "a popularity artifact", () => model);
  if (version !== ARTIFACT_VERSION) {
    throw new UserError(
      `model popularity: file of version ${version}; this program reads version ${ARTIFACT_VERSION}: train again`,
    );
  }
  const header = meta as { parameters: ParameterInput; itemCount: number; countryCodes: string[] };
  const scores = arrays.scores;
  assert(scores instanceof Float32Array, "the arrays of a popularity artifact");
  assert(scores.length === (1 + header.countryCodes.length) * header.itemCount, "shapes of the arrays");
  return createModel(
    { itemCount: header.itemCount, countryCodes: header.countryCodes, scores: scores.slice() },
    resolveParameters(NAME, parameters, header.parameters),
  );
}

export const popularity: ModelDefinition = {
  name: NAME,
  description: "what viewers of the same country watched lately",
  parameters,
  fit,
  load,
};
