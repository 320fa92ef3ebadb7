/**
 * A fitted model as bytes. Layout, little-endian: "TWMODEL1", u32 header length, u32 checksum of everything after it,
 * the header as JSON, zero padding to 8, then each array padded to 8. Same model, same bytes.
 * The checksum is FNV-1a over 32-bit words: it finds a truncated or damaged file, it is no protection against malice.
 */
import { UserError } from "@thewatcher/kit/user-error";

const MAGIC = "TWMODEL1";
const PREFIX_BYTES = 16;

type Numbers = Float32Array | Float64Array | Int32Array;
const kinds = { f32: Float32Array, f64: Float64Array, i32: Int32Array } as const;
type Kind = keyof typeof kinds;

export interface Artifact {
  readonly model: string;
  /** Raised when the meaning of the arrays changes. */
  readonly version: number;
  /** JSON. */
  readonly meta: unknown;
  readonly arrays: Readonly<Record<string, Numbers>>;
}

interface Header {
  readonly model: string;
  readonly version: number;
  readonly meta: unknown;
  readonly arrays: readonly { readonly name: string; readonly kind: Kind; readonly length: number }[];
}

const align = (bytes: number) => Math.ceil(bytes / 8) * 8;

function kindOf(numbers: Numbers): Kind {
  if (numbers instanceof Float32Array) return "f32";
  return numbers instanceof Float64Array ? "f64" : "i32";
}

function checksum(bytes: Uint8Array): number {
  const words = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >> 2);
  let hash = 0x811c9dc5;
  for (let i = 0; i < words.length; i++) hash = Math.imul(hash ^ words[i]!, 0x01000193);
  return hash >>> 0;
}

export function encodeArtifact({ model, version, meta, arrays }: Artifact): Uint8Array<ArrayBuffer> {
  const entries = Object.entries(arrays);
  const header: Header = {
    model,
    version,
    meta,
    arrays: entries.map(([name, numbers]) => ({ name, kind: kindOf(numbers), length: numbers.length })),
  };
  const headerBytes = new TextEncoder().encode(JSON.stringify(header));
  const size = entries.reduce(
    (sum, [, numbers]) => sum + align(numbers.byteLength),
    align(PREFIX_BYTES + headerBytes.length),
  );
  const bytes = new Uint8Array(size);
  bytes.set(new TextEncoder().encode(MAGIC));
  bytes.set(headerBytes, PREFIX_BYTES);
  let offset = align(PREFIX_BYTES + headerBytes.length);
  for (const [, numbers] of entries) {
    bytes.set(new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength), offset);
    offset += align(numbers.byteLength);
  }
  const view = new DataView(bytes.buffer);
  view.setUint32(8, headerBytes.length, true);
  view.setUint32(12, checksum(bytes.subarray(PREFIX_BYTES)), true);
  return bytes;
}

export function decodeArtifact(source: Uint8Array): Artifact {
  const damaged = (what: string) => new UserError(`not a usable model file: ${what}`);
  if (source.byteLength < PREFIX_BYTES || new TextDecoder().decode(source.subarray(0, 8)) !== MAGIC) {
    throw damaged(`it does not begin with ${MAGIC}`);
  }
  if (source.byteLength % 8 !== 0) throw damaged("it is cut short");
  // Views need alignment, which a Buffer out of a pool does not have.
  const bytes = source.byteOffset % 8 === 0 ? source : source.slice();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headerLength = view.getUint32(8, true);
  if (view.getUint32(12, true) !== checksum(bytes.subarray(PREFIX_BYTES))) throw damaged("its checksum does not match");
  const header = JSON.parse(
    new TextDecoder().decode(bytes.subarray(PREFIX_BYTES, PREFIX_BYTES + headerLength)),
  ) as Header;
  let offset = align(PREFIX_BYTES + headerLength);
  const arrays: Record<string, Numbers> = {};
  for (const { name, kind, length } of header.arrays) {
    const numbers = new kinds[kind](bytes.buffer as ArrayBuffer, bytes.byteOffset + offset, length);
    arrays[name] = numbers;
    offset += align(numbers.byteLength);
  }
  return { model: header.model, version: header.version, meta: header.meta, arrays };
}
