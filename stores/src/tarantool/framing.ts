/**
 * A stream of bytes cut into IPROTO's frames: five bytes of size (0xce and a big-endian u32, the only form that Tarantool
 * sends) and so many bytes of content. Chunks may be split anywhere.
 *
 * A frame that lies whole in one chunk is handed on as a view of it; one that doesn't is copied once, into a buffer of its
 * announced size: n bytes cost O(n) however they are cut.
 */

const SIZE_BYTES = 5;
const UINT32 = 0xce;

export interface FramerOptions {
  /** A frame that announces more is refused before a byte of it is kept. */
  readonly frameBytesMax: number;
  onFrame(frame: Buffer): void;
}

/** Answers what to call with each chunk. It throws where the bytes are no frames; nothing after that makes sense. */
export function createFramer({ frameBytesMax, onFrame }: FramerOptions): (chunk: Buffer) => void {
  const head = Buffer.alloc(SIZE_BYTES);
  let headBytes = 0;
  let frame: Buffer | undefined;
  let filled = 0;

  function sizeAt(bytes: Buffer, at: number): number {
    const first = bytes[at]!;
    if (first !== UINT32) throw new Error(`a frame begins with 0xce, got 0x${first.toString(16).padStart(2, "0")}`);
    const size = bytes.readUInt32BE(at + 1);
    if (size === 0 || size > frameBytesMax) {
      throw new Error(`a frame of ${size} bytes; between 1 and ${frameBytesMax} are accepted`);
    }
    return size;
  }

  return function push(chunk) {
    for (let at = 0; at < chunk.length; ) {
      if (frame) {
        const copied = chunk.copy(frame, filled, at);
        at += copied;
        filled += copied;
        if (filled < frame.length) return;
        const whole = frame;
        frame = undefined;
        onFrame(whole);
      } else if (headBytes === 0 && chunk.length - at >= SIZE_BYTES) {
        const end = at + SIZE_BYTES + sizeAt(chunk, at);
        if (end <= chunk.length) {
          onFrame(chunk.subarray(at + SIZE_BYTES, end));
          at = end;
        } else {
          frame = Buffer.allocUnsafe(end - at - SIZE_BYTES);
          filled = 0;
          at += SIZE_BYTES;
        }
      } else {
        const copied = chunk.copy(head, headBytes, at, at + SIZE_BYTES - headBytes);
        at += copied;
        headBytes += copied;
        if (headBytes < SIZE_BYTES) return;
        headBytes = 0;
        frame = Buffer.allocUnsafe(sizeAt(head, 0));
        filled = 0;
      }
    }
  };
}
