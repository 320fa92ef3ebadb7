import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { normaliseEmail } from "./email.ts";
import { createPasswords, type HashFunction } from "./passwords.ts";

/** Hashes that end when they are told to. */
function heldHashes() {
  const held: (() => void)[] = [];
  let runningMax = 0;
  let running = 0;
  const work = async () => {
    runningMax = Math.max(runningMax, ++running);
    await new Promise<void>((resolve) => held.push(resolve));
    running--;
  };
  const functions: HashFunction = {
    async hash(secret) {
      await work();
      return secret;
    },
    async verify(hash, secret) {
      await work();
      return hash === secret;
    },
  };
  return {
    functions,
    runningMax: () => runningMax,
    async endAll() {
      while (held.length > 0) {
        held.shift()?.();
        for (let turn = 0; turn < 10; turn++) await Promise.resolve();
      }
    },
  };
}

describe("passwords", () => {
  test("are argon2id with OWASP's parameters and a salt of their own, and are found again", async () => {
    const passwords = createPasswords();
    const [first, second] = [await passwords.hash("пароль 🎬"), await passwords.hash("пароль 🎬")];
    expect(first).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(first).not.toBe(second);
    expect(await passwords.verify(first, "пароль 🎬")).toBe(true);
    expect(await passwords.verify(first, "Пароль 🎬")).toBe(false);
    expect(passwords.isOutdated(first)).toBe(false);
    expect(passwords.isOutdated("$argon2id$v=19$m=4096,t=3,p=1$x$y")).toBe(true);
  });

  test("typed on another keyboard are the same: й of one or of two code points", async () => {
    const passwords = createPasswords();
    expect(await passwords.verify(await passwords.hash("\u0439од"), "\u0438\u0306од")).toBe(true);
  });

  test("of nobody are compared at the same cost, with nobody's hash, and never right", async () => {
    const compared: string[] = [];
    const passwords = createPasswords({
      functions: {
        hash: async () => "",
        async verify(hash) {
          compared.push(hash);
          return true;
        },
      },
    });
    for (const hash of [null, undefined]) expect(await passwords.verify(hash, "anything")).toBe(false);
    expect(compared).toHaveLength(2);
    for (const hash of compared) expect(passwords.isOutdated(hash)).toBe(false);
    // The real one is a hash that argon2 reads.
    expect(await createPasswords().verify(null, "anything")).toBe(false);
  });

  test("are hashed a few at once; so many wait, and what is more is refused at once", async () => {
    const hashes = heldHashes();
    const passwords = createPasswords({ functions: hashes.functions, atOnce: 2, waitingMax: 3 });
    const asked = Array.from({ length: 8 }, (_, i) =>
      passwords.hash(`${i}`).then(
        () => "hashed",
        (error: { body: { status: number } }) => error.body.status,
      ),
    );
    await hashes.endAll();
    expect(await Promise.all(asked)).toEqual([...Array(5).fill("hashed"), 503, 503, 503]);
    expect(hashes.runningMax()).toBe(2);
    const later = passwords.hash("later");
    await hashes.endAll();
    expect(await later).toBe("later");
  });

  test("one that fails gives its place to the next", async () => {
    let calls = 0;
    const functions: HashFunction = {
      async hash() {
        if (++calls === 1) throw new Error("out of memory");
        return "made";
      },
      verify: async () => false,
    };
    const passwords = createPasswords({ functions, atOnce: 1, waitingMax: 5 });
    const [first, second] = [passwords.hash("a"), passwords.hash("b")];
    await expect(first).rejects.toThrow("out of memory");
    expect(await second).toBe("made");
  });
});

describe("an address", () => {
  test.each([
    ["Name@Example.ORG", "name@example.org"],
    ["имя@Пример.бел", "имя@xn--e1afmkfd.xn--90ais"],
    ["a.b+tag@mail.example.org", "a.b+tag@mail.example.org"],
    ["ＡＢ@example.org", "ab@example.org"],
  ])("%s is kept as %s", (given, kept) => {
    expect(normaliseEmail(given)).toBe(kept);
  });

  test.each(["@example.org", "a@", "a@b", "a@127.0.0.1", "a@[::1]", "a@b.by:25", "a@b.by/x", "a@-b.by", "a"])(
    "%s is none",
    (given) => {
      expect(normaliseEmail(given)).toBeUndefined();
    },
  );

  test("keeps its one spelling when it is spelled so already, whatever is given", () => {
    fc.assert(
      fc.property(fc.oneof(fc.emailAddress(), fc.string({ unit: "binary" })), (given) => {
        const once = normaliseEmail(given);
        if (once !== undefined) expect(normaliseEmail(once)).toBe(once);
      }),
    );
  });
});
