// The settings that all clients share. Every client is made once, before the first poll.

import { readFileSync } from "node:fs";
import { Agent as PlainAgent } from "node:http";
import { Agent } from "node:https";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { NodeHttpHandler } from "@smithy/node-http-handler";

export function need(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is missing`);
  return value;
}

export const TABLE = need("TABLE_NAME");
// The benchmark's doubles have an authority of their own.
const authority = process.env["BENCH_CA_FILE"];
export const ca = authority === undefined ? {} : { ca: readFileSync(authority) };

const agents = { httpAgent: new PlainAgent({ keepAlive: true }), httpsAgent: new Agent({ keepAlive: true, ...ca }) };

export function settings(requestTimeout = 4_000) {
  const requestHandler = new NodeHttpHandler({ ...agents, connectionTimeout: 2_000, requestTimeout });
  return { requestHandler, maxAttempts: 3 };
}

export const dynamodb = new DynamoDBClient(settings());
const secrets = new SecretsManagerClient(settings());

/** Halo's subscription keys. They are read on first use and kept. */
export class HaloKeys {
  #keys: Promise<string[]> | undefined;

  current(): Promise<string[]> {
    return (this.#keys ??= this.#read());
  }

  reread(): Promise<string[]> {
    return (this.#keys = this.#read());
  }

  async #read(): Promise<string[]> {
    try {
      const command = new GetSecretValueCommand({ SecretId: need("HALO_SECRET_ARN") });
      const { SecretString: text = "" } = await secrets.send(command);
      const secret = text.trimStart().startsWith("{") ? JSON.parse(text) : { primary: text };
      return [secret.primary, secret.secondary].filter(Boolean);
    } catch (error) {
      this.#keys = undefined;
      throw error;
    }
  }
}
