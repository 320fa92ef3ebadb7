/** Reads ClickHouse's RowBinary out of chunks; grows what it holds only to the largest value. */
export class RowBinaryReader {
  #chunk: Uint8Array = new Uint8Array(0);
  #at = 0;
  readonly #source: AsyncIterator<Uint8Array>;
  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** Makes `bytes` bytes available in one piece; false at a clean end. */
  async ensure(bytes: number): Promise<boolean> {
    const held = this.#chunk.length - this.#at;
    if (held >= bytes) return true;
    const parts = [this.#chunk.subarray(this.#at)];
    let total = held;
    while (total < bytes) {
      const next = await this.#source.next();
      if (next.done) break;
      parts.push(next.value);
      total += next.value.length;
    }
    this.#chunk = Buffer.concat(parts, total);
    this.#at = 0;
    if (total >= bytes) return true;
    if (total === 0) return false;
    throw new Error("the warehouse's answer ended within a row");
  }

  async atEnd(): Promise<boolean> {
    return !(await this.ensure(1));
  }

  async take(bytes: number): Promise<Uint8Array> {
    if (bytes > 0 && !(await this.ensure(bytes))) throw new Error("the warehouse's answer ended within a row");
    this.#at += bytes;
    return this.#chunk.subarray(this.#at - bytes, this.#at);
  }

  /** As many whole rows of `rowBytes` as are at hand, at least one; undefined at a clean end. */
  async rows(rowBytes: number): Promise<DataView | undefined> {
    if (!(await this.ensure(rowBytes))) return undefined;
    const held = this.#chunk.length - this.#at;
    const bytes = await this.take(held - (held % rowBytes));
    return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  async length(): Promise<number> {
    let value = 0;
    for (let shift = 1; ; shift *= 128) {
      const byte = (await this.take(1))[0] as number;
      value += (byte & 0x7f) * shift;
      if (byte < 0x80) return value;
    }
  }

  async text(): Promise<string> {
    const bytes = await this.take(await this.length());
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
  }

  /** A copy, aligned. */
  async array(elementBytes: number): Promise<ArrayBuffer> {
    const bytes = await this.take((await this.length()) * elementBytes);
    return Uint8Array.from(bytes).buffer;
  }
}
