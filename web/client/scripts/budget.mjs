// Holds the citizen's budget: at most 90 KB of script and 150 KB in total, gzipped, from the shell to the meeting.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

const out = process.argv[2] ?? "../dist/client";
const manifest = JSON.parse(readFileSync(join(out, ".vite/manifest.json"), "utf8"));
const SCRIPT_LIMIT = 90 * 1024;
const TOTAL_LIMIT = 150 * 1024;
// What a citizen loads: the door's entry and the listener's face, with everything they import statically.
const roots = ["door.html", "src/views/citizen/face.tsx"];

const seen = new Set();
const css = new Set();
function walk(key) {
  const chunk = manifest[key];
  if (!chunk || seen.has(chunk.file)) return;
  seen.add(chunk.file);
  for (const c of chunk.css ?? []) css.add(c);
  for (const next of chunk.imports ?? []) walk(next);
}
for (const root of roots) walk(root);

const size = (file) => gzipSync(readFileSync(join(out, file)), { level: 9 }).length;
const sum = (list) => [...list].reduce((n, f) => n + size(f), 0);
const script = sum([...seen].filter((f) => f.endsWith(".js")));
const total = script + sum(css) + (existsSync(join(out, "door.html")) ? size("door.html") : 0);
const kb = (n) => `${(n / 1024).toFixed(1)} KB`;

console.log(`citizen: script ${kb(script)} of ${kb(SCRIPT_LIMIT)}, total ${kb(total)} of ${kb(TOTAL_LIMIT)}`);
if (!manifest["door.html"] || script > SCRIPT_LIMIT || total > TOTAL_LIMIT) {
  console.error("citizen: over budget, or the door is missing from the build");
  process.exit(1);
}
