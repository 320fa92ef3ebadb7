/** A bounded map whose entries end at their time; over the bound the oldest entry goes. For look-ups that a hot path repeats. */
export interface ExpiringMap<Value> {
  get(key: string, now: number): Value | undefined;
  set(key: string, value: Value, until: number): void;
  delete(key: string): void;
}

export function createExpiringMap<Value>(sizeMax: number): ExpiringMap<Value> {
  const entries = new Map<string, { value: Value; until: number }>();
  return {
    get(key, now) {
      const entry = entries.get(key);
      if (!entry) return undefined;
      if (entry.until > now) return entry.value;
      entries.delete(key);
      return undefined;
    },
    set(key, value, until) {
      entries.delete(key);
      if (entries.size >= sizeMax) {
        const oldest = entries.keys().next();
        if (!oldest.done) entries.delete(oldest.value);
      }
      entries.set(key, { value, until });
    },
    delete(key) {
      entries.delete(key);
    },
  };
}
