import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createClients, networkOf, parseNetwork } from "./client-address.ts";

describe("who asks", () => {
  const clientOf = createClients(["10.0.0.0/8", "2001:db8:aaaa::/48", "192.168.7.7"]);
  const address = (remote: string, forwarded: string | null) => clientOf(remote, forwarded).address;

  test("is the connection's other end where that is no proxy of ours, whatever the header says", () => {
    expect(address("203.0.113.9", "198.51.100.1")).toBe("203.0.113.9");
    expect(clientOf("203.0.113.9", null).isBehindTrusted).toBe(false);
    expect(createClients([])("10.0.0.1", "198.51.100.1").address).toBe("10.0.0.1");
  });

  test("is what the last foreign address is, read from the right through proxies of ours", () => {
    expect(address("10.1.2.3", "198.51.100.1")).toBe("198.51.100.1");
    expect(address("10.1.2.3", "1.1.1.1, 198.51.100.1, 192.168.7.7")).toBe("198.51.100.1");
    expect(address("::ffff:10.1.2.3", "203.0.113.5:4711")).toBe("203.0.113.5");
    expect(address("2001:db8:aaaa::1", "[2001:DB8:1::5]:443")).toBe("2001:db8:1::5");
    expect(clientOf("10.1.2.3", "198.51.100.1").isBehindTrusted).toBe(true);
  });

  test("is the last proxy where the header is missing, broken, or names proxies only", () => {
    expect(address("10.1.2.3", null)).toBe("10.1.2.3");
    expect(address("10.1.2.3", "unknown")).toBe("10.1.2.3");
    expect(address("10.1.2.3", "198.51.100.1, , 10.9.9.9")).toBe("10.9.9.9");
    expect(address("10.1.2.3", "10.4.4.4, 10.5.5.5")).toBe("10.4.4.4");
  });

  test("can't be chosen by what a client writes left of its own address", () => {
    fc.assert(
      fc.property(fc.string(), (forged) => {
        expect(address("10.1.2.3", `${forged}, 198.51.100.1`)).toBe("198.51.100.1");
      }),
    );
  });

  test("on this machine is loopback; behind a proxy on this machine that is named it is not", () => {
    expect(clientOf("127.0.0.1", null).isLoopback).toBe(true);
    expect(clientOf("::1", "198.51.100.1").isLoopback).toBe(true);
    expect(clientOf(undefined, null).isLoopback).toBe(true);
    expect(createClients(["127.0.0.1"])("127.0.0.1", "198.51.100.1").isLoopback).toBe(false);
    expect(createClients(["::1"])("::ffff:127.0.0.1", "198.51.100.1").isLoopback).toBe(true);
  });
});

describe("a network", () => {
  test.each([
    ["203.0.113.9", "203.0.113.9"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
    ["2001:db8:1:2::6", "2001:db8:1:2::/64"],
    ["2001:0db8:0001::", "2001:db8:1:0::/64"],
    ["2001:db8::1:2:3", "2001:db8:0:0::/64"],
    ["::1", "0:0:0:0::/64"],
    ["1:2:3::4:5:6:7", "1:2:3:0::/64"],
    ["64:ff9b::192.0.2.33", "64:ff9b:0:0::/64"],
    ["1:2:3:4:5:6:192.0.2.33", "1:2:3:4::/64"],
  ])("of %s is %s", (address, network) => {
    expect(networkOf(address)).toBe(network);
  });

  test("is the same for every address of a /64, and differs in the first 64 bits", () => {
    fc.assert(
      fc.property(fc.ipV6(), (address) => {
        expect(networkOf(address)).toMatch(/^([0-9a-f]{1,4}:){4}:\/64$/);
      }),
    );
  });

  test("of the setting is an address with a number of bits that it has", () => {
    expect(parseNetwork("10.0.0.0/8")).toEqual({ address: "10.0.0.0", bits: 8 });
    expect(parseNetwork("2001:db8::1")).toEqual({ address: "2001:db8::1", bits: 128 });
    for (const text of [
      "",
      "10.0.0.0/33",
      "::/129",
      "10.0.0/8",
      "a.example",
      "10.0.0.0/-1",
      "10.0.0.0/8/8",
      "::1%lo",
    ]) {
      expect(parseNetwork(text), text).toBeUndefined();
    }
  });
});
