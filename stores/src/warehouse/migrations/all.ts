import { eventsAndInteractions } from "./0001-events-and-interactions.ts";
import { logPositions } from "./0002-log-positions.ts";
import { decisions } from "./0003-decisions.ts";
import type { WarehouseMigration } from "./migration.ts";

/** In order. The single-node text of applied ones never changes: its hash is recorded. */
export const warehouseMigrations: readonly WarehouseMigration[] = [eventsAndInteractions, logPositions, decisions];
