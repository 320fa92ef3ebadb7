/**
 * npm's tarantool-driver (3.1.0) behind the same port, with what it lacks: every call has a deadline of ours, and when one
 * passes it, or the connection breaks, the driver's connection is thrown away with all that was under way on it.
 *
 * Why: it loses track of a reply that arrives in three or more parts (lib/event-handler.js, AWAITING without braces) and
 * then queues what it is given for ever; after a disconnect it leaves calls unsettled. It tells no error codes and gives
 * integers beyond 2^53 rounded. docs/decisions/0007-tarantool.md.
 */
import Driver from "tarantool-driver";
import {
  CONNECT_MS_MAX,
  type ConnectionOptions,
  IN_FLIGHT_MAX,
  REQUEST_MS_MAX,
  type TarantoolConnection,
  TarantoolError,
} from "./connection.ts";

/** The driver's own `call` is Tarantool 1.6's, which wraps what a function returns; so its user must be allowed to eval. */
const CALL = "local name = ...; return box.func[name]:call({ select(2, ...) })";

interface Current {
  readonly driver: Driver;
  readonly ready: Promise<void>;
  readonly underWay: Set<(error: Error) => void>;
}

export async function openNpmDriver(options: ConnectionOptions): Promise<TarantoolConnection> {
  const { target, where, log } = options;
  const requestMsMax = options.requestMsMax ?? REQUEST_MS_MAX;
  const inFlightMax = options.inFlightMax ?? IN_FLIGHT_MAX;
  let current: Current | undefined;
  let callCount = 0;
  let isClosed = false;

  function discard(old: Current, error: Error): void {
    if (current === old) current = undefined;
    for (const reject of [...old.underWay]) reject(error);
    old.driver.disconnect();
  }

  function connect(): Current {
    const connectMsMax = options.connectMsMax ?? CONNECT_MS_MAX;
    const driver = new Driver({
      host: target.host,
      port: target.port,
      ...(target.user === undefined ? {} : { username: target.user, password: target.password ?? "" }),
      lazyConnect: true,
      retryStrategy: null,
    });
    let isReady = false;
    let failure = "";
    const ready = new Promise<void>((resolve, reject) => {
      const late = setTimeout(() => fail(`no connection within ${connectMsMax} ms`), connectMsMax);
      const fail = (reason: string) => {
        clearTimeout(late);
        if (isReady) log?.warn({ where, reason }, "tarantool: the connection was lost");
        discard(opened, new Error(`${where}: the connection was lost before the answer (${reason})`));
        reject(new Error(reason));
      };
      driver.on("error", (error: Error) => {
        failure = error.message;
      });
      driver.on("connect", () => {
        clearTimeout(late);
        isReady = true;
        resolve();
      });
      driver.on("close", () => fail(failure === "" ? "the server closed the connection" : failure));
    });
    ready.catch(() => undefined);
    const opened: Current = { driver, ready, underWay: new Set() };
    driver.connect().catch(() => undefined);
    return opened;
  }

  function run(
    work: (driver: Driver) => Promise<readonly unknown[]>,
    timeoutMs = requestMsMax,
  ): Promise<readonly unknown[]> {
    if (isClosed) return Promise.reject(new Error(`${where} is closed`));
    if (callCount >= inFlightMax) {
      return Promise.reject(new Error(`${where}: ${inFlightMax} calls wait for an answer already; it doesn't keep up`));
    }
    current ??= connect();
    const used = current;
    callCount++;
    return new Promise((resolve, reject) => {
      const end = () => {
        clearTimeout(timer);
        if (used.underWay.delete(fail)) callCount--;
      };
      const fail = (error: Error) => {
        end();
        reject(error);
      };
      const timer = setTimeout(() => {
        discard(
          used,
          new Error(`${where}: the connection was replaced: an answer did not come within ${timeoutMs} ms`),
        );
      }, timeoutMs);
      used.underWay.add(fail);
      used.ready
        .then(() => work(used.driver))
        .then(
          (data) => {
            end();
            resolve(data);
          },
          (error: Error) => fail(new TarantoolError(where, 0, error.message)),
        );
    });
  }

  current = connect();
  await current.ready;
  return {
    call: (functionName, args, timeoutMs) => run((driver) => driver.eval(CALL, functionName, ...args), timeoutMs),
    eval: (expression, args, timeoutMs) => run((driver) => driver.eval(expression, ...args), timeoutMs),
    async close() {
      if (isClosed) return;
      isClosed = true;
      if (current) discard(current, new Error(`${where} is closed`));
    },
  };
}
