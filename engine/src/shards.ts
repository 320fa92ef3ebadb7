/**
 * Scoring in shards: users are dealt to processes that each have the whole model, and the lists are put together again. A
 * user's list depends on the model and their own history alone (models of users solve for them from the history), so the
 * union of the shards is one run, bit for bit.
 */
import { assert } from "@thewatcher/kit/assert";
import { UserError } from "@thewatcher/kit/user-error";
import type { Interactions } from "./dataset.ts";
import { createItemLists, type ItemLists } from "./model.ts";

export interface Shard {
  /** From 0. */
  readonly index: number;
  readonly count: number;
}

const SHARDS_MAX = 4096;

/** "2/8" is the second of eight. */
export function parseShard(text: string): Shard {
  const match = /^([1-9][0-9]{0,3})\/([1-9][0-9]{0,3})$/.exec(text);
  const [number, count] = [Number(match?.[1]), Number(match?.[2])];
  if (!match || number > count || count > SHARDS_MAX) {
    throw new UserError(
      `shard ${JSON.stringify(text)}: accepted is i/n with i from 1 to n and n up to ${SHARDS_MAX}, such as 2/8`,
    );
  }
  return { index: number - 1, count };
}

/** Which shard has a user: dealt out in turn, so that heavy users who stand together are spread. */
export function shardOf(userIndex: number, shardCount: number): number {
  return userIndex % shardCount;
}

/** How many of `userCount` users a shard has; its r-th is user r · count + index. */
export function shardSize(userCount: number, { index, count }: Shard): number {
  return Math.ceil(Math.max(0, userCount - index) / count);
}

/** The rows of one shard, in their order. */
export function takeShard(data: Interactions, shard: Shard): Interactions {
  const { index, count } = shard;
  assert(Number.isInteger(index) && index >= 0 && index < count, "a shard of those there are", () => shard);
  const userCount = shardSize(data.userCount, shard);
  const rowOffsets = new Uint32Array(userCount + 1);
  const userCountries = new Int32Array(userCount);
  for (let row = 0; row < userCount; row++) {
    const user = row * count + index;
    rowOffsets[row + 1] = rowOffsets[row]! + data.rowOffsets[user + 1]! - data.rowOffsets[user]!;
    userCountries[row] = data.userCountries[user]!;
  }
  const total = rowOffsets[userCount]!;
  const itemIndices = new Int32Array(total);
  const weights = new Float32Array(total);
  const occurredAt = new Float64Array(total);
  for (let row = 0; row < userCount; row++) {
    const user = row * count + index;
    const from = data.rowOffsets[user]!;
    const to = data.rowOffsets[user + 1]!;
    itemIndices.set(data.itemIndices.subarray(from, to), rowOffsets[row]!);
    weights.set(data.weights.subarray(from, to), rowOffsets[row]!);
    occurredAt.set(data.occurredAt.subarray(from, to), rowOffsets[row]!);
  }
  return { ...data, userCount, rowOffsets, itemIndices, weights, occurredAt, userCountries };
}

/** The lists of all shards as one table; `parts[i]` is that of shard i. */
export function joinShards(parts: readonly ItemLists[]): ItemLists {
  const [first] = parts;
  assert(first !== undefined, "at least one shard");
  const rowCount = parts.reduce((sum, part) => sum + part.rowCount, 0);
  const { count } = first;
  const lists = createItemLists(rowCount, count);
  parts.forEach((part, index) => {
    assert(part.count === count, "lists of one length");
    assert(part.rowCount === shardSize(rowCount, { index, count: parts.length }), "each shard once, in order");
    for (let row = 0; row < part.rowCount; row++) {
      const user = row * parts.length + index;
      lists.itemIndices.set(part.itemIndices.subarray(row * count, (row + 1) * count), user * count);
      lists.scores.set(part.scores.subarray(row * count, (row + 1) * count), user * count);
      lists.filled[user] = part.filled[row]!;
    }
  });
  return lists;
}
