/** What is used of npm's tarantool-driver, which has no types. */
declare module "tarantool-driver" {
  import type { EventEmitter } from "node:events";

  interface Driver extends EventEmitter {
    connect(): Promise<void>;
    disconnect(): void;
    eval(expression: string, ...args: readonly unknown[]): Promise<readonly unknown[]>;
  }
  const Driver: new (options: {
    readonly host: string;
    readonly port: number;
    readonly username?: string;
    readonly password?: string;
    readonly lazyConnect: boolean;
    readonly retryStrategy: null;
  }) => Driver;
  type Driver = Driver;
  export default Driver;
}
