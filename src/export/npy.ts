/** Bytes of the header: room for any row count, so that it can be rewritten when the count is known. */
const headerBytes = 128;

/**
 * The header of a NumPy .npy file, version 1.0, for a C-ordered little-endian float32 array [rows, cols]:
 * magic, version, length, a Python dict literal padded with spaces and ended by a newline, 128 bytes in all
 * (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html).
 */
export function npyHeader(rows: number, cols: number): Uint8Array {
  const dict = `{'descr': '<f4', 'fortran_order': False, 'shape': (${rows}, ${cols}), }`;
  const text = `${dict.padEnd(headerBytes - 11, " ")}\n`;
  const header = new Uint8Array(headerBytes);
  header.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0]);
  new DataView(header.buffer).setUint16(8, headerBytes - 10, true);
  header.set(new TextEncoder().encode(text), 10);
  return header;
}
