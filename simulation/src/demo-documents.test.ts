import { visibilityOf } from "@thewatcher/contracts/visibility";
import { describe, expect, test } from "vitest";
import { loadCatalogue } from "./catalogue.ts";
import { demoDocuments } from "./demo-documents.ts";

const worldNow = Date.UTC(2026, 10, 23);
const { titles: films } = loadCatalogue({ worldNow });
const documents = demoDocuments(films, { worldNow });

describe("the demo's documents", () => {
  test("every film is there once, and the ten series with their episodes", () => {
    expect(documents.titles.length).toBe(films.length + 10);
    expect(new Set(documents.titles.map(({ titleId }) => titleId)).size).toBe(documents.titles.length);
    const series = documents.titles.filter(({ kind }) => kind === "series");
    expect(series).toHaveLength(10);
    for (const one of series) {
      expect(one.seasons.length).toBeGreaterThan(0);
      expect(Date.parse(one.addedAt)).toBeLessThan(worldNow);
      expect(Object.keys(one.names).sort()).toEqual(["be", "en", "ru"]);
    }
  });

  test("whoever is credited is a person, and collections hold titles that are there", () => {
    const people = new Set(documents.people.map(({ personId }) => personId));
    const titles = new Set(documents.titles.map(({ titleId }) => titleId));
    for (const { credits } of documents.titles) for (const { personId } of credits) expect(people).toContain(personId);
    for (const { titleIds } of documents.collections) for (const titleId of titleIds) expect(titles).toContain(titleId);
  });

  test("rights show every case of visibility, counted from the demo's now", () => {
    const kinds = new Set(
      ["BY", "RU", "US"].flatMap((country) =>
        documents.titles.map((title) => {
          const seen = visibilityOf(title, { country, ageLimit: null, at: worldNow });
          return seen.kind === "visible" ? (seen.leavesAt === null ? "visible" : "leaving") : seen.reason;
        }),
      ),
    );
    expect([...kinds].sort()).toEqual(["country", "gone", "leaving", "not_yet", "visible"]);
  });

  test("a cut version says what the film lasts", () => {
    const cut = documents.titles.filter(({ referenceRuntimeMinutes }) => referenceRuntimeMinutes !== null);
    expect(cut.length).toBeGreaterThan(0);
    for (const { runtimeMinutes, referenceRuntimeMinutes } of cut)
      expect(runtimeMinutes ?? 0).toBeLessThan(referenceRuntimeMinutes ?? 0);
  });
});
