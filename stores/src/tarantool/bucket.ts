/**
 * Which bucket a profile is of: vshard's own function (`vshard.router.bucket_id_strcrc32`), so that the tuples written
 * here lie where a router of vshard looks for them. CRC-32C, reflected, from 0xffffffff, without the final inversion, as
 * Tarantool's `digest.crc32` has it; modulo the number of buckets, plus 1.
 */

/** vshard's default. For the life of a cluster: every tuple carries what it gave. */
export const BUCKET_COUNT = 3_000;

const POLYNOMIAL = 0x82f63b78;
const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ POLYNOMIAL : value >>> 1;
  return value >>> 0;
});

export function digestCrc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = TABLE[(crc ^ byte) & 0xff]! ^ (crc >>> 8);
  return crc >>> 0;
}

export const bucketIdOf = (key: string): number => (digestCrc32(Buffer.from(key, "utf8")) % BUCKET_COUNT) + 1;
