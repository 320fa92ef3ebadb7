/** Started and killed by `lmdb.test.ts`: appends for ever, and prints each acknowledged place once it is acknowledged. */
import { systemClock } from "@thewatcher/kit/clock";
import { openLmdbEventLog } from "./lmdb.ts";

const [path, round] = process.argv.slice(2);
if (!path || !round) throw new Error("usage: lmdb.kill-child.ts <folder> <round>");
const log = await openLmdbEventLog({ path, clock: systemClock });
await log.ensureTopic({ name: "killed", partitionCount: 2 });
await Promise.all(
  Array.from({ length: 8 }, async (_, writer) => {
    for (let i = 0; ; i++) {
      const records = Array.from({ length: 1 + (i % 50) }, (_, j) => ({
        key: `${round}:${writer}:${i}:${j}`,
        value: "x".repeat((i * 37 + j) % 700),
      }));
      const places = await log.append("killed", records);
      const lines = places.map((place, j) => `${place.partition} ${place.offset} ${records[j]!.key}\n`).join("");
      if (!process.stdout.write(lines)) await new Promise((resolve) => process.stdout.once("drain", resolve));
    }
  }),
);
