/** Every migration, in order. */
import { recommendationsMigration } from "./0001-recommendations.ts";
import type { TarantoolMigration } from "./migration.ts";

export const tarantoolMigrations: readonly TarantoolMigration[] = [recommendationsMigration];
