// Polls the Lambda Runtime API over one kept connection, as Lambda's own runtime does.

import { Client } from "undici";

export type Handler = (event: any, deadline: number) => Promise<object>;

/** Calls `handle` with each event and its deadline (in milliseconds of the clock) until Lambda ends the process. */
export async function serve(handle: Handler): Promise<never> {
  const invocation = "/2018-06-01/runtime/invocation";
  // The next event may come much later.
  const patience = { headersTimeout: 0, bodyTimeout: 0 };
  const api = new Client(`http://${process.env["AWS_LAMBDA_RUNTIME_API"]}`, patience);
  for (;;) {
    const next = await api.request({ method: "GET", path: `${invocation}/next` });
    const id = next.headers["lambda-runtime-aws-request-id"];
    const deadline = Number(next.headers["lambda-runtime-deadline-ms"] ?? 0);
    const event = await next.body.json();
    let [path, body] = ["response", ""];
    try {
      body = JSON.stringify(await handle(event, deadline));
    } catch (error) {
      // Only the type and the places: the text of an error may contain a patient's data.
      const { name, stack } = error instanceof Error ? error : new Error();
      console.error(name, stack?.split("\n").filter((line) => /^\s+at /.test(line)).join("\n"));
      [path, body] = ["error", JSON.stringify({ errorType: name, errorMessage: "the function failed" })];
    }
    const answered = await api.request({ method: "POST", path: `${invocation}/${id}/${path}`, body });
    await answered.body.dump();
  }
}

/** Writes one line of JSON on standard output, from which Lambda takes logs and metrics. */
export function log(fields: object): void {
  process.stdout.write(`${JSON.stringify(fields)}\n`);
}

/** Writes metrics, each with its unit, as one line in CloudWatch's embedded metric format. */
export function metrics(values: Record<string, [string, number]>, dimensions: string[][], fields: object): void {
  const entries = Object.entries(values);
  const described = {
    Namespace: "PracticeBridge",
    Dimensions: dimensions,
    Metrics: entries.map(([Name, [Unit]]) => ({ Name, Unit })),
  };
  const numbers = Object.fromEntries(entries.map(([name, [, value]]) => [name, value]));
  log({ ...numbers, ...fields, _aws: { Timestamp: Date.now(), CloudWatchMetrics: [described] } });
}
