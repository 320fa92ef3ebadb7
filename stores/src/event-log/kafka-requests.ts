/** Single requests to Kafka in our words, on a client that `KafkaConnection` gives; they keep nothing and try nothing again. */
import kafkajs from "kafkajs";
import { assignPartitions } from "./kafka-assignment.ts";
import { API, errorOfCode, type KafkaClient, REQUEST_TIMEOUT_MS } from "./kafka-connection.ts";
import { decodeFetch, encodeFetch } from "./kafka-wire.ts";
import type { PartitionBounds } from "./port.ts";

const { MemberAssignment, MemberMetadata } = kafkajs.AssignerProtocol;

export const OFFSET_OUT_OF_RANGE = 1;
const EARLIEST = -2;
const LATEST = -1;
/** The name of our way to share out partitions: all members of a group must know it. */
const PROTOCOL = "thewatcher-sticky";

/** `topic` and `group`, here and below: the names in Kafka. */
export async function fetchBounds(client: KafkaClient, topic: string): Promise<readonly PartitionBounds[]> {
  const leaders = await client.leaders(topic);
  const found = leaders.map((_, partition) => ({ partition, firstOffset: 0, nextOffset: 0 }));
  await Promise.all(
    [...new Set(leaders)].map(async (leader) => {
      const broker = await client.broker(leader);
      const list = async (timestamp: number) => {
        const partitions = found.flatMap(({ partition }) =>
          leaders[partition] === leader ? [{ partition, timestamp }] : [],
        );
        const { responses } = await broker.listOffsets({
          replicaId: -1,
          isolationLevel: 0,
          topics: [{ topic, partitions }],
        });
        return responses.flatMap((response) => response.partitions);
      };
      const [first, next] = await Promise.all([list(EARLIEST), list(LATEST)]);
      for (const { partition, offset } of first) found[partition]!.firstOffset = Number(offset);
      for (const { partition, offset } of next) found[partition]!.nextOffset = Number(offset);
    }),
  );
  return found;
}

/** One fetch of one broker. */
export async function fetchRecords(
  client: KafkaClient,
  leader: number,
  topic: string,
  request: {
    readonly waitMs: number;
    readonly bytesMax: number;
    readonly positions: readonly { readonly partition: number; readonly offset: number; readonly bytesMax: number }[];
  },
) {
  const { waitMs, bytesMax, positions } = request;
  const body = encodeFetch(topic, positions, { waitMs, bytesMax });
  const answer = decodeFetch(
    await client.send(leader, { apiKey: API.fetch, version: 11, name: "Fetch", body }, waitMs + REQUEST_TIMEOUT_MS),
  );
  if (answer.errorCode !== 0) throw errorOfCode(answer.errorCode);
  return answer;
}

// --- groups ---

/** By partition; 0 where the group has none. */
export async function fetchPositions(
  client: KafkaClient,
  group: string,
  topic: string,
  partitionCount: number,
): Promise<readonly number[]> {
  const coordinator = await client.coordinator(group);
  const { responses } = await coordinator.offsetFetch({
    groupId: group,
    topics: [
      { topic, partitions: Array.from({ length: partitionCount }, (_, partition) => ({ partition, offset: "0" })) },
    ],
  });
  const positions = new Array<number>(partitionCount).fill(0);
  for (const { partition, offset } of responses.flatMap((response) => response.partitions)) {
    positions[partition] = Math.max(0, Number(offset));
  }
  return positions;
}

/** A member of a generation; of nobody's, where the group has no members. */
export interface Membership {
  readonly memberId: string;
  readonly generation: number;
}
export const NO_MEMBER: Membership = { memberId: "", generation: -1 };

export async function commitPositions(
  client: KafkaClient,
  group: string,
  topic: string,
  { memberId, generation }: Membership,
  positions: readonly { readonly partition: number; readonly nextOffset: number }[],
): Promise<void> {
  const coordinator = await client.coordinator(group);
  await coordinator.offsetCommit({
    groupId: group,
    groupGenerationId: generation,
    memberId,
    topics: [
      {
        topic,
        partitions: positions.map(({ partition, nextOffset }) => ({ partition, offset: String(nextOffset) })),
      },
    ],
  });
}

/** Answered when all members have come back. The one that leads has to share out, in its `syncGroup`. */
export async function joinGroup(
  client: KafkaClient,
  request: {
    readonly group: string;
    readonly topic: string;
    /** "" of one that has none yet. */
    readonly memberId: string;
    readonly owned: readonly number[];
    readonly sessionTimeoutMs: number;
    readonly rebalanceTimeoutMs: number;
  },
) {
  const coordinator = await client.coordinator(request.group);
  const metadata = MemberMetadata.encode({
    version: 1,
    topics: [request.topic],
    userData: Buffer.from(JSON.stringify(request.owned)),
  });
  const { memberId, generationId, leaderId, members } = await coordinator.joinGroup({
    groupId: request.group,
    sessionTimeout: request.sessionTimeoutMs,
    rebalanceTimeout: request.rebalanceTimeoutMs,
    memberId: request.memberId,
    groupProtocols: [{ name: PROTOCOL, metadata }],
  });
  return { memberId, generation: generationId, isLeader: leaderId === memberId, members };
}

/** The partitions that are the member's now. */
export async function syncGroup(
  client: KafkaClient,
  group: string,
  topic: string,
  partitionCount: number,
  joined: Awaited<ReturnType<typeof joinGroup>>,
): Promise<readonly number[]> {
  const { memberId, generation, isLeader, members } = joined;
  const assignments = isLeader
    ? assignPartitions(
        members.map(({ memberId: id, memberMetadata }) => ({ id, owned: ownedOf(memberMetadata) })),
        partitionCount,
      )
    : new Map<string, number[]>();
  const coordinator = await client.coordinator(group);
  const { memberAssignment } = await coordinator.syncGroup({
    groupId: group,
    generationId: generation,
    memberId,
    groupAssignment: [...assignments].map(([id, partitions]) => ({
      memberId: id,
      memberAssignment: MemberAssignment.encode({
        version: 1,
        assignment: { [topic]: partitions },
        userData: Buffer.alloc(0),
      }),
    })),
  });
  return MemberAssignment.decode(memberAssignment)?.assignment[topic] ?? [];
}

function ownedOf(metadata: Buffer): number[] {
  try {
    const userData = MemberMetadata.decode(metadata)?.userData;
    const owned: unknown = userData && userData.length > 0 ? JSON.parse(userData.toString("utf8")) : [];
    return Array.isArray(owned) ? owned.filter((p): p is number => Number.isInteger(p) && p >= 0) : [];
  } catch {
    // Of a member with another version: it keeps nothing, which costs it a buffer.
    return [];
  }
}
