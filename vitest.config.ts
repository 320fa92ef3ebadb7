import { defineConfig } from "vitest/config";

const conditions = ["@thewatcher/source"];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ["*/src/**/*.test.{ts,tsx}", "scripts/**/*.test.ts"],
    exclude: ["**/node_modules/**", "**/*.real.test.ts"],
    // chdb, lmdb and PostgreSQL children live in processes of their own: worker threads would share their signal handlers.
    pool: "forks",
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
