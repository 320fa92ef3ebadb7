/**
 * Kafka 4.4 out of Maven's jars: one node that is broker and controller (KRaft), any Java from 17 on.
 *
 * Plain by default; `security` gives the one listener a login, TLS or both. Topics are never made by asking for them.
 */
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type InstallContext, installedFolder, installOnce, requireInstalled } from "./cache.ts";
import type { Certificates } from "./certificates.ts";
import { copyJars, installJava, javaMissing, requireJava } from "./packages.ts";
import { accepts } from "./probes.ts";
import { runCommand } from "./run-command.ts";
import { freePort, type RunningServer, type StartOptions, startServer } from "./server.ts";

export const KAFKA_VERSION = "4.4.0";
const RELEASE = `kafka-${KAFKA_VERSION}`;
const JAVA_MIN = 17;
/** 340 MB resident with this; the heap of one test's topics is far below it. */
const HEAP = "-Xmx384m";

const LOG_CONFIGURATION = `status = error
rootLogger.level = warn
rootLogger.appenderRef.console.ref = console
appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = [%d] %p %m (%c)%n
logger.start.name = kafka.server.KafkaRaftServer
logger.start.level = info
`;

export interface KafkaOptions extends StartOptions {
  readonly security?: {
    /** SASL/PLAIN: name → password. */
    readonly users?: Readonly<Record<string, string>>;
    readonly tls?: Certificates;
  };
  /** Over server.properties: `{ "log.segment.bytes": "1048576" }`. */
  readonly properties?: Readonly<Record<string, string>>;
}

export const kafkaMissing = (): string | undefined =>
  installedFolder(RELEASE) === undefined ? `${RELEASE} is not installed` : javaMissing(JAVA_MIN);

export async function installKafka(context: InstallContext): Promise<void> {
  if (kafkaMissing() === undefined) return;
  await installJava(context, JAVA_MIN);
  await installOnce(RELEASE, context, async (folder) => {
    await copyJars(folder, [
      `org.apache.kafka:kafka_2.13:${KAFKA_VERSION}`,
      "org.apache.logging.log4j:log4j-slf4j-impl:2.24.3",
    ]);
    await writeFile(join(folder, "log4j2.properties"), LOG_CONFIGURATION);
  });
}

export async function startKafka(options: KafkaOptions): Promise<RunningServer> {
  const { folder, security = {} } = options;
  const { users, tls } = security;
  const home = requireInstalled(RELEASE);
  const java = requireJava(JAVA_MIN);
  const port = options.port ?? (await freePort());
  const controllerPort = await freePort();
  const data = join(folder, "data");
  await mkdir(folder, { recursive: true });
  const protocol = `${users ? "SASL_" : ""}${tls ? "SSL" : "PLAINTEXT"}`;
  const isPlain = protocol === "PLAINTEXT";
  const clientAndBroker = [
    `CLIENT://127.0.0.1:${port}`,
    // The broker speaks to itself without a login, whatever its clients have to do.
    ...(isPlain ? [] : [`BROKER://127.0.0.1:${await freePort()}`]),
  ];
  const login = Object.entries(users ?? {}).map(([name, password]) => `user_${name}="${password}"`);
  const properties: Record<string, string> = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "controller.quorum.voters": `1@127.0.0.1:${controllerPort}`,
    listeners: [...clientAndBroker, `CONTROLLER://127.0.0.1:${controllerPort}`].join(","),
    "advertised.listeners": clientAndBroker.join(","),
    "controller.listener.names": "CONTROLLER",
    "inter.broker.listener.name": isPlain ? "CLIENT" : "BROKER",
    "listener.security.protocol.map": `CONTROLLER:PLAINTEXT,BROKER:PLAINTEXT,CLIENT:${protocol}`,
    "log.dirs": data,
    "num.partitions": "1",
    "offsets.topic.replication.factor": "1",
    "offsets.topic.num.partitions": "4",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "transaction.state.log.num.partitions": "4",
    "group.initial.rebalance.delay.ms": "0",
    "auto.create.topics.enable": "false",
    // A broker that comes back after kill -9 waits until the controller has given its old self up: 12 s with the usual 9 s.
    "broker.session.timeout.ms": "4000",
    "broker.heartbeat.interval.ms": "500",
    ...(users
      ? {
          "sasl.enabled.mechanisms": "PLAIN",
          "listener.name.client.plain.sasl.jaas.config": `org.apache.kafka.common.security.plain.PlainLoginModule required ${login.join(" ")};`,
        }
      : {}),
    ...(tls
      ? {
          "listener.name.client.ssl.keystore.type": "PEM",
          "listener.name.client.ssl.keystore.location": tls.keyStoreFile,
        }
      : {}),
    ...options.properties,
  };
  const file = join(folder, "server.properties");
  const lines = Object.entries(properties).map(([name, value]) => `${name}=${value}`);
  await writeFile(file, `${lines.join("\n")}\n`, { mode: 0o600 });
  const run = [
    HEAP,
    "-XX:TieredStopAtLevel=1",
    "-XX:+UseSerialGC",
    `-Dlog4j2.configurationFile=${join(home, "log4j2.properties")}`,
    "-cp",
    join(home, "lib", "*"),
  ];
  if (!existsSync(join(data, "meta.properties"))) {
    const clusterId = randomBytes(16).toString("base64url");
    await runCommand(java, [...run, "kafka.tools.StorageTool", "format", "-t", clusterId, "-c", file]);
  }
  const name = users ? Object.entries(users)[0] : undefined;
  const credentials = name ? `${encodeURIComponent(name[0])}:${encodeURIComponent(name[1])}@` : "";
  return await startServer({
    name: "kafka",
    url: `kafka://${credentials}127.0.0.1:${port}${tls ? `/?tls=true&ca=${encodeURIComponent(tls.caFile)}` : ""}`,
    port,
    folder,
    outlives: options.outlives,
    command: java,
    args: [...run, "kafka.Kafka", file],
    isReady: async (said) => (await said()).includes("Kafka Server started") && (await accepts(port)),
  });
}
