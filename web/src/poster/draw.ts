/**
 * A poster or a backdrop out of a title's data alone: the same title is drawn the same way on every device, for ever.
 * Genre decides art and colours, the id decides the variation, the name is set as large as it fits.
 */
import type { TitleCard } from "@thewatcher/contracts/api/catalogue";
import { chanceFrom } from "./chance.ts";
import { type CompositionName, compositions, type Shape } from "./compositions.ts";
import { styleOf } from "./genres.ts";
import { type Lettering, letter } from "./lettering.ts";
import { type Palette, palettes } from "./palettes.ts";

export const POSTER_WIDTH = 200;
export const POSTER_HEIGHT = 300;
const MARGIN = 14;
/** The art keeps at least half of the poster. */
const LETTERING_HEIGHT_MAX = 118;
const META_HEIGHT = 22;

export type PosterTitle = Pick<TitleCard, "titleId" | "name" | "year" | "genres" | "genreNames">;

export interface PosterDrawing {
  readonly colours: Palette;
  readonly art: CompositionName;
  readonly artHeight: number;
  readonly shapes: readonly Shape[];
  readonly lettering: Lettering;
  /** Baseline of the first line. */
  readonly firstBaselineY: number;
  readonly metaY: number;
  readonly meta: string;
}

function choose(title: PosterTitle) {
  const chance = chanceFrom(`${title.titleId} ${title.name}`);
  const style = styleOf(title.genres);
  const art = chance.pick(style.art);
  return { chance, art, colours: palettes[chance.pick(style.colours)] };
}

export function drawPoster(title: PosterTitle): PosterDrawing {
  const { chance, art, colours } = choose(title);
  const lettering = letter(title.name, { width: POSTER_WIDTH - MARGIN * 2, heightMax: LETTERING_HEIGHT_MAX });
  const artHeight = POSTER_HEIGHT - MARGIN - META_HEIGHT - lettering.height - MARGIN * 0.6;
  return {
    colours,
    art,
    artHeight,
    shapes: compositions[art](chance, { width: POSTER_WIDTH, height: artHeight, colours }),
    lettering,
    // Capitals are 0.7 em high: the first line's top stands 0.6 margins below the art.
    firstBaselineY: artHeight + MARGIN * 0.6 + lettering.size * 0.74,
    metaY: POSTER_HEIGHT - MARGIN,
    meta: [title.year === null ? null : String(title.year), (title.genreNames ?? title.genres)[0]]
      .filter(Boolean)
      .join("  ·  "),
  };
}

export interface BackdropDrawing {
  readonly colours: Palette;
  readonly shapes: readonly Shape[];
}

/** The same art in another proportion, without lettering. */
export function drawBackdrop(
  title: PosterTitle,
  size: { readonly width: number; readonly height: number },
): BackdropDrawing {
  const { chance, art, colours } = choose(title);
  return { colours, shapes: compositions[art](chance, { ...size, colours }) };
}

/** A face for a profile: nobody's photograph, and never the neighbour's. */
export function drawAvatar(id: string): BackdropDrawing {
  const chance = chanceFrom(id);
  const colours = palettes[chance.pick(["butter", "mint", "candy", "sky", "cream", "violet", "rose", "cobalt", "sea"])];
  const art = chance.pick(["grin", "grin", "portrait"]);
  return { colours, shapes: compositions[art](chance, { width: 100, height: 100, colours }) };
}
