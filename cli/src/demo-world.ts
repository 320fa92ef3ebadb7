/**
 * Loads the demo world: real films, synthetic viewers, and half a year of their events through the log, as live traffic
 * goes. Cut off, it is loaded again from the start: the world is the same for its seed and its present, so every row has
 * its key and every event its id, and nothing counts twice.
 */

import { latestPreferences, type TitleStatement } from "@thewatcher/catalog-api/stated";
import { writeCatalogue } from "@thewatcher/catalog-api/whole";
import { isStated } from "@thewatcher/contracts/events";
import type { Clock } from "@thewatcher/kit/clock";
import { loadCatalogue } from "@thewatcher/simulation/catalogue";
import { demoDocuments } from "@thewatcher/simulation/demo-documents";
import { generateEvents } from "@thewatcher/simulation/history";
import { createWorld, type World } from "@thewatcher/simulation/world";
import type { NewRecord } from "@thewatcher/stores/event-log/port";
import type { Report } from "./console.ts";
import type { Stores } from "./open-stores.ts";

export interface DemoWorldSummary {
  readonly titles: number;
  readonly accounts: number;
  readonly profiles: number;
  readonly events: number;
}

/** Events of one append: about 6 MB. */
const BATCH_EVENTS = 20_000;
/** Let other work in after each slice of this many events: generating them is synchronous. */
const SLICE_EVENTS = 2_000;

export function createDemoWorld(options: {
  readonly seed: number;
  readonly worldNow: number;
  readonly profileCount?: number;
}): World {
  return createWorld({ ...options, catalogue: loadCatalogue({ worldNow: options.worldNow }) });
}

export async function loadDemoWorld(
  world: World,
  deps: { readonly stores: Stores; readonly clock: Clock; readonly report: (report: Report) => void },
): Promise<DemoWorldSummary> {
  const { database, eventLog } = deps.stores;
  deps.report({ stage: "demo world: titles and viewers" });
  const documents = demoDocuments(world.titles, { worldNow: world.worldNow });
  await database.transaction((transaction) => writeCatalogue(database, documents, transaction));
  const demo = new Set(world.demoAccounts.map((account) => account.accountId));
  await database.transaction(async (transaction) => {
    await database.writeBulk(
      {
        table: "accounts",
        columns: ["account_id", "external_id", "country", "demo"],
        keyColumns: ["account_id"],
        onConflict: "keep",
        rows: world.accounts.map((account) => [
          account.accountId,
          `demo:${account.name}`,
          account.country,
          demo.has(account.accountId),
        ]),
      },
      transaction,
    );
    await database.writeBulk(
      {
        table: "profiles",
        columns: ["profile_id", "account_id", "name", "age_mark", "external_id"],
        keyColumns: ["profile_id"],
        onConflict: "keep",
        rows: world.profiles.map((profile) => [
          profile.profileId,
          profile.accountId,
          profile.name,
          profile.ageMark,
          null,
        ]),
      },
      transaction,
    );
  });

  let batch = new Map<string, NewRecord[]>();
  let batched = 0;
  let events = 0;
  const stated: TitleStatement[] = [];
  const flush = async (): Promise<void> => {
    const full = batch;
    batch = new Map();
    batched = 0;
    for (const [topic, records] of full) await eventLog.append(topic, records);
    deps.report({ stage: "demo world: half a year of viewing", detail: `${events.toLocaleString("en-US")} events` });
  };
  for (const { topic, key, event } of generateEvents(world)) {
    const records = batch.get(topic) ?? [];
    if (records.length === 0) batch.set(topic, records);
    records.push({ key, value: JSON.stringify(event) });
    if (isStated(event.type)) stated.push(event as TitleStatement);
    events++;
    if (++batched === BATCH_EVENTS) await flush();
    else if (events % SLICE_EVENTS === 0) await deps.clock.sleep(0);
  }
  if (batched > 0) await flush();

  await database.writeBulk({
    table: "stated_preferences",
    columns: ["profile_id", "title_id", "kind", "value", "undone", "stated_at", "event_id"],
    keyColumns: ["profile_id", "title_id", "kind"],
    onConflict: "keep",
    rows: latestPreferences(stated).map((preference) => [
      preference.profile_id,
      preference.title_id,
      preference.kind,
      preference.value,
      preference.undone,
      preference.stated_at,
      preference.event_id,
    ]),
  });
  return { titles: documents.titles.length, accounts: world.accounts.length, profiles: world.profiles.length, events };
}
