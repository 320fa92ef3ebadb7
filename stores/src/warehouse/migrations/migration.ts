/** Statements that may run twice: ClickHouse has no transactions around DDL, so one cut off half-way is run again. */
export interface WarehouseMigration {
  /** `NNNN-name`: the number decides the order. */
  readonly name: string;
  readonly statements: readonly string[];
}
