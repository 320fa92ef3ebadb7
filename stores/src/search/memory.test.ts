import { setImmediate as nextTurn } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { searchContract } from "./contract.ts";
import { openMemorySearch } from "./memory.ts";

describe("search in memory", () => {
  searchContract({
    async open() {
      const port = openMemorySearch();
      return { port, dispose: () => port.close() };
    },
  });

  test("searches go on while a large put is under way", async () => {
    await using search = openMemorySearch();
    await search.begin("titles", "g1", { fields: { title: { kind: "text", weight: 1 } } });
    await search.activate("titles", "g1");
    const documents = Array.from({ length: 5_000 }, (_, i) => ({ id: `${i}`, fields: { title: `слово${i}` } }));
    let done = false;
    const putting = search.put("titles", "g1", documents).then(() => {
      done = true;
    });
    let answers = 0;
    while (!done) {
      await search.search({ collection: "titles", text: "слово", limit: 1 });
      answers++;
      await nextTurn();
    }
    await putting;
    expect(answers).toBeGreaterThan(5);
  });
});
