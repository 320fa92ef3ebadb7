import { silentLog } from "@thewatcher/kit/log";
import { UserError } from "@thewatcher/kit/user-error";
import { describe, expect, test } from "vitest";
import { bearsSecret, createAdmin, type OperationLine } from "./admin.ts";
import type { Cinema } from "./compose.ts";
import { OPERATION_NAMES, type OperationName } from "./operations.ts";

const SECRET = "the secret of this run";

/** Only what these operations ask of the cinema. */
const cinemaWith = (parts: Partial<Cinema>): Cinema => parts as Cinema;

function adminOf(
  parts: Partial<Cinema>,
  own: { secret?: string; operations?: readonly OperationName[]; stopping?: AbortSignal } = {},
) {
  return createAdmin({
    cinema: cinemaWith(parts),
    operations: own.operations ?? OPERATION_NAMES,
    mayOperate: (authorization) => bearsSecret(authorization, own.secret ?? SECRET),
    log: silentLog,
    stopping: own.stopping ?? new AbortController().signal,
  });
}

const post = (app: ReturnType<typeof adminOf>, name: string, body: string, authorization = `Bearer ${SECRET}`) =>
  app.request(`/operations/${name}`, { method: "POST", body, headers: { authorization } });

async function linesOf(response: Response): Promise<OperationLine[]> {
  return (await response.text())
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as OperationLine);
}

describe("the admin listener", () => {
  test.each(["", "Bearer ", "Bearer wrong", SECRET, `Bearer ${SECRET}x`])(
    "with %j for the secret: 401, and nothing runs",
    async (authorization) => {
      let ran = false;
      const app = adminOf({
        examine: async () => {
          ran = true;
          return [];
        },
      });
      const response = await post(app, "doctor", "{}", authorization);
      expect(response.status).toBe(401);
      expect(response.headers.get("content-type")).toBe("application/problem+json");
      expect(ran).toBe(false);
    },
  );

  test("before the secret is published nothing opens, an empty one neither", async () => {
    const app = adminOf({ examine: async () => [] }, { secret: "" });
    for (const authorization of ["Bearer ", "Bearer", ""]) {
      expect((await post(app, "doctor", "{}", authorization)).status).toBe(401);
    }
  });

  test.each(["nothing", "constructor", "__proto__", "toString"])("operation %s: 404", async (name) => {
    expect((await post(adminOf({}), name, "{}")).status).toBe(404);
  });

  test.each([
    ["not JSON", "{", 400],
    ["no object", "[]", 400],
    ["too large", `{"x":"${"x".repeat(70_000)}"}`, 413],
  ])("a body that is %s: %d", async (_, body, status) => {
    expect((await post(adminOf({}), "doctor", body)).status).toBe(status);
  });

  test("an answer comes as lines, the result last", async () => {
    const stores = [
      {
        name: "cache" as const,
        store: "cache",
        setting: "S",
        url: "lmdb:cache",
        reachable: true,
        detail: "LMDB",
        latencyMs: 1,
        advice: "",
      },
    ];
    const response = await post(adminOf({ examine: async () => stores }), "doctor", "{}");
    expect(response.headers.get("content-type")).toBe("application/x-ndjson");
    expect(await linesOf(response)).toEqual([{ kind: "result", answer: stores }]);
  });

  test("a person's mistake, ours, and a malformed request are told apart", async () => {
    const failing = (error: Error) => adminOf({ examine: () => Promise.reject(error) });
    expect(await linesOf(await post(failing(new UserError("give another")), "doctor", "{}"))).toEqual([
      { kind: "error", message: "give another", userError: true },
    ]);
    expect(await linesOf(await post(failing(new Error("broken")), "doctor", "{}"))).toEqual([
      { kind: "error", message: "broken", userError: false },
    ]);
    const [line] = await linesOf(await post(adminOf({}), "recommend", '{"profile":"p","count":0}'));
    expect(line).toMatchObject({ kind: "error", userError: true });
    expect(JSON.stringify(line)).toContain("count");
  });

  test("takes the operations it was given and no other; none: none", async () => {
    const parts = { examine: async () => [] };
    expect((await post(adminOf(parts, { operations: ["doctor"] }), "doctor", "{}")).status).toBe(200);
    expect((await post(adminOf(parts, { operations: ["train"] }), "doctor", "{}")).status).toBe(404);
    expect((await post(adminOf(parts, { operations: [] }), "doctor", "{}")).status).toBe(404);
  });

  test("a process that was asked to stop lives, and is ready no more, whatever its stores say", async () => {
    const stopping = new AbortController();
    const app = adminOf({ readiness: async () => ({ ready: true }) as never }, { stopping: stopping.signal });
    expect((await app.request("/readyz")).status).toBe(200);
    stopping.abort();
    const response = await app.request("/readyz");
    expect([response.status, await response.json()]).toEqual([503, { ready: false, reasons: ["stopping"] }]);
    expect((await app.request("/healthz")).status).toBe(200);
  });

  test("health without a secret; readiness is 503 while a store is away", async () => {
    const app = (ready: boolean) => adminOf({ readiness: async () => ({ ready, stores: [] }) as never });
    expect((await app(true).request("/healthz")).status).toBe(200);
    expect((await app(true).request("/readyz")).status).toBe(200);
    expect((await app(false).request("/readyz")).status).toBe(503);
    expect((await app(true).request("/elsewhere")).status).toBe(404);
  });
});
