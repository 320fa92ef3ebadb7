/** The pages that the `type` of a problem points at: `docs/problems/<slug>.md`, answered as the text that they are. */
import { readFileSync } from "node:fs";
import { problemTypes } from "@thewatcher/contracts/problems";

/** The same from `src/` and from `dist/`. */
export const PROBLEM_PAGES_URL = new URL("../../docs/problems/", import.meta.url);

const pages = new Map<string, string>();

export function getProblemPage(slug: string): string | undefined {
  // Only the known slugs name files.
  if (!Object.hasOwn(problemTypes, slug)) return undefined;
  let page = pages.get(slug);
  if (page === undefined) {
    page = readFileSync(new URL(`${slug}.md`, PROBLEM_PAGES_URL), "utf8");
    pages.set(slug, page);
  }
  return page;
}
