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
  for (let i = 0; i < halfBits.length; i++) result[i] = values[halfBits[i]];
  return result;
}

/** Largest finite half. */
const LARGEST_HALF = 65_504;

/** Numbers as halves, to the nearest, ties to even; what is beyond ±65,504 and finite becomes that, so no infinity appears. */
export function float32ToFloat16(numbers: Float32Array): Uint16Array {
  const words = new Uint32Array(1);
  const value = new Float32Array(words.buffer);
  const halfBits = new Uint16Array(numbers.length);
  for (let i = 0; i < numbers.length; i++) {
    const x = numbers[i];
    value[0] = Number.isFinite(x) ? Math.min(LARGEST_HALF, Math.max(-LARGEST_HALF, x)) : x;
    halfBits[i] = halfOf(words[0]);
  }
  return halfBits;
}

/** The half of a float32 given by its 32 bits. */
function halfOf(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const size = bits & 0x7fffffff;
  if (size >= 0x7f800000) return sign | 0x7c00 | (size > 0x7f800000 ? 0x200 : 0);
  // Below 2^-14 halves are subnormal: multiples of 2^-24.
  const shift = size < 0x38800000 ? Math.min(31, 126 - (size >>> 23)) : 13;
  const mantissa = size < 0x38800000 ? (size & 0x7fffff) | 0x800000 : size - 0x38000000;
  const kept = mantissa >>> shift;
  const rest = mantissa & (2 ** shift - 1);
  const tie = 2 ** (shift - 1);
  const up = rest > tie || (rest === tie && (kept & 1) === 1) ? 1 : 0;
  return sign | (kept + up);
}
