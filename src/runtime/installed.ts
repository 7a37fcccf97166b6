import { createRequire } from "node:module";

/** The version of the installed onnxruntime-node. Throws where it is not installed. */
export function onnxruntimeVersion(): string {
  const load = createRequire(import.meta.url);
  return (load("onnxruntime-node/package.json") as { readonly version: string }).version;
}
