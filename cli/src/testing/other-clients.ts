/**
 * What lies in each store, read without our adapters: Kafka by its project's own Java client, Tarantool by its own
 * console, PostgreSQL by psql, Redis by redis-cli, the warehouse by a plain HTTP query, objects by curl with a signature.
 */
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { cacheRoot } from "@thewatcher/testbed/cache";
import { KAFKA_VERSION } from "@thewatcher/testbed/kafka";
import { findJava } from "@thewatcher/testbed/packages";

const run = promisify(execFile);
/** A Java program that is compiled first took a minute on a machine at a load of sixty. */
const COMMAND_MS_MAX = 180_000;
const OUTPUT_BYTES_MAX = 64 * 1024 * 1024;

async function output(
  command: string,
  args: readonly string[],
  { env = process.env, waitMs = 0 }: { readonly env?: NodeJS.ProcessEnv; readonly waitMs?: number } = {},
): Promise<string> {
  const limits = { timeout: COMMAND_MS_MAX + waitMs, maxBuffer: OUTPUT_BYTES_MAX, env };
  const { stdout } = await run(command, [...args], limits);
  return stdout;
}

async function withFile<Value>(name: string, text: string, use: (path: string) => Promise<Value>): Promise<Value> {
  const folder = await mkdtemp(join(tmpdir(), "thewatcher-client-"));
  try {
    const path = join(folder, name);
    await writeFile(path, text);
    return await use(path);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Looks until the group is at the ends of the topics, or the time is over; then says what it saw last. */
const KAFKA_PROGRAM = `
import java.util.*;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.common.TopicPartition;

public class Look {
  public static void main(String[] args) throws Exception {
    Properties settings = new Properties();
    settings.put("bootstrap.servers", args[0]);
    long until = System.currentTimeMillis() + Long.parseLong(args[3]);
    try (Admin admin = Admin.create(settings)) {
      for (;;) {
        boolean atEnd = true;
        StringBuilder said = new StringBuilder();
        for (String topic : args[2].split(",")) {
          var committed = admin.listConsumerGroupOffsets(args[1] + "." + topic).partitionsToOffsetAndMetadata().get();
          for (var partition : admin.describeTopics(List.of(topic)).allTopicNames().get().get(topic).partitions()) {
            var place = new TopicPartition(topic, partition.partition());
            long end = admin.listOffsets(Map.of(place, OffsetSpec.latest())).all().get().get(place).offset();
            long position = committed.get(place) == null ? 0 : committed.get(place).offset();
            atEnd &= position == end;
            said.append(topic + " " + place.partition() + " " + end + " " + position + "\\n");
          }
        }
        if (atEnd || System.currentTimeMillis() > until) {
          System.out.print(said);
          return;
        }
        Thread.sleep(200);
      }
    }
  }
}
`;

interface KafkaPlace {
  readonly topic: string;
  readonly partition: number;
  readonly nextOffset: number;
  readonly committed: number;
}

/**
 * Where the topics end and where the group is, as soon as it is there or after `waitMs`. In Kafka it has a group of its own
 * for each topic, `<group>.<topic>`.
 */
export async function lookIntoKafka(
  bootstrap: string,
  group: string,
  topics: readonly string[],
  waitMs: number,
): Promise<readonly KafkaPlace[]> {
  const jars = join(cacheRoot(), `kafka-${KAFKA_VERSION}`, "lib", "*");
  const java = join(findJava(17, true)?.home ?? "", "bin", "java");
  const text = await withFile("Look.java", KAFKA_PROGRAM, (path) =>
    output(java, ["-cp", jars, path, bootstrap, group, topics.join(","), String(waitMs)], { waitMs }),
  );
  return text
    .trim()
    .split("\n")
    .map((line) => {
      const [topic = "", partition, nextOffset, committed] = line.split(" ");
      return { topic, partition: Number(partition), nextOffset: Number(nextOffset), committed: Number(committed) };
    });
}

/** Runs Lua beside a connection `c` of net.box; answers what it prints. */
export function askTarantool(url: string, lua: string): Promise<string> {
  const { username, password, host } = new URL(url);
  const program = `local c = require('net.box').connect('${username}:${password}@${host}')\n${lua}\nos.exit(0)\n`;
  return withFile("look.lua", program, (path) => output("tarantool", [path]));
}

export const askPostgres = async (url: string, sql: string): Promise<string> =>
  (await output("psql", [url, "-Atq", "-c", sql])).trim();

export async function askRedis(url: string, ...command: readonly string[]): Promise<string> {
  const { hostname, port, password } = new URL(url);
  const env = { ...process.env, REDISCLI_AUTH: decodeURIComponent(password) };
  return (await output("redis-cli", ["-h", hostname, "-p", port, ...command], { env })).trim();
}

/** Rows of TabSeparated. */
export async function askWarehouse(url: string, sql: string): Promise<readonly (readonly string[])[]> {
  const { username, password, origin, pathname } = new URL(url);
  const response = await fetch(`${origin}/?database=${pathname.slice(1)}`, {
    method: "POST",
    headers: { "x-clickhouse-user": username, "x-clickhouse-key": password },
    body: `${sql} FORMAT TabSeparated`,
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${sql}: ${response.status} ${text}`);
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => line.split("\t"));
}

/** `s3://key:secret@host/bucket[/prefix]` and a path below its bucket; the answer of a GET. */
export async function askObjects(url: string, path: string): Promise<string> {
  const { username, password, host, pathname } = new URL(url);
  const bucket = pathname.split("/")[1] ?? "";
  return output("curl", [
    "--silent",
    "--fail-with-body",
    "--aws-sigv4",
    "aws:amz:us-east-1:s3",
    "--user",
    `${decodeURIComponent(username)}:${decodeURIComponent(password)}`,
    `http://${host}/${bucket}${path}`,
  ]);
}
