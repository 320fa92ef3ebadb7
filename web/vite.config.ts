/**
 * Builds the viewer's app into `dist/`, which the gateway serves at `/`. `tsc -b` only checks (its declarations go to
 * `.tsbuild/`), so that Vite owns `dist/`.
 */
import react from "@vitejs/plugin-react";
import { defaultClientConditions, defineConfig } from "vite";

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react()],
  resolve: { conditions: ["@thewatcher/source", ...defaultClientConditions] },
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
              test: /node_modules|main\.tsx|src\/(?!pages\/(?!home|not-found)|parts\/stars|strings-of)/,
            },
          ],
        },
      },
    },
    // The budget is 120 kB gzip of script for home, about 390 kB of source; Vite warns beyond it.
    chunkSizeWarningLimit: 390,
  },
  server: {
    port: 5173,
    proxy: { "/api": "http://127.0.0.1:8080" },
  },
});
