import { type ErrorCode, errorCodes, nextStepOf, type Runbook, runbookOf } from "@halfkey/model";
import { codeHeader, requestHeader } from "@halfkey/wire";
import { ServerRefusal } from "./cli-error.ts";
import type { About } from "./gateway.ts";
import type { Answer } from "./post-json.ts";

const messageLengthMax = 500;

/** What the gateway said, for the user: its message, the place, and the next step of its code. */
export function refusal(
  answer: Answer,
  content: Record<string, unknown> | undefined,
  url: URL,
  about: About,
): ServerRefusal {
  const code = header(answer, codeHeader);
  const request = header(answer, requestHeader);
  const where = [
    `POST ${url.href}`,
    about.path,
    request && `request ${request}`,
    code && `code ${code}`,
    `status ${answer.status}`,
  ];
  const next = nextStep(answer, code, content);
  return new ServerRefusal(what(answer, content), {
    where: where.filter(Boolean).join(", "),
    status: answer.status,
    code,
    runbook: runbook(answer, code, content),
    ...(next ? { next } : {}),
    ...(about.path ? { path: about.path } : {}),
  });
}

function what(answer: Answer, content: Record<string, unknown> | undefined): string {
  if (typeof content?.error === "string") {
    return content.error.slice(0, messageLengthMax).replace(/\s*\n\s*/g, " ");
  }
  if (isHtml(answer)) return "a web page answered, not a gateway";
  return `the answer is not one of a gateway's (status ${answer.status})`;
}

function nextStep(
  answer: Answer,
  code: string | undefined,
  content: Record<string, unknown> | undefined,
): string | undefined {
  // Shares its code with disabled items, and has another cure.
  if (code === "E_DISABLED" && String(content?.error).includes("delete protection")) {
    return "halfkey update-item -n PATH --delete-protection false, if it shall go";
  }
  if (errorCodes.includes(code as ErrorCode)) return nextStepOf(code as ErrorCode);
  if (isHtml(answer) || content === undefined) {
    return "check the address: its API lives at https://<host>:<port>/akeyless-api/v2, and a proxy may stand before it";
  }
  if (answer.status === 401) return "check the access id and its key, and that its role covers the path";
  if (answer.status === 404) return "check the path; `halfkey list` shows what you may see";
  return undefined;
}

/** For what only an operator can mend, or what is no gateway's answer. */
function runbook(
  answer: Answer,
  code: string | undefined,
  content: Record<string, unknown> | undefined,
): Runbook | undefined {
  if (errorCodes.includes(code as ErrorCode)) {
    return answer.status >= 500 || answer.status === 401 ? runbookOf(code as ErrorCode) : undefined;
  }
  return isHtml(answer) || content === undefined ? "derived-key-404" : undefined;
}

function isHtml(answer: Answer): boolean {
  return header(answer, "content-type")?.startsWith("text/html") === true;
}

function header(answer: Answer, name: string): string | undefined {
  const value = answer.headers[name.toLowerCase()];
  return typeof value === "string" ? value : undefined;
}
