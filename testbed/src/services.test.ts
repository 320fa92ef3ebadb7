import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "@thewatcher/kit/clock";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { httpStatus } from "./probes.ts";
import { identify } from "./processes.ts";
import { SERVER_NAMES, SERVERS, type ServerKind, type ServerName } from "./servers.ts";
import { createServices, type Service, settingsOf } from "./services.ts";
import { startEcho } from "./testing/echo.ts";

let folder: string;
/** Reasons why a server is not installed; installing takes them away, unless it fails. */
let reasons: Partial<Record<ServerName, string>>;

const httpAnswers = async (port: number) => (await httpStatus(`http://127.0.0.1:${port}/`)) === 200;

/** The table with small servers of our own; redis can't start, minio can't be installed. */
function kinds(): Record<ServerName, ServerKind> {
  const entries = Object.entries(SERVERS).map(([name, kind]): [ServerName, ServerKind] => [
    name as ServerName,
    {
      ...kind,
      missing: () => reasons[name as ServerName],
      async install() {
        if (name === "minio") throw new Error("needs Go");
        delete reasons[name as ServerName];
      },
      start: (options) => startEcho({ ...options, fails: name === "redis" }),
      answers: httpAnswers,
    },
  ]);
  return Object.fromEntries(entries) as Record<ServerName, ServerKind>;
}

const open = () =>
  createServices({
    folder,
    context: { cacheFolder: join(folder, "cache"), say: () => {} },
    clock: systemClock,
    kinds: kinds(),
  });
const kindsOf = (services: readonly Service[]) =>
  Object.fromEntries(services.map(({ name, state }) => [name, state.kind]));
const pidOf = (services: readonly Service[], name: ServerName) => {
  const state = services.find((service) => service.name === name)?.state;
  return state && "pid" in state ? state.pid : undefined;
};

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "testbed-services-"));
  reasons = {};
});

afterEach(async () => {
  await open().down();
  await rm(folder, { recursive: true, force: true });
});

describe("services", () => {
  test("up twice is harmless: the same processes at the same addresses; down twice as well", async () => {
    const first = await open().up(["kafka"]);
    const again = await open().up(["kafka"]);
    expect([kindsOf(first), kindsOf(again)]).toEqual([{ kafka: "started" }, { kafka: "ready" }]);
    const pid = pidOf(first, "kafka");
    expect(pidOf(again, "kafka")).toBe(pid);
    expect(settingsOf(again)).toEqual(settingsOf(first));
    for (let time = 0; time < 2; time++) {
      expect(kindsOf(await open().down(["kafka"]))).toEqual({ kafka: "stopped" });
      expect(identify(pid ?? 0)).toBeUndefined();
    }
  });

  test("up after down comes back at the same address", async () => {
    const first = settingsOf(await open().up(["kafka"]));
    await open().down(["kafka"]);
    expect(settingsOf(await open().up(["kafka"]))).toEqual(first);
  });

  test("one that fails, and one that can't be had, leave the others alone and say why", async () => {
    reasons = { minio: "not installed", tarantool: "not installed" };
    const services = await open().up(["redis", "minio", "tarantool"]);
    expect(kindsOf(services)).toEqual({ redis: "failed", tarantool: "started", minio: "failed" });
    const said = Object.fromEntries(services.map(({ name, state }) => [name, "reason" in state ? state.reason : ""]));
    expect(said.redis).toContain("no licence for today");
    expect(said.minio).toBe("needs Go");
  });

  test("what stands in front of another brings it up, and has its address", async () => {
    const services = await open().up(["pgbouncer"]);
    expect(kindsOf(services)).toEqual({ postgres: "started", pgbouncer: "started" });
    expect(settingsOf(services).map(({ name, isRemark }) => [name, isRemark])).toEqual([
      ["postgres", true],
      ["pgbouncer", false],
    ]);
  });

  test("status tells what answers from what runs and does not, what is stopped, and what is missing and why", async () => {
    reasons = { minio: "not installed" };
    const pid = pidOf(await open().up(["kafka", "tarantool"]), "kafka") ?? 0;
    process.kill(pid, "SIGSTOP");
    const services = await open().status(["kafka", "tarantool", "redis", "minio"]);
    expect(kindsOf(services)).toEqual({ redis: "stopped", tarantool: "ready", kafka: "not-ready", minio: "missing" });
    expect(services.at(-1)?.state).toEqual({ kind: "missing", reason: "not installed" });
    // One that hangs is not started beside itself; down ends it.
    expect(kindsOf(await open().up(["kafka"]))).toEqual({ kafka: "failed" });
    await open().down(["kafka"]);
    expect(identify(pid)).toBeUndefined();
  });

  test("one that was killed behind our back is stopped, and up starts it again", async () => {
    const pid = pidOf(await open().up(["kafka"]), "kafka") ?? 0;
    process.kill(pid, "SIGKILL");
    while (identify(pid)) await systemClock.sleep(5);
    expect(kindsOf(await open().status(["kafka"]))).toEqual({ kafka: "stopped" });
    expect(kindsOf(await open().up(["kafka"]))).toEqual({ kafka: "started" });
  });

  test("two ups at once start one process of each", async () => {
    const [first, second] = await Promise.all([open().up(["kafka"]), open().up(["kafka"])]);
    expect([first, second].map((services) => services[0]?.state.kind).sort()).toEqual(["ready", "started"]);
    expect(pidOf(second, "kafka")).toBe(pidOf(first, "kafka"));
  });

  test("install says of each whether it is there", async () => {
    reasons = { minio: "not installed", tarantool: "not installed" };
    expect(kindsOf(await open().install(["redis", "minio", "tarantool"]))).toEqual({
      redis: "installed",
      tarantool: "installed",
      minio: "failed",
    });
  });
});

test("every server has a place in the order, and an upstream stands before what needs it", () => {
  const order = Object.keys(SERVERS) as ServerName[];
  expect([...order].sort()).toEqual([...SERVER_NAMES]);
  for (const name of order) {
    const { upstream } = SERVERS[name];
    if (upstream !== undefined) expect(order.indexOf(upstream)).toBeLessThan(order.indexOf(name));
  }
});
