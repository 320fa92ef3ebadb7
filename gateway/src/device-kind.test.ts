import { DEFAULT_ZONE, zoneByName } from "@thewatcher/contracts/zones";
import { expect, test } from "vitest";
import { deviceKindOf } from "./device-kind.ts";

const AGENTS = {
  web: [
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:140.0) Gecko/20100101 Firefox/140.0",
    "curl/8.5.0",
    "",
  ],
  phone: [
    "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1",
  ],
  tv: [
    "Mozilla/5.0 (SMART-TV; Linux; Tizen 8.0) AppleWebKit/537.36 (KHTML, like Gecko) 120.0.6099.5/8.0 TV Safari/537.36",
    "Mozilla/5.0 (Web0S; Linux/SmartTV) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/108.0.5359.211 Safari/537.36",
  ],
} as const;

test.each(Object.entries(AGENTS).flatMap(([kind, agents]) => agents.map((agent) => [kind, agent] as const)))(
  "a %s calls itself %j",
  (kind, agent) => {
    expect(deviceKindOf(DEFAULT_ZONE, new Headers({ "user-agent": agent }))).toBe(kind);
  },
);

test("the phone's host and the browser's hint say more than its name, and without either it is the web", () => {
  const desktop = { "user-agent": AGENTS.web[0] };
  expect(deviceKindOf(zoneByName("m.thewatcher.ru"), new Headers(desktop))).toBe("phone");
  expect(deviceKindOf(DEFAULT_ZONE, new Headers({ ...desktop, "sec-ch-ua-mobile": "?1" }))).toBe("phone");
  expect(deviceKindOf(DEFAULT_ZONE, new Headers({ ...desktop, "sec-ch-ua-mobile": "?0" }))).toBe("web");
  expect(deviceKindOf(DEFAULT_ZONE, new Headers())).toBe("web");
});
