import { defineConfig } from "vitest/config";

const conditions = ["@thewatcher/source"];

/** Everything that needs a real server (`npm run test:real`): each file starts its own. */
export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ["*/src/**/*.real.test.ts"],
    pool: "forks",
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 240_000,
  },
});
