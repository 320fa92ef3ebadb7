/**
 * Tarantool out of Debian (2.6). Its program is the caller's `init.lua`, or the plain one beside this package; both learn
 * their place from the environment (see testbed/tarantool/init.lua) and listen last.
 */
import { mkdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { InstallContext } from "./cache.ts";
import { findProgram, installDebian } from "./packages.ts";
import { ask } from "./probes.ts";
import { freePort, type RunningServer, type StartOptions, startServer } from "./server.ts";

const PLAIN_INIT = fileURLToPath(new URL("../tarantool/init.lua", import.meta.url));

export interface TarantoolOptions extends StartOptions {
  /** Default: `thewatcher` and `secret`. */
  readonly user?: string;
  readonly password?: string;
  /** Default: a user that may do everything, and no spaces. */
  readonly initFile?: string;
  /** Added to TT_DIR, TT_LISTEN, TT_USER, TT_PASSWORD. */
  readonly env?: Readonly<Record<string, string>>;
}

export const tarantoolMissing = (): string | undefined =>
  findProgram("tarantool") ? undefined : "tarantool is not installed";

export const installTarantool = (context: InstallContext): Promise<void> =>
  installDebian(context, ["tarantool"], () => tarantoolMissing() === undefined);

export async function startTarantool(options: TarantoolOptions): Promise<RunningServer> {
  const { folder, user = "thewatcher", password = "secret", initFile = PLAIN_INIT } = options;
  const port = options.port ?? (await freePort());
  await mkdir(folder, { recursive: true });
  return await startServer({
    name: "tarantool",
    url: `tarantool://${encodeURIComponent(user)}:${encodeURIComponent(password)}@127.0.0.1:${port}`,
    port,
    folder,
    outlives: options.outlives,
    command: findProgram("tarantool") ?? "tarantool",
    args: [initFile],
    env: {
      ...process.env,
      TT_DIR: folder,
      TT_LISTEN: `127.0.0.1:${port}`,
      TT_USER: user,
      TT_PASSWORD: password,
      ...options.env,
    },
    isReady: async () => (await ask(port, "")).startsWith("Tarantool "),
  });
}
