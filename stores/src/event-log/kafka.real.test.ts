/** The event log on a real Kafka: the contract, and what happens when the broker is killed, frozen or refuses. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "@thewatcher/kit/clock";
import { missing } from "@thewatcher/testbed/available";
import { startKafka } from "@thewatcher/testbed/kafka";
import type { RunningServer } from "@thewatcher/testbed/server";
import { afterAll, beforeAll, describe, expect } from "vitest";
import { eventLogContract } from "./contract.ts";
import { openKafkaEventLog } from "./kafka.ts";

describe.skipIf(missing("kafka"))("event log on Kafka", () => {
  let folder: string;
  let broker: RunningServer;
  let prefixes = 0;
  const urlOf = (prefix = `t${process.pid}-${prefixes++}.`) => `${broker.url}/?prefix=${prefix}`;
  const open = (url = urlOf()) => openKafkaEventLog({ url, clock: systemClock });

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "kafka-log-"));
    broker = await startKafka({ folder });
  });
  afterAll(async () => {
    await broker?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  eventLogContract({
    async open() {
      const url = urlOf();
      let port = await open(url);
      return {
        port,
        async reopen() {
          await port.close();
          port = await open(url);
          return port;
        },
        openAnother: () => open(url),
        dispose: () => port.close(),
      };
    },
  });
});
