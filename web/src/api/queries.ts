/** What the app reads, as TanStack queries. */

import { queryOptions } from "@tanstack/react-query";
import type { SessionView } from "@thewatcher/contracts/api/session";
import type { EventQueue } from "../events/queue.ts";
import { ApiFailure, api, type HomeWishes, mayRetry, overloadMsOf } from "./client.ts";

export const sessionQuery = queryOptions({
  queryKey: ["session"],
  // A gateway may say "nobody" with 401 as well: the same to us.
  queryFn: () =>
    api.getSession().catch((error: unknown): SessionView => {
      if (error instanceof ApiFailure && error.status === 401) return { kind: "anonymous" };
      throw error;
    }),
  staleTime: Number.POSITIVE_INFINITY,
});

export const demoAccountsQuery = queryOptions({
  queryKey: ["demo-accounts"],
  queryFn: api.listDemoAccounts,
  staleTime: 60_000,
});

/** A page must not wait longer than this for the last click's acknowledgement. */
const FLUSH_WAIT_MS = 1_000;

/** Asks for the page after what the viewer did last has been acknowledged, so that the page can know it. */
export const homeQuery = (profileId: string, queue: EventQueue, wishes: HomeWishes = {}) =>
  queryOptions({
    queryKey: ["home", profileId, wishes],
    queryFn: async ({ signal }) => {
      const given = AbortSignal.any([signal, AbortSignal.timeout(FLUSH_WAIT_MS)]);
      const tooLate = new Promise<void>((resolve) => given.addEventListener("abort", () => resolve(), { once: true }));
      await Promise.race([queue.flush(), tooLate]);
      return api.getHome(wishes);
    },
    // The page comes when it can: nobody has to ask for it.
    retry: (failures, error) => overloadMsOf(error) !== undefined || mayRetry(failures, error),
    // Every return to the page asks anew: that is how a click shows.
    staleTime: 0,
    gcTime: 30 * 60_000,
  });

export const titleQuery = (titleId: string) =>
  queryOptions({ queryKey: ["title", titleId], queryFn: () => api.getTitle(titleId), staleTime: 5 * 60_000 });

export const similarQuery = (profileId: string, titleId: string) =>
  queryOptions({
    queryKey: ["similar", profileId, titleId],
    queryFn: () => api.getSimilar(titleId),
    staleTime: 60_000,
  });

export const watchlistQuery = (profileId: string) =>
  queryOptions({ queryKey: ["watchlist", profileId], queryFn: () => api.getWatchlist(profileId), staleTime: 60_000 });

export const ratingsQuery = (profileId: string) =>
  queryOptions({ queryKey: ["ratings", profileId], queryFn: () => api.getRatings(profileId), staleTime: 60_000 });
