/** For this package's tests: a real database in a temporary folder, the API before it, and signed requests. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ComposedPage, ComposedPages, ComposePages } from "@thewatcher/contracts/api/control";
import type { Role } from "@thewatcher/contracts/identity";
import type { TitleId } from "@thewatcher/contracts/ids";
import { createSimulatedClock, systemClock } from "@thewatcher/kit/clock";
import { createTokenSigner, createTokenVerifier, generateTokenKeys } from "@thewatcher/kit/internal-token";
import { silentLog } from "@thewatcher/kit/log";
import { openEmbeddedPostgres } from "@thewatcher/stores/database/embedded-postgres";
import type { Database } from "@thewatcher/stores/database/port";
import { createControlApi } from "./app.ts";
import type { ComposePagesCall } from "./dry-run.ts";

export const START = Date.UTC(2026, 10, 23, 10);

export async function openTestDatabase(): Promise<{ readonly database: Database; dispose(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), "control-"));
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

export async function seedProfiles(database: Database, profileIds: readonly string[]): Promise<void> {
  await database.kysely
    .insertInto("accounts")
    .values({ account_id: "account", external_id: null, country: "BY" })
    .execute();
  await database.kysely
    .insertInto("profiles")
    .values(
      profileIds.map((id) => ({
        profile_id: id,
        account_id: "account",
        name: id,
        age_mark: null,
        external_id: null,
      })),
    )
    .execute();
}

export interface Answer {
  readonly status: number;
  readonly etag: string | null;
  // biome-ignore lint/suspicious/noExplicitAny: of whatever the test asked for, and compares.
  readonly body: any;
}

export function createTestApi(database: Database, composePages: ComposePagesCall = composeNothing) {
  const clock = createSimulatedClock(START);
  const keys = generateTokenKeys();
  const signer = createTokenSigner({ privateKey: keys.privateKey, clock });
  const verifier = createTokenVerifier({ publicKey: keys.publicKey, audience: "control", clock });
  const app = createControlApi({ database, composePages, verifier, clock, log: silentLog });
  /** A request of somebody of this role; `undefined`: without a token. */
  async function call(
    role: Role | undefined,
    method: string,
    path: string,
    options: { readonly body?: unknown; readonly ifMatch?: string; readonly headers?: Record<string, string> } = {},
  ): Promise<Answer> {
    const headers: Record<string, string> = { "x-request-id": "request-0001", ...options.headers };
    if (options.ifMatch !== undefined) headers["if-match"] = options.ifMatch;
    if (role) {
      const account = role === "service" ? {} : { accountId: `account-${role}` };
      const token = await signer.sign("control", { role, country: "BY", device: "web", ...account });
      headers.authorization = `Bearer ${token}`;
    }
    const { body } = options;
    const answer = await app.request(path, {
      method,
      headers,
      ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    const text = await answer.text();
    return {
      status: answer.status,
      etag: answer.headers.get("etag"),
      body: text === "" ? undefined : JSON.parse(text),
    };
  }
  return { app, clock, call };
}

const composeNothing: ComposePagesCall = async () => ({ titles: [], pages: [] });

/** Pages as a small world has them: rows by their ids, of titles by their numbers. */
export function aPage(
  rows: Readonly<Record<string, readonly number[]>>,
  extra: Partial<ComposedPage> = {},
): ComposedPage {
  return {
    rows: Object.entries(rows).map(([rowId, titles]) => ({ rowId, kind: "genre", titles: [...titles] })),
    effects: {},
    relaxed: false,
    composeMs: 1,
    ...extra,
  };
}

export const pagesOf = (
  titleCount: number,
  pages: readonly (readonly [string, readonly ComposedPage[]])[],
): ComposedPages => ({
  titles: Array.from({ length: titleCount }, (_, index) => ({
    titleId: `t${index}` as TitleId,
    name: `Title ${index}`,
  })),
  pages: pages.map(([profileId, composed]) => ({
    profileId: profileId as ComposePages["profileIds"][number],
    composed: [...composed],
  })),
});
