import type { Migration } from "kysely";
import { foundation } from "./0001-foundation.ts";
import { deadLetterReplays } from "./0002-dead-letter-replays.ts";
import { identity } from "./0003-identity.ts";
import { catalogue } from "./0004-catalogue.ts";
import { arrivals } from "./0005-arrivals.ts";
import { control } from "./0006-control.ts";
import { taste } from "./0007-taste.ts";

/** By name, which decides the order. Applied ones never change. */
export const databaseMigrations: Readonly<Record<string, Migration>> = {
  "0001-foundation": foundation,
  "0002-dead-letter-replays": deadLetterReplays,
  "0003-identity": identity,
  "0004-catalogue": catalogue,
  "0005-arrivals": arrivals,
  "0006-control": control,
  "0007-taste": taste,
};
