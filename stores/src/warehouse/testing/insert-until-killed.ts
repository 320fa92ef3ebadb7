/** A program for `chdb.test.ts` to kill: inserts batch after batch and says after each how far the acknowledged rows are. */
import { systemClock } from "@thewatcher/kit/clock";
import { createRng } from "@thewatcher/kit/rng";
import { openChdbWarehouse } from "../chdb.ts";
import { randomEvents, recordOf } from "../contract.ts";

const [path, from] = process.argv.slice(2);
if (path === undefined || from === undefined) throw new Error("usage: insert-until-killed <folder> <first offset>");
const warehouse = await openChdbWarehouse({ path, clock: systemClock });
await warehouse.migrate();
const rng = createRng(Number(from));
for (let offset = Number(from); ; ) {
  const records = randomEvents(rng, 500).map((event, index) => recordOf(event, offset + index));
  await warehouse.insertEvents({ topic: "behaviour", partition: 0, records });
  offset += records.length;
  process.stdout.write(`${offset}\n`);
}
