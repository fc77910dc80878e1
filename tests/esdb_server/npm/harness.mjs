// What the checks share. argv: the URIs of a server, of a leader and its follower, and of one with TLS.
import { randomUUID } from "node:crypto";
import { strict as assert } from "node:assert";
import client from "@eventstore/db-client";

const { EventStoreDBClient, jsonEvent } = client;
export const [single, leader, follower, secure] = process.argv.slice(2);
export const checks = [];
export const check = (name, body) => checks.push([name, body]);
export const connect = (uri) => EventStoreDBClient.connectionString(uri);
export const db = connect(single);
export const stream = () => `order-${randomUUID()}`;
export const event = (type = "Happened", data = {}) => jsonEvent({ id: randomUUID(), type, data });
export const events = (count) => Array.from({ length: count }, (_, n) => event("Happened", { n: n + 1 }));
// With credentials, the client appends through Append instead of BatchAppend.
export const alone = { credentials: { username: "x", password: "y" } };
export const all = async (found) => {
  const items = [];
  for await (const item of found) items.push(item);
  return items;
};
export const numbers = async (name, how = {}) => (await all(db.readStream(name, how))).map(({ event }) => Number(event.revision));
export const refused = async (promise, type) => {
  const error = await promise.then(() => assert.fail("not refused"), (error) => error);
  assert.equal(error.type, type, error.message);
  return error;
};
export const take = async (subscription, count) => {
  const items = [];
  for await (const item of subscription) {
    items.push(item);
    if (items.length === count) break;
  }
  return items;
};
