import { eventsAndInteractions } from "./0001-events-and-interactions.ts";
import type { WarehouseMigration } from "./migration.ts";

/** In order. Applied ones never change: their hash is recorded. */
export const warehouseMigrations: readonly WarehouseMigration[] = [eventsAndInteractions];
