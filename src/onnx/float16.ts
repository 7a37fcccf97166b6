/** Value of an IEEE 754 half-precision number from its 16 bits. */
export function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

let table: Float32Array | undefined;

/** All 65,536 halves, computed once: conversion is then one look-up an element. */
function halves(): Float32Array {
  table ??= Float32Array.from({ length: 65_536 }, (_, bits) => halfToNumber(bits));
  return table;
}

/** Half-precision numbers as float32, exactly. */
export function float16ToFloat32(halfBits: Uint16Array): Float32Array {
  const values = halves();
  const result = new Float32Array(halfBits.length);
  for (let i = 0; i < halfBits.length; i++) result[i] = values[halfBits[i]!]!;
  return result;
}
