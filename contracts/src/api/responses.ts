/** What a route answers, as OpenAPI says it. */
import type { z } from "zod";
import { Problem, type ProblemSlug, problemTypes } from "../problems.ts";

export const json = <Schema extends z.ZodType>(schema: Schema, description: string) => ({
  content: { "application/json": { schema } },
  description,
});

export const problems = (...slugs: ProblemSlug[]) =>
  Object.fromEntries(
    slugs.map((slug) => [
      problemTypes[slug].status,
      { content: { "application/problem+json": { schema: Problem } }, description: problemTypes[slug].title },
    ]),
  );
