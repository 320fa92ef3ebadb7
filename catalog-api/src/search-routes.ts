/** The route of the search. A machine that names a profile is answered as that profile is. */
import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { json, problems } from "@thewatcher/contracts/api/responses";
import { SEARCH_CHARACTERS_MAX, SEARCH_HITS_MAX, SearchPage } from "@thewatcher/contracts/api/search";
import type { Role } from "@thewatcher/contracts/identity";
import type { ProfileId } from "@thewatcher/contracts/ids";
import { Country } from "@thewatcher/contracts/ids";
import { Locale } from "@thewatcher/contracts/locales";
import { problem } from "@thewatcher/contracts/problems";
import { ProblemError } from "@thewatcher/kit/http";
import { QUERY_WORDS_MAX } from "@thewatcher/stores/search/port";
import { wordsOf } from "@thewatcher/stores/search/words";
import type { Context } from "hono";
import type { Asker } from "./askers.ts";
import { type AppEnv, allow } from "./identity.ts";
import type { TitleIndex } from "./search-index.ts";
import { readingsOf } from "./search-readings.ts";
import { LETTERS } from "./search-sound.ts";
import { searchTitles } from "./search-titles.ts";

export const searchRoles = { searchTitles: ["viewer", "service"] } as const satisfies Record<string, readonly Role[]>;

const HITS_DEFAULT = 20;

const route = createRoute({
  method: "get",
  path: "/api/v1/search",
  operationId: "searchTitles",
  summary: "Titles by what somebody types: names and people, in any language, alphabet or keyboard layout, with typos",
  middleware: allow(searchRoles.searchTitles),
  request: {
    query: z.object({
      /** Nothing but spaces: whatever passes the filters, the best known first. A space behind a word finishes it. */
      q: z.string().max(SEARCH_CHARACTERS_MAX).default(""),
      limit: z.coerce.number().int().min(1).max(SEARCH_HITS_MAX).default(HITS_DEFAULT),
      genre: z.string().min(1).max(64).optional(),
      kind: z.enum(["film", "series"]).optional(),
      decade: z
        .string()
        .regex(/^\d{3}0$/)
        .optional(),
      country: Country.optional(),
      locale: Locale.optional(),
    }),
  },
  responses: {
    200: json(SearchPage, "What was found, or that we don't have it"),
    ...problems("bad-request", "unauthenticated", "forbidden"),
  },
});

export interface SearchRoutesDeps {
  readonly index: Pick<TitleIndex, "ask" | "title">;
  askerOf(c: Context<AppEnv>, locale: Locale | undefined, profileId?: ProfileId): Promise<Asker>;
}

export function addSearchRoutes(app: OpenAPIHono<AppEnv>, { index, askerOf }: SearchRoutesDeps): void {
  app.openapi(route, async (c) => {
    const { q, limit, locale, ...filters } = c.req.valid("query");
    requireSearchable(q);
    const asker = await askerOf(c, locale, c.get("identity").profileId);
    return c.json(await searchTitles(index, asker, { text: q, limit, filters }), 200);
  });
}

/** A reading may have more words than what was typed: `,` is a letter elsewhere, and one that a keyboard has not is none. */
function requireSearchable(text: string): void {
  const words = Math.max(
    wordsOf(text, LETTERS).length,
    ...readingsOf(text).map(({ asked }) => wordsOf(asked.text, LETTERS).length),
  );
  if (words <= QUERY_WORDS_MAX) return;
  throw new ProblemError(
    problem("bad-request", {
      errors: [{ path: "q", message: `${words} words; at most ${QUERY_WORDS_MAX} are accepted` }],
    }),
  );
}
