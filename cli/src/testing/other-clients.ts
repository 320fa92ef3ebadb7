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
const COMMAND_MS_MAX = 60_000;
const OUTPUT_BYTES_MAX = 64 * 1024 * 1024;

async function output(command: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env): Promise<string> {
  const { stdout } = await run(command, [...args], { timeout: COMMAND_MS_MAX, maxBuffer: OUTPUT_BYTES_MAX, env });
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

const KAFKA_PROGRAM = `
import java.util.*;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.common.TopicPartition;

public class Look {
  public static void main(String[] args) throws Exception {
    Properties settings = new Properties();
    settings.put("bootstrap.servers", args[0]);
    try (Admin admin = Admin.create(settings)) {
      Map<TopicPartition, OffsetSpec> asked = new HashMap<>();
      for (String topic : args[2].split(","))
        for (var partition : admin.describeTopics(List.of(topic)).allTopicNames().get().get(topic).partitions())
          asked.put(new TopicPartition(topic, partition.partition()), OffsetSpec.latest());
      var ends = admin.listOffsets(asked).all().get();
      for (var place : asked.keySet()) {
        var committed = admin.listConsumerGroupOffsets(args[1] + "." + place.topic())
          .partitionsToOffsetAndMetadata().get().get(place);
        System.out.println(place.topic() + " " + place.partition() + " " + ends.get(place).offset() + " "
          + (committed == null ? 0 : committed.offset()));
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

/** Ends of the topics, and where the group is: in Kafka it has a group of its own for each topic, `<group>.<topic>`. */
export async function lookIntoKafka(
  bootstrap: string,
  group: string,
  topics: readonly string[],
): Promise<readonly KafkaPlace[]> {
  const jars = join(cacheRoot(), `kafka-${KAFKA_VERSION}`, "lib", "*");
  const text = await withFile("Look.java", KAFKA_PROGRAM, (path) =>
    output(join(findJava(17, true)?.home ?? "", "bin", "java"), [
      "-cp",
      jars,
      path,
      bootstrap,
      group,
      topics.join(","),
    ]),
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
  return (await output("redis-cli", ["-h", hostname, "-p", port, ...command], env)).trim();
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
