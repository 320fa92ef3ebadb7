import { Role } from "@thewatcher/contracts/identity";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { grantRole } from "./identity/grant.ts";
import { type Caller, routes } from "./routes.ts";
import { createServiceToken, type MachineRole } from "./service-tokens.ts";
import {
  type Arrived,
  type Browser,
  type Door,
  json,
  openBrowser,
  openDoor,
  openTestStores,
  register,
  signIn,
  type TestStores,
  whoIs,
} from "./testing.ts";

let stores: TestStores;
let door: Door;
const tokens = new Map<MachineRole, string>();

beforeAll(async () => {
  stores = await openTestStores();
  door = await openDoor(stores);
  for (const role of Role.exclude(["viewer"]).options) {
    const token = await createServiceToken(
      { database: stores.database, clock: door.clock },
      { role, label: "test", expiresAt: null },
    );
    tokens.set(role, token);
  }
});
afterAll(async () => {
  await door.close();
  await stores.dispose();
});

const path = (pattern: string) =>
  pattern
    .replace(":profileId", "a-1")
    .replace(":titleId", "t1")
    .replace(":slug", "not-found")
    .replace(":deviceId", "d-1");

async function ask(caller: Caller, method: string, target: string): Promise<number> {
  const body = method === "GET" ? {} : { body: "{}" };
  if (caller === "anonymous") return (await openBrowser(door).fetch(target, { method, ...body })).status;
  // A session of its own each time: some of the routes end it.
  if (caller === "viewer")
    return (await (await signIn(door, "demo-a", "a-1")).fetch(target, { method, ...body })).status;
  const headers = { authorization: `Bearer ${tokens.get(caller)}` };
  return (await door.request(target, { method, headers, ...body })).status;
}

describe.each(routes)("$method $path", (route) => {
  test.each(["anonymous", ...Role.options] as const)(
    "lets in whom the table names, and nobody else: %s",
    async (caller) => {
      const status = await ask(caller, route.method, path(route.path));
      const allowed: readonly Caller[] = route.callers;
      if (!allowed.includes(caller)) expect(status).toBe(caller === "anonymous" ? 401 : 403);
      // What is let in may still be told that its empty body or its missing ticket is no good.
      else if (route.to === "gateway") expect([200, 303, 400, 403]).toContain(status);
      else expect(status).toBe(200);
    },
  );
});

describe("a person who works here", () => {
  const people = Role.exclude(["viewer", "service"]).options;

  const password = "a long enough password";

  /** Signed in, with a profile chosen. */
  async function enter(role: (typeof people)[number], browser: Browser): Promise<string> {
    const email = `${role}@example.org`;
    await door.clock.advance(5 * 60_000);
    const answer = await browser.fetch("/api/v1/session", json({ email, password }));
    const view = answer.ok ? await whoIs(browser) : undefined;
    const profileId = view?.account.profiles[0]?.profileId ?? "";
    await browser.fetch("/api/v1/session/profile", json({ profileId }, "PUT"));
    return profileId;
  }
  async function hire(role: (typeof people)[number]): Promise<{ browser: Browser; profileId: string }> {
    const browser = await register(door, `${role}@example.org`, password);
    const grant = { email: `${role}@example.org`, role };
    expect(await grantRole({ database: stores.database, cache: door.cache, clock: door.clock }, grant)).toBe(true);
    return { browser, profileId: await enter(role, browser) };
  }

  test.each(people)(
    "gets in where viewers do and where the table names the role, and nowhere else: %s",
    async (role) => {
      const { browser, profileId } = await hire(role);
      for (const route of routes) {
        const body = route.method === "GET" ? {} : { body: "{}" };
        const target = path(route.path).replace("a-1", profileId);
        const { status } = await browser.fetch(target, { method: route.method, ...body });
        const callers: readonly Caller[] = route.callers;
        const mayEnter = callers.includes("viewer") || callers.includes(role);
        const expected = !mayEnter ? [403] : route.to === "gateway" ? [200, 303, 400, 403, 404] : [200];
        expect(expected, `${role} ${route.method} ${route.path}`).toContain(status);
        // Some of the routes end the session.
        if (!(await whoIs(browser))) await enter(role, browser);
      }
    },
  );

  test("is named to services by the role only on routes of that role", async () => {
    const editor = await register(door, "second@example.org", password);
    await grantRole(
      { database: stores.database, cache: door.cache, clock: door.clock },
      { email: "second@example.org", role: "editor" },
    );
    await door.clock.advance(60_000);
    const roleOn = async (target: string) => ((await (await editor.fetch(target)).json()) as Arrived).identity.role;
    expect(await roleOn("/api/v1/titles/t1")).toBe("viewer");
    expect(await roleOn("/api/v1/editor/titles/t1")).toBe("editor");
  });
});

test("what is not in the table is not there, for anybody", async () => {
  const forms = [
    "/",
    "/api",
    "/api/v1",
    "/api/v1/home/",
    "/api/v1/Home",
    "/internal/catalogue",
    "/internal/stated",
    "/openapi.json",
    "/metrics",
    "/api/v1/profiles/a-1/",
    "/api/v1/profiles//home",
    "/api/v1/profiles/a-1/home/x",
  ];
  for (const target of forms) {
    for (const caller of ["anonymous", "viewer", "service", "operator"] as const) {
      expect(await ask(caller, "GET", target), `${caller} ${target}`).toBe(404);
    }
  }
});

test("another method on a path of the table is refused with those that it takes", async () => {
  for (const target of new Set(routes.map((route) => route.path))) {
    const taken = routes.filter((route) => route.path === target).map((route) => route.method);
    for (const method of ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"]) {
      if ((taken as string[]).includes(method)) continue;
      const answer = await door.request(path(target), { method });
      expect(answer.status, `${method} ${target}`).toBe(405);
      expect(answer.headers.get("allow")).toBe(taken.join(", "));
    }
  }
});
