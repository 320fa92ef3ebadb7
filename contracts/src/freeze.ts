/**
 * The JSON Schema of each topic as other programs read it, for `contracts/schemas/`. What a writer may write is the
 * schema's output (defaults filled in), what a reader takes its input.
 */
import { z } from "zod";
import type { JsonSchema } from "./compatibility.ts";
import type { Topic } from "./topics/topic.ts";

export interface FrozenTopic {
  readonly name: string;
  readonly version: number;
  readonly key: string;
  readonly partitionCount: number;
  readonly retentionMs?: number;
  readonly written: JsonSchema;
  readonly read: JsonSchema;
  readonly example: unknown;
}

export function freeze(topic: Topic): FrozenTopic {
  const { name, version, key, partitionCount, retentionMs, schema, example } = topic;
  const schemaOf = (io: "input" | "output"): JsonSchema => {
    const json = z.toJSONSchema(schema, { io, unrepresentable: "any" });
    // Readers ignore what they don't know, whatever the generator says of outputs.
    return JSON.parse(
      JSON.stringify(json, (property, value: unknown) =>
        property === "additionalProperties" || property === "$schema" ? undefined : value,
      ),
    ) as JsonSchema;
  };
  return {
    name,
    version,
    key,
    partitionCount,
    ...(retentionMs === undefined ? {} : { retentionMs }),
    written: schemaOf("output"),
    read: schemaOf("input"),
    example,
  };
}
