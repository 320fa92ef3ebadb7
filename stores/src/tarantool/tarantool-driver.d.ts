/** What is used of npm's tarantool-driver, which has no types. */
declare module "tarantool-driver" {
  import { EventEmitter } from "node:events";

  export default class Driver extends EventEmitter {
    constructor(options: {
      readonly host: string;
      readonly port: number;
      readonly username?: string;
      readonly password?: string;
      readonly lazyConnect: boolean;
      readonly retryStrategy: null;
    });
    connect(): Promise<void>;
    disconnect(): void;
    eval(expression: string, ...args: readonly unknown[]): Promise<readonly unknown[]>;
  }
}
