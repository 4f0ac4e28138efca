import { CryptoError } from "@halfkey/crypto";
import { decodePaperShare, encodePaperShare, type PaperShare } from "@halfkey/crypto/recovery";
import { OperatorError } from "@halfkey/model";
import qrcode from "qrcode-generator";

/** What every sheet of a set says, so that a restore can tell its own account from a stranger's. */
export interface SheetFacts {
  account: string;
  /** First 16 bytes of the account's root of trust, hex. */
  genesis16: string;
  fragment: string;
  /** RFC 3339. */
  made: string;
}

export interface Sheet {
  /** 1 to `count`: how people call it. */
  place: number;
  count: number;
  share: PaperShare;
  facts: SheetFacts;
}

/** The sheet as plain text: it can be typed in again from this alone. */
export function sheetText({ place, count, share, facts }: Sheet): string {
  return `Halfkey recovery share ${place} of ${count}; any ${share.threshold} of them are needed

Account:  ${facts.account}
Genesis:  ${facts.genesis16}
Fragment: ${facts.fragment}
Set:      ${share.set.toString("hex")}
Made:     ${facts.made}

Share:    ${encodePaperShare(share)}

${explanation(share.threshold)}
`;
}

/** The sheet for the printer, with a QR code of the share. It loads nothing from anywhere. */
export function sheetPage(sheet: Sheet): string {
  const { place, count, share, facts } = sheet;
  const text = encodePaperShare(share);
  const code = qrcode(0, "M");
  code.addData(text, "Alphanumeric");
  code.make();
  const rows = Object.entries({
    Account: facts.account,
    Genesis: facts.genesis16,
    Fragment: facts.fragment,
    Set: share.set.toString("hex"),
    Made: facts.made,
  }).map(([name, value]) => `<tr><th>${name}:</th><td>${value}</td></tr>`);
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Halfkey recovery share ${place} of ${count}</title>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<style>
body { font: 12pt/1.5 serif; margin: 2cm; color: #000; background: #fff }
code, td { font: 12pt/1.6 monospace } th { text-align: left; padding-right: 1em; font-weight: normal }
.share { border: 1px solid #000; padding: .5em; font-size: 14pt; overflow-wrap: anywhere }
svg { width: 6cm; height: 6cm }
</style></head><body>
<h1>Halfkey recovery share ${place} of ${count}</h1>
<p>Any ${share.threshold} of the ${count} are needed.</p>
<table>${rows.join("")}</table>
<p>Share:</p><p><code class="share">${text}</code></p>
${code.createSvgTag({ scalable: true, margin: 4 })}
<p>${explanation(share.threshold).replaceAll("\n", " ")}</p>
</body></html>
`;
}

export interface ReadSheet {
  share: PaperShare;
  /** Absent where somebody typed the share alone. */
  account?: string;
  genesis16?: string;
}

/**
 * Reads a sheet's text, or a share that was typed alone.
 *
 * @param source How the sheet is called in a complaint, such as its file's name.
 * @throws {OperatorError} `E_SHARE`; the message never repeats the share.
 */
export function readSheet(text: string, source: string): ReadSheet {
  const [, account] = /^\s*Account:\s*([0-9a-f]{32})\s*$/m.exec(text) ?? [];
  const [, genesis16] = /^\s*Genesis:\s*([0-9a-f]{32})\s*$/m.exec(text) ?? [];
  const isSheet = account !== undefined || genesis16 !== undefined;
  const [, line = ""] = /^\s*Share:\s*(.*)$/m.exec(text) ?? [];
  try {
    const share = decodePaperShare(isSheet ? line : text);
    return {
      share,
      ...(account === undefined ? {} : { account }),
      ...(genesis16 === undefined ? {} : { genesis16 }),
    };
  } catch (cause) {
    if (!(cause instanceof CryptoError)) throw cause;
    throw new OperatorError("E_SHARE", `${source}: ${cause.message}`, { cause });
  }
}

function explanation(threshold: number): string {
  return `With ${threshold} of these sheets, a backup and the vault, every value of this account can be read: keep each with another
person, in another place. Fewer tell nothing. How to restore: docs/runbooks/restore.md. How to check a sheet
without showing it to anybody: halfkey-gateway shares check.`;
}
