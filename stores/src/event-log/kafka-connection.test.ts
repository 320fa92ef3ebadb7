import { UserError } from "@thewatcher/kit/user-error";
import { describe, expect, test } from "vitest";
import { parseKafkaUrl } from "./kafka-connection.ts";

describe("the URL of a Kafka", () => {
  test("has brokers, a login, a prefix, replicas", () => {
    expect(
      parseKafkaUrl("kafka://cine%40ma:p%2Fw%3A@k1.local:9192,k2.local/?prefix=blue.&replication=2&tls=true"),
    ).toEqual({
      brokers: ["k1.local:9192", "k2.local:9092"],
      tls: {},
      login: { username: "cine@ma", password: "p/w:" },
      prefix: "blue.",
      replication: 2,
      shown: "kafka://cine%40ma:***@k1.local:9192,k2.local/?prefix=blue.&replication=2&tls=true",
    });
    expect(parseKafkaUrl("kafka://127.0.0.1:9092")).toMatchObject({ tls: undefined, login: undefined, prefix: "" });
  });

  test.each([
    ["kafka://", /not a Kafka URL/],
    ["kafka://user@host:1", /not a Kafka URL/],
    ["http://host:1", /not a Kafka URL/],
    ["kafka://host:99999", /"host:99999" is no host and port/],
    ["kafka://a:1,,b:1", /"" is no host and port/],
    ["kafka://host:1/topic", /not a Kafka URL/],
    ["kafka://host:1/?tls=yes", /tls is "yes"; true or false/],
    ["kafka://host:1/?ca=/x", /tls is not true/],
    ["kafka://host:1/?tls=true&ca=/nowhere/ca.pem", /ca can't be read/],
    ["kafka://host:1/?prefix=a%20b", /prefix has characters/],
    ["kafka://host:1/?replication=0", /replication is not 1 to 9/],
    ["kafka://host:1/?acks=1", /"acks" is no parameter/],
    ["kafka://user:%zz@host:1", /not percent-encoded/],
  ])("%s is refused with what is accepted", (url, message) => {
    expect(() => parseKafkaUrl(url)).toThrow(UserError);
    expect(() => parseKafkaUrl(url)).toThrow(message);
    expect(() => parseKafkaUrl(url)).toThrow(/kafka:\/\/\[user:password@\]host:port.* is accepted$/);
  });

  test("a refusal never shows the password", () => {
    for (const url of [
      "kafka://user:s3cret@host:1/?acks=1",
      "kafka://user:s3cret@ho st:1",
      "kafka://user:s3@cret@h:1",
    ]) {
      try {
        parseKafkaUrl(url);
        expect.unreachable();
      } catch (error) {
        expect(String(error)).not.toContain("s3");
      }
    }
  });
});
