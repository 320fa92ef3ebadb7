/**
 * The live state of a profile as a fold of its events: pure, and a join-semilattice, so that events delivered twice, or
 * in any order, end in the same state (Shapiro et al. 2011, convergent replicated data types).
 *
 * Each register of a title keeps its latest writer by `occurredAt`; equal instants are settled by the value, never by
 * arrival. An instant never counts later than `knownAt`: nothing happens after it was known of.
 *
 * The cap on titles needs care to stay a semilattice: a title cut off and touched again must not depend on what was seen
 * before the cut. So the state remembers the place of the newest title it ever cut (`horizon`), and all at or before it
 * is forgotten, in every title. After any order of the same events the horizon is the 301st newest touch, and the
 * registers are those behind it. Hours in which rows were used are the newest of a union, whose newest need nothing older. (All but `watchedSeconds`, which is a maximum and not the latest: what was watched of a
 * title before the horizon may count for one that was played again behind it.) An erasure is a horizon at its time.
 */
import type { RowKind } from "@thewatcher/contracts/api/serving";
import type { StoredEvent } from "@thewatcher/contracts/events";
import type { ProfileId, TitleId } from "@thewatcher/contracts/ids";
import {
  PROFILE_STATE_TITLES_MAX,
  type ProfileState,
  ROW_USE_HOURS_MAX,
  type RowUseHours,
  type TitleState,
} from "@thewatcher/contracts/profile-state";
import { rowKindOf } from "@thewatcher/contracts/row-ids";

type Mutable<Shape> = { -readonly [Field in keyof Shape]: Shape[Field] };
type Horizon = NonNullable<ProfileState["horizon"]>;
type Playback = Pick<Mutable<TitleState>, "playedAt" | "positionSeconds" | "durationSeconds" | "partId">;

/** Folds many events of one profile at the cost of one copy of its state. */
export interface ProfileFolding {
  apply(event: StoredEvent): void;
  /** The state after all that was applied; the one given when nothing changed it. */
  state(): ProfileState;
}

/** `state` after `event`. An event of another profile is a mistake of the caller. */
export function foldEvent(state: ProfileState | undefined, event: StoredEvent): ProfileState {
  const folding = foldProfile(event.profileId, state);
  folding.apply(event);
  return folding.state();
}

export function foldProfile(profileId: ProfileId, before: ProfileState | undefined): ProfileFolding {
  /** Titles of `before` are shared until they are written: `written` holds our own copies. */
  const titles = new Map<TitleId, TitleState>();
  const written = new Map<TitleId, Mutable<TitleState>>();
  let { horizon, tasteEdits, erasedAt } = before ?? ({} as Pick<ProfileState, "horizon" | "tasteEdits" | "erasedAt">);
  let changed = before === undefined;
  for (const title of before?.titles ?? []) titles.set(title.titleId, title);
  const rowUse = new Map<RowKind, RowUseHours>(Object.entries(before?.rowUse ?? {}) as [RowKind, RowUseHours][]);

  function useRow(rowId: string | undefined, isClick: boolean, at: number): void {
    const kind = rowId === undefined ? undefined : rowKindOf(rowId);
    if (kind === undefined) return;
    const { seen, clicked } = rowUse.get(kind) ?? { seen: [], clicked: [] };
    const hour = Math.floor(at / HOUR_MS);
    const next = { seen: withHour(seen, hour), clicked: isClick ? withHour(clicked, hour) : clicked };
    if (next.seen === seen && next.clicked === clicked) return;
    rowUse.set(kind, next);
    changed = true;
  }

  function writable(titleId: TitleId): Mutable<TitleState> {
    let title = written.get(titleId);
    if (!title) {
      title = { touchedAt: Number.NEGATIVE_INFINITY, ...titles.get(titleId), titleId };
      written.set(titleId, title);
      titles.set(titleId, title);
    }
    return title;
  }

  return {
    apply(event) {
      const at = Math.min(Date.parse(event.occurredAt), Date.parse(event.knownAt));
      if (event.type === "erasure") {
        if (at > (erasedAt ?? Number.NEGATIVE_INFINITY)) {
          erasedAt = at;
          changed = true;
        }
        // Behind every event of that millisecond: its time and no title sorts before any title of the next.
        const erased = { at: at + 1, titleId: "" };
        if (isBehind(horizon, erased.at, erased.titleId)) {
          horizon = erased;
          changed = true;
        }
        return;
      }
      if (event.type === "taste_edit") {
        const { edits } = event.payload;
        if (at <= (erasedAt ?? Number.NEGATIVE_INFINITY) || !isLatestEdit(tasteEdits, { at, edits })) return;
        tasteEdits = { at, edits };
        changed = true;
        return;
      }
      if (event.type === "impression" || event.type === "click") {
        useRow(event.payload.rowId, event.type === "click", at);
      }
      if (!touchesTitle(event) || !isBehind(horizon, at, event.payload.titleId)) return;
      write(writable(event.payload.titleId), event, at);
      changed = true;
    },
    state() {
      if (!changed && before) return before;
      const cut = cutTitles([...titles.values()], horizon);
      const heldUse = usedSince(rowUse, erasedAt);
      const heldEdits = tasteEdits && tasteEdits.at > (erasedAt ?? Number.NEGATIVE_INFINITY) ? tasteEdits : undefined;
      return {
        version: 1,
        profileId,
        titles: cut.titles,
        ...(cut.horizon ? { horizon: cut.horizon } : {}),
        ...(heldEdits ? { tasteEdits: heldEdits } : {}),
        ...(heldUse ? { rowUse: heldUse } : {}),
        ...(erasedAt === undefined ? {} : { erasedAt }),
      };
    },
  };
}

const HOUR_MS = 3_600_000;

/** The newest hours with this one among them; the same array where nothing changes. The newest of a union need no more. */
function withHour(hours: readonly number[], hour: number): readonly number[] {
  const oldest = hours.at(-1);
  if (hours.length === ROW_USE_HOURS_MAX && oldest !== undefined && hour < oldest) return hours;
  if (hours.includes(hour)) return hours;
  return [...hours, hour].sort((a, b) => b - a).slice(0, ROW_USE_HOURS_MAX);
}

/** In the order of the kinds' names, without hours that began at or before the erasure. */
function usedSince(
  rowUse: ReadonlyMap<RowKind, RowUseHours>,
  erasedAt: number | undefined,
): ProfileState["rowUse"] | undefined {
  const isHeld = (hour: number): boolean => erasedAt === undefined || hour * HOUR_MS > erasedAt;
  const held = [...rowUse]
    .map(([kind, { seen, clicked }]) => [kind, { seen: seen.filter(isHeld), clicked: clicked.filter(isHeld) }] as const)
    .filter(([, { seen }]) => seen.length > 0)
    .sort(([a], [b]) => compareText(a, b));
  return held.length === 0 ? undefined : Object.fromEntries(held);
}

/** Impressions, exposures and the like touch no title; what is said of the whole profile is no title's. */
const UNTOUCHING = [
  "impression",
  "search",
  "exposure",
  "quality",
  "erasure",
  "taste_edit",
  "no_profiling",
  "no_profiling_undo",
] as const;
type TitleEvent = Exclude<StoredEvent, { type: (typeof UNTOUCHING)[number] }>;

const untouching: ReadonlySet<string> = new Set(UNTOUCHING);
const touchesTitle = (event: StoredEvent): event is TitleEvent => !untouching.has(event.type);

type TasteEdits = NonNullable<ProfileState["tasteEdits"]>;

/** Of one instant the greater text is the latest, as of the registers the greater value. */
function isLatestEdit(before: TasteEdits | undefined, edit: TasteEdits): boolean {
  if (!before || edit.at !== before.at) return !before || edit.at > before.at;
  return compareText(textOf(edit), textOf(before)) > 0;
}

const textOf = ({ edits }: TasteEdits) => edits.map(({ facet, value }) => `${facet} ${value}`).join("\n");

/** Whether (at, titleId) comes after the horizon. */
function isBehind(horizon: Horizon | undefined, at: number, titleId: string): boolean {
  return horizon === undefined || at > horizon.at || (at === horizon.at && titleId > horizon.titleId);
}

function write(title: Mutable<TitleState>, event: TitleEvent, at: number): void {
  title.touchedAt = Math.max(title.touchedAt, at);
  switch (event.type) {
    case "click":
      title.clickedAt = Math.max(title.clickedAt ?? at, at);
      return;
    case "play_start": {
      const { fromSeconds, partId } = event.payload;
      writePlayback(title, { playedAt: at, positionSeconds: fromSeconds, ...(partId === undefined ? {} : { partId }) });
      return;
    }
    case "play_progress":
    case "play_stop": {
      const { positionSeconds, watchedSeconds, durationSeconds, partId } = event.payload;
      title.watchedSeconds = Math.max(title.watchedSeconds ?? 0, watchedSeconds);
      writePlayback(title, {
        playedAt: at,
        positionSeconds,
        ...(durationSeconds === undefined ? {} : { durationSeconds }),
        ...(partId === undefined ? {} : { partId }),
      });
      return;
    }
    case "rate":
    case "rate_undo": {
      const stars = event.type === "rate" ? event.payload.stars : null;
      const { rated } = title;
      // At one instant a rating beats its undo, and the higher one the lower.
      if (!rated || at > rated.at || (at === rated.at && (stars ?? 0) > (rated.stars ?? 0)))
        title.rated = { at, stars };
      return;
    }
    case "watchlist":
    case "watchlist_undo":
      title.watchlisted = latestSwitch(title.watchlisted, at, event.type === "watchlist");
      return;
    case "not_interested":
    case "not_interested_undo":
      title.notInterested = latestSwitch(title.notInterested, at, event.type === "not_interested");
      return;
    case "watched":
    case "watched_undo":
      title.watched = latestSwitch(title.watched, at, event.type === "watched");
      return;
    case "continue_hidden":
    case "continue_hidden_undo":
      title.continueHidden = latestSwitch(title.continueHidden, at, event.type === "continue_hidden");
      return;
    case "forget":
    case "forget_undo":
      title.forgotten = latestSwitch(title.forgotten, at, event.type === "forget");
      return;
    default:
      // A type of a later version: it touched the title, and we know no register for it.
      event satisfies never;
  }
}

interface Switch {
  readonly at: number;
  readonly on: boolean;
}

/** At one instant "on" beats "off". */
function latestSwitch(before: Switch | undefined, at: number, on: boolean): Switch {
  if (!before || at > before.at || (at === before.at && on && !before.on)) return { at, on };
  return before;
}

/** The latest report as a whole: position, length and part belong together. */
function writePlayback(title: Mutable<TitleState>, report: Required<Pick<Playback, "playedAt">> & Playback): void {
  if (title.playedAt !== undefined) {
    if (report.playedAt < title.playedAt) return;
    if (report.playedAt === title.playedAt && comparePlaybacks(report, title) <= 0) return;
  }
  delete title.durationSeconds;
  delete title.partId;
  Object.assign(title, report);
}

function comparePlaybacks(a: Playback, b: Playback): number {
  if (a.positionSeconds !== b.positionSeconds) return (a.positionSeconds ?? -1) - (b.positionSeconds ?? -1);
  if (a.durationSeconds !== b.durationSeconds) return (a.durationSeconds ?? -1) - (b.durationSeconds ?? -1);
  return compareText(a.partId ?? "", b.partId ?? "");
}

/** By code unit, as `>` has it; a locale would sort differently from machine to machine. */
const compareText = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

const newestFirst = (a: TitleState, b: TitleState) => b.touchedAt - a.touchedAt || compareText(b.titleId, a.titleId);

/** Orders the titles, cuts those above the limit, and takes out every register that the horizon has passed. */
function cutTitles(
  titles: TitleState[],
  horizon: Horizon | undefined,
): { readonly titles: readonly TitleState[]; readonly horizon: Horizon | undefined } {
  titles.sort(newestFirst);
  const newestCut = titles[PROFILE_STATE_TITLES_MAX];
  let place = horizon;
  if (newestCut && isBehind(horizon, newestCut.touchedAt, newestCut.titleId)) {
    place = { at: newestCut.touchedAt, titleId: newestCut.titleId };
  }
  if (!place) return { titles, horizon: place };
  const kept: TitleState[] = [];
  for (const title of titles) {
    if (!isBehind(place, title.touchedAt, title.titleId)) break;
    kept.push(withoutForgotten(title, place));
  }
  return { titles: kept, horizon: place };
}

function withoutForgotten(title: TitleState, horizon: Horizon): TitleState {
  const isForgotten = (at: number | undefined) => at !== undefined && !isBehind(horizon, at, title.titleId);
  const { clickedAt, playedAt, rated, watchlisted, notInterested, watched, continueHidden, forgotten } = title;
  const instants = [
    clickedAt,
    playedAt,
    rated?.at,
    watchlisted?.at,
    notInterested?.at,
    watched?.at,
    continueHidden?.at,
    forgotten?.at,
  ];
  if (!instants.some(isForgotten)) return title;
  const kept: Mutable<TitleState> = { ...title };
  if (isForgotten(clickedAt)) delete kept.clickedAt;
  if (isForgotten(rated?.at)) delete kept.rated;
  if (isForgotten(watchlisted?.at)) delete kept.watchlisted;
  if (isForgotten(notInterested?.at)) delete kept.notInterested;
  if (isForgotten(watched?.at)) delete kept.watched;
  if (isForgotten(continueHidden?.at)) delete kept.continueHidden;
  if (isForgotten(forgotten?.at)) delete kept.forgotten;
  if (isForgotten(playedAt)) {
    delete kept.playedAt;
    delete kept.watchedSeconds;
    delete kept.positionSeconds;
    delete kept.durationSeconds;
    delete kept.partId;
  }
  return kept;
}
