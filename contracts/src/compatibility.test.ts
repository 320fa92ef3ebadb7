/**
 * The gate: today's schemas against the frozen ones in `contracts/schemas/`. To freeze an addition:
 * `npx tsx --conditions=@thewatcher/source scripts/freeze-contracts.ts`; it refuses what is not an addition.
 */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { type JsonSchema, misunderstandings } from "./compatibility.ts";
import { type FrozenTopic, freeze } from "./freeze.ts";
import { allTopics } from "./topics.ts";

const frozenOf = (name: string): FrozenTopic =>
  JSON.parse(readFileSync(new URL(`../schemas/${name}.json`, import.meta.url), "utf8")) as FrozenTopic;

describe.each(allTopics.map((topic) => ({ name: topic.name, topic })))("topic $name", ({ name, topic }) => {
  const frozen = frozenOf(name);
  const today = freeze(topic);

  test("is understood by readers of the frozen version", () => {
    expect(misunderstandings(today.written, frozen.read)).toEqual([]);
  });

  test("understands what writers of the frozen version wrote", () => {
    expect(misunderstandings(frozen.written, today.read)).toEqual([]);
    expect(topic.schema.safeParse(frozen.example).error).toBeUndefined();
  });

  test("keeps its key, version and partitions, and every addition is frozen", () => {
    expect(today).toEqual(frozen);
  });
});

describe("the gate", () => {
  const object = (properties: Record<string, JsonSchema>, required: readonly string[]): JsonSchema => ({
    type: "object",
    properties,
    required,
  });
  const old = object({ id: { type: "string", minLength: 1 }, stars: { type: "number", minimum: 0, maximum: 5 } }, [
    "id",
  ]);
  const cases: readonly [
    what: string,
    changed: JsonSchema,
    breaks: "old reader" | "new reader" | "both" | "nothing",
  ][] = [
    ["an optional field added", object({ ...(old.properties as object), note: { type: "string" } }, ["id"]), "nothing"],
    [
      "a required field added",
      object({ ...(old.properties as object), note: { type: "string" } }, ["id", "note"]),
      "new reader",
    ],
    ["a required field removed", object({ stars: { type: "number", minimum: 0, maximum: 5 } }, []), "old reader"],
    ["a required field made optional", object(old.properties as Record<string, JsonSchema>, []), "old reader"],
    [
      "an optional field made required",
      object(old.properties as Record<string, JsonSchema>, ["id", "stars"]),
      "new reader",
    ],
    ["a type changed", object({ id: { type: "integer" } }, ["id"]), "both"],
    [
      "a bound widened",
      object({ id: { type: "string", minLength: 1 }, stars: { type: "number", minimum: 0, maximum: 10 } }, ["id"]),
      "old reader",
    ],
    [
      "a bound narrowed",
      object({ id: { type: "string", minLength: 1 }, stars: { type: "number", minimum: 1, maximum: 5 } }, ["id"]),
      "new reader",
    ],
    ["a pattern added", object({ id: { type: "string", minLength: 1, pattern: "^a" } }, ["id"]), "new reader"],
  ];

  test.each(cases)("%s", (_, changed, breaks) => {
    expect(misunderstandings(old, old)).toEqual([]);
    const oldReader = misunderstandings(changed, old);
    const newReader = misunderstandings(old, changed);
    expect(oldReader.length > 0, oldReader.join()).toBe(breaks === "old reader" || breaks === "both");
    expect(newReader.length > 0, newReader.join()).toBe(breaks === "new reader" || breaks === "both");
  });

  test("an enum that grows breaks old readers, one that shrinks new readers", () => {
    const small: JsonSchema = { type: "string", enum: ["a"] };
    const large: JsonSchema = { type: "string", enum: ["a", "b"] };
    expect(misunderstandings(small, large)).toEqual([]);
    expect(misunderstandings(large, small)).toHaveLength(1);
  });

  test("an alternative that the reader does not know is named", () => {
    const click: JsonSchema = object({ type: { type: "string", const: "click" } }, ["type"]);
    const play: JsonSchema = object({ type: { type: "string", const: "play" } }, ["type"]);
    expect(misunderstandings({ anyOf: [click] }, { anyOf: [click, play] })).toEqual([]);
    expect(misunderstandings({ anyOf: [click, play] }, { anyOf: [click] })).toEqual([
      "$<play>: the reader does not know this alternative",
    ]);
  });
});
