/**
 * Lists and live states on Tarantool: the store of a cinema that has several serving processes.
 *
 * What happens, happens in functions on the server, each one transaction (`tarantool/schema/0001-recommendations.ts`): a
 * call of `getLists` reads the pointer and its lists in one moment; `putStates` compares revisions where the states lie, and
 * `getStateUnless` sends a state only where it has changed. Lists and states are the same bytes as on LMDB, stored as
 * they come. What is acknowledged is in the server's write-ahead log: with `wal_mode` "write" it survives kill -9 of
 * Tarantool, with "fsync" also the loss of power.
 *
 * A large `putLists` is several transactions: nobody reads a generation before it is active, and the same call again
 * replaces what was written. The parts of a large `putStates` land before its position, which comes with the last.
 *
 * Prepared for vshard: docs/decisions/0007-tarantool.md.
 */
import type { Generation, ProfileId } from "@thewatcher/contracts/ids";
import { UserError } from "@thewatcher/kit/user-error";
import { BUCKET_COUNT, bucketIdOf } from "../tarantool/bucket.ts";
import { ER, TarantoolError } from "../tarantool/connection.ts";
import { migrate } from "../tarantool/migrate.ts";
import { type OpenTarantoolOptions, openTarantool } from "../tarantool/open.ts";
import { type Packable, pack } from "../tarantool/pack.ts";
import { tarantoolMigrations } from "../tarantool/schema/all.ts";
import {
  activeGeneration,
  checkLists,
  checkPosition,
  checkProfileCount,
  existingGeneration,
  unknownGeneration,
} from "./limits.ts";
import { decodeList, encodeList } from "./list-codec.ts";
import type { RecommendationStore, StoredList } from "./port.ts";
import { packState, revisionOf, unpackState } from "./state-codec.ts";

const STORE = "recommendation store";
/** One transaction of writes: 2 ms during which the server answers nobody else. */
const WRITE_BYTES_MAX = 1024 * 1024;
/** Lists removed in one step of `drop`. */
const DROP_STEP_LISTS = 1_000;

type StateTuple = readonly [bucketId: number, profileId: string, revision: Buffer, state: Buffer];
type ListTuple = readonly [bucketId: number, generation: string, profileId: string, list: Buffer];
type GenerationTuple = readonly [generation: Generation, listCount: number, dropping: boolean, note: string];

/** Consecutive tuples in parts of at most `WRITE_BYTES_MAX`, but for one that is larger by itself; at least one part. */
function inParts(tuples: readonly Buffer[]): { readonly start: number; readonly packed: Buffer }[] {
  const parts: { start: number; packed: Buffer }[] = [];
  let start = 0;
  let bytes = 0;
  for (const [i, tuple] of tuples.entries()) {
    if (bytes > 0 && bytes + tuple.length > WRITE_BYTES_MAX) {
      parts.push({ start, packed: Buffer.concat(tuples.slice(start, i), bytes) });
      start = i;
      bytes = 0;
    }
    bytes += tuple.length;
  }
  parts.push({ start, packed: Buffer.concat(tuples.slice(start), bytes) });
  return parts;
}

/** Opens the store and brings its schema up to date. A `UserError` where it can't be had. */
export async function openTarantoolRecommendations(options: OpenTarantoolOptions): Promise<RecommendationStore> {
  const { connection, where } = await openTarantool(STORE, options);
  try {
    const applied = await migrate(connection, where, tarantoolMigrations);
    if (applied.length > 0) options.log?.info({ where, applied }, "tarantool: the schema was brought up to date");
  } catch (error) {
    await connection.close();
    // Our mistakes in Lua stay errors; a server that went silent or away meanwhile is a matter of the person who starts this.
    if (error instanceof UserError || error instanceof TarantoolError) throw error;
    throw new UserError(`${(error as Error).message}, while its schema was looked at; is Tarantool there well?`, {
      cause: error,
    });
  }
  let isClosed = false;

  async function call(name: string, ...args: readonly Packable[]): Promise<readonly unknown[]> {
    requireOpen();
    try {
      return await connection.call(`thewatcher_${name}`, args);
    } catch (error) {
      if (error instanceof TarantoolError && isOutOfMemory(error)) {
        throw new Error(
          `${where}: its memory is full, nothing of this part was kept: drop old generations or raise memtx_memory`,
          { cause: error },
        );
      }
      throw error;
    }
  }

  function requireOpen(): void {
    if (isClosed) throw new Error(`${where} is closed`);
  }

  async function removeLists(generation: string): Promise<void> {
    for (let bucketId: unknown = 1; typeof bucketId === "number"; ) {
      [bucketId] = await call("drop_step", bucketId, generation, BUCKET_COUNT, DROP_STEP_LISTS);
    }
  }

  async function readGenerations(): Promise<{ active: unknown; found: readonly GenerationTuple[] }> {
    const [active, found] = await call("generations");
    return { active, found: found as readonly GenerationTuple[] };
  }

  async function readStates(profileIds: readonly ProfileId[]): Promise<readonly (StateTuple | null)[]> {
    const [states] = await call("get_states", profileIds.map(bucketIdOf), profileIds);
    return states as readonly (StateTuple | null)[];
  }

  const nameOf = (revision: Buffer) => revision.toString("latin1");

  return {
    async begin(generation, note) {
      requireOpen();
      // What a crash left of a drop takes memory that this generation needs.
      const { found } = await readGenerations();
      for (const [name, , dropping] of found) if (dropping) await removeLists(name);
      const [outcome] = await call("begin", generation, JSON.stringify(note));
      if (outcome === "exists") throw existingGeneration(generation);
    },

    async putLists(generation, lists) {
      requireOpen();
      checkLists(lists);
      const tuples = lists.map(({ profileId, titleIds, scores }) =>
        pack([bucketIdOf(profileId), generation, profileId, encodeList(titleIds, scores)]),
      );
      for (const { start, packed } of inParts(tuples)) {
        const first = lists[start];
        const [outcome] = await call("put_lists", first ? bucketIdOf(first.profileId) : 1, generation, packed);
        if (outcome === "unknown") throw unknownGeneration(generation);
        if (outcome === "active") throw activeGeneration(generation, "written");
      }
    },

    async generations() {
      const { active, found } = await readGenerations();
      return found
        .filter(([, , dropping]) => !dropping)
        .map(([generation, listCount, , note]) => ({
          generation,
          listCount,
          active: generation === active,
          note: JSON.parse(note) as Readonly<Record<string, string>>,
        }))
        .reverse();
    },

    async active() {
      const [active] = await call("active");
      return (active as Generation | null) ?? undefined;
    },

    async activate(generation) {
      const [outcome, before] = await call("activate", generation);
      if (outcome === "unknown") throw unknownGeneration(generation);
      return (before as Generation | null) ?? undefined;
    },

    async drop(generation) {
      const [outcome] = await call("mark_dropped", generation);
      if (outcome === "unknown") throw unknownGeneration(generation);
      if (outcome === "active") throw activeGeneration(generation, "dropped");
      await removeLists(generation);
    },

    async getLists(profileIds, asked) {
      requireOpen();
      checkProfileCount("getLists", profileIds.length);
      const answer = await call("get_lists", profileIds.map(bucketIdOf), profileIds, asked);
      const [outcome, generation, tuples] = answer as readonly [string, Generation, readonly (ListTuple | null)[]];
      if (outcome === "unknown" && asked !== undefined) throw unknownGeneration(asked);
      if (outcome !== "done") return profileIds.map(() => undefined);
      return profileIds.map((profileId, i): StoredList | undefined => {
        const bytes = tuples[i]?.[3];
        return bytes && { profileId, generation, ...decodeList(bytes) };
      });
    },

    async getStates(profileIds) {
      requireOpen();
      checkProfileCount("getStates", profileIds.length);
      const found = await readStates(profileIds);
      return profileIds.map((_, i) => {
        const bytes = found[i]?.[3];
        return bytes && unpackState(bytes);
      });
    },

    async getStateUnless(profileId, knownRevision) {
      const known = knownRevision === undefined ? null : Buffer.from(knownRevision, "latin1");
      const answer = await call("get_state_unless", bucketIdOf(profileId), profileId, known);
      const [outcome, tuple] = answer as readonly [string, StateTuple];
      if (outcome === "none") return undefined;
      if (outcome === "same" && knownRevision !== undefined) return { revision: knownRevision, state: undefined };
      return { revision: nameOf(tuple[2]), state: unpackState(tuple[3]) };
    },

    async getRevisedStates(profileIds) {
      requireOpen();
      checkProfileCount("getRevisedStates", profileIds.length);
      const found = await readStates(profileIds);
      return profileIds.map((_, i) => {
        const tuple = found[i];
        return tuple ? { revision: nameOf(tuple[2]), state: unpackState(tuple[3]) } : undefined;
      });
    },

    async putStates({ states, position }) {
      requireOpen();
      checkProfileCount("putStates", states.length);
      if (position) checkPosition(position);
      if (states.length === 0 && !position) return { conflicts: [] };
      const tuples = states.map(({ state }) => {
        const packed = packState(state);
        return pack([bucketIdOf(state.profileId), state.profileId, revisionOf(packed), packed]);
      });
      const replaced = states.map(({ replaces }) => (replaces === undefined ? null : Buffer.from(replaces, "latin1")));
      const conflicts: ProfileId[] = [];
      const parts = inParts(tuples);
      for (const [i, { start, packed }] of parts.entries()) {
        const end = parts[i + 1]?.start ?? states.length;
        const isLast = end === states.length;
        const written = isLast && conflicts.length === 0 ? position : undefined;
        const [refused] = await call(
          "put_states",
          states[start] ? bucketIdOf(states[start].state.profileId) : 1,
          packed,
          replaced.slice(start, end),
          written?.topic,
          written?.partition,
          written?.nextOffset,
        );
        for (const place of refused as readonly number[]) conflicts.push(states[start + place]!.state.profileId);
      }
      return { conflicts };
    },

    async statePositions(topic) {
      const [found] = await call("positions", topic);
      const tuples = found as readonly (readonly [string, number, number])[];
      return tuples.map(([, partition, nextOffset]) => ({ partition, nextOffset }));
    },

    async describe() {
      const [version, walMode, used, quota] = await call("describe");
      const mebibytes = (bytes: unknown) => Math.round(Number(bytes) / 1024 / 1024);
      return `Tarantool ${version}, ${where}; wal_mode ${walMode}, ${mebibytes(used)} of ${mebibytes(quota)} MiB`;
    },

    async close() {
      isClosed = true;
      await connection.close();
    },
  };
}

/** The npm driver knows no codes. */
function isOutOfMemory({ code, message }: TarantoolError): boolean {
  return code === ER.MEMORY_ISSUE || (code === 0 && /Failed to allocate/.test(message));
}
