/**
 * What a person stated of a title: the owner's side of `rate`, `watchlist`, `not_interested`, `watched`, of what is hidden
 * from "continue watching", of what is to be forgotten, and of their undo. What is said of the profile as a whole (its
 * taste, whether there is profiling) is the same in a table of its own, one register a kind.
 *
 * Each (profile, title, kind) is a last-writer-wins register over (`occurredAt`, `eventId`). An undo is a write like any
 * other and stays in the table, so that the same commands in any order, any number of times, end in the same state
 * (Shapiro et al. 2011, LWW-register). The event goes into the outbox in the same transaction, also when the state was
 * newer already: the log is the history, the table is what holds.
 *
 * The profiles are locked for the length of the transaction. Two transactions of one profile therefore commit in the
 * order of their outbox sequences, and the log keeps the order of what a profile stated.
 */
import type { StatedOutcomes } from "@thewatcher/contracts/api/stated";
import type { RowEventType, StatedEventType, StoredEvent, TasteEventType } from "@thewatcher/contracts/events";
import { topicOf } from "@thewatcher/contracts/topics";
import type { Database } from "@thewatcher/stores/database/port";
import type { Tables } from "@thewatcher/stores/database/tables";
import { type Insertable, sql, type Transaction } from "kysely";
import { knownTitles } from "./documents.ts";

export type StatedEvent = Extract<StoredEvent, { type: StatedEventType | RowEventType | TasteEventType }>;
/** Of the profile as a whole. */
type ProfileStatement = Extract<StatedEvent, { type: "taste_edit" | "no_profiling" | "no_profiling_undo" }>;
export type TitleStatement = Exclude<StatedEvent, ProfileStatement>;
type Outcome = StatedOutcomes["outcomes"][number];
type Preference = Insertable<Tables["stated_preferences"]>;
type ProfilePreference = Insertable<Tables["profile_preferences"]>;

const isOfTitle = (event: StatedEvent): event is TitleStatement => "titleId" in event.payload;
const isOfProfile = (event: StatedEvent): event is ProfileStatement => !isOfTitle(event);
const registerOf = (event: StatedEvent): string => event.type.replace(/_undo$/, "");

/** The register's value after this event alone. */
export function preferenceOf(event: TitleStatement): Preference {
  const kind = registerOf(event) as Preference["kind"];
  return {
    profile_id: event.profileId,
    title_id: event.payload.titleId,
    kind,
    value:
      event.type === "rate" ? event.payload.stars : event.type === "watched" ? (event.payload.strength ?? null) : null,
    undone: event.type.endsWith("_undo"),
    // Milliseconds, as `latestPreferences` compares; PostgreSQL would keep more digits.
    stated_at: new Date(Date.parse(event.occurredAt)),
    event_id: event.eventId,
  };
}

function profilePreferenceOf(event: ProfileStatement): ProfilePreference {
  return {
    profile_id: event.profileId,
    kind: registerOf(event) as ProfilePreference["kind"],
    value: event.type === "taste_edit" ? JSON.stringify(event.payload.edits) : null,
    undone: event.type.endsWith("_undo"),
    stated_at: new Date(Date.parse(event.occurredAt)),
    event_id: event.eventId,
  };
}

/** The winner of each register within one batch: one statement may not touch a row twice. */
function latestOf<Event extends StatedEvent>(events: readonly Event[], keyOf: (event: Event) => string): Event[] {
  const latest = new Map<string, { event: Event; at: number }>();
  for (const event of events) {
    const key = `${event.profileId}\n${registerOf(event)}\n${keyOf(event)}`;
    const at = Date.parse(event.occurredAt);
    const held = latest.get(key);
    if (!held || at > held.at || (at === held.at && event.eventId > held.event.eventId)) latest.set(key, { event, at });
  }
  return [...latest.values()].map(({ event }) => event);
}

export function latestPreferences(events: readonly TitleStatement[]): Preference[] {
  return latestOf(events, ({ payload }) => payload.titleId).map(preferenceOf);
}

/** One outcome for each event, in order. When it resolves, everything applied is durable and on its way to the log. */
export async function applyStated(database: Database, events: readonly StatedEvent[]): Promise<Outcome[]> {
  if (events.length === 0) return [];
  return database.transaction(async (transaction) => {
    const profiles = await lockProfiles(
      transaction,
      events.map((event) => event.profileId),
    );
    const titles = await knownTitles(
      { kysely: transaction },
      events.flatMap((event) => (isOfTitle(event) ? [event.payload.titleId] : [])),
    );
    const outcomes = events.map((event): Outcome => {
      if (!profiles.has(event.profileId)) {
        return { kind: "refused", cause: "unknown_profile", detail: `There is no profile ${event.profileId}.` };
      }
      if (isOfTitle(event) && !titles.has(event.payload.titleId)) {
        return { kind: "refused", cause: "unknown_title", detail: `There is no title ${event.payload.titleId}.` };
      }
      return { kind: "applied" };
    });
    const accepted = events.filter((_, index) => outcomes[index]?.kind === "applied");
    if (accepted.length > 0) {
      await writePreferences(transaction, latestPreferences(accepted.filter(isOfTitle)));
      await writeProfilePreferences(transaction, accepted.filter(isOfProfile));
      await writeOutbox(transaction, accepted);
    }
    return outcomes;
  });
}

async function lockProfiles(transaction: Transaction<Tables>, profileIds: readonly string[]): Promise<Set<string>> {
  const rows = await transaction
    .selectFrom("profiles")
    .select("profile_id")
    .where(sql<boolean>`profile_id = any(${[...new Set(profileIds)]}::text[])`)
    // The same order everywhere: two batches of the same profiles wait for each other and never deadlock.
    .orderBy("profile_id")
    .forNoKeyUpdate()
    .execute();
  return new Set(rows.map((row) => row.profile_id));
}

async function writePreferences(transaction: Transaction<Tables>, preferences: readonly Preference[]): Promise<void> {
  if (preferences.length === 0) return;
  await transaction
    .insertInto("stated_preferences")
    .values(preferences)
    .onConflict((conflict) =>
      conflict
        .columns(["profile_id", "title_id", "kind"])
        .doUpdateSet((row) => ({
          value: row.ref("excluded.value"),
          undone: row.ref("excluded.undone"),
          stated_at: row.ref("excluded.stated_at"),
          event_id: row.ref("excluded.event_id"),
        }))
        // "C": by bytes, as the comparison in `latestPreferences`; a language's order skips the hyphens.
        .where(
          sql<boolean>`(excluded.stated_at, excluded.event_id::text collate "C")
            > (stated_preferences.stated_at, stated_preferences.event_id::text collate "C")`,
        ),
    )
    .execute();
}

async function writeProfilePreferences(
  transaction: Transaction<Tables>,
  events: readonly ProfileStatement[],
): Promise<void> {
  if (events.length === 0) return;
  await transaction
    .insertInto("profile_preferences")
    .values(latestOf(events, () => "").map(profilePreferenceOf))
    .onConflict((conflict) =>
      conflict
        .columns(["profile_id", "kind"])
        .doUpdateSet((row) => ({
          value: row.ref("excluded.value"),
          undone: row.ref("excluded.undone"),
          stated_at: row.ref("excluded.stated_at"),
          event_id: row.ref("excluded.event_id"),
        }))
        .where(
          sql<boolean>`(excluded.stated_at, excluded.event_id::text collate "C")
            > (profile_preferences.stated_at, profile_preferences.event_id::text collate "C")`,
        ),
    )
    .execute();
}

async function writeOutbox(transaction: Transaction<Tables>, events: readonly StatedEvent[]): Promise<void> {
  await transaction
    .insertInto("outbox")
    .values(
      events.map((event) => ({
        event_id: event.eventId,
        topic: topicOf(event.type),
        key: event.profileId,
        value: JSON.stringify(event),
      })),
    )
    .onConflict((conflict) => conflict.column("event_id").doNothing())
    .execute();
}
