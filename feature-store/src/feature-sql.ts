/**
 * Definitions as SQL over `events`, in two forms.
 *
 * `stepsSql`: each component of a group as a step function of time for each key, exact in both times. Of a register only
 * its largest (at, value) so far matters; sorted by the instant from which each sign can be seen, that is a running
 * maximum, and each of its values v_i holds from seenAt_i to seenAt_{i+1} or to the end of its window, whichever comes
 * first. So it adds +f(v_i) there and −f(v_i) here; a component is the running sum of those. Any number of rows with
 * instants of their own is then one ASOF join: E log E + R log E for E events and R rows, where asking for each row is
 * E·R.
 *
 * `registersSql`: the registers themselves at one instant, for what is served.
 *
 * Erasures count whenever they came: what was erased later is in no answer about earlier.
 */
import {
  type Component,
  eventsOf,
  HOUR_MS,
  type RegisterGroup,
  type SignName,
  signOf,
  WHOLE_SHARE,
  type Window,
} from "./definitions.ts";
import { keySeparator } from "./signs.ts";

const quoted = (texts: readonly string[]) => texts.map((text) => `'${text}'`).join(", ");

/** When everything of a profile was erased last. `at` as everywhere: min(occurredAt, knownAt). */
export const ERASED_SQL =
  "SELECT profileId AS erasedProfile, max(toUnixTimestamp64Milli(least(occurredAt, knownAt))) AS erasedAt FROM events WHERE topic = 'erasures' AND type = 'erasure' GROUP BY profileId";

const KEYS: Readonly<Record<RegisterGroup["key"], string>> = {
  title: "titleId",
  titleInCountry: `concat(titleId, '${keySeparator}', country)`,
  profile: "profileId",
};

export const keySql = (key: RegisterGroup["key"]): string => KEYS[key];

function memberSql({ key, member }: RegisterGroup): string {
  if (member === "event") return `concat(profileId, '${keySeparator}', toString(eventId))`;
  return key === "profile" ? "titleId" : "profileId";
}

function valueSql(name: SignName): string {
  const { undoneBy, value } = signOf(name);
  const written = value === "stars" ? "toFloat32(JSONExtractFloat(payload, 'stars'))" : "toFloat32(1)";
  return undoneBy ? `if(type = '${undoneBy}', toFloat32(0), ${written})` : written;
}

/**
 * Signs of a group: profileId, key, member, at, seenAt, value. `where` is a further condition on `events`, such as
 * which keys, or which part of the log.
 */
export function signsSql(group: RegisterGroup, where: string): string {
  const { isWhole } = signOf(group.sign);
  const whole = isWhole
    ? ` AND JSONExtractFloat(payload, 'durationSeconds') > 0 AND JSONExtractFloat(payload, 'watchedSeconds') >= ${WHOLE_SHARE} * JSONExtractFloat(payload, 'durationSeconds')`
    : "";
  return writtenSql(group, {
    value: valueSql(group.sign),
    where: `type IN (${quoted(eventsOf(group.sign))})${whole}${where}`,
  });
}

/** "That was not me" and its undo, by the same keys and members. */
const forgetSql = (group: RegisterGroup, where: string): string =>
  writtenSql(group, { value: "toFloat32(type = 'forget')", where: `type IN ('forget', 'forget_undo')${where}` });

function writtenSql(
  group: RegisterGroup,
  { value, where }: { readonly value: string; readonly where: string },
): string {
  return `SELECT profileId, key, member, at, seenAt, value
FROM (
  SELECT profileId, ${keySql(group.key)} AS key, ${memberSql(group)} AS member,
    toUnixTimestamp64Milli(least(occurredAt, knownAt)) AS at,
    toUnixTimestamp64Milli(greatest(occurredAt, knownAt)) AS seenAt,
    ${value} AS value
  FROM events
  WHERE titleId != '' AND timeQuality = 'observed' AND ${where}
) AS given
LEFT ANY JOIN (${ERASED_SQL}) AS erasure ON given.profileId = erasure.erasedProfile
WHERE erasure.erasedProfile = '' OR at > erasure.erasedAt`;
}

/** As `endOf` in definitions.ts. */
const endSql = (at: string, window: Window): string =>
  window === "all" ? NEVER : `(toInt64(floor(${at} / ${HOUR_MS})) + ${24 * window}) * ${HOUR_MS}`;
/** Behind every instant. */
const NEVER = "toInt64(9000000000000000)";

const weightSql = ({ measure }: Component): string =>
  measure === "values" ? "toFloat64(counted)" : "if(counted > 0, 1., 0.)";

/** Before every instant, of the value 0. */
const NOTHING = "(toInt64(-9000000000000000), toFloat32(0))";

/** A group's signs, and of profiles what they asked to forget. */
function statementsSql(group: RegisterGroup, where: string): string {
  const signs = `SELECT 0 AS isForget, key, member, at, seenAt, value FROM (${signsSql(group, where)})`;
  if (group.key !== "profile") return signs;
  return `${signs} UNION ALL SELECT 1 AS isForget, key, member, at, seenAt, value FROM (${forgetSql(group, where)})`;
}

/** Columns key, time, c0, c1, …: from `time` on the components of `key` are these. `last` ones ignore their window. */
export function stepsSql(group: RegisterGroup, where: string): string {
  const { components } = group;
  const zeros = components.map(() => "0.");
  const step = (time: string, values: readonly string[]) => `(${[time, ...values].join(", ")})`;
  const starts = components.map((component) =>
    component.measure === "last"
      ? "if(value > 0, toFloat64(at), 0.)"
      : `if(${endSql("at", component.window)} > seenAt, ${weightSql(component)}, 0.)`,
  );
  const ends = components.flatMap((component, place) => {
    if (component.measure === "last") return [];
    const end = endSql("at", component.window);
    const weight = `if(${end} > seenAt, -${weightSql(component)}, 0.)`;
    return [step(`greatest(seenAt, least(nextSeenAt, ${end}))`, zeros.with(place, weight))];
  });
  const merged = components.map(({ measure }, i) => `${measure === "last" ? "max" : "sum"}(step.${i + 2}) AS d${i}`);
  const running = components.map(
    ({ measure }, i) => `${measure === "last" ? "max" : "sum"}(d${i}) OVER ofKey AS c${i}`,
  );
  return `SELECT key, time, ${running.join(", ")}
FROM (
  SELECT key, step.1 AS time, ${merged.join(", ")}
  FROM (
    SELECT key, arrayJoin([${[step("seenAt", starts), ...ends].join(", ")}]) AS step
    FROM (
      SELECT key, seenAt, register.1 AS at, register.2 AS value,
        if(forgotten.2 > 0 AND forgotten.1 >= register.1, 0, register.2) AS counted,
        leadInFrame(seenAt, 1, ${NEVER}) OVER (PARTITION BY key, member ORDER BY seenAt ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS nextSeenAt
      FROM (
        SELECT key, member, seenAt,
          max(largest) OVER soFar AS register, max(lastForgotten) OVER soFar AS forgotten
        FROM (
          SELECT key, member, seenAt,
            max(if(isForget, ${NOTHING}, (at, value))) AS largest, max(if(isForget, (at, value), ${NOTHING})) AS lastForgotten
          FROM (${statementsSql(group, where)})
          GROUP BY key, member, seenAt
        )
        WINDOW soFar AS (PARTITION BY key, member ORDER BY seenAt ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
      )
    )
  )
  GROUP BY key, time
)
WINDOW ofKey AS (PARTITION BY key ORDER BY time ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)`;
}

/** The longest window of a group: what lies behind it can be forgotten. */
export function longestWindow({ components }: Pick<RegisterGroup, "components">): Window {
  const windows = components.map(({ window }) => window);
  return windows.includes("all") ? "all" : Math.max(...(windows as number[]));
}

/** Part of the log: offsets below each partition's position. Other topics and partitions are not in it. */
export interface LogPosition {
  readonly topic: string;
  readonly partition: number;
  readonly nextOffset: number;
}
export function withinSql(positions: readonly LogPosition[]): string {
  if (positions.length === 0) return " AND 0";
  const parts = positions.map(
    ({ topic, partition, nextOffset }) =>
      `(topic = '${topic}' AND partition = ${partition} AND offset < ${nextOffset})`,
  );
  return ` AND (${parts.join(" OR ")})`;
}

const SEEN_AT = "toUnixTimestamp64Milli(greatest(occurredAt, knownAt))";
const VISIBLE = ` AND ${SEEN_AT} <= {at:Int64}`;
const NOT_YET_VISIBLE = ` AND ${SEEN_AT} > {at:Int64}`;

/**
 * One row a key, in its order: key, level UInt8, c0 … Float64, then of the sampled members hashes UInt32, instants
 * Int64, values Float32, and for members that are events the hashes of their profiles. Parameter: `{at:Int64}`.
 *
 * Level l keeps members whose hash begins with l zero bits: of more than `membersMax`, about that many or fewer. The
 * components are of all members, sampled or not. The hash 0 stands for an empty place in the tables: it is given as 1.
 */
export function registersSql(group: RegisterGroup, where: string, membersMax: number): string {
  const window = longestWindow(group);
  const components = group.components.map((component, i) => {
    const isIn = `register.2 > 0 AND ${endSql("register.1", component.window)} > {at:Int64}`;
    if (component.measure === "members") return `toFloat64(countIf(${isIn})) AS c${i}`;
    return component.measure === "values"
      ? `sumIf(toFloat64(register.2), ${isIn}) AS c${i}`
      : `toFloat64(maxIf(register.1, ${isIn})) AS c${i}`;
  });
  const owners = group.member === "event" ? ", arrayMap(member -> member.4, members) AS owners" : "";
  return `SELECT key, level, ${group.components.map((_, i) => `c${i}`).join(", ")},
  arrayMap(member -> member.1, members) AS hashes, arrayMap(member -> member.2, members) AS instants,
  arrayMap(member -> member.3, members) AS values${owners}
FROM (
  SELECT key, toUInt8(any(memberCount) <= ${membersMax} ? 0 : ceil(log2(any(memberCount) / ${membersMax}))) AS level,
    ${components.join(",\n    ")},
    arraySort(groupArrayIf((greatest(hash, 1), register.1, register.2, owner), bitShiftRight(toUInt64(hash), 32 - if(memberCount <= ${membersMax}, 0, toUInt8(ceil(log2(memberCount / ${membersMax}))))) = 0)) AS members
  FROM (
    SELECT key, register, murmurHash3_32(member) AS hash, owner, count() OVER (PARTITION BY key) AS memberCount
    FROM (
      SELECT key, member, max((at, value)) AS register, greatest(murmurHash3_32(any(profileId)), 1) AS owner
      FROM (${signsSql(group, `${where}${VISIBLE}`)})
      GROUP BY key, member
      ${window === "all" ? "" : `HAVING ${endSql("register.1", window)} > {at:Int64}`}
    )
  )
  GROUP BY key
)
ORDER BY key
FORMAT RowBinary`;
}

/** The few signs that can't be seen as of `{at:Int64}` (clocks run ahead by up to five minutes), of the same part of the log. */
export function futureSignsSql(groups: readonly RegisterGroup[], where: string): string {
  const parts = groups.map(
    (group, index) =>
      `SELECT toFloat64(${index}) AS groupIndex, profileId, key, member, at, seenAt, value FROM (${signsSql(group, `${where}${NOT_YET_VISIBLE}`)})`,
  );
  return `SELECT groupIndex, key, toFloat64(greatest(murmurHash3_32(member), 1)) AS hash, toFloat64(at) AS instant,
  toFloat64(seenAt) AS visibleAt, toFloat64(value) AS written, toFloat64(greatest(murmurHash3_32(profileId), 1)) AS owner
FROM (${parts.join("\nUNION ALL\n")})
ORDER BY groupIndex, key, hash, instant, written
LIMIT {limit:UInt32}`;
}
