import { DEVICES_PER_ACCOUNT_MAX } from "@thewatcher/contracts/api/account";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openTestStores, START, type TestStores } from "../testing.ts";
import { addDevice } from "./device-rows.ts";

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
