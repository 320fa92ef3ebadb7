/** The best of a stream of scored titles: sorted arrays, since few of the many that are looked at get in. */
export interface TopList {
  /** What a score must exceed to get in. */
  floor(): number;
  /** Of equal scores the first stays before. */
  add(index: number, score: number): void;
  take(): { readonly itemIndices: Int32Array; readonly scores: Float32Array };
}

export function createTopList(countMax: number): TopList {
  const itemIndices = new Int32Array(countMax);
  const scores = new Float32Array(countMax);
  let count = 0;
  return {
    floor: () => (count < countMax ? Number.NEGATIVE_INFINITY : scores[countMax - 1]!),
    add(index, score) {
      let place = count < countMax ? count++ : countMax - 1;
      for (; place > 0 && scores[place - 1]! < score; place--) {
        scores[place] = scores[place - 1]!;
        itemIndices[place] = itemIndices[place - 1]!;
      }
      scores[place] = score;
      itemIndices[place] = index;
    },
    take: () => ({ itemIndices: itemIndices.slice(0, count), scores: scores.slice(0, count) }),
  };
}
