import { readdirSync } from "node:fs";
import { type ProblemSlug, problemTypes } from "@thewatcher/contracts/problems";
import { expect, test } from "vitest";
import { getProblemPage, PROBLEM_PAGES_URL } from "./problem-pages.ts";

const slugs = Object.keys(problemTypes) as ProblemSlug[];

test.each(slugs)("%s has its page: what it means and what to do", (slug) => {
  const page = getProblemPage(slug) ?? "";
  const { title, status } = problemTypes[slug];
  expect(page.startsWith(`# ${title}\n\n\`${slug}\` · HTTP ${status}\n`)).toBe(true);
  expect(page).toContain("## What it means");
  expect(page).toContain("## What to do");
});

test("no page without its problem", () => {
  expect(readdirSync(PROBLEM_PAGES_URL).sort()).toEqual(slugs.map((slug) => `${slug}.md`).sort());
});

test("nothing but a known slug names a page", () => {
  for (const slug of ["", "..", "../../package", "toString", "__proto__", "internal.md"]) {
    expect(getProblemPage(slug)).toBeUndefined();
  }
});
