/** One step of the schema: Lua that runs once, inside a transaction, with `version` as its own number. */
export interface TarantoolMigration {
  /** Dense from 1. */
  readonly version: number;
  readonly name: string;
  /** Never changed once it was published: another step says what is different. */
  readonly lua: string;
}
