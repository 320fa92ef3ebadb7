import { DEVICES_PER_ACCOUNT_MAX } from "@thewatcher/contracts/api/account";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openTestStores, START, type TestStores } from "../testing.ts";
import { addDevice, deviceNameOf } from "./device-rows.ts";

let stores: TestStores;
beforeAll(async () => {
  stores = await openTestStores();
});
afterAll(() => stores.dispose());

test("whoever comes in stays, also among too many of one instant", async () => {
  for (let i = 0; i < 2 * DEVICES_PER_ACCOUNT_MAX; i++) {
    const { deviceId, ended } = await addDevice(stores.database, "demo-a", { name: "Firefox on Linux", at: START });
    expect(ended).not.toContain(deviceId);
    expect(ended).toHaveLength(i < DEVICES_PER_ACCOUNT_MAX ? 0 : 1);
  }
});

const MOZILLA = "Mozilla/5.0";
const GECKO = "(KHTML, like Gecko)";
const BLINK = `AppleWebKit/537.36 ${GECKO}`;
const WEBKIT = `AppleWebKit/605.1.15 ${GECKO}`;
const ANDROID = "(Linux; Android 14; K)";

test.each([
  [`(X11; Linux x86_64) ${BLINK} HeadlessChrome/141.0.0.0 Safari/537.36`, "Chrome on Linux"],
  [`(X11; Linux x86_64) ${BLINK} Chrome/141.0.0.0 Safari/537.36`, "Chrome on Linux"],
  [`(X11; Linux x86_64) ${BLINK} Ubuntu Chromium/99.0.4844.51 Chrome/99.0.4844.51 Safari/537.36`, "Chrome on Linux"],
  [`(X11; CrOS x86_64 14541.0.0) ${BLINK} Chrome/141.0.0.0 Safari/537.36`, "Chrome on ChromeOS"],
  [`(Windows NT 10.0; Win64; x64) ${BLINK} Chrome/141.0.0.0 Safari/537.36`, "Chrome on Windows"],
  [`(Windows NT 10.0; Win64; x64) ${BLINK} Chrome/141.0.0.0 Safari/537.36 Edg/141.0.0.0`, "Edge on Windows"],
  [`(Windows NT 10.0; Win64; x64) ${BLINK} Chrome/70.0.3538.102 Safari/537.36 Edge/18.19582`, "Edge on Windows"],
  [`(Windows NT 10.0; Win64; x64) ${BLINK} Chrome/139.0.0.0 Safari/537.36 OPR/123.0.0.0`, "Opera on Windows"],
  [
    `(Windows NT 10.0; Win64; x64) ${BLINK} Chrome/138.0.0.0 YaBrowser/25.8.0.0 Safari/537.36`,
    "Yandex Browser on Windows",
  ],
  [`(Windows NT 10.0; Win64; x64) ${BLINK} Chrome/140.0.0.0 Safari/537.36 Vivaldi/7.6.3797.58`, "Vivaldi on Windows"],
  ["(Windows NT 10.0; Win64; x64; rv:143.0) Gecko/20100101 Firefox/143.0", "Firefox on Windows"],
  ["(X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0", "Firefox on Linux"],
  ["(Android 14; Mobile; rv:143.0) Gecko/143.0 Firefox/143.0", "Firefox on Android"],
  [`(Macintosh; Intel Mac OS X 10_15_7) ${WEBKIT} Version/18.6 Safari/605.1.15`, "Safari on Mac"],
  [`(Macintosh; Intel Mac OS X 10_15_7) ${BLINK} Chrome/141.0.0.0 Safari/537.36`, "Chrome on Mac"],
  [`(iPhone; CPU iPhone OS 18_6 like Mac OS X) ${WEBKIT} Version/18.6 Mobile/15E148 Safari/604.1`, "Safari on iPhone"],
  [
    `(iPhone; CPU iPhone OS 18_6 like Mac OS X) ${WEBKIT} CriOS/141.0.7390.26 Mobile/15E148 Safari/604.1`,
    "Chrome on iPhone",
  ],
  [`(iPhone; CPU iPhone OS 18_6 like Mac OS X) ${WEBKIT} FxiOS/143.0 Mobile/15E148 Safari/604.1`, "Firefox on iPhone"],
  [
    `(iPhone; CPU iPhone OS 18_6 like Mac OS X) ${WEBKIT} EdgiOS/140.0.0.0 Version/18.0 Mobile/15E148 Safari/604.1`,
    "Edge on iPhone",
  ],
  [`(iPhone; CPU iPhone OS 18_6 like Mac OS X) ${WEBKIT} Mobile/15E148`, "iPhone"],
  [`(iPad; CPU OS 16_7 like Mac OS X) ${WEBKIT} Version/16.6 Mobile/15E148 Safari/604.1`, "Safari on iPad"],
  [`${ANDROID} ${BLINK} Chrome/141.0.0.0 Mobile Safari/537.36`, "Chrome on Android"],
  [`${ANDROID} ${BLINK} Chrome/141.0.0.0 Mobile Safari/537.36 EdgA/140.0.0.0`, "Edge on Android"],
  [`${ANDROID} ${BLINK} SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36`, "Samsung Internet on Android"],
  [`${ANDROID} ${BLINK} Version/4.0 Chrome/130.0.0.0 Mobile DuckDuckGo/5 Safari/537.36`, "DuckDuckGo on Android"],
  [`(Linux; U; Android 4.0.3; ru-ru) AppleWebKit/534.30 ${GECKO} Version/4.0 Mobile Safari/534.30`, "Android"],
  [`(X11; Linux x86_64) ${WEBKIT} Version/18.0 Safari/605.1.15`, "Linux"],
  [`(Web0S; Linux/SmartTV) ${BLINK} Chrome/108.0.5359.211 Safari/537.36 WebAppManager`, "Chrome on TV"],
  [
    `(SMART-TV; LINUX; Tizen 8.0) ${BLINK} SamsungBrowser/6.4 Chrome/108.0.5359.1 TV Safari/537.36`,
    "Samsung Internet on TV",
  ],
])("%s is called %s", (rest, name) => {
  expect(deviceNameOf(`${MOZILLA} ${rest}`)).toBe(name);
});

test("what is nobody's browser is an unknown device, and a long one takes no time", () => {
  for (const agent of [undefined, "", "curl/8.5.0", "Safari", "Chrome"])
    expect(deviceNameOf(agent)).toBe("Unknown device");
  expect(deviceNameOf("Macintosh ".repeat(100_000))).toBe("Mac");
});
