/**
 * Lists and live profile states on LMDB.
 *
 * A list is one value under `<number of its generation>:<profile>`, so that a generation is one range of keys. Reads
 * are calls into the memory map: the pointer and the lists of one call are read without a pause in between, from one
 * snapshot, so that a flip in the middle can't mix generations. `drop` hides a generation in one transaction and then
 * removes its lists in steps; one cut short by a crash is finished at the next opening.
 *
 * States (`state-codec.ts`) lie behind their revision.
 */
import type { Generation, ProfileId } from "@thewatcher/contracts/ids";
import type { ProfileState } from "@thewatcher/contracts/profile-state";
import { openEnvironment } from "../lmdb/environment.ts";
import {
  activeGeneration,
  checkLists,
  checkPosition,
  checkProfileCount,
  existingGeneration,
  unknownGeneration,
} from "./limits.ts";
import { decodeList, encodeList } from "./list-codec.ts";
import type { GenerationInfo, RecommendationStore, StoredList } from "./port.ts";
import { packState, REVISION_BYTES, revisionOf, unpackState } from "./state-codec.ts";

const FORMAT_VERSION = 1;
/** Lists removed in one transaction of `drop`: a few milliseconds during which no one else writes. */
const DROP_STEP_LISTS = 2_000;

/** Before a state's revision. No msgpack begins with it: a value that does not start so is one without a revision. */
const REVISED = 0xc1;
const STATE_AT = 1 + REVISION_BYTES;

/** lmdb-js's fast reads answer one buffer over and over, and only its `length` says where the value ends. */
const copyOf = (bytes: Buffer) => Buffer.from(bytes.subarray(0, bytes.length));

interface StoredGeneration {
  readonly number: number;
  readonly listCount: number;
  readonly note: Readonly<Record<string, string>>;
  readonly dropping: boolean;
}

export async function openLmdbRecommendations(options: {
  readonly path: string;
}): Promise<RecommendationStore & AsyncDisposable> {
  const environment = openEnvironment({
    path: options.path,
    store: "recommendation store",
    formatVersion: FORMAT_VERSION,
    flush: "before-answer",
  });
  const lists = environment.table<Buffer, string>("lists", { encoding: "binary" });
  const generationTable = environment.table<StoredGeneration, string>("generations", {});
  const pointers = environment.table<string, string>("pointers", { encoding: "string" });
  const states = environment.table<Buffer, string>("states", { encoding: "binary" });
  const statePositions = environment.table<number, [string, number]>("state-positions", {});

  function encodeState(state: ProfileState): Buffer {
    const packed = packState(state);
    const bytes = Buffer.allocUnsafeSlow(STATE_AT + packed.length);
    bytes[0] = REVISED;
    bytes.set(revisionOf(packed), 1);
    bytes.set(packed, STATE_AT);
    return bytes;
  }

  /** Of a stored value: as it stands there, or made anew for one from before there were revisions. */
  function revisionIn(bytes: Buffer): string {
    return bytes[0] === REVISED ? bytes.toString("latin1", 1, STATE_AT) : revisionOf(copyOf(bytes)).toString("latin1");
  }

  function decodeState(bytes: Buffer): ProfileState {
    return unpackState(bytes, bytes[0] === REVISED ? STATE_AT : 0);
  }

  const activeNow = () => pointers.get("active") as Generation | undefined;

  /** The generation found last, by the bytes it was decoded from: every list is of the same one. */
  let last: { readonly bytes: Buffer; readonly found: StoredGeneration } | undefined;

  /** Undefined also for one that is being dropped. */
  function find(generation: Generation): StoredGeneration | undefined {
    const bytes = generationTable.getBinaryFast(generation);
    if (!bytes) return undefined;
    if (last?.bytes.compare(bytes, 0, bytes.length) !== 0) {
      const copy = copyOf(bytes);
      const found = generationTable.get(generation);
      if (!found) return undefined;
      last = { bytes: copy, found };
    }
    return last.found.dropping ? undefined : last.found;
  }

  async function removeLists(generation: string, number: number): Promise<void> {
    for (;;) {
      const keys = [...lists.getKeys({ start: `${number}:`, end: `${number};`, limit: DROP_STEP_LISTS })];
      await environment.transaction(() => {
        for (const key of keys) lists.removeSync(key);
        if (keys.length < DROP_STEP_LISTS) generationTable.removeSync(generation);
      });
      if (keys.length < DROP_STEP_LISTS) return;
    }
  }

  const unfinished = [...generationTable.getRange({})].filter(({ value }) => value.dropping);
  for (const { key, value } of unfinished) await removeLists(key, value.number);

  const store: RecommendationStore & AsyncDisposable = {
    async begin(generation, note) {
      environment.requireOpen();
      await environment.transaction(() => {
        if (generationTable.get(generation)) throw existingGeneration(generation);
        let number = 0;
        for (const { value } of generationTable.getRange({})) number = Math.max(number, value.number + 1);
        generationTable.putSync(generation, { number, listCount: 0, note: { ...note }, dropping: false });
      });
    },

    async putLists(generation, entries) {
      environment.requireOpen();
      checkLists(entries);
      const values = entries.map(({ titleIds, scores }) => encodeList(titleIds, scores));
      await environment.transaction(() => {
        const found = find(generation);
        if (!found) throw unknownGeneration(generation);
        if (activeNow() === generation) throw activeGeneration(generation, "written");
        let { listCount } = found;
        for (const [i, { profileId }] of entries.entries()) {
          const key = `${found.number}:${profileId}`;
          if (!lists.doesExist(key)) listCount++;
          lists.putSync(key, values[i]!);
        }
        if (listCount !== found.listCount) generationTable.putSync(generation, { ...found, listCount });
      });
    },

    async generations() {
      environment.requireOpen();
      const active = activeNow();
      const found: GenerationInfo[] = [];
      for (const { key, value } of generationTable.getRange({})) {
        if (value.dropping) continue;
        const generation = key as Generation;
        found.push({ generation, listCount: value.listCount, active: generation === active, note: value.note });
      }
      return found.reverse();
    },

    async active() {
      environment.requireOpen();
      return activeNow();
    },

    async activate(generation) {
      environment.requireOpen();
      return await environment.transaction(() => {
        if (!find(generation)) throw unknownGeneration(generation);
        const before = activeNow();
        pointers.putSync("active", generation);
        return before;
      });
    },

    async drop(generation) {
      environment.requireOpen();
      const number = await environment.transaction(() => {
        const found = find(generation);
        if (!found) throw unknownGeneration(generation);
        if (activeNow() === generation) throw activeGeneration(generation, "dropped");
        generationTable.putSync(generation, { ...found, dropping: true });
        return found.number;
      });
      await removeLists(generation, number);
    },

    async getLists(profileIds, asked) {
      environment.requireOpen();
      checkProfileCount("getLists", profileIds.length);
      // No await from here on: one snapshot.
      const generation = asked ?? activeNow();
      const found = generation === undefined ? undefined : find(generation);
      if (asked !== undefined && !found) throw unknownGeneration(asked);
      if (generation === undefined || !found) return profileIds.map(() => undefined);
      return profileIds.map((profileId): StoredList | undefined => {
        const bytes = lists.getBinaryFast(`${found.number}:${profileId}`);
        return bytes && { profileId, generation, ...decodeList(bytes) };
      });
    },

    async getStates(profileIds: readonly ProfileId[]) {
      environment.requireOpen();
      checkProfileCount("getStates", profileIds.length);
      return profileIds.map((profileId) => {
        const bytes = states.getBinaryFast(profileId);
        return bytes && decodeState(bytes);
      });
    },

    async getStateUnless(profileId, knownRevision) {
      environment.requireOpen();
      const bytes = states.getBinaryFast(profileId);
      if (!bytes) return undefined;
      const revision = revisionIn(bytes);
      return { revision, state: revision === knownRevision ? undefined : decodeState(bytes) };
    },

    async getRevisedStates(profileIds) {
      environment.requireOpen();
      checkProfileCount("getRevisedStates", profileIds.length);
      return profileIds.map((profileId) => {
        const bytes = states.getBinaryFast(profileId);
        return bytes && { revision: revisionIn(bytes), state: decodeState(bytes) };
      });
    },

    async putStates({ states: updates, position }) {
      environment.requireOpen();
      checkProfileCount("putStates", updates.length);
      if (position) checkPosition(position);
      const values = updates.map(({ state }) => encodeState(state));
      return await environment.transaction(() => {
        const conflicts: ProfileId[] = [];
        for (const [i, { state, replaces }] of updates.entries()) {
          const stands = states.getBinaryFast(state.profileId);
          if ((stands && revisionIn(stands)) === replaces) states.putSync(state.profileId, values[i]!);
          else conflicts.push(state.profileId);
        }
        if (position && conflicts.length === 0) {
          const { topic, partition, nextOffset } = position;
          const before = statePositions.get([topic, partition]) ?? 0;
          if (nextOffset > before) statePositions.putSync([topic, partition], nextOffset);
        }
        return { conflicts };
      });
    },

    async statePositions(topic) {
      environment.requireOpen();
      const found: { partition: number; nextOffset: number }[] = [];
      for (const { key, value } of statePositions.getRange({
        start: [topic, 0],
        end: [topic, Number.MAX_SAFE_INTEGER],
      })) {
        found.push({ partition: key[1], nextOffset: value });
      }
      return found;
    },

    async describe() {
      environment.requireOpen();
      return `LMDB recommendation store in ${environment.path}`;
    },

    close: () => environment.close(),
    [Symbol.asyncDispose]: () => environment.close(),
  };
  return store;
}
