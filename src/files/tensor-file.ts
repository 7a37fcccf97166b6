import { closeSync, openSync, writeSync } from "node:fs";
import { encodeSafetensors } from "../math/safetensors.js";
import type { Tensor } from "../math/tensor.js";

/** Writes a safetensors file piece by piece from where the tensors lie, without a copy of them. Throws what the disk says. */
export function writeTensors(path: string, tensors: ReadonlyMap<string, Tensor>): void {
  const file = openSync(path, "w");
  try {
    for (const chunk of encodeSafetensors({ tensors, metadata: { format: "pt" } })) {
      for (let done = 0; done < chunk.length; ) done += writeSync(file, chunk, done);
    }
  } finally {
    closeSync(file);
  }
}
