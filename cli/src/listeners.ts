/** Listeners of the command line: an address that can't be had is a person's mistake, said in one line. */
import { listen, type RunningServer } from "@thewatcher/kit/http";
import { UserError } from "@thewatcher/kit/user-error";
import type { Service } from "./clients.ts";

/** Requests under way get this long when the process is asked to stop. */
export const SHUTDOWN_GRACE_MS = 5_000;

/** Refused before the stores open, which takes a while. */
export async function requireFree(hostname: string, port: number, setting: "port" | "adminPort"): Promise<void> {
  if (port === 0) return;
  const server = await listenOn(() => new Response(null, { status: 503 }), hostname, port, setting);
  await server.close(0);
}

export async function listenOn(
  fetch: Service,
  hostname: string,
  port: number,
  setting: "port" | "adminPort",
): Promise<RunningServer> {
  try {
    return await listen({ fetch }, { hostname, port });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const [flag, hostFlag] = setting === "port" ? ["--port", "--host"] : ["--admin-port", "--admin-host"];
    if (code === "EADDRINUSE")
      throw new UserError(
        `${hostname}:${port} is taken by another program; give another one with ${flag} (0: any free one)`,
      );
    if (code === "EACCES")
      throw new UserError(`${hostname}:${port} may not be opened by this user; give a port above 1023 with ${flag}`);
    if (code === "EADDRNOTAVAIL" || code === "ENOTFOUND")
      throw new UserError(`host ${hostname}: this machine has no such address; give another with ${hostFlag}`);
    throw error;
  }
}
