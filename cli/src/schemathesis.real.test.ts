/**
 * Schemathesis before the whole cinema in one process: requests made out of the OpenAPI document, of what its schemas allow
 * and of what they forbid, as each kind of caller. Whatever is asked, the answer is no failure of ours (5xx).
 */
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServiceToken } from "@thewatcher/gateway/service-tokens";
import type { RunningServer } from "@thewatcher/kit/http";
import { runSchemathesis, schemathesisMissing } from "@thewatcher/testbed/schemathesis";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createDemoWorld, loadDemoWorld } from "./demo-world.ts";
import { listenOn } from "./listeners.ts";
import { type OpenedCinema, openCinema } from "./open-cinema.ts";
import { resolveSettings } from "./settings.ts";

const SEED = 11;
const PROFILES = 60;
/** Of each of the five: two minutes in all. The first answer and the last shrinking come on top, on a busy machine for long. */
const RUN_SECONDS = 24;
const RUN_MS_MAX = 150_000;
const TEST_MS_MAX = RUN_MS_MAX + 30_000;
/** A batch of one of 18 kinds of events: making one takes longer than asking anything else. */
const EVENTS = "--include-operation-id=sendEvents";
const BUT_EVENTS = "--exclude-operation-id=sendEvents";
const lacking = schemathesisMissing();

describe.skipIf(lacking !== undefined)(
  `every route of the document${lacking === undefined ? "" : `: ${lacking}`}`,
  () => {
    let folder: string;
    let opened: OpenedCinema;
    let server: RunningServer;

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), "thewatcher-schemathesis-"));
      const { values } = resolveSettings({ flags: { dataDir: join(folder, "data"), logLevel: "error" }, env: {} });
      opened = await openCinema(values, { report: () => undefined, worldWhenNew: "demo" });
      const { cinema } = opened;
      const world = createDemoWorld({ seed: SEED, worldNow: opened.folder.world?.madeAt ?? 0, profileCount: PROFILES });
      await loadDemoWorld(world, { stores: cinema.stores, clock: cinema.clock, report: () => undefined });
      await Promise.all([cinema.sink.caughtUp(), cinema.profileStates.caughtUp()]);
      await cinema.refresh();
      server = await listenOn(cinema.api("gateway"), "127.0.0.1", 0, "port");
    }, 240_000);
    afterAll(async () => {
      await server?.close(0);
      await opened?.close();
      await rm(folder, { recursive: true, force: true });
    }, 60_000);

    const tokenOf = (role: "service" | "editor") =>
      createServiceToken(
        { database: opened.cinema.stores.database, clock: opened.cinema.clock },
        { role, label: "schemathesis", expiresAt: null },
      );

    async function signedIn(): Promise<readonly string[]> {
      const { accounts } = (await (await fetch(`${server.url}/api/v1/demo/accounts`)).json()) as {
        accounts: readonly { accountId: string; profiles: readonly { profileId: string }[] }[];
      };
      const send = (method: string, path: string, body: object, headers: Record<string, string> = {}) =>
        fetch(`${server.url}${path}`, {
          method,
          body: JSON.stringify(body),
          headers: { ...headers, origin: server.url },
        });
      const headersOf = (answer: Response) => ({
        cookie: (answer.headers.getSetCookie()[0] ?? "").split(";")[0] ?? "",
        "x-csrf-token": answer.headers.get("x-csrf-token") ?? "",
      });
      const session = headersOf(await send("POST", "/api/v1/session", { accountId: accounts[0]?.accountId }));
      const profileId = accounts[0]?.profiles[0]?.profileId;
      const chosen = headersOf(await send("PUT", "/api/v1/session/profile", { profileId }, session));
      return Object.entries({ ...chosen, origin: server.url }).flatMap(([name, value]) => ["-H", `${name}: ${value}`]);
    }

    /** What it found, shortly; empty where every answer was one. */
    async function run(name: string, args: readonly string[]): Promise<{ failures: string; output: string }> {
      const cwd = join(folder, name);
      await mkdir(cwd, { recursive: true });
      const { exitCode, output } = await runSchemathesis(
        [
          "run",
          `${server.url}/api/openapi.json`,
          "--checks=not_a_server_error",
          "--phases=coverage,fuzzing",
          "--generation-database=none",
          "--suppress-health-check=all",
          "--request-timeout=10",
          "--max-examples=10",
          `--max-time=${RUN_SECONDS}`,
          `--seed=${SEED}`,
          "--warnings=off",
          "--continue-on-failure",
          ...args,
        ],
        { cwd, msMax: RUN_MS_MAX },
      );
      return { failures: exitCode === 0 ? "" : output.slice(-8_000), output };
    }
    const generatedIn = (output: string): number => Number(/(\d+) generated/.exec(output)?.[1] ?? 0);

    test.each([
      ["as a machine", BUT_EVENTS],
      ["as a machine that sends events", EVENTS],
    ])(
      "%s",
      async (_, choice) => {
        const authorization = `authorization: Bearer ${await tokenOf("service")}`;
        const { failures, output } = await run(`service${choice.length}`, ["-H", authorization, choice]);
        expect(failures).toBe("");
        expect(generatedIn(output), output).toBeGreaterThan(0);
      },
      TEST_MS_MAX,
    );

    test(
      "as an editor, on the editor's routes",
      async () => {
        const authorization = `authorization: Bearer ${await tokenOf("editor")}`;
        const { failures, output } = await run("editor", ["-H", authorization, "--include-path-regex=/editor/"]);
        expect(failures).toBe("");
        expect(generatedIn(output), output).toBeGreaterThan(0);
      },
      TEST_MS_MAX,
    );

    test(
      "as a viewer, but for what ends or replaces the session",
      async () => {
        const ending = ["signIn", "signOut", "signOutEverywhere", "chooseProfile", "redeemTicket"];
        const { failures, output } = await run("viewer", [
          BUT_EVENTS,
          ...(await signedIn()),
          ...ending.map((name) => `--exclude-operation-id=${name}`),
        ]);
        expect(failures).toBe("");
        expect(generatedIn(output), output).toBeGreaterThan(0);
      },
      TEST_MS_MAX,
    );

    test(
      "as nobody",
      async () => {
        const { failures, output } = await run("nobody", [BUT_EVENTS]);
        expect(failures).toBe("");
        expect(generatedIn(output), output).toBeGreaterThan(0);
      },
      TEST_MS_MAX,
    );
  },
);
