import { resolve } from "node:path";
import { defineConfig } from "vite";

/** Browsers that must work: Chrome on Android 90 and Safari 15, and the web views of the same age. */
const targets = ["chrome90", "safari15", "firefox90"];

/** One HTML shell per entry; the server chooses by path (docs/PROTOCOL.md, pages). */
const entries = ["door", "display", "office", "start", "setup"];

export default defineConfig(() => {
  const fixtures = process.env.NT_FIXTURES === "1";
  const names = fixtures ? [...entries, "fixtures"] : entries;
  return {
    base: "/",
    build: {
      outDir: "../dist/client",
      emptyOutDir: true,
      target: targets,
      cssTarget: targets,
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      reportCompressedSize: false,
      manifest: true,
      rollupOptions: {
        input: Object.fromEntries(names.map((n) => [n, resolve(import.meta.dirname, `${n}.html`)])),
      },
    },
    server: { host: "127.0.0.1" },
    preview: { host: "127.0.0.1" },
    test: { environment: "node", include: ["test/**/*.test.{ts,tsx}"] },
  };
});
