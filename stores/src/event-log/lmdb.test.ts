import { execFile, spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { createSimulatedClock, systemClock } from "@thewatcher/kit/clock";
import { createRng } from "@thewatcher/kit/rng";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { eventLogContract } from "./contract.ts";
import { openLmdbEventLog } from "./lmdb.ts";
import type { RecordBatch } from "./port.ts";

let path: string;
beforeEach(async () => {
  path = await mkdtemp(join(tmpdir(), "event-log-"));
});
afterEach(async () => {
  await rm(path, { recursive: true, force: true });
});

describe("event log on LMDB", () => {
  eventLogContract({
    isShared: false,
    async open() {
      let port = await openLmdbEventLog({ path, clock: systemClock });
      return {
        port,
        async reopen() {
          await port.close();
          port = await openLmdbEventLog({ path, clock: systemClock });
          return port;
        },
        dispose: () => port.close(),
      };
    },
  });

  test.fails("known difference: a second port on the folder sees what the first appended (one process owns the folder, and keeps its offsets in memory)", async () => {
    await using first = await openLmdbEventLog({ path, clock: systemClock });
    await using second = await openLmdbEventLog({ path, clock: systemClock });
    await first.ensureTopic({ name: "t", partitionCount: 1 });
    await first.append("t", [{ key: "k", value: "1" }]);
    expect(await second.bounds("t")).toEqual([{ partition: 0, firstOffset: 0, nextOffset: 1 }]);
  });

  test("forgets what was appended longer ago than a topic's retention, and nothing younger, across restarts", async () => {
    const HOUR_MS = 3_600_000;
    const retentionMs = 48 * HOUR_MS;
    const clock = createSimulatedClock(1_700_000_000_000);
    const begin = clock.now();
    const appendedAt: number[] = [];
    let log = await openLmdbEventLog({ path, clock });
    for (let hour = 0; hour < 120; hour++) {
      if (hour % 50 === 0) {
        await log.close();
        log = await openLmdbEventLog({ path, clock });
        await log.ensureTopic({ name: "forgetful", partitionCount: 1, retentionMs });
        await log.ensureTopic({ name: "lasting", partitionCount: 1 });
      }
      for (const topic of ["forgetful", "lasting"]) {
        await log.append(topic, [
          { key: "k", value: `${hour}` },
          { key: "k", value: "again" },
        ]);
      }
      appendedAt.push(clock.now(), clock.now());
      const [bounds] = await log.bounds("forgetful");
      expect(bounds?.nextOffset).toBe(2 * hour + 2);
      // Marks are an hour apart: what goes is older than the retention, and what stays is not much older.
      if (bounds!.firstOffset > 0)
        expect(clock.now() - appendedAt[bounds!.firstOffset - 1]!).toBeGreaterThan(retentionMs);
      expect(clock.now() - appendedAt[bounds!.firstOffset]!).toBeLessThanOrEqual(retentionMs + 2 * HOUR_MS);
      await clock.advance(HOUR_MS);
    }
    expect(clock.now() - begin).toBe(120 * HOUR_MS);
    expect(await log.bounds("lasting")).toEqual([{ partition: 0, firstOffset: 0, nextOffset: 240 }]);
    const [{ firstOffset } = { firstOffset: 0 }] = await log.bounds("forgetful");
    const read = (fromOffset: number) =>
      log.read({ topic: "forgetful", partition: 0, fromOffset, recordsMax: 1_000, bytesMax: 1 << 20 });
    // Reading begins at what is kept, and goes on to the end without a gap.
    expect((await read(0)).map(({ offset }) => offset)).toEqual(
      Array.from({ length: 240 - firstOffset }, (_, place) => firstOffset + place),
    );
    await log.close();
    log = await openLmdbEventLog({ path, clock });
    expect(await log.bounds("forgetful")).toEqual([{ partition: 0, firstOffset, nextOffset: 240 }]);
    await log.close();
  });

  const turns = async (count = 20) => {
    for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve));
  };

  test("the pause before a failed batch comes again doubles from 100 ms to 5 s, and starts anew after a success", async () => {
    const clock = createSimulatedClock(1_700_000_000_000);
    await using log = await openLmdbEventLog({ path, clock });
    await log.ensureTopic({ name: "t", partitionCount: 1 });
    const attempts: number[] = [];
    let failing = true;
    await log.subscribe({
      group: "g",
      topic: "t",
      recordsMax: 10,
      bytesMax: 1e6,
      lingerMs: 0,
      async handle() {
        attempts.push(clock.monotonicMs());
        if (failing) throw new Error("away");
      },
    });
    await log.append("t", [{ key: "k", value: "1" }]);
    for (let i = 0; i < 8; i++) {
      await turns();
      expect(attempts).toHaveLength(i + 1);
      await clock.advance([100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000][i]! - 1);
      await turns();
      expect(attempts).toHaveLength(i + 1);
      if (i === 7) failing = false;
      await clock.advance(1);
    }
    await turns(200);
    expect(attempts).toHaveLength(9);
    failing = true;
    await log.append("t", [{ key: "k", value: "2" }]);
    await turns();
    await clock.advance(100);
    await turns();
    expect(attempts).toHaveLength(11);
  });

  test("a batch lingers for company until its time is over or it is full by count or by bytes", async () => {
    const clock = createSimulatedClock(1_700_000_000_000);
    await using log = await openLmdbEventLog({ path, clock });
    await log.ensureTopic({ name: "t", partitionCount: 1 });
    const batches: RecordBatch[] = [];
    await log.subscribe({
      group: "g",
      topic: "t",
      recordsMax: 3,
      bytesMax: 1_000,
      lingerMs: 500,
      async handle(batch) {
        batches.push(batch);
      },
    });
    const sizes = () => batches.map((b) => b.records.length);
    const append = (bytes: number) => log.append("t", [{ key: "k", value: "x".repeat(bytes) }]);
    await append(1);
    await turns();
    await clock.advance(499);
    await append(1);
    await turns();
    expect(sizes()).toEqual([]);
    await clock.advance(1);
    await turns(200);
    expect(sizes()).toEqual([2]);
    for (let i = 0; i < 3; i++) await append(1);
    await turns(200);
    expect(sizes()).toEqual([2, 3]);
    await append(600);
    await turns();
    expect(sizes()).toEqual([2, 3]);
    await append(600);
    await turns(200);
    expect(sizes()).toEqual([2, 3, 1]);
  });

  test("a subscriber is called without any passing of time once records are durable", async () => {
    const clock = createSimulatedClock(1_700_000_000_000);
    await using log = await openLmdbEventLog({ path, clock });
    await log.ensureTopic({ name: "t", partitionCount: 2 });
    const seen: number[] = [];
    const subscription = await log.subscribe({
      group: "g",
      topic: "t",
      recordsMax: 10,
      bytesMax: 1e6,
      lingerMs: 0,
      async handle(batch) {
        seen.push(...batch.records.map((r) => r.offset));
      },
    });
    await turns();
    await log.append("t", [{ key: "k", value: "1" }]);
    await subscription.caughtUp();
    expect(seen).toEqual([0]);
    expect(clock.now()).toBe(1_700_000_000_000);
  });

  test("a full disk refuses the append in words; what was acknowledged stays, and the log goes on once there is room", async () => {
    const child = fileURLToPath(new URL("./lmdb.full-disk-child.ts", import.meta.url));
    // The shell's limit on the size of a file stands for the disk: 4,000 blocks are 2 to 4 MB.
    const command = 'ulimit -f 4000; exec "$0" --import tsx --conditions=@thewatcher/source "$@"';
    const { stdout } = await promisify(execFile)("sh", ["-c", command, process.execPath, child, path]);
    const { acknowledged, refusal } = JSON.parse(stdout.trim().split("\n").at(-1)!);
    expect(refusal).toMatch(/^event log in .*: nothing of this write was kept: /);
    await using log = await openLmdbEventLog({ path, clock: systemClock });
    const nextOffset = (await log.bounds("full"))[0]!.nextOffset;
    expect(acknowledged).toEqual(Array.from({ length: nextOffset }, (_, offset) => offset));
    const read = await log.read({ topic: "full", partition: 0, fromOffset: 0, recordsMax: 1e6, bytesMax: 1e9 });
    expect(read).toHaveLength(nextOffset);
    expect(await log.append("full", [{ key: "k", value: "more" }])).toEqual([{ partition: 0, offset: nextOffset }]);
  });

  test("a block whose bytes changed on the disk is refused with its place, and never handed out", async () => {
    const log = await openLmdbEventLog({ path, clock: systemClock });
    await log.ensureTopic({ name: "t", partitionCount: 1 });
    await log.append("t", [{ key: "k", value: "needle-in-the-log".repeat(500) }]);
    await log.close();
    const file = join(path, "data.mdb");
    const bytes = await readFile(file);
    for (let at = bytes.indexOf("needle"); at >= 0; at = bytes.indexOf("needle", at + 1)) bytes[at] = 0x4e;
    await writeFile(file, bytes);
    await using again = await openLmdbEventLog({ path, clock: systemClock });
    await expect(again.read({ topic: "t", partition: 0, fromOffset: 0, recordsMax: 1, bytesMax: 1 })).rejects.toThrow(
      /topic t, partition 0, block at offset 0 is damaged: its checksum differs/,
    );
  });

  test("kill -9 while eight writers append: everything acknowledged is there, offsets are dense, every restart is clean", async () => {
    const rng = createRng(20_240_501);
    const child = fileURLToPath(new URL("./lmdb.kill-child.ts", import.meta.url));
    const acknowledged = new Map<string, string>();
    for (let round = 0; round < 6; round++) {
      const linesWanted = 200 + rng.int(6_000);
      const lines = await new Promise<string[]>((resolve, reject) => {
        const args = ["--import", "tsx", "--conditions=@thewatcher/source", child, path, String(round)];
        const running = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
        let out = "";
        let count = 0;
        let errors = "";
        running.stderr.on("data", (chunk) => {
          errors += chunk;
        });
        running.stdout.on("data", (chunk: Buffer) => {
          out += chunk;
          for (const byte of chunk) if (byte === 10) count++;
          if (count >= linesWanted) running.kill("SIGKILL");
        });
        running.on("close", (_code, signal) => {
          if (signal !== "SIGKILL") reject(new Error(`the child ended by itself: ${errors}`));
          // What is behind the last line break was cut in the pipe.
          else resolve(out.split("\n").slice(0, -1));
        });
      });
      expect(lines.length).toBeGreaterThanOrEqual(200);
      for (const line of lines) {
        const [partition, offset, key] = line.split(" ");
        expect(acknowledged.has(`${partition}/${offset}`)).toBe(false);
        acknowledged.set(`${partition}/${offset}`, key!);
      }
      await using log = await openLmdbEventLog({ path, clock: systemClock });
      const kept = new Map<string, string>();
      for (const { partition, nextOffset } of await log.bounds("killed")) {
        let fromOffset = 0;
        while (fromOffset < nextOffset) {
          const records = await log.read({ topic: "killed", partition, fromOffset, recordsMax: 5_000, bytesMax: 1e8 });
          expect(records[0]?.offset).toBe(fromOffset);
          for (const record of records) {
            expect(record.offset).toBe(fromOffset++);
            kept.set(`${partition}/${record.offset}`, record.key);
          }
        }
      }
      const lost = [...acknowledged].filter(([place, key]) => kept.get(place) !== key);
      expect(lost).toEqual([]);
      expect(new Set(kept.values()).size).toBe(kept.size);
    }
  }, 120_000);
});
