// Builds dist/: the WebAssembly kernel (AssemblyScript), then the TypeScript sources.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, rmSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const require = createRequire(import.meta.url);

function newest(folder) {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .reduce(
      (time, entry) => Math.max(time, statSync(join(entry.parentPath, entry.name)).mtimeMs),
      0,
    );
}

function run(script, args) {
  const { status } = spawnSync(process.execPath, [script, ...args], {
    cwd: root,
    stdio: "inherit",
  });
  if (status !== 0) process.exit(status ?? 1);
}

/** The folder of a package, also where its exports hide package.json. */
function packageFolder(name) {
  return join(root, "node_modules", name);
}

function buildKernel() {
  const source = join(root, "src/optim/kernel/assembly");
  const target = join(root, "dist/optim/kernel/kernel.wasm");
  if (!existsSync(source)) return;
  if (existsSync(target) && statSync(target).mtimeMs > newest(source)) return;
  mkdirSync(dirname(target), { recursive: true });
  run(join(packageFolder("assemblyscript"), "bin/asc.js"), [
    "src/optim/kernel/assembly/index.ts",
    "--outFile",
    "dist/optim/kernel/kernel.wasm",
    "--optimizeLevel",
    "3",
    "--noAssert",
    "--runtime",
    "stub",
    "--importMemory",
    "--initialMemory",
    "1",
    "--maximumMemory",
    "65536",
    "--enable",
    "simd",
  ]);
}

if (process.argv.includes("--clean")) rmSync(join(root, "dist"), { recursive: true, force: true });
buildKernel();
run(require.resolve("typescript/package.json").replace("package.json", "bin/tsc"), [
  "-p",
  "tsconfig.json",
]);
