/**
 * Names of the 150 best-known films of the demo catalogue: Russian as the film was distributed in Russia, Belarusian
 * established or translated by us in the official orthography, English as an English-speaking viewer knows it.
 *
 * The rule of choice: the most votes in the file (`PopularityPrior.votes`), without the records of `BORROWED_VOTES`.
 * The keys are in that order, so this file is also the list of the 150.
 */
import type { TextRow } from "./types.ts";

/**
 * The file joined IMDb's figures by title alone: these carry the votes of a namesake or of another part (`Casino
 * Royale` of 1967 those of 2006, `Jurassic Park 3` those of the first, `King Kong` of 1976 those of 2005).
 */
export const BORROWED_VOTES: readonly string[] = ["film-0160", "film-2101", "film-0497"];

export const FILM_NAMES = {
  "film-0842": ["Побег из Шоушенка", "Уцёкі з Шоўшэнка", "The Shawshank Redemption"],
  "film-1267": ["Тёмный рыцарь", "Цёмны рыцар", "The Dark Knight"],
} as const satisfies Record<string, TextRow>;

/** The name in the film's own language, where that is not the English one. */
export const ORIGINAL_NAMES: Readonly<Record<string, string>> = {};

/** The file's slips of the year. A release in the USA a year after the premiere is no slip, and stays. */
export const YEARS_CORRECTED: Readonly<Record<string, number>> = {};
