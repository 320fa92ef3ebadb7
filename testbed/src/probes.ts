/** What a server answers before any driver speaks to it: the few bytes that say "ready". */
import { once } from "node:events";
import { connect } from "node:net";
import { connect as connectTls } from "node:tls";

const PROBE_MS_MAX = 2_000;

/** Sends `question`, resolves with what came back first. Over TLS any certificate will do: this only asks for life. */
export async function ask(port: number, question: string | Buffer, tls = false): Promise<string> {
  const socket = tls
    ? connectTls({ port, host: "127.0.0.1", rejectUnauthorized: false })
    : connect({ port, host: "127.0.0.1" });
  const signal = AbortSignal.timeout(PROBE_MS_MAX);
  try {
    await once(socket, tls ? "secureConnect" : "connect", { signal });
    if (question.length > 0) socket.write(question);
    const [answer] = (await once(socket, "data", { signal })) as [Buffer];
    return answer.toString("latin1");
  } finally {
    socket.on("error", () => {});
    socket.destroy();
  }
}

export async function accepts(port: number): Promise<boolean> {
  const socket = connect({ port, host: "127.0.0.1" });
  try {
    await once(socket, "connect", { signal: AbortSignal.timeout(PROBE_MS_MAX) });
    return true;
  } finally {
    socket.on("error", () => {});
    socket.destroy();
  }
}

export const httpStatus = async (url: string, headers: Record<string, string> = {}): Promise<number> => {
  const response = await fetch(url, { headers, signal: AbortSignal.timeout(PROBE_MS_MAX) });
  await response.arrayBuffer();
  return response.status;
};
