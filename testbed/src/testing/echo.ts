import { entryOf } from "@thewatcher/kit/entry";
import { httpStatus } from "../probes.ts";
import { freePort, type RunningServer, type StartOptions, startServer } from "../server.ts";

export interface EchoOptions extends StartOptions {
  readonly fails?: boolean;
}

export async function startEcho(options: EchoOptions): Promise<RunningServer> {
  const { path, execArgv } = entryOf(import.meta.url, "./echo-child");
  const port = options.port ?? (await freePort());
  return await startServer({
    name: "echo",
    url: `http://127.0.0.1:${port}/`,
    port,
    folder: options.folder,
    outlives: options.outlives,
    command: process.execPath,
    args: [...execArgv, path, `--port=${port}`, ...(options.fails ? ["--fail"] : [])],
    isReady: async () => (await httpStatus(`http://127.0.0.1:${port}/`)) === 200,
  });
}
