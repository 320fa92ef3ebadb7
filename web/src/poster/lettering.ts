/**
 * Sets a title's name on a poster: the largest size at which it fits, with lines broken between words. Widths come from
 * the advance widths of the display face (Sofia Sans Extra Condensed, weight 800, capitals), so that no browser is asked
 * and the same name is set the same way everywhere. `Poster` gives each line its width, so that another face is squeezed
 * into the same measure instead of running out.
 */

/** Thousandths of an em, as measured; characters that are not listed count as 450, the face's wide average. */
const WIDTHS: readonly (readonly [width: number, characters: string])[] = [
  [130, " "],
  [170, "'"],
  [200, "IJІ"],
  [215, ":().!,;’"],
  [300, "/"],
  [330, "Г-"],
  [345, 'L"1?'],
  [380, "FETZ27ЕЁТ"],
  [395, "S35PР"],
  [415, "XY689БЗХЬB04ВЛУЯЎ#+"],
  [430, "AKRVАКЭ"],
  [450, "ЧCDGOQUОС&"],
  [470, "HNИЙНПЪ"],
  [490, "ДЦ–"],
  [550, "MМ"],
  [610, "ФWЫШ—"],
  [640, "ЖЮ…Щ%"],
];
const WIDTH_UNKNOWN = 450;
const widthOf = new Map(WIDTHS.flatMap(([width, characters]) => [...characters].map((one) => [one, width] as const)));

/** Capitals of this face are 0.7 em high; lines this close still keep the tail of Щ and the breve of Й apart. */
export const LINE_HEIGHT_EM = 0.86;
/** On the smallest phone a poster is 132 px wide for 200 units, so this is 10.5 px: the least that stays legible. */
export const SIZE_MIN = 16;
export const SIZE_MAX = 58;

export interface Lettering {
  readonly lines: readonly { readonly text: string; readonly width: number }[];
  readonly size: number;
  readonly height: number;
}

export interface Measure {
  readonly width: number;
  readonly heightMax: number;
}

/** In units of the poster at the given size. */
export function textWidth(text: string, size: number): number {
  let thousandths = 0;
  for (const one of text) thousandths += widthOf.get(one) ?? WIDTH_UNKNOWN;
  return (thousandths * size) / 1_000;
}

/** Lines of whole words; null when a single word is wider than the measure. */
function breakLines(words: readonly string[], size: number, width: number): string[] | null {
  const lines: string[] = [];
  let line = "";
  for (const word of words) {
    if (textWidth(word, size) > width) return null;
    const longer = line === "" ? word : `${line} ${word}`;
    if (textWidth(longer, size) <= width) line = longer;
    else {
      lines.push(line);
      line = word;
    }
  }
  if (line !== "") lines.push(line);
  return lines;
}

/** Cuts a word that no size can hold (an invented name, a language without spaces) into pieces that fit. */
function cutWord(word: string, size: number, width: number): string[] {
  if (textWidth(word, size) <= width) return [word];
  const pieces: string[] = [];
  let piece = "";
  for (const one of word) {
    if (piece !== "" && textWidth(`${piece}${one}-`, size) > width) {
      pieces.push(`${piece}-`);
      piece = one;
    } else piece += one;
  }
  if (piece !== "") pieces.push(piece);
  return pieces;
}

function shorten(lines: readonly string[], countMax: number, size: number, width: number): string[] {
  if (lines.length <= countMax) return [...lines];
  const kept = lines.slice(0, countMax);
  let last = kept[countMax - 1] ?? "";
  while (last !== "" && textWidth(`${last}…`, size) > width) last = last.slice(0, -1).trimEnd();
  kept[countMax - 1] = `${last}…`;
  return kept;
}

export function letter(name: string, { width, heightMax }: Measure): Lettering {
  const words = name.toUpperCase().split(/\s+/u).filter(Boolean);
  const finish = (lines: readonly string[], size: number): Lettering => ({
    lines: lines.map((text) => ({ text, width: textWidth(text, size) })),
    size,
    height: lines.length * size * LINE_HEIGHT_EM,
  });
  for (let size = SIZE_MAX; size > SIZE_MIN; size -= 2) {
    const lines = breakLines(words, size, width);
    if (lines !== null && lines.length * size * LINE_HEIGHT_EM <= heightMax) return finish(lines, size);
  }
  const pieces = words.flatMap((word) => cutWord(word, SIZE_MIN, width));
  const lines = breakLines(pieces, SIZE_MIN, width) ?? pieces;
  const countMax = Math.max(1, Math.floor(heightMax / (SIZE_MIN * LINE_HEIGHT_EM)));
  return finish(shorten(lines, countMax, SIZE_MIN, width), SIZE_MIN);
}
