export * from "./audit-api.ts";
export * from "./gateway-api.ts";
export * from "./head-api.ts";
export { codeHeader, httpStatusOf, requestHeader } from "./http-status.ts";
export * from "./rotate-api.ts";
export * from "./vault-api.ts";
