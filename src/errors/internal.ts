/** Our own fault: a broken invariant. The program ends with exit code 70 and asks for a report. */
export class InternalError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "InternalError";
  }
}

/** Throws an InternalError. */
export function internal(message: string): never {
  throw new InternalError(message);
}

/** Throws an InternalError unless `condition` holds. */
export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) internal(message);
}
