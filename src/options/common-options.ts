import type { AnyTable } from "../options/option.js";

/** Options of everything that computes. */
export const commonOptions = {
  seed: { type: "integer", min: 0, default: 42, description: "seed of everything random" },
  threads: {
    type: "integer",
    min: 1,
    max: 1024,
    otherwise: "the machine's cores, or the container's share",
    description: "threads for matrix products",
  },
} as const satisfies AnyTable;
