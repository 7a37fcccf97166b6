import { open } from "node:fs/promises";
import { encodeSafetensors } from "../math/safetensors.js";
import type { Tensor } from "../math/tensor.js";

/** Writes tensors as a safetensors file marked as PyTorch's, without a second copy of them in memory. */
export async function writeTensors(
  path: string,
  tensors: ReadonlyMap<string, Tensor>,
): Promise<void> {
  const file = await open(path, "w");
  try {
    for (const chunk of encodeSafetensors({ tensors, metadata: { format: "pt" } })) {
      await file.writeFile(chunk);
    }
  } finally {
    await file.close();
  }
}
