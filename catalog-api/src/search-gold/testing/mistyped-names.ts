/** Names of the demo's films in three languages, each with one typo: what its year is said beside. */
import { createRng } from "@thewatcher/kit/rng";
import { demoTitles } from "./gold.ts";

/** One letter missing, doubled or swapped with its neighbour, behind the first one of the longest word. */
function mistyped(name: string, seed: number): string | undefined {
  const rng = createRng(seed);
  const word = [...name.matchAll(/\p{L}+/gu)].sort((a, b) => b[0].length - a[0].length)[0];
  if (!word || word[0].length < 6) return undefined;
  const at = word.index + 1 + rng.int(word[0].length - 2);
  const kinds = [
    `${name.slice(0, at)}${name.slice(at + 1)}`,
    `${name.slice(0, at)}${name[at]}${name.slice(at)}`,
    `${name.slice(0, at)}${name[at + 1]}${name[at]}${name.slice(at + 2)}`,
  ];
  return kinds[rng.int(kinds.length)]!.toLowerCase();
}

export interface MistypedName {
  readonly id: string;
  readonly text: string;
  readonly year: number;
}

export function mistypedNames(): MistypedName[] {
  const titles = demoTitles().filter(({ names, year }) => names.ru !== undefined && year !== null);
  return (["ru", "be", "en"] as const).flatMap((locale, l) =>
    titles.flatMap((title, i) => {
      const name = title.names[locale];
      const text = name && mistyped(name, 1_000 * l + i);
      return text ? [{ id: title.titleId as string, locale, text, year: title.year! }] : [];
    }),
  );
}
