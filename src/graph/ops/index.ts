/** The pure functions with which graphs are written: `(b, …values) → value`. */
export * from "./arithmetic.js";
export * from "./composite.js";
export * from "./indexing.js";
export * from "./linear.js";
export * from "./logic.js";
export * from "./reduce.js";
export * from "./shape.js";
export * from "./training.js";
