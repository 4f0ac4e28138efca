import { readFileSync } from "node:fs";
import { eventually } from "./call.ts";

/** @see https://chromedevtools.github.io/devtools-protocol/tot/Profiler/#type-Profile */
export interface CpuProfile {
  nodes: {
    id: number;
    callFrame: { functionName: string; url: string; lineNumber: number };
    children?: number[];
  }[];
  samples: number[];
  timeDeltas: number[];
}

/**
 * Has a running Node process profile itself, without a change to the program: SIGUSR1 opens its inspector.
 *
 * @param log Where the process writes its standard error, in which the inspector's address appears.
 */
export async function profileProcess(pid: number, log: string, seconds: number): Promise<CpuProfile> {
  process.kill(pid, "SIGUSR1");
  const url = await eventually(async () => {
    const found = readFileSync(log, "utf8").match(/^Debugger listening on (ws:\/\/\S+)$/m)?.[1];
    if (found === undefined) throw new Error(`no inspector is named in ${log}`);
    return found;
  });
  const socket = new WebSocket(url);
  await new Promise((resolve, reject) => {
    socket.onopen = resolve;
    socket.onerror = () => reject(new Error("the inspector does not answer"));
  });
  const answers = new Map<number, (result: unknown) => void>();
  socket.onmessage = ({ data }) => {
    const { id, result } = JSON.parse(String(data)) as { id?: number; result: unknown };
    if (id !== undefined) answers.get(id)?.(result);
  };
  let calls = 0;
  const call = <T>(method: string, params: object = {}): Promise<T> => {
    const { promise, resolve } = Promise.withResolvers<T>();
    const id = ++calls;
    answers.set(id, resolve as (result: unknown) => void);
    socket.send(JSON.stringify({ id, method, params }));
    return promise;
  };
  await call("Profiler.enable");
  await call("Profiler.setSamplingInterval", { interval: 250 });
  await call("Profiler.start");
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  const { profile } = await call<{ profile: CpuProfile }>("Profiler.stop");
  socket.close();
  return profile;
}
