import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { systemClock } from "@thewatcher/kit/clock";
import { createRng } from "@thewatcher/kit/rng";
import { afterAll, describe, expect, test } from "vitest";
import { openChdbWarehouse } from "./chdb.ts";
import { openClickhouseWarehouse } from "./clickhouse.ts";
import { randomEvents, recordOf, warehouseContract } from "./contract.ts";
import { warehouseMigrations } from "./migrations/all.ts";
import type { Warehouse } from "./port.ts";

const folders: string[] = [];
const makeFolder = async () => {
  const folder = await mkdtemp(join(tmpdir(), "thewatcher-warehouse-"));
  folders.push(folder);
  return folder;
};
afterAll(async () => {
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
});
const open = async (path: string): Promise<Warehouse> => openChdbWarehouse({ path, clock: systemClock });
const childOf = async (path: string): Promise<number> =>
  (JSON.parse(await readFile(join(path, "child.json"), "utf8")) as { pid: number }).pid;
const countEvents = async (warehouse: Warehouse) =>
  (await warehouse.query<{ n: number }>("SELECT toUInt32(count()) AS n FROM events FINAL"))[0]?.n;
/** Not gone, and not a zombie that a container's first process hasn't collected. */
const isAlive = async (pid: number) => {
  try {
    process.kill(pid, 0);
    const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => ") R");
    return !/^\) [ZX]/.test(stat.slice(stat.lastIndexOf(")")));
  } catch {
    return false;
  }
};
async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await systemClock.sleep(10);
}

warehouseContract("chdb", async () => open(await makeFolder()));

describe("the embedded warehouse's process", () => {
  test("rows are there after closing and opening again", async () => {
    const path = await makeFolder();
    const first = await open(path);
    await first.migrate();
    await first.insertEvents({
      topic: "behaviour",
      partition: 0,
      records: randomEvents(createRng(1), 100).map(recordOf),
    });
    await first.close();
    const second = await open(path);
    expect(await second.migrate()).toEqual([]);
    expect(await countEvents(second)).toBe(100);
    await second.close();
  });

  test("a child that is killed is started again, with every acknowledged row", async () => {
    const path = await makeFolder();
    const warehouse = await open(path);
    await warehouse.migrate();
    await warehouse.insertEvents({
      topic: "behaviour",
      partition: 0,
      records: randomEvents(createRng(2), 100).map(recordOf),
    });
    const pid = await childOf(path);
    process.kill(pid, "SIGKILL");
    await until(async () => !(await isAlive(pid)));
    await until(async () => (await childOf(path)) !== pid);
    expect(await countEvents(warehouse)).toBe(100);
    await warehouse.close();
  });

  test("a child that dies again and again is left alone for a while, then started again by the next call", async () => {
    const path = await makeFolder();
    let laterMs = 0;
    const clock = { ...systemClock, monotonicMs: () => systemClock.monotonicMs() + laterMs };
    const warehouse = await openChdbWarehouse({ path, clock });
    const answers = () =>
      warehouse.query<{ n: number }>("SELECT toInt32(1) AS n").then(
        (rows) => rows[0]?.n,
        (error: Error) => error.message,
      );
    for (let kills = 0; kills < 6; kills++) {
      const pid = await childOf(path);
      process.kill(pid, "SIGKILL");
      await until(async () => !(await isAlive(pid)));
      if (kills < 5) await until(async () => (await childOf(path)) !== pid && (await answers()) === 1);
    }
    await until(async () => /ended 6 times within 60 s/.test(String(await answers())));
    laterMs = 61_000;
    expect(await answers()).toBe(1);
    await warehouse.close();
  }, 60_000);

  test("a folder in use by another process that lives is refused by its number", async () => {
    const path = await makeFolder();
    const warehouse = await open(path);
    await expect(open(path)).rejects.toThrow(`in use by process ${process.pid}`);
    await warehouse.close();
  });

  test("no one without the password is answered", async () => {
    const path = await makeFolder();
    const warehouse = await open(path);
    const pid = await childOf(path);
    // The port, as any user of the machine could find it.
    const inodes = await readFile(`/proc/${pid}/net/tcp`, "utf8").catch(() => "");
    const ports = [...inodes.matchAll(/0100007F:([0-9A-F]{4}) 00000000:0000 0A/g)].map(([, hex]) =>
      Number.parseInt(hex as string, 16),
    );
    let asked = 0;
    for (const port of ports) {
      const answer = await fetch(`http://127.0.0.1:${port}/?query=SELECT+1`).catch(() => undefined);
      if (answer?.headers.get("x-clickhouse-exception-code") !== "516") continue;
      asked++;
      expect(answer.status).toBe(403);
      await expect(
        openClickhouseWarehouse({ url: `http://thewatcher:wrong@127.0.0.1:${port}`, clock: systemClock }),
      ).rejects.toThrow("Authentication failed");
    }
    if (process.platform === "linux") expect(asked).toBeGreaterThan(0);
    await warehouse.close();
  });

  test("kill -9 of the program at any moment leaves no orphan, and every acknowledged row", async () => {
    const path = await makeFolder();
    const rng = createRng(3);
    let acknowledged = 0;
    for (let round = 0; round < 4; round++) {
      const program = spawn(
        process.execPath,
        [
          "--import",
          "tsx",
          "--conditions=@thewatcher/source",
          fileURLToPath(new URL("./testing/insert-until-killed.ts", import.meta.url)),
          path,
          String(acknowledged),
        ],
        { cwd: fileURLToPath(new URL(".", import.meta.url)), stdio: ["ignore", "pipe", "inherit"] },
      );
      const killAfter = 1 + rng.int(6);
      let lines = 0;
      program.stdout.setEncoding("utf8").on("data", (text: string) => {
        for (const line of text.trim().split("\n")) {
          acknowledged = Number(line);
          if (++lines === killAfter) program.kill("SIGKILL");
        }
      });
      await once(program, "exit");
      const orphan = await childOf(path);
      const began = systemClock.monotonicMs();
      const warehouse = await open(path);
      expect(systemClock.monotonicMs() - began).toBeLessThan(60_000);
      expect(await isAlive(orphan)).toBe(false);
      await warehouse.migrate();
      const rows = await warehouse.query<{ n: number; isDense: number; next: number }>(
        `SELECT toUInt32(countIf(offset < ${acknowledged})) AS n, toInt32(uniqExact(offset)) = toInt32(max(offset) + 1) AS isDense, toUInt32(max(offset) + 1) AS next FROM events FINAL`,
      );
      expect(rows[0]).toMatchObject({ n: acknowledged, isDense: 1 });
      acknowledged = rows[0]?.next ?? 0;
      await warehouse.close();
    }
  }, 300_000);
});

describe("warehouse migrations", () => {
  test("a schema newer than the program, and a migration with another text, are refused by name", async () => {
    const path = await makeFolder();
    const warehouse = await open(path);
    await warehouse.migrate();
    await warehouse.command("INSERT INTO schema_migrations SELECT '0099-later', 'x', now64(3)");
    await expect(warehouse.migrate()).rejects.toThrow(/schema is newer than this program .*0099-later/);
    await warehouse.command("TRUNCATE TABLE schema_migrations");
    await warehouse.command("INSERT INTO schema_migrations SELECT '0001-events-and-interactions', 'x', now64(3)");
    await expect(warehouse.migrate()).rejects.toThrow(/0001-events-and-interactions was applied with another text/);
    // As after a crash in its middle: recorded nowhere, partly there.
    await warehouse.command("TRUNCATE TABLE schema_migrations");
    expect(await warehouse.migrate()).toEqual(warehouseMigrations.map(({ name }) => name));
    await warehouse.close();
  });
});

test("a folder whose engine is still held by a dying process is opened when that is gone", async () => {
  const path = await makeFolder();
  await mkdir(join(path, "engine"));
  const holder = spawn(
    process.execPath,
    [
      "--input-type=module",
      "-e",
      `import { Session } from "chdb";
const session = new Session(process.argv[1]);
await session.queryAsync("SELECT 1");
console.log("held");
setInterval(() => {}, 1000);`,
      join(path, "engine"),
    ],
    { cwd: fileURLToPath(new URL(".", import.meta.url)), stdio: ["ignore", "pipe", "inherit"] },
  );
  await once(holder.stdout, "data");
  const refusals: string[] = [];
  const opening = openChdbWarehouse({
    path,
    clock: {
      ...systemClock,
      // Each refusal by the lock is followed by a pause: the holder goes in the second.
      sleep: async (durationMs) => {
        if (refusals.push("locked") === 2) holder.kill("SIGKILL");
        await systemClock.sleep(durationMs);
      },
    },
  });
  const warehouse = await opening;
  expect(refusals.length).toBeGreaterThanOrEqual(2);
  expect(await warehouse.query("SELECT 1 AS one")).toEqual([{ one: 1 }]);
  await warehouse.close();
});
