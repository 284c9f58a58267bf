// Checks the types of the sources and bundles them.
//
//     node build.mjs <folder of the packages> <folder of the client> <folder for the page>
import { cpSync, mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const [packages, client, page] = process.argv.slice(2);
const from = (folder) => createRequire(join(folder, "package.json"));
const sources = fileURLToPath(new URL("src", import.meta.url));

const ts = from(client)("typescript");
const program = ts.createProgram([join(sources, "main.ts")], {
  strict: true,
  noUncheckedIndexedAccess: true,
  exactOptionalPropertyTypes: true,
  noUnusedLocals: true,
  noUnusedParameters: true,
  noImplicitOverride: true,
  allowImportingTsExtensions: true,
  noEmit: true,
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  lib: ["lib.es2023.d.ts", "lib.dom.d.ts", "lib.dom.iterable.d.ts"],
  types: [],
  paths: { "@practice-bridge/client": [join(client, "dist/index.d.ts")] },
});
const found = ts.getPreEmitDiagnostics(program);
if (found.length > 0) {
  const host = { getCurrentDirectory: () => sources, getNewLine: () => "\n", getCanonicalFileName: (name) => name };
  console.error(ts.formatDiagnostics(found, host));
  process.exit(1);
}

mkdirSync(page, { recursive: true });
await from(packages)("esbuild").build({
  entryPoints: [join(sources, "main.ts")],
  outfile: join(page, "main.js"),
  alias: { "@practice-bridge/client": join(client, "dist/index.js") },
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  logLevel: "warning",
});
for (const name of ["index.html", "style.css"]) {
  cpSync(join(sources, name), join(page, name));
}
// The walk of the browser tests stands next to its packages.
cpSync(fileURLToPath(new URL("test", import.meta.url)), join(packages, "test"), { recursive: true });
