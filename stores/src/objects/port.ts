/** Objects by key: models, archives, media. S3's model, small. A put is atomic: a reader sees the old object or the new. */

/** `generations/g…/item-tables.bin`: segments of letters, digits and . _ - joined by /, no `..`, at most 512 bytes. */
export const OBJECT_KEY_PATTERN = /^(?!.*(?:^|\/)\.{1,2}(?:\/|$))[A-Za-z0-9._-]+(?:\/[A-Za-z0-9._-]+)*$/;

export interface ObjectInfo {
  readonly key: string;
  readonly bytes: number;
}

export interface Objects {
  /** Durable when it resolves; at most 1 GiB. Of writers of one key side by side one wins, whole. */
  put(key: string, body: Uint8Array): Promise<void>;
  get(key: string): Promise<Uint8Array | undefined>;
  /** Keys that start with `prefix`, in byte order, at most `limit` (≤ 1000) behind `after`. */
  list(request: {
    readonly prefix: string;
    readonly limit: number;
    readonly after?: string;
  }): Promise<readonly ObjectInfo[]>;
  /** Absent keys are no error. */
  delete(keys: readonly string[]): Promise<void>;
  describe(): Promise<string>;
  close(): Promise<void>;
}
