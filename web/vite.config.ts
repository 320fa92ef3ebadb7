/**
 * Builds the viewer's app into `dist/`, which the gateway serves at `/`. `tsc -b` only checks (its declarations go to
 * `.tsbuild/`), so that Vite owns `dist/`.
 */
import { gzipSync } from "node:zlib";
import react from "@vitejs/plugin-react";
import { defaultClientConditions, defineConfig, type Plugin } from "vite";

/**
 * The query client brings mutations and infinite queries along, 1.5 kB gzip of home's script. Nothing in the app uses them;
 * whoever begins to takes this out.
 */
const UNUSED = "\0unused-of-query";
const withoutUnused: Plugin = {
  name: "without-unused-of-query",
  enforce: "pre",
  resolveId(id, importer) {
    const isOfClient = id === "./mutationCache.js" && importer?.endsWith("/queryClient.js");
    return isOfClient || (id === "./infiniteQueryBehavior.js" && importer?.endsWith("/query.js")) ? UNUSED : undefined;
  },
  load: (id) =>
    id === UNUSED
      ? `export class MutationCache { findAll() { return [] } clear() {} resumePausedMutations() { return Promise.resolve() } }
        export const infiniteQueryBehavior = undefined;`
      : undefined,
};

const HOME_SCRIPT_BYTES_MAX = 120_000;
/** Home's script: the entry, what it imports, and the words of the wordiest language, each compressed as it is sent. */
const homeBudget: Plugin = {
  name: "home-budget",
  generateBundle(_, bundle) {
    const chunks = Object.values(bundle).filter((file) => file.type === "chunk");
    const bytesOf = ({ code }: { code: string }) => gzipSync(code, { level: 9 }).length;
    const entry = chunks.find((chunk) => chunk.isEntry);
    if (entry === undefined) return this.error("there is no entry chunk to measure");
    const first = chunks.filter((chunk) => chunk === entry || entry.imports.includes(chunk.fileName));
    const words = chunks.filter((chunk) => /\/strings\/(ru|be|en)\.ts$/.test(chunk.facadeModuleId ?? "")).map(bytesOf);
    if (words.length !== LANGUAGES) return this.error(`${words.length} scripts of words instead of ${LANGUAGES}`);
    const bytes = first.map(bytesOf).reduce((sum, part) => sum + part) + Math.max(...words);
    if (bytes > HOME_SCRIPT_BYTES_MAX)
      this.error(`home's script takes ${bytes} bytes gzip; ${HOME_SCRIPT_BYTES_MAX} are accepted`);
  },
};
const LANGUAGES = 3;

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react(), withoutUnused, homeBudget],
  resolve: {
    conditions: ["@thewatcher/source", ...defaultClientConditions],
  },
  build: {
    outDir: "dist",
    emptyOutDir: true,
    // Node 20.19's contemporaries: no down-levelling of syntax that every browser since 2023 has.
    target: ["chrome115", "firefox115", "safari16.4"],
    // The gateway answers `default-src 'self'`, which refuses data: URLs of fonts and images.
    assetsInlineLimit: 0,
    // What a page that comes later needs is in home's script already: there is nothing to preload.
    modulePreload: false,
    // Home is one file: split into shared parts it would be 2 kB gzip larger.
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            {
              name: "index",
              test: /node_modules|main\.tsx|src\/(?!pages\/(?!home)|parts\/(stars|put-away|title-card|form|language-choice|collections|mobile-offer|profiling|taste)|api\/more|search-words|taste-words|strings\/|strings-of)/,
            },
          ],
        },
      },
    },
    // `homeBudget` measures what is sent; this is about its source.
    chunkSizeWarningLimit: 390,
  },
  server: {
    port: 5173,
    proxy: { "/api": "http://127.0.0.1:8080" },
  },
});
