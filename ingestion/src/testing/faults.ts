/** Fails the N-th operation, once: before it takes effect, or behind it, when the caller can't know. */

export interface FaultPlan {
  /** Wraps one operation. */
  run<Value>(work: () => Promise<Value>): Promise<Value>;
  readonly fired: () => boolean;
}

export function failOperation(n: number, when: "before" | "after"): FaultPlan {
  let operations = 0;
  let fired = false;
  return {
    fired: () => fired,
    async run(work) {
      const isMine = ++operations === n;
      if (!isMine) return work();
      fired = true;
      if (when === "after") await work();
      throw new Error(`operation ${n} fails ${when} its effect`);
    },
  };
}
