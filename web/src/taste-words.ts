/** What the taste sheet makes of the service's numbers, and of the viewer's corrections that are not kept yet. */
import type { HomePage, SlateItem } from "@thewatcher/contracts/api/serving";
import type { TasteEdits, TasteView } from "@thewatcher/contracts/api/taste";

export type Facet = TasteView["facets"][number];
export type Edits = TasteEdits["edits"];
/** Values by facet. */
export type Draft = ReadonlyMap<string, number>;

/** A share that is there is never called nothing. */
export function percent(share: number): string {
  if (share > 0 && share < 0.005) return "<1%";
  return `${Math.round(share * 100)}%`;
}

/** What is known or corrected first, as it stands out; what the history has nothing of behind it, as offers. */
export const inSheetOrder = (facets: readonly Facet[]): Facet[] => {
  const isSaid = ({ share, value }: Facet) => share > 0 || value !== 0;
  return [...facets.filter(isSaid), ...facets.filter((facet) => !isSaid(facet))];
};

export const valueIn = (draft: Draft, { facet, value }: Facet): number => draft.get(facet) ?? value;

/** All corrections as they would be kept. */
export const editsOf = (facets: readonly Facet[], draft: Draft): Edits =>
  facets.map((facet) => ({ facet: facet.facet, value: valueIn(draft, facet) })).filter(({ value }) => value !== 0);

/** Of the preview: a screen of cards. */
const PICKS_MAX = 12;

/** The head of what is picked for the viewer. What chance draws says nothing of a taste, and differs each time. */
export function picksOf({ rows }: HomePage): SlateItem[] {
  const picks = rows.find(({ kind }) => kind === "top_picks") ?? rows.find(({ kind }) => kind !== "continue_watching");
  return (picks?.items ?? []).filter(({ propensity }) => propensity === undefined).slice(0, PICKS_MAX);
}

/** Names of the picks that were none before. */
export function newAmong(picks: readonly SlateItem[], before: readonly SlateItem[]): string[] {
  const known = new Set(before.map(({ title }) => title.titleId));
  return picks.filter(({ title }) => !known.has(title.titleId)).map(({ title }) => title.name);
}
