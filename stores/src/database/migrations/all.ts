import type { Migration } from "kysely";
import { foundation } from "./0001-foundation.ts";

/** By name, which decides the order. Applied ones never change. */
export const databaseMigrations: Readonly<Record<string, Migration>> = { "0001-foundation": foundation };
