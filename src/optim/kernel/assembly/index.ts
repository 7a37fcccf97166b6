// AssemblyScript. Addresses are byte offsets into the imported memory; lengths count elements.
// WebAssembly has no fused multiply-add and its float operations are exact IEEE 754, so every function gives
// the same bits in every run and on every machine.

/** Smallest normal float32. Smaller moments become zero: arithmetic on denormals is many times slower. */
const SMALLEST_NORMAL: f32 = 1.1754943508222875e-38;

@inline
function squaresOfLow(x: v128): v128 {
  const wide = f64x2.promote_low_f32x4(x);
  return f64x2.mul(wide, wide);
}

/** Lanes 2 and 3 moved to 0 and 1. */
@inline
function high(x: v128): v128 {
  return i64x2.shuffle(x, x, 1, 0);
}

/** Σ xᵢ² in float64, as eight interleaved partial sums that are added in a fixed order. */
export function sumOfSquares(x: usize, n: usize): f64 {
  let s0 = f64x2.splat(0);
  let s1 = f64x2.splat(0);
  let s2 = f64x2.splat(0);
  let s3 = f64x2.splat(0);
  const vectors = x + ((n & ~7) << 2);
  while (x < vectors) {
    const a = v128.load(x);
    const b = v128.load(x, 16);
    s0 = f64x2.add(s0, squaresOfLow(a));
    s1 = f64x2.add(s1, squaresOfLow(high(a)));
    s2 = f64x2.add(s2, squaresOfLow(b));
    s3 = f64x2.add(s3, squaresOfLow(high(b)));
    x += 32;
  }
  const s = f64x2.add(f64x2.add(s0, s1), f64x2.add(s2, s3));
  let sum = f64x2.extract_lane(s, 0) + f64x2.extract_lane(s, 1);
  const end = x + ((n & 7) << 2);
  while (x < end) {
    const value = <f64>load<f32>(x);
    sum += value * value;
    x += 4;
  }
  return sum;
}

/** y ← y + x. */
function add(y: usize, x: usize, n: usize): void {
  const vectors = y + ((n & ~3) << 2);
  while (y < vectors) {
    v128.store(y, f32x4.add(v128.load(y), v128.load(x)));
    y += 16;
    x += 16;
  }
  const end = y + ((n & 3) << 2);
  while (y < end) {
    store<f32>(y, load<f32>(y) + load<f32>(x));
    y += 4;
    x += 4;
  }
}

/**
 * table[indices[r]] ← table[indices[r]] + rows[r] for r = 0, 1, … in this order. Rows have `width` elements;
 * indices are uint32 and within the table.
 */
export function scatterAdd(table: usize, indices: usize, rows: usize, count: usize, width: usize): void {
  const bytes = width << 2;
  for (let r: usize = 0; r < count; r++) {
    add(table + <usize>load<u32>(indices + (r << 2)) * bytes, rows + r * bytes, width);
  }
}

/** x where |x| is a normal number, else 0. */
@inline
function flushed(x: v128): v128 {
  return v128.and(x, f32x4.ge(f32x4.abs(x), f32x4.splat(SMALLEST_NORMAL)));
}

/** The update of `adamW` on four elements. */
@inline
function updateVector(
  p: usize,
  g: usize,
  m: usize,
  v: usize,
  gradientScale: f32,
  keep: f32,
  weight1: f32,
  beta2: f32,
  weight2: f32,
  negativeStep: f32,
  root2: f32,
  epsilon: f32,
): void {
  const gradient = f32x4.mul(v128.load(g), f32x4.splat(gradientScale));
  const old = v128.load(m);
  const change = f32x4.mul(f32x4.sub(gradient, old), f32x4.splat(weight1));
  const first = flushed(f32x4.add(old, change));
  const square = f32x4.mul(f32x4.mul(f32x4.splat(weight2), gradient), gradient);
  const second = flushed(f32x4.add(f32x4.mul(v128.load(v), f32x4.splat(beta2)), square));
  const root = f32x4.div(f32x4.sqrt(second), f32x4.splat(root2));
  const numerator = f32x4.mul(f32x4.splat(negativeStep), first);
  const step = f32x4.div(numerator, f32x4.add(root, f32x4.splat(epsilon)));
  v128.store(m, first);
  v128.store(v, second);
  v128.store(p, f32x4.add(f32x4.mul(v128.load(p), f32x4.splat(keep)), step));
}

/**
 * One AdamW update of parameters p with gradients g, first moments m and second moments v, in the order of
 * operations of torch.optim.AdamW (one tensor at a time, not fused):
 *
 *     g ← g · gradientScale
 *     p ← p · keep                                     keep = 1 − rate · decay
 *     m ← m + (g − m) · weight1                        weight1 = 1 − β₁
 *     v ← v · beta2 + weight2 · g · g                  weight2 = 1 − β₂
 *     p ← p + negativeStep · m / (√v / root2 + ε)      negativeStep = −rate / (1 − β₁ᵗ), root2 = √(1 − β₂ᵗ)
 *
 * The caller combines the scalars in float64 (done here, they cost the loop registers: 20 % slower). Four vectors
 * are done in a turn (15 % faster), so n is rounded up to a multiple of 16; the caller pads its blocks with zeros,
 * which stay zero.
 */
export function adamW(
  p: usize,
  g: usize,
  m: usize,
  v: usize,
  n: usize,
  gradientScale: f32,
  keep: f32,
  weight1: f32,
  beta2: f32,
  weight2: f32,
  negativeStep: f32,
  root2: f32,
  epsilon: f32,
): void {
  const end = p + (((n + 15) & ~15) << 2);
  while (p < end) {
    updateVector(p, g, m, v,
      gradientScale, keep, weight1, beta2, weight2, negativeStep, root2, epsilon);
    updateVector(p + 16, g + 16, m + 16, v + 16,
      gradientScale, keep, weight1, beta2, weight2, negativeStep, root2, epsilon);
    updateVector(p + 32, g + 32, m + 32, v + 32,
      gradientScale, keep, weight1, beta2, weight2, negativeStep, root2, epsilon);
    updateVector(p + 48, g + 48, m + 48, v + 48,
      gradientScale, keep, weight1, beta2, weight2, negativeStep, root2, epsilon);
    p += 64;
    g += 64;
    m += 64;
    v += 64;
  }
}

/** A bijective hash of 32-bit words: two multiplications with shifts (Wellons 2018, "Prospecting for hash functions"). */
@inline
function mixed(x: v128): v128 {
  let h = v128.xor(x, i32x4.shr_u(x, 16));
  h = i32x4.mul(h, i32x4.splat(0x21f0aaad));
  h = v128.xor(h, i32x4.shr_u(h, 15));
  h = i32x4.mul(h, i32x4.splat(0x735a2d97));
  return v128.xor(h, i32x4.shr_u(h, 15));
}

/**
 * A dropout mask: x_i ← scale where the random word of place first + i is at least `threshold`, else 0, for i = 0 … n − 1.
 * The word is mixed(mixed(place + key0) ^ key1): any part of a mask can be made alone, in any order, and again.
 */
export function dropoutMask(
  x: usize,
  n: usize,
  first: u32,
  key0: u32,
  key1: u32,
  threshold: u32,
  scale: f32,
): void {
  const end = x + (n << 2);
  const vectors = x + ((n & ~3) << 2);
  const kept = f32x4.splat(scale);
  const least = i32x4.splat(threshold);
  const second = i32x4.splat(key1);
  let place = i32x4.add(i32x4.splat(first + key0), i32x4(0, 1, 2, 3));
  while (x < end) {
    const word = mixed(v128.xor(mixed(place), second));
    const mask = v128.and(kept, i32x4.ge_u(word, least));
    if (x < vectors) {
      v128.store(x, mask);
    } else {
      store<f32>(x, f32x4.extract_lane(mask, 0));
      if (x + 4 < end) store<f32>(x, f32x4.extract_lane(mask, 1), 4);
      if (x + 8 < end) store<f32>(x, f32x4.extract_lane(mask, 2), 8);
    }
    place = i32x4.add(place, i32x4.splat(4));
    x += 16;
  }
}
