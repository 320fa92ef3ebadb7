/**
 * Who of a group reads which partition: every member as many as any other or one more, and as few partitions as possible
 * change hands, since each that does costs its buffer and asks the reader's store how far it is.
 */
export interface GroupMember {
  readonly id: string;
  /** What it read until now. */
  readonly owned: readonly number[];
}

export function assignPartitions(members: readonly GroupMember[], partitionCount: number): Map<string, number[]> {
  const sorted = [...members].sort((a, b) => (a.id < b.id ? -1 : 1));
  const assigned = new Map<string, number[]>(sorted.map(({ id }) => [id, []]));
  const taken = new Set<number>();
  const share = Math.floor(partitionCount / sorted.length);
  let larger = partitionCount % sorted.length;
  for (const { id, owned } of sorted) {
    const kept = assigned.get(id)!;
    for (const partition of [...owned].sort((a, b) => a - b)) {
      if (partition >= partitionCount || taken.has(partition) || kept.length > share) continue;
      if (kept.length === share) {
        if (larger === 0) continue;
        larger--;
      }
      kept.push(partition);
      taken.add(partition);
    }
  }
  for (let partition = 0; partition < partitionCount; partition++) {
    if (taken.has(partition)) continue;
    const [least] = [...assigned.values()].sort((a, b) => a.length - b.length);
    least!.push(partition);
  }
  for (const partitions of assigned.values()) partitions.sort((a, b) => a - b);
  return assigned;
}
