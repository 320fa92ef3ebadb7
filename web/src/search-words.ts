/** The parts of a name that were meant by what was typed. */
import type { Highlight } from "@thewatcher/contracts/api/search";

export interface TextPart {
  readonly from: number;
  readonly part: string;
  readonly isMarked: boolean;
}

/** All of the text, in order. What reaches over its end or into the part before is cut there. */
export function markedParts(text: string, highlights: readonly Highlight[]): TextPart[] {
  const parts: TextPart[] = [];
  let at = 0;
  const add = (to: number, isMarked: boolean) => {
    if (to > at) parts.push({ from: at, part: text.slice(at, to), isMarked });
    at = Math.max(at, to);
  };
  for (const { from, to } of highlights) {
    add(Math.min(from, text.length), false);
    add(Math.min(to, text.length), true);
  }
  add(text.length, false);
  return parts;
}
