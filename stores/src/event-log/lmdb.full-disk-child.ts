/** Started by `lmdb.test.ts` under a limit on the size of a file: appends until it is met, and prints what was acknowledged. */
import { systemClock } from "@thewatcher/kit/clock";
import { openLmdbEventLog } from "./lmdb.ts";

const [path] = process.argv.slice(2);
if (!path) throw new Error("usage: lmdb.full-disk-child.ts <folder>");
const log = await openLmdbEventLog({ path, clock: systemClock });
await log.ensureTopic({ name: "full", partitionCount: 1 });
const acknowledged: number[] = [];
let refusal = "";
for (let refusals = 0; refusals < 5; ) {
  try {
    // After the first refusal small ones: some may still find room.
    const value = "x".repeat(refusals === 0 ? 100_000 : 100);
    const places = await log.append("full", [
      { key: "k", value },
      { key: "k", value },
    ]);
    acknowledged.push(...places.map((place) => place.offset));
    if (refusals > 0) refusals++;
  } catch (error) {
    refusals++;
    refusal ||= error instanceof Error ? error.message : String(error);
  }
}
await log.close();
process.stdout.write(`${JSON.stringify({ acknowledged, refusal })}\n`);
