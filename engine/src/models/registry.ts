/** Every model of the engine by name. */
import { UserError } from "@thewatcher/kit/user-error";
import { decodeArtifact } from "../artifact.ts";
import type { FittedModel, LoadOptions, ModelDefinition } from "../model.ts";
import { ease } from "./ease.ts";
import { graphFilter } from "./graph-filter.ts";
import { ials } from "./ials.ts";
import { itemKnn } from "./item-knn.ts";
import { popularity } from "./popularity.ts";
import { random } from "./random.ts";

export const models = { popularity, itemKnn, ials, ease, graphFilter, random } as const satisfies Record<
  string,
  ModelDefinition
>;

export type ModelName = keyof typeof models;

export function requireModel(name: string): ModelDefinition {
  const model = Object.hasOwn(models, name) ? models[name as ModelName] : undefined;
  if (!model) throw new UserError(`unknown model "${name}"; there are ${Object.keys(models).join(", ")}`);
  return model;
}

/** A model from the bytes of its `save`, whichever it is. */
export function loadModel(bytes: Uint8Array, options?: LoadOptions): FittedModel {
  return requireModel(decodeArtifact(bytes).model).load(bytes, options);
}
