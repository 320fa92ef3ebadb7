import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { systemClock } from "@thewatcher/kit/clock";
import { createRng } from "@thewatcher/kit/rng";
import { sql } from "kysely";
import { afterAll, describe, expect, test } from "vitest";
import { databaseContract } from "./contract.ts";
import { openEmbeddedPostgres } from "./embedded-postgres.ts";

const folders: string[] = [];
const makeFolder = async () => {
  const folder = await mkdtemp(join(tmpdir(), "thewatcher-database-"));
  folders.push(folder);
  return folder;
};
afterAll(async () => {
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
});
const open = async (path: string) => openEmbeddedPostgres({ path, clock: systemClock });
const postmasterOf = async (path: string) =>
  Number((await readFile(join(path, "data", "postmaster.pid"), "utf8")).split("\n")[0]);
/** Not gone, and not a zombie that a container's first process hasn't collected. */
const isAlive = async (pid: number) => {
  try {
    process.kill(pid, 0);
    const text = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => ") R");
    return !/^\) [ZX]/.test(text.slice(text.lastIndexOf(")")));
  } catch {
    return false;
  }
};

databaseContract("embedded PostgreSQL", async () => open(await makeFolder()));

describe("the embedded server", () => {
  test("the folder and its password are its owner's alone", async () => {
    const path = join(await makeFolder(), "new", "database");
    const database = await open(path);
    await database.close();
    expect((await stat(path)).mode & 0o077).toBe(0);
    expect((await stat(join(path, "password"))).mode & 0o077).toBe(0);
  });

  test("a folder in use is refused by the number of its process; closing stops the server", async () => {
    const path = await makeFolder();
    const database = await open(path);
    const pid = await postmasterOf(path);
    await expect(open(path)).rejects.toThrow(`in use by process ${process.pid}`);
    await database.close();
    expect(await isAlive(pid)).toBe(false);
    const again = await open(path);
    await again.close();
  });

  test("a server that is killed is started again: a query under way fails, later ones find every acknowledged row", async () => {
    const path = await makeFolder();
    const database = await open(path);
    await database.migrate();
    const write = (event_id: string) =>
      database.kysely.insertInto("outbox").values({ event_id, topic: "stated", key: "p", value: "{}" }).execute();
    for (let round = 0; round < 2; round++) {
      await write(`round-${round}`);
      const killed = await postmasterOf(path);
      const underWay = [sql`select pg_sleep(30)`.execute(database.kysely), sql`select 1`.execute(database.kysely)];
      await Promise.all([
        expect(underWay[0]).rejects.toThrow(),
        underWay[1]?.then(() => process.kill(killed, "SIGKILL")),
      ]);
      const answer = async () => {
        try {
          return await database.describe();
        } catch {
          return "";
        }
      };
      // It may name the killed one for a moment, until its end is noticed.
      const isBack = (text: string) => text.includes("embedded, process") && !text.includes(String(killed));
      while (!isBack(await answer())) await systemClock.sleep(20);
      expect(await postmasterOf(path)).not.toBe(killed);
    }
    const rows = await database.kysely.selectFrom("outbox").select("event_id").orderBy("sequence").execute();
    expect(rows.map(({ event_id }) => event_id)).toEqual(["round-0", "round-1"]);
    const last = await postmasterOf(path);
    await database.close();
    expect(await isAlive(last)).toBe(false);
  });

  test("kill -9 of the program at any moment leaves no orphan, and every acknowledged row; the next start is clean", async () => {
    const path = await makeFolder();
    const rng = createRng(5);
    let acknowledged = 0;
    for (let round = 0; round < 4; round++) {
      const program = spawn(
        process.execPath,
        [
          "--import",
          "tsx",
          "--conditions=@thewatcher/source",
          fileURLToPath(new URL("./testing/write-until-killed.ts", import.meta.url)),
          path,
          String(acknowledged),
        ],
        { cwd: fileURLToPath(new URL(".", import.meta.url)), stdio: ["ignore", "pipe", "inherit"] },
      );
      const killAt = acknowledged + 1 + rng.int(300);
      program.stdout.setEncoding("utf8").on("data", (text: string) => {
        acknowledged = Number(text.trim().split("\n").at(-1));
        if (acknowledged >= killAt) program.kill("SIGKILL");
      });
      const orphan = once(program.stdout, "data").then(() => postmasterOf(path));
      await once(program, "exit");
      const database = await open(path);
      expect(await isAlive(await orphan)).toBe(false);
      await database.migrate();
      const rows = await database.kysely.selectFrom("outbox").select("event_id").orderBy("sequence").execute();
      expect(rows.length).toBeGreaterThanOrEqual(acknowledged);
      expect(rows.map(({ event_id }) => event_id)).toEqual(rows.map((_, index) => `event-${index}`));
      acknowledged = rows.length;
      await database.close();
    }
  }, 120_000);
});
