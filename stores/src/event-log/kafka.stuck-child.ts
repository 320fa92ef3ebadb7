/** A reader for `kafka.real.test.ts`: says what it is given, and finishes a batch when it reads a line. */
import { createInterface } from "node:readline";
import { systemClock } from "@thewatcher/kit/clock";
import { openKafkaEventLog } from "./kafka.ts";

const [, , url, topic] = process.argv;
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const log = await openKafkaEventLog({ url: url!, clock: systemClock });
await log.subscribe({
  group: "readers",
  topic: topic!,
  recordsMax: 10,
  bytesMax: 1e6,
  lingerMs: 0,
  async handle({ partition, records }) {
    console.log(`handling ${partition}/${records[0]!.offset}-${records.at(-1)!.offset}`);
    await lines.next();
    console.log("handled");
  },
});
console.log("subscribed");
