import { ZONES } from "@thewatcher/contracts/zones";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createHosts, languageOf } from "./hosts.ts";

const hostOf = createHosts(["cinema.example.by", "M.Example.RU", "example.org"]);

describe("a host", () => {
  test("of a zone means its country, language, currency and shell, with a port or without", () => {
    for (const [name, zone] of Object.entries(ZONES)) {
      for (const asked of [name, name.toUpperCase(), `${name}:8443`]) {
        expect(hostOf(asked)).toEqual({ authority: asked.toLowerCase(), zone, isLoopback: false });
      }
    }
    expect(hostOf("m.thewatcher.ru")?.zone).toMatchObject({ shell: "mobile", currency: "RUB", locale: "ru" });
    expect(hostOf("thewatcher.by")?.zone).toMatchObject({ shell: "desktop", currency: "BYN", locale: "be" });
  });

  test("of this machine is the default zone", () => {
    for (const asked of ["localhost:8080", "127.0.0.1", "[::1]:1"]) {
      expect(hostOf(asked)).toMatchObject({ isLoopback: true, zone: { homeRegion: "us" } });
    }
  });

  test("of the setting has the zone of its end", () => {
    expect(hostOf("cinema.example.by")?.zone.locale).toBe("be");
    expect(hostOf("m.example.ru:444")?.zone).toMatchObject({ country: "RU", shell: "mobile" });
    expect(hostOf("example.org")?.zone.currency).toBe("USD");
  });

  test("that nobody named is none of ours, however near it comes", () => {
    const foreign = [
      "",
      "thewatcher.ru.evil.example",
      "evil-thewatcher.ru",
      "www.thewatcher.ru",
      "thewatcher.ru.",
      "thewatcher.ru:80:80",
      "thewatcher.ru@evil.example",
      "thewatcher.ru/",
      "127.0.0.2",
      "localhost.evil.example",
      "[::2]",
      "__proto__",
      "constructor",
      "thewatcher.ru, evil.example",
    ];
    for (const asked of foreign) expect(hostOf(asked), asked).toBeUndefined();
  });

  test("of any text is ours or none, and is never thrown at", () => {
    fc.assert(fc.property(fc.string(), (asked) => hostOf(asked) === undefined || hostOf(asked)?.zone !== undefined));
  });
});

describe("the language", () => {
  const us = hostOf("thewatcher.us");
  const by = hostOf("thewatcher.by");
  const local = hostOf("localhost");
  test("is what the person chose, then what the request names, then the host's", () => {
    if (!us || !by) throw new Error("our own hosts");
    expect(languageOf(by, { chosen: "ru", named: "en", accepted: "en" })).toBe("ru");
    expect(languageOf(by, { chosen: null, named: "en", accepted: "ru" })).toBe("en");
    expect(languageOf(by, { chosen: null, named: "xx", accepted: "ru" })).toBe("be");
    expect(languageOf(us, { chosen: null, named: undefined, accepted: "ru" })).toBe("en");
  });
  test("is the browser's on this machine", () => {
    if (!local) throw new Error("our own host");
    expect(languageOf(local, { chosen: null, named: undefined, accepted: "be-BY,ru;q=0.8" })).toBe("be");
    expect(languageOf(local, { chosen: null, named: undefined, accepted: null })).toBe("en");
  });
});
