/** Calls of an adapter to its server: refused when closed or too many, their failure told with what and where. */
import { readFile } from "node:fs/promises";
import { UserError } from "@thewatcher/kit/user-error";

/** Calls beyond an adapter's connections wait; beyond this many they are refused. */
const CALLS_MAX = 1_000;

export interface ServerCalls {
  /** Errors of range are the caller's own mistake, and thrown as they are. */
  call<Answer>(what: string, action: () => Promise<Answer>): Promise<Answer>;
  /** Lets no further one begin and waits for those under way. */
  end(): Promise<void>;
}

/** `where`: the store and its address without secrets. */
export function createServerCalls(where: string, explain: (error: unknown) => string): ServerCalls {
  let closed = false;
  const underWay = new Set<Promise<unknown>>();
  return {
    async call(what, action) {
      if (closed) throw new Error(`${where} is closed`);
      if (underWay.size >= CALLS_MAX) throw new Error(`${where}: ${what}: ${CALLS_MAX} calls are under way`);
      const running = action();
      underWay.add(running);
      try {
        return await running;
      } catch (error) {
        if (error instanceof RangeError) throw error;
        throw new Error(`${where}: ${what} failed: ${explain(error)}`, { cause: error });
      } finally {
        underWay.delete(running);
      }
    },
    async end() {
      closed = true;
      await Promise.allSettled(underWay);
    },
  };
}

/** The certificate authority that a URL names by `?ca=`. */
export async function readAuthority(
  where: string,
  ca: string | undefined,
  explain: (error: unknown) => string,
): Promise<Buffer | undefined> {
  if (ca === undefined) return undefined;
  try {
    return await readFile(ca);
  } catch (error) {
    throw new UserError(`${where}: ?ca=${ca} can't be read (${explain(error)}); a PEM file is accepted`);
  }
}
