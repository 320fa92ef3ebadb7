import type { TitleId } from "@thewatcher/contracts/ids";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type CompositionName, compositions } from "./compositions.ts";
import { drawBackdrop, drawPoster, POSTER_HEIGHT, POSTER_WIDTH, type PosterTitle } from "./draw.ts";
import { letter, SIZE_MAX, SIZE_MIN, textWidth } from "./lettering.ts";
import { palettes } from "./palettes.ts";

const title = (extra: Partial<PosterTitle> = {}): PosterTitle => ({
  titleId: "vega:1" as TitleId,
  name: "The Third Man",
  year: 1949,
  genres: ["Thriller"],
  ...extra,
});
const anyTitle = fc.record({
  titleId: fc.stringMatching(/^[a-z0-9]{1,12}$/).map((id) => id as TitleId),
  name: fc.string({ minLength: 1, maxLength: 300, unit: "grapheme" }),
  year: fc.option(fc.integer({ min: 1874, max: 2100 })),
  genres: fc.array(fc.constantFrom("Drama", "Comedy", "Horror", "Western", "Sci-Fi", "Documentary", "No Such"), {
    maxLength: 3,
  }),
});

/** WCAG 2.2 relative luminance. */
function luminance(hex: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const share = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

describe("drawn posters", () => {
  test("the same title is drawn the same, whatever was drawn between", () => {
    fc.assert(
      fc.property(anyTitle, (one) => {
        const first = drawPoster(one);
        drawPoster(title({ titleId: "other" as TitleId }));
        expect(drawPoster(one)).toEqual(first);
      }),
      { numRuns: 50 },
    );
  });

  test("titles of one genre differ from each other", () => {
    const drawings = Array.from({ length: 100 }, (_, i) =>
      JSON.stringify(drawPoster(title({ titleId: `t${i}` as TitleId })).shapes),
    );
    expect(new Set(drawings).size).toBe(100);
  });

  test("genres have art of their own", () => {
    const artOf = (genre: string) =>
      new Set(
        Array.from({ length: 60 }, (_, i) => drawPoster(title({ titleId: `t${i}` as TitleId, genres: [genre] })).art),
      );
    expect(artOf("Western")).toEqual(new Set<CompositionName>(["mesa"]));
    expect([...artOf("Horror")].sort()).toEqual(["eye", "teeth", "trunks"]);
    expect(artOf("Comedy")).toEqual(new Set<CompositionName>(["tiles", "grin"]));
  });

  test("any name fits: lines within the margins, lettering on the lower part, every number finite", () => {
    fc.assert(
      fc.property(anyTitle, (one) => {
        const drawing = drawPoster(one);
        for (const line of drawing.lettering.lines) expect(line.width).toBeLessThanOrEqual(POSTER_WIDTH - 28);
        expect(drawing.artHeight).toBeGreaterThanOrEqual(POSTER_HEIGHT / 2 - 10);
        expect(JSON.stringify(drawing)).not.toMatch(/NaN|Infinity|null/);
      }),
    );
  });

  test("each composition fills a poster and a wide backdrop with finite shapes", () => {
    for (const name of Object.keys(compositions)) {
      for (const size of [
        { width: 200, height: 160 },
        { width: 1_600, height: 600 },
      ]) {
        const { shapes } = drawBackdrop(title({ titleId: name as TitleId }), size);
        expect(shapes.length).toBeGreaterThan(1);
        expect(JSON.stringify(shapes)).not.toMatch(/NaN|Infinity|null/);
      }
    }
  });

  test("lettering stands out from its ground (contrast ≥ 4.5) in each palette", () => {
    for (const [name, { ink, ground }] of Object.entries(palettes)) {
      const [light = 0, dark = 0] = [luminance(ink), luminance(ground)].sort((x, y) => y - x);
      expect((light + 0.05) / (dark + 0.05), name).toBeGreaterThanOrEqual(4.5);
    }
  });
});

describe("lettering", () => {
  const measure = { width: 172, heightMax: 118 };

  test("width is the sum of the face's advances", () => {
    // UP: U 450 + P 395 thousandths at size 20 = 16.9
    expect(textWidth("UP", 20)).toBeCloseTo((20 * (450 + 395)) / 1_000);
  });

  test("a short name is set large, a long one small but whole, in Latin and Cyrillic", () => {
    expect(letter("Up", measure).size).toBe(SIZE_MAX);
    for (const name of [
      "Dr. Strangelove or: How I Learned to Stop Worrying and Love the Bomb",
      "Доктор Стрейнджлав, или Как я научился не волноваться и полюбил атомную бомбу",
    ]) {
      const { lines, size } = letter(name, measure);
      expect(lines.map((line) => line.text).join(" ")).toBe(name.toUpperCase());
      expect(size).toBeGreaterThan(SIZE_MIN);
    }
  });

  test("a word wider than the poster is cut with a hyphen, and a name too long for it ends in an ellipsis", () => {
    const word = letter("Ж".repeat(40), measure);
    expect(word.lines.length).toBeGreaterThan(1);
    expect(word.lines[0]?.text.endsWith("-")).toBe(true);
    expect(letter("word ".repeat(60), measure).lines.at(-1)?.text.endsWith("…")).toBe(true);
  });
});
