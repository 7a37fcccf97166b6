#!/usr/bin/env node
import { existsSync } from "node:fs";
import module from "node:module";

// Since Node 22 compiled code can be kept between starts.
module.enableCompileCache?.();

const main = new URL("../dist/cli/main.js", import.meta.url);
if (existsSync(main)) {
  const { run } = await import(main.href);
  await run(process.argv);
} else {
  process.stderr.write(
    "error: embtune is not built: dist/ is missing\nhint:  run `npm run build` in its folder first\n",
  );
  process.exitCode = 70;
}
