/**
 * The last page of each profile, for the day when none can be composed: a fault of ours, a publication that the code does
 * not take. It is at most a day old, says so (degradation `page`, cause `stale`), keeps its decision and its positions, and
 * holds nothing that the profile may not see now: hidden since, over the age limit, out of its rights, asked to be excluded,
 * too long, or explained by a watch that was forgotten.
 *
 * Not for who wants no profiling, not for two, and not where the live state is away: "not interested" holds in the request
 * that says it, and without the state nobody knows what was said.
 */
import { type Degradation, HomePage, type Reason, type Row } from "@thewatcher/contracts/api/serving";
import type { ProfileId } from "@thewatcher/contracts/ids";
import type { Workspace } from "./ranking.ts";
import type { JsonAnswer } from "./render.ts";
import type { SlateRequest } from "./request.ts";

export const STALE_MS_MAX = 24 * 3_600_000;
/** 1,500 pages of ten rows; a process serves many more profiles, and the ones here last are the ones that come again. */
const KEPT_BYTES_MAX = 64 * 1024 * 1024;

interface Kept {
  readonly at: number;
  readonly bytes: JsonAnswer;
}

export interface StalePages {
  /** Of a page as it is answered. Cheap: the bytes are kept as they are. */
  keep(profileId: ProfileId, request: SlateRequest, bytes: JsonAnswer): void;
  /** What of the profile's last page may be shown for this request; undefined: there is none. */
  find(profileId: ProfileId, request: SlateRequest, ws: Workspace): HomePage | undefined;
}

/** Whether what is composed for the request is a page of the profile by itself. */
const isPlain = ({ profile, other }: SlateRequest): boolean => profile.profiling !== false && other === undefined;

export function createStalePages({ bytesMax = KEPT_BYTES_MAX }: { readonly bytesMax?: number } = {}): StalePages {
  const pages = new Map<ProfileId, Kept>();
  let keptBytes = 0;

  function forget(profileId: ProfileId): void {
    const kept = pages.get(profileId);
    if (!kept) return;
    pages.delete(profileId);
    keptBytes -= kept.bytes.byteLength;
  }

  return {
    keep(profileId, request, bytes) {
      if (!isPlain(request)) {
        // Who wants no profiling from now on is remembered no longer.
        if (request.profile.profiling === false) forget(profileId);
        return;
      }
      if (request.profileProblem || request.exclude.length > 0 || request.minutes !== undefined) return;
      forget(profileId);
      pages.set(profileId, { at: request.at, bytes });
      keptBytes += bytes.byteLength;
      for (const oldest of pages.keys()) {
        if (keptBytes <= bytesMax) break;
        forget(oldest);
      }
    },
    find(profileId, request, ws) {
      const kept = pages.get(profileId);
      if (!kept || !isPlain(request) || request.history.kind !== "read") return undefined;
      if (request.at - kept.at > STALE_MS_MAX) return undefined;
      return permitted(HomePage.parse(JSON.parse(Buffer.from(kept.bytes).toString("utf8"))), request, ws);
    },
  };
}

/** Undefined: nothing is left. */
function permitted(page: HomePage, request: SlateRequest, { view }: Workspace): HomePage | undefined {
  const history = request.history.kind === "read" ? request.history.value : undefined;
  const hidden = new Set(history?.hidden);
  for (const titleId of request.exclude) hidden.add(view.indexOf.get(titleId) ?? -1);
  const ageLimit = request.profile.ageMark ?? Number.POSITIVE_INFINITY;
  const minutesMax = request.minutes ?? Number.POSITIVE_INFINITY;
  const mayShow = (titleId: string): boolean => {
    const index = view.indexOf.get(titleId);
    if (index === undefined || hidden.has(index) || request.showing.shown[index] !== 1) return false;
    return view.ageMarks[index]! <= ageLimit && view.runtimes[index]! <= minutesMax;
  };
  const remembered = new Set(history?.graded.map(({ index }) => index));
  const isRemembered = (titleId: string): boolean => remembered.has(view.indexOf.get(titleId) ?? -1);
  const reasonOf = (reason: Reason): Reason =>
    reason.kind === "similar_to_history"
      ? { ...reason, seeds: reason.seeds.filter(({ titleId }) => isRemembered(titleId)) }
      : reason;
  const isTrue = (reason: Reason | null): boolean =>
    reason?.kind !== "because_you_watched" || isRemembered(reason.seedTitleId);
  const rows = page.rows
    .filter(({ reason }) => isTrue(reason))
    .map(
      (row): Row => ({
        ...row,
        items: row.items
          .filter(({ title, reason }) => mayShow(title.titleId) && isTrue(reason))
          .map((item) => ({ ...item, reason: reasonOf(item.reason) })),
      }),
    )
    .filter(({ items }) => items.length > 0);
  if (rows.length === 0) return undefined;
  const seedNames = Object.fromEntries(Object.entries(page.seedNames).filter(([titleId]) => isRemembered(titleId)));
  const stale: Degradation = {
    part: "page",
    cause: "stale",
    detail: `A new page could not be composed; this one is of ${page.composedAt}.`,
  };
  return { ...page, rows, seedNames, degradations: [stale, ...page.degradations] };
}
