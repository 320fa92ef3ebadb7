/** A program for `embedded-postgres.test.ts` to kill: writes row after row and says after each how far the acknowledged ones are. */
import { systemClock } from "@thewatcher/kit/clock";
import { openEmbeddedPostgres } from "../embedded-postgres.ts";

const [path, from] = process.argv.slice(2);
if (path === undefined || from === undefined) throw new Error("usage: write-until-killed <folder> <first number>");
const database = await openEmbeddedPostgres({ path, clock: systemClock });
await database.migrate();
for (let number = Number(from); ; number++) {
  await database.kysely
    .insertInto("outbox")
    .values({ event_id: `event-${number}`, topic: "stated", key: "p", value: "{}" })
    .execute();
  process.stdout.write(`${number + 1}\n`);
}
