import type { SchemaPart } from "../schema.ts";

/** Parts are made in their order, and making one twice is harmless: ClickHouse has no transactions around DDL. */
export interface WarehouseMigration {
  /** `NNNN-name`: the number decides the order. */
  readonly name: string;
  readonly parts: readonly SchemaPart[];
}
