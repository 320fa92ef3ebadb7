/**
 * Two accounts before every route of the document: what is A's is nobody's business of B. The requests are made of the
 * document itself, and each part of one that the document asks for has to be known here: a new route with a new kind of id
 * or a body fails until somebody says whose it is.
 */
import { Devices } from "@thewatcher/contracts/api/account";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { mergeOpenApi } from "./openapi.ts";
import { createServiceToken } from "./service-tokens.ts";
import {
  type Arrived,
  type Browser,
  type Door,
  HOST,
  json,
  openBrowser,
  openDoor,
  openTestStores,
  register,
  type TestStores,
  whoIs,
} from "./testing.ts";

interface Operation {
  readonly path: string;
  readonly method: string;
  readonly operation: { readonly security: readonly Record<string, unknown>[]; readonly requestBody?: unknown };
}

const { paths } = mergeOpenApi({}) as { paths: Record<string, Record<string, Operation["operation"]>> };
const operations: Operation[] = Object.entries(paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
);
const nameOf = ({ method, path }: Operation) => `${method} ${path}`;
const parametersOf = (path: string) => [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name as string);

/** Ids that belong to one account. */
const PRIVATE = ["profileId", "deviceId"];
/** Ids of what everybody may see, each with one. */
const PUBLIC: Readonly<Record<string, string>> = {
  titleId: "t1",
  personId: "person-1",
  collectionId: "collection-1",
  revision: "1",
  version: "1",
  entryId: "1",
  slug: "not-found",
};

const password = "a long enough password";
interface Person {
  readonly browser: Browser;
  readonly ids: Readonly<Record<string, string>>;
}
let stores: TestStores;
let door: Door;
let a: Person;
let b: Person;

async function enter(email: string): Promise<Person> {
  const browser = openBrowser(door);
  await door.clock.advance(3 * 60_000);
  const answer = await browser.fetch("/api/v1/session", json({ email, password }));
  expect(answer.status, await answer.clone().text()).toBe(200);
  const profileId = (await whoIs(browser))?.account.profiles[0]?.profileId ?? "";
  await browser.fetch("/api/v1/session/profile", json({ profileId }, "PUT"));
  const { devices } = Devices.parse(await (await browser.fetch("/api/v1/devices")).json());
  return { browser, ids: { profileId, deviceId: devices.find(({ current }) => current)?.deviceId ?? "" } };
}

beforeAll(async () => {
  stores = await openTestStores();
  door = await openDoor(stores);
  await register(door, "a@example.org", password);
  await register(door, "b@example.org", password);
  a = await enter("a@example.org");
  b = await enter("b@example.org");
});
afterAll(async () => {
  await door.close();
  await stores.dispose();
});
beforeEach(async () => {
  // Some of the routes end the session, or the profile.
  if (!(await whoIs(b.browser))?.profileId) b = await enter("b@example.org");
});

/** A body that each route takes, with the ids of `of`. undefined: the route takes none. */
const bodies: Readonly<Record<string, ((of: Person["ids"]) => unknown) | undefined>> = {
  "POST /api/v1/events": () => ({ events: [] }),
  "PUT /api/v1/profiles/{profileId}/continue-watching/{titleId}/hidden": undefined,
  "DELETE /api/v1/profiles/{profileId}/continue-watching/{titleId}/hidden": undefined,
  "PUT /api/v1/profiles/{profileId}/taste": () => ({ edits: [] }),
  "PUT /api/v1/profiles/{profileId}/history/{titleId}/forgotten": undefined,
  "DELETE /api/v1/profiles/{profileId}/history/{titleId}/forgotten": undefined,
  "PUT /api/v1/profiles/{profileId}/profiling": () => ({ on: false }),
  "PUT /api/v1/profiles/{profileId}/wishes": () => ({ titleId: "t1" }),
  "DELETE /api/v1/profiles/{profileId}/wishes": () => ({ titleId: "t1" }),
  "POST /api/v1/editor/titles": () => ({}),
  "PATCH /api/v1/editor/titles/{titleId}": () => ({}),
  "POST /api/v1/editor/titles/{titleId}/undo/{revision}": undefined,
  "POST /api/v1/editor/collections": () => ({}),
  "PUT /api/v1/editor/collections/{collectionId}": () => ({}),
  "POST /api/v1/editor/collections/{collectionId}/undo/{revision}": undefined,
  "POST /api/v1/control/rules": () => ({ document: { rules: [] } }),
  "POST /api/v1/control/dry-run": () => ({ document: { rules: [] } }),
  "PUT /api/v1/control/rules/{version}": () => ({ document: { rules: [] } }),
  "DELETE /api/v1/control/rules/{version}": undefined,
  "POST /api/v1/control/rules/{version}/publish": () => ({ replaces: null }),
  "POST /api/v1/control/rules/{version}/rollback": () => ({ replaces: null }),
  "POST /api/v1/session": () => ({ email: "a@example.org", password: "not the password" }),
  "PUT /api/v1/session/profile": ({ profileId }) => ({ profileId, password }),
  "DELETE /api/v1/session": undefined,
  "POST /api/v1/session/handover": () => ({ host: "thewatcher.by" }),
  "POST /api/v1/sign-up": () => ({ email: "a@example.org", password }),
  "POST /api/v1/sign-up/resend": () => ({ email: "a@example.org" }),
  "POST /api/v1/sign-up/verify": () => ({ token: "A".repeat(43), password }),
  "POST /api/v1/password/reset": () => ({ email: "a@example.org" }),
  "POST /api/v1/password/reset/confirm": () => ({ token: "A".repeat(43), password }),
  "PUT /api/v1/account": () => ({ language: "be" }),
  "PUT /api/v1/account/password": () => ({ currentPassword: "not the password", password }),
  "POST /api/v1/account/email": () => ({ email: "a@example.org", password }),
  "POST /api/v1/account/email/confirm": () => ({ token: "A".repeat(43) }),
  "DELETE /api/v1/devices": undefined,
  "DELETE /api/v1/devices/{deviceId}": undefined,
  "POST /api/v1/profiles": () => ({ name: "One more", ageMark: null }),
  "PUT /api/v1/profiles/{profileId}": () => ({ name: "Taken over", language: "be", ageMark: null, password }),
  "PUT /api/v1/profiles/{profileId}/pin": () => ({ pin: "1234", password }),
  "POST /api/v1/profiles/{profileId}/erase": () => ({ password }),
};

const targetOf = ({ path }: Operation, ids: Person["ids"]): string =>
  path.replaceAll(/\{(\w+)\}/g, (_, name: string) => ids[name] ?? PUBLIC[name] ?? `unknown-${name}`);
function requestOf(operation: Operation, ids: Person["ids"]): RequestInit {
  const body = bodies[nameOf(operation)]?.(ids);
  return { method: operation.method, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
}

/** All that the database holds of A, but for when a device was last seen. */
async function everythingOf(person: Person): Promise<string> {
  const profiles = await stores.database.kysely.selectFrom("profiles").selectAll().orderBy("profile_id").execute();
  const own = profiles.find((profile) => profile.profile_id === person.ids.profileId);
  const accountId = own?.account_id ?? "";
  const devices = await stores.database.kysely
    .selectFrom("devices")
    .select("device_id")
    .where("account_id", "=", accountId)
    .orderBy("device_id")
    .execute();
  const account = await stores.database.kysely
    .selectFrom("accounts")
    .selectAll()
    .where("account_id", "=", accountId)
    .execute();
  return JSON.stringify({ profiles: profiles.filter((profile) => profile.account_id === accountId), devices, account });
}

test("every id and every body of the document is known here", () => {
  const parameters = new Set(operations.flatMap(({ path }) => parametersOf(path)));
  expect([...parameters].sort()).toEqual([...PRIVATE, ...Object.keys(PUBLIC)].sort());
  const changing = operations.filter(({ method }) => method !== "GET").map(nameOf);
  expect(Object.keys(bodies).sort()).toEqual(changing.sort());
});

describe.each(operations.map((operation) => [nameOf(operation), operation] as const))("%s", (name, operation) => {
  const isPrivate = parametersOf(operation.path).some((parameter) => PRIVATE.includes(parameter));
  const isForPeople = operation.operation.security.some((way) => "session" in way);
  const isForAnybody = operation.operation.security.some((way) => Object.keys(way).length === 0);

  test("gives B nothing that is A's, and changes nothing of A's", async () => {
    const before = await everythingOf(a);
    const answer = await b.browser.fetch(targetOf(operation, a.ids), requestOf(operation, a.ids));
    const text = await answer.text();
    if (isPrivate) expect([403, 404], text).toContain(answer.status);
    expect(answer.status).toBeLessThan(500);
    // Where it reached a service, it did as B.
    if (text.startsWith('{"service"')) {
      expect((JSON.parse(text) as Arrived).identity).toMatchObject({ profileId: b.ids.profileId });
    } else {
      for (const id of Object.values(a.ids)) expect(text).not.toContain(id);
      if (name !== "POST /api/v1/account/email") expect(text).not.toContain("a@example.org");
    }
    expect(await everythingOf(a)).toBe(before);
    expect(await whoIs(a.browser)).toMatchObject({ profileId: a.ids.profileId });
  });

  test("says the same of A's ids as of nobody's", async () => {
    if (!isPrivate) return;
    const nobody = { profileId: "p-nobody", deviceId: "00000000-0000-7000-8000-000000000000" };
    const said = async (ids: Person["ids"]) => {
      const answer = await b.browser.fetch(targetOf(operation, ids), requestOf(operation, ids));
      return { status: answer.status, body: { ...((await answer.json()) as object), instance: "" } };
    };
    expect(await said(a.ids)).toEqual(await said(nobody));
  });

  test("lets nobody in with a session or a token that is forged, broken or of another time", async () => {
    if (isForAnybody || !isForPeople) return;
    const ended = await enter("b@example.org");
    const { cookie } = ended.browser;
    await ended.browser.fetch("/api/v1/session", { method: "DELETE" });
    const expired = await createServiceToken(
      { database: stores.database, clock: door.clock },
      { role: "service", label: "test", expiresAt: door.clock.now() - 1 },
    );
    const headers: Record<string, string>[] = [
      {},
      { cookie },
      { cookie: `thewatcher-dev-session=${"A".repeat(43)}` },
      { cookie: "thewatcher-dev-session=" },
      { authorization: `Bearer ${expired}` },
      { authorization: `Bearer tws_${"A".repeat(43)}` },
      { authorization: "Bearer eyJhbGciOiJub25lIn0.eyJyb2xlIjoic2VydmljZSJ9." },
      { authorization: "Basic YWRtaW46YWRtaW4=" },
    ];
    for (const header of headers) {
      const answer = await door.request(targetOf(operation, a.ids), {
        ...requestOf(operation, a.ids),
        headers: { ...header, origin: HOST },
      });
      expect(answer.status, JSON.stringify(header)).toBe(401);
    }
  });

  test("takes no address of any length", async () => {
    const answer = await b.browser.fetch(`${targetOf(operation, b.ids)}?q=${"x".repeat(10_000)}`, {
      method: operation.method,
    });
    expect(answer.status).toBe(414);
  });
});
