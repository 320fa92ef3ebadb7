/**
 * Who is at the other end of the connection, beyond proxies of our own. A proxy appends the address it was asked from to
 * `X-Forwarded-For`, so the header is read from the right, and only as far as each address that says so is one of the
 * setting `trustedProxies`: what stands further left was written by the client itself.
 *
 * An IPv6 customer is given a /64 and may use any address of it, so there the network is the /64.
 */
import { BlockList, isIP, isIPv4 } from "node:net";

export interface Client {
  readonly address: string;
  /** What limits count by. */
  readonly network: string;
  /** The connection itself comes from a proxy of ours: what it says in headers of its own is believed. */
  readonly isBehindTrusted: boolean;
  /** This machine: whoever can connect from here can do worse. */
  readonly isLoopback: boolean;
}

/** More hops than any route of ours has. */
const HOPS_MAX = 16;
/** Addresses whose answer is remembered: a look-up costs 10 times less than a match of the list. */
const REMEMBERED_MAX = 10_000;

/** `10.0.0.0/8`, `2001:db8::/32`, or one address. undefined: not of that form. */
export function parseNetwork(text: string): { readonly address: string; readonly bits: number } | undefined {
  const [, address = "", given] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const version = isIP(address);
  if (version === 0 || address.includes("%")) return undefined;
  const bitsMax = version === 4 ? 32 : 128;
  const bits = given === undefined ? bitsMax : Number(given);
  return bits <= bitsMax ? { address, bits } : undefined;
}

export function createClients(trustedProxies: readonly string[]) {
  const trusted = new BlockList();
  for (const text of trustedProxies) {
    const network = parseNetwork(text);
    if (!network) throw new RangeError(`trusted proxy ${text}: an address or a network such as 10.0.0.0/8 is accepted`);
    trusted.addSubnet(network.address, network.bits, isIPv4(network.address) ? "ipv4" : "ipv6");
  }
  const isTrusted = (address: string): boolean =>
    trustedProxies.length > 0 && trusted.check(address, isIPv4(address) ? "ipv4" : "ipv6");
  const remembered = new Map<string, Client>();

  const find = (remote: string, forwarded: string | null): Client => {
    let address = plainAddress(remote) ?? "unknown";
    const isBehindTrusted = address !== "unknown" && isTrusted(address);
    const hops = isBehindTrusted && forwarded !== null ? forwarded.split(",") : [];
    for (let hop = hops.length - 1; hop >= 0 && hop >= hops.length - HOPS_MAX; hop--) {
      const next = plainAddress(hops[hop] as string);
      // What nobody could have connected from ends the chain: the last proxy is the most that is known.
      if (next === undefined) break;
      address = next;
      if (!isTrusted(address)) break;
    }
    return { address, network: networkOf(address), isBehindTrusted, isLoopback: isLoopbackAddress(address) };
  };

  /** `remote`: of the socket. */
  return (remote: string | undefined, forwarded: string | null): Client => {
    // A request of this process itself has no socket.
    const from = remote ?? "127.0.0.1";
    const isLong = (forwarded?.length ?? 0) > 200;
    const key = forwarded === null ? from : `${from} ${forwarded}`;
    const known = remembered.get(key);
    if (known) return known;
    const client = find(from, forwarded);
    if (!isLong) {
      if (remembered.size >= REMEMBERED_MAX) remembered.clear();
      remembered.set(key, client);
    }
    return client;
  };
}

/** Without a port, brackets, a zone or the IPv6 form of an IPv4 address; undefined: no address. */
function plainAddress(text: string): string | undefined {
  const trimmed = text.trim();
  const bare = /^\[([^\]]+)\](?::\d{1,5})?$/.exec(trimmed)?.[1] ?? /^([\d.]+):\d{1,5}$/.exec(trimmed)?.[1] ?? trimmed;
  const address = bare.replace(/%.*$/, "").replace(/^::ffff:(?=\d+\.)/i, "");
  return isIP(address) === 0 ? undefined : address.toLowerCase();
}

const isLoopbackAddress = (address: string): boolean => address === "::1" || address.startsWith("127.");

/** An IPv4 address; of an IPv6 address its first 64 bits. */
export function networkOf(address: string): string {
  if (isIP(address) !== 6) return address;
  const [head = "", tail] = address.split("::");
  const groups = (text: string) => text.split(":").filter((group) => group !== "");
  const left = groups(head);
  // An IPv4 address at the end stands for two groups; it never reaches the first four.
  const right = tail === undefined ? [] : groups(tail);
  const rightCount = right.length + (right.at(-1)?.includes(".") ? 1 : 0);
  const whole =
    tail === undefined
      ? left
      : [...left, ...Array<string>(Math.max(0, 8 - left.length - rightCount)).fill("0"), ...right];
  return `${whole
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(":")}::/64`;
}
