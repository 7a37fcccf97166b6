import { formatLocation, type Location, UserError } from "./user-error.js";

/** Collects the problems of one file and reports up to ten of them together. */
export class Problems {
  private readonly shown: { readonly message: string; readonly at: Location }[] = [];
  private total = 0;
  private readonly code: string;
  private readonly limit: number;

  constructor(code: string, limit = 10) {
    this.code = code;
    this.limit = limit;
  }

  get count(): number {
    return this.total;
  }

  add(message: string, at: Location): void {
    this.total += 1;
    if (this.shown.length < this.limit) this.shown.push({ message, at });
  }

  /** Throws one UserError that lists what was collected; does nothing when there is nothing. */
  throwIfAny(hint?: string): void {
    const first = this.shown[0];
    if (first === undefined) return;
    const rest = this.shown.slice(1).map((p) => `\n       ${formatLocation(p.at)}: ${p.message}`);
    const more = this.total - this.shown.length;
    if (more > 0) rest.push(`\n       and ${more} more`);
    throw new UserError(this.code, first.message + rest.join(""), {
      at: first.at,
      hint,
    });
  }
}
