import { OperatorError } from "@halfkey/model";

/** Where a log is not what was written: it names the first bad place. */
export class AuditDamage extends OperatorError {
  readonly file: string;
  /** Byte of the file; none where it is about the whole. */
  readonly offset: number | undefined;
  /** The first leaf that is bad or missing. */
  readonly index: number;

  constructor(where: { file: string; offset?: number; index: number }, what: string, cause?: unknown) {
    const byte = where.offset === undefined ? "" : `, byte ${where.offset}`;
    super("E_CHECK", `audit log ${where.file}${byte}, leaf ${where.index}: ${what}`, { cause });
    this.file = where.file;
    this.offset = where.offset;
    this.index = where.index;
  }
}
