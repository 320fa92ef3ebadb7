import { UserError } from "@thewatcher/kit/user-error";
import { expect, test } from "vitest";
import { parseTarantoolUrl } from "./url.ts";

const parse = (text: string) => parseTarantoolUrl("recommendation store", text);

test("a URL says the client, the place, the user, and never shows the password", () => {
  expect(parse("tarantool://us%40er:p%2Fass@db.example:3302/?requestMs=700")).toEqual({
    client: "own",
    target: { host: "db.example", port: 3302, user: "us@er", password: "p/ass" },
    requestMsMax: 700,
    where: "recommendation store at tarantool://us%40er@db.example:3302",
  });
  expect(parse("tarantool+driver://[::1]")).toEqual({
    client: "npm driver",
    target: { host: "::1", port: 3301 },
    requestMsMax: undefined,
    where: "recommendation store at tarantool+driver://[::1]:3301",
  });
});

test.each([
  ["no url", "its URL can't be read"],
  ["redis://:secret@host", "a URL of the kind redis://"],
  ["tarantool://", "without a host"],
  ["tarantool:///x", "without a host"],
  ["tarantool://u:secret@host/base", "a URL with the path /base"],
  ["tarantool://:secret@host", "a password without a user"],
  ["tarantool://u%zz:secret@host", "broken %"],
  ["tarantool://u:secret@host/?tls=true", "tls=true; of parameters requestMs=<1 to 999999> is accepted"],
  ["tarantool://u:secret@host/?requestMs=0", "requestMs=0; of parameters"],
])("%s is refused: %s", (text, reason) => {
  try {
    parse(text);
    expect.unreachable();
  } catch (error) {
    expect(error).toBeInstanceOf(UserError);
    expect(String(error)).toContain(reason);
    expect(String(error)).not.toContain("secret");
    expect(String(error)).toContain("is accepted");
  }
});
