/**
 * Which partition a key lives in: murmur2 (Austin Appleby, 32 bits, seed 0x9747b28c) over its UTF-8 bytes, sign bit
 * off, modulo the count. Kafka's default for records with a key, in Java and in kafkajs: a key keeps its partition when
 * the embedded log is replaced by Kafka with as many partitions.
 */
const SEED = 0x9747b28c;
const MULTIPLIER = 0x5bd1e995;

/** The hash as Kafka's tests write it: a signed 32-bit integer. */
export function murmur2(bytes: Uint8Array, length = bytes.length): number {
  let hash = SEED ^ length;
  const whole = length & ~3;
  for (let i = 0; i < whole; i += 4) {
    let k = bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24);
    k = Math.imul(k, MULTIPLIER);
    k ^= k >>> 24;
    hash = Math.imul(hash, MULTIPLIER) ^ Math.imul(k, MULTIPLIER);
  }
  const rest = length - whole;
  if (rest === 3) hash ^= bytes[whole + 2]! << 16;
  if (rest >= 2) hash ^= bytes[whole + 1]! << 8;
  if (rest >= 1) hash = Math.imul(hash ^ bytes[whole]!, MULTIPLIER);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, MULTIPLIER);
  return hash ^ (hash >>> 15);
}

/** Long enough for every key that the log takes; one buffer, since hashing never waits. */
const scratch = Buffer.alloc(1_024);

export function partitionOf(key: string, partitionCount: number): number {
  for (let i = 0; i < key.length && i < scratch.length; i++) {
    const unit = key.charCodeAt(i);
    if (unit > 0x7f) return (murmur2(Buffer.from(key)) & 0x7fffffff) % partitionCount;
    scratch[i] = unit;
  }
  const hash = key.length <= scratch.length ? murmur2(scratch, key.length) : murmur2(Buffer.from(key));
  return (hash & 0x7fffffff) % partitionCount;
}
