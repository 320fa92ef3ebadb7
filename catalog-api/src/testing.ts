/** For this package's tests: a real database in a temporary folder, the app before it, and signed requests. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TitleDetails, TitleDocument } from "@thewatcher/contracts/api/catalogue";
import type { Identity } from "@thewatcher/contracts/identity";
import type { TitleId } from "@thewatcher/contracts/ids";
import { createSimulatedClock, systemClock } from "@thewatcher/kit/clock";
import { createTokenSigner, createTokenVerifier, generateTokenKeys } from "@thewatcher/kit/internal-token";
import { silentLog } from "@thewatcher/kit/log";
import { deterministicUuid7 } from "@thewatcher/kit/uuid";
import { openEmbeddedPostgres } from "@thewatcher/stores/database/embedded-postgres";
import type { Database } from "@thewatcher/stores/database/port";
import { openMemorySearch } from "@thewatcher/stores/search/memory";
import { type CatalogApiDeps, createCatalogApi } from "./app.ts";
import { createTitleIndex, databaseTitles } from "./search-index.ts";
import { preferenceOf, type TitleStatement } from "./stated.ts";

export const START = Date.UTC(2026, 10, 23, 10);

interface TestDatabase {
  readonly database: Database;
  dispose(): Promise<void>;
}

let openOther: (() => Promise<TestDatabase>) | undefined;

/** The suites of this file run on databases of these: a server behind a pooler instead of the embedded one. */
export function openTestDatabasesBy(open: () => Promise<TestDatabase>): void {
  openOther = open;
}

export async function openTestDatabase(): Promise<TestDatabase> {
  if (openOther) return openOther();
  const path = await mkdtemp(join(tmpdir(), "catalog-"));
  const database = await openEmbeddedPostgres({ path, clock: systemClock });
  await database.migrate();
  return {
    database,
    async dispose() {
      await database.close();
      await rm(path, { recursive: true, force: true });
    },
  };
}

/** Two accounts of one profile each. */
export async function seedAccounts(database: Database): Promise<void> {
  const ids = ["a", "b"];
  await database.kysely
    .insertInto("accounts")
    .values(ids.map((id) => ({ account_id: `account-${id}`, external_id: null, country: "BY" })))
    .execute();
  await database.kysely
    .insertInto("profiles")
    .values(
      ids.map((id) => ({
        profile_id: `profile-${id}`,
        account_id: `account-${id}`,
        name: id,
        age_mark: null,
        external_id: null,
      })),
    )
    .execute();
}

export const aTitle = (titleId: string, extra: Partial<TitleDetails> = {}): TitleDetails => ({
  titleId: titleId as TitleId,
  name: `The ${titleId}`,
  year: 1994,
  genres: ["Drama"],
  ageMark: 16,
  runtimeMinutes: 142,
  directors: ["Somebody"],
  plot: null,
  score: 8.5,
  scoreVotes: 1_000,
  source: "test",
  addedAt: "2026-11-01T00:00:00.000Z",
  ...extra,
});

/** `at`: milliseconds after `START`. `name` decides the event's id. */
export function aStatement(
  name: string,
  type: TitleStatement["type"],
  fields: { readonly titleId: string; readonly at: number; readonly profileId?: string; readonly stars?: number },
): TitleStatement {
  const instant = new Date(START + fields.at).toISOString();
  return {
    version: 1,
    eventId: deterministicUuid7(name, START),
    type,
    occurredAt: instant,
    sentAt: instant,
    receivedAt: instant,
    knownAt: instant,
    profileId: fields.profileId ?? "profile-a",
    device: "web",
    country: "BY",
    timeQuality: "observed",
    payload: { titleId: fields.titleId, ...(type === "rate" ? { stars: fields.stars ?? 4 } : {}) },
  } as unknown as TitleStatement;
}

/** The state that the registers must end in, computed the slow way: the events one by one in the order that decides. */
export function expectedState(
  events: readonly TitleStatement[],
): Map<string, { value: number | null; undone: boolean }> {
  const state = new Map<string, { value: number | null; undone: boolean }>();
  const ordered = [...events].sort((x, y) =>
    x.occurredAt === y.occurredAt ? (x.eventId < y.eventId ? -1 : 1) : x.occurredAt < y.occurredAt ? -1 : 1,
  );
  for (const event of ordered) {
    const { profile_id, title_id, kind, value, undone } = preferenceOf(event);
    state.set(`${profile_id} ${title_id} ${kind}`, { value: value ?? null, undone: undone ?? false });
  }
  return state;
}

export function createTestApi(
  database: Database,
  onStated?: () => void,
  deps: Pick<CatalogApiDeps, "applyNow" | "onProfiling"> = {},
) {
  const clock = createSimulatedClock(START);
  const keys = generateTokenKeys();
  const signer = createTokenSigner({ privateKey: keys.privateKey, clock });
  const verifier = createTokenVerifier({ publicKey: keys.publicKey, audience: "catalog", clock });
  const index = createTitleIndex({
    source: databaseTitles(database),
    embedded: openMemorySearch(),
    clock,
    log: silentLog,
  });
  const app = createCatalogApi({
    database,
    index,
    verifier,
    clock,
    log: silentLog,
    ...deps,
    ...(onStated ? { onStated } : {}),
  });
  /** A request of this identity; `undefined`: without a token. */
  const request = async (
    who: Partial<Identity> | undefined,
    path: string,
    init: { readonly method?: string; readonly body?: string; readonly headers?: Record<string, string> } = {},
  ) => {
    const headers: Record<string, string> = { ...init.headers };
    if (who) {
      const token = await signer.sign("catalog", { role: "viewer", country: "BY", device: "web", ...who });
      headers.authorization = `Bearer ${token}`;
    }
    return app.request(path, { ...init, headers });
  };
  return { app, clock, signer, index, request };
}

/** A whole document around `aTitle`. */
export const aDocument = (titleId: string, extra: Partial<TitleDocument> = {}): TitleDocument =>
  TitleDocument.parse({ ...aTitle(titleId), ...extra });
