/**
 * One word shared by the main thread and the worker. A process that exits while ONNX Runtime is at work in a thread
 * aborts: the native library throws when its thread's JavaScript is already gone. So the worker passes the gate
 * before each piece of work, and an exiting process waits for the piece under way and shuts the gate.
 */
export type Gate = Int32Array<SharedArrayBuffer>;

const IDLE = 0;
const BUSY = 1;
const SHUT = 2;

export function createGate(): Gate {
  return new Int32Array(new SharedArrayBuffer(4));
}

/** Worker: begins a piece of work; false once the gate is shut, then nothing may be begun. */
export function enter(gate: Gate): boolean {
  return Atomics.compareExchange(gate, 0, IDLE, BUSY) !== SHUT;
}

/** Worker: ends the piece of work. */
export function leave(gate: Gate): void {
  Atomics.compareExchange(gate, 0, BUSY, IDLE);
  Atomics.notify(gate, 0);
}

/** Main thread: blocks until the worker is idle, and keeps it so. */
export function shut(gate: Gate): void {
  while (Atomics.compareExchange(gate, 0, IDLE, SHUT) === BUSY) Atomics.wait(gate, 0, BUSY);
}
