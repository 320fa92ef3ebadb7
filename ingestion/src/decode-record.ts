/** The JSON object in a record of the log, or undefined where there is none. */
export function decodeRecord(value: Uint8Array): Record<string, unknown> | undefined {
  try {
    const text = Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("utf8");
    const decoded: unknown = JSON.parse(text);
    return typeof decoded === "object" && decoded !== null && !Array.isArray(decoded)
      ? (decoded as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}
