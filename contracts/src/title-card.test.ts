import { describe, expect, test } from "vitest";
import { TitleCard } from "./api/catalogue.ts";
import type { TitleId } from "./ids.ts";
import { type CardSource, cardOf, type Visible } from "./title-card.ts";

const plain: CardSource = {
  titleId: "film-1" as TitleId,
  kind: "film",
  name: "The Matrix",
  names: {},
  originalName: null,
  year: 1999,
  genres: ["Action"],
  ageMark: 16,
  runtimeMinutes: 136,
  referenceRuntimeMinutes: null,
};
const always: Visible = { kind: "visible", plans: "all", leavesAt: null };
const genreNames = { Action: { ru: "Боевик", en: "Action" } };

describe("a card", () => {
  test("of a plain film says nothing but what it said before", () => {
    expect(cardOf(plain, { locale: "en", genreNames, visible: always })).toEqual({
      titleId: "film-1",
      name: "The Matrix",
      year: 1999,
      genres: ["Action"],
      ageMark: 16,
      runtimeMinutes: 136,
    });
  });

  test("comes in the asker's language, with the original name beside it", () => {
    const title = { ...plain, names: { ru: "Матрица", en: "The Matrix" } };
    expect(cardOf(title, { locale: "be", genreNames, visible: always })).toMatchObject({
      name: "Матрица",
      originalName: "The Matrix",
      genres: ["Action"],
      genreNames: ["Боевик"],
    });
    expect(cardOf(title, { locale: "en", genreNames, visible: always })).not.toHaveProperty("originalName");
  });

  test("tells when the title leaves, in which plans it plays, and what was cut before anybody pays", () => {
    const cut = { ...plain, kind: "series" as const, referenceRuntimeMinutes: 140 };
    const card = cardOf(cut, {
      locale: "en",
      genreNames: {},
      visible: { kind: "visible", plans: ["premium"], leavesAt: 0 },
    });
    expect(TitleCard.parse(card)).toMatchObject({
      kind: "series",
      cutMinutes: 4,
      plans: ["premium"],
      leavesAt: "1970-01-01T00:00:00.000Z",
    });
  });

  test("a version longer than the film is no cut, nor is one of unknown length", () => {
    const cuts = [
      { ...plain, referenceRuntimeMinutes: 136 },
      { ...plain, referenceRuntimeMinutes: 130 },
      { ...plain, runtimeMinutes: null, referenceRuntimeMinutes: 130 },
    ].map((title) => cardOf(title, { locale: "en", genreNames, visible: always }).cutMinutes);
    expect(cuts).toEqual([undefined, undefined, undefined]);
  });
});
