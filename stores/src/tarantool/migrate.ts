/**
 * The server's schema and functions, brought to the version that this program knows.
 *
 * A migration is Lua text, evaluated inside one transaction together with its line in `thewatcher_schema_migrations`:
 * DDL on empty spaces does not yield there (five spaces and a dozen functions: 20 ms), so it is whole or absent, and of several processes that start at once the first does the work
 * and the others find it done. Nobody has to hold a lock over the network.
 *
 * Needs a user who may do everything on the universe. A process whose user may only call the functions
 * (role `thewatcher_program`) opens a store whose schema is current.
 */
import { UserError } from "@thewatcher/kit/user-error";
import { ER, type TarantoolConnection, TarantoolError } from "./connection.ts";
import type { TarantoolMigration } from "./schema/migration.ts";

const VERSION_FUNCTION = "thewatcher_schema_version";

const APPLY = `
local version, name, text = ...
local apply = assert(loadstring('return function(version) ' .. text .. ' end', '=migration ' .. version))()
box.begin()
local ok, outcome = pcall(function()
  local applied = box.space.thewatcher_schema_migrations
  if applied == nil then
    applied = box.schema.space.create('thewatcher_schema_migrations', {
      format = { { 'version', 'unsigned' }, { 'name', 'string' } },
    })
    applied:create_index('primary', { parts = { 'version' } })
  end
  local last = applied.index.primary:max()
  if last ~= nil and last[1] >= version then return false end
  if version ~= (last == nil and 1 or last[1] + 1) then
    error('migration ' .. version .. ' over version ' .. (last == nil and 0 or last[1]))
  end
  apply(version)
  applied:insert({ version, name })
  return true
end)
if not ok then
  box.rollback()
  error(outcome)
end
box.commit()
return outcome
`;

/** 0: none yet, or none for this user: a function that one may not call is not told from one that isn't there. */
async function versionOf(connection: TarantoolConnection): Promise<number> {
  try {
    const [version] = await connection.call(VERSION_FUNCTION, []);
    return Number(version);
  } catch (error) {
    if (isMissing(error)) return 0;
    throw error;
  }
}

const MISSING: ReadonlySet<number> = new Set([ER.NO_SUCH_PROC, ER.NO_SUCH_FUNCTION, ER.ACCESS_DENIED]);

/** The npm driver knows no codes. */
function isMissing(error: unknown): boolean {
  if (!(error instanceof TarantoolError)) return false;
  const { code, message } = error;
  return MISSING.has(code) || (code === 0 && /attempt to index (a nil value|field '\?')/.test(message));
}

/** Answers the names of what was applied by this call. */
export async function migrate(
  connection: TarantoolConnection,
  where: string,
  migrations: readonly TarantoolMigration[],
): Promise<readonly string[]> {
  const known = migrations.length;
  const found = await versionOf(connection);
  if (found > known) {
    throw new UserError(
      `${where}: its schema is of version ${found}, this program knows up to ${known}: start the newer program, or another store`,
    );
  }
  const applied: string[] = [];
  for (const { version, name, lua } of migrations) {
    if (version <= found) continue;
    try {
      const [isMine] = await connection.eval(APPLY, [version, name, lua]);
      if (isMine === true) applied.push(name);
    } catch (error) {
      if (error instanceof TarantoolError && (error.code === ER.ACCESS_DENIED || /denied/.test(error.message))) {
        throw new UserError(
          `${where}: its schema has to be made (version ${version}, ${name}) or is not for its user, who may not make it: start once as a user with all rights on the universe, then grant this one the role "thewatcher_program"`,
        );
      }
      throw error;
    }
  }
  return applied;
}
