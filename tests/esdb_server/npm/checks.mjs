// What the npm client sees of the server. Prints one JSON line per check; argv: server, leader, follower, secure URIs.
import { randomUUID } from "node:crypto";
import { strict as assert } from "node:assert";
import client from "@eventstore/db-client";

const { EventStoreDBClient, jsonEvent, binaryEvent, ANY, NO_STREAM, STREAM_EXISTS, START, END, BACKWARDS } = client;
const [single, leader, follower, secure] = process.argv.slice(2);
const checks = [];
const check = (name, body) => checks.push([name, body]);
const connect = (uri) => EventStoreDBClient.connectionString(uri);
const db = connect(single);
const stream = () => `order-${randomUUID()}`;
const event = (type = "Happened", data = {}) => jsonEvent({ id: randomUUID(), type, data });
const events = (count) => Array.from({ length: count }, (_, n) => event("Happened", { n: n + 1 }));
// With credentials, the client appends through Append instead of BatchAppend.
const alone = { credentials: { username: "x", password: "y" } };
const all = async (found) => {
  const items = [];
  for await (const item of found) items.push(item);
  return items;
};
const numbers = async (name, how = {}) => (await all(db.readStream(name, how))).map(({ event }) => Number(event.revision));
const refused = async (promise, type) => {
  const error = await promise.then(() => assert.fail("not refused"), (error) => error);
  assert.equal(error.type, type, error.message);
  return error;
};
const take = async (subscription, count) => {
  const items = [];
  for await (const item of subscription) {
    items.push(item);
    if (items.length === count) break;
  }
  return items;
};

check("an event comes back as it was appended", async () => {
  const name = stream();
  const sent = jsonEvent({ id: randomUUID(), type: "OrdreReçu", data: { é: 1 }, metadata: { who: "x" } });
  const result = await db.appendToStream(name, sent, { expectedRevision: NO_STREAM });
  assert.equal(result.success, true);
  assert.equal(result.nextExpectedRevision, 0n);
  const [{ event: found, commitPosition }] = await all(db.readStream(name));
  assert.deepEqual([found.id, found.type, found.data, found.metadata], [sent.id, sent.type, sent.data, sent.metadata]);
  assert.deepEqual([found.streamId, found.revision, found.isJson], [name, 0n, true]);
  assert.equal(found.position.commit, result.position.commit);
  assert.equal(commitPosition, result.position.commit);
  assert.ok(Math.abs(Date.now() - found.created) < 60000);
});

check("bytes come back as bytes", async () => {
  const name = stream();
  const data = Buffer.from([0, 1, 254, 255]);
  await db.appendToStream(name, binaryEvent({ type: "Blob", data, metadata: new Uint8Array([9, 200]) }));
  const [{ event: found }] = await all(db.readStream(name));
  assert.deepEqual(Buffer.from(found.data), data);
  assert.equal(found.isJson, false);
});

check("many appends share one stream of messages and all arrive", async () => {
  const name = stream();
  const results = await Promise.all(Array.from({ length: 100 }, () => db.appendToStream(name, events(2))));
  assert.equal(new Set(results.map(({ position }) => position.commit)).size, 100);
  assert.deepEqual(await numbers(name), Array.from({ length: 200 }, (_, n) => n));
});

check("appends to many streams at once keep each its order", async () => {
  const names = Array.from({ length: 20 }, stream);
  for (let round = 0; round < 3; round++) await Promise.all(names.map((name) => db.appendToStream(name, events(2))));
  for (const name of names) assert.deepEqual(await numbers(name), [0, 1, 2, 3, 4, 5]);
});

check("an append may travel in many messages and is one all the same", async () => {
  const name = stream();
  const result = await db.appendToStream(name, events(50), { expectedRevision: NO_STREAM, batchAppendSize: 200 });
  assert.equal(result.nextExpectedRevision, 49n);
  assert.equal((await numbers(name)).length, 50);
  await refused(db.appendToStream(name, events(50), { expectedRevision: 7n, batchAppendSize: 200 }), "wrong-expected-version");
  assert.equal((await numbers(name)).length, 50);
});

check("a conflict tells what was expected and what there is", async () => {
  const name = stream();
  await db.appendToStream(name, events(3), { expectedRevision: NO_STREAM });
  const error = await refused(db.appendToStream(name, event(), { expectedRevision: 0n }), "wrong-expected-version");
  assert.deepEqual([error.streamName, error.expectedVersion, error.actualVersion], [name, 0n, 2n]);
  const first = await refused(db.appendToStream(name, event(), { expectedRevision: NO_STREAM }), "wrong-expected-version");
  assert.deepEqual([first.expectedVersion, first.actualVersion], ["no_stream", 2n]);
});

check("a stream that should exist and does not is a conflict", async () => {
  const name = stream();
  const error = await refused(db.appendToStream(name, event(), { expectedRevision: STREAM_EXISTS }), "wrong-expected-version");
  assert.deepEqual([error.expectedVersion, error.actualVersion], ["stream_exists", "no_stream"]);
  const other = await refused(db.appendToStream(name, event(), { expectedRevision: 5n }), "wrong-expected-version");
  assert.deepEqual([other.expectedVersion, other.actualVersion], [5n, "no_stream"]);
});

check("an append made twice happened once", async () => {
  const name = stream();
  for (const expectedRevision of [ANY, NO_STREAM]) {
    const sent = events(2);
    const first = await db.appendToStream(`${name}-${expectedRevision}`, sent, { expectedRevision });
    const again = await db.appendToStream(`${name}-${expectedRevision}`, sent, { expectedRevision });
    assert.deepEqual(again, first);
    assert.deepEqual(await numbers(`${name}-${expectedRevision}`), [0, 1]);
  }
});

check("Append by itself: success, repetition, conflict", async () => {
  const name = stream();
  const sent = events(2);
  const first = await db.appendToStream(name, sent, { expectedRevision: NO_STREAM, ...alone });
  assert.deepEqual(await db.appendToStream(name, sent, { expectedRevision: NO_STREAM, ...alone }), first);
  assert.equal((await db.appendToStream(name, event(), { expectedRevision: 1n, ...alone })).nextExpectedRevision, 2n);
  const error = await refused(db.appendToStream(name, event(), { expectedRevision: 0n, ...alone }), "wrong-expected-version");
  assert.deepEqual([error.streamName, error.expectedVersion, error.actualVersion], [name, 0n, 2n]);
  const none = await refused(db.appendToStream(stream(), event(), { expectedRevision: 4n, ...alone }), "wrong-expected-version");
  assert.equal(none.actualVersion, "no_stream");
});

check("a conflict may be an answer instead of an error", async () => {
  const calm = connect(`${single}&throwOnAppendFailure=false`);
  const name = stream();
  await calm.appendToStream(name, events(3));
  const result = await calm.appendToStream(name, event(), { expectedRevision: NO_STREAM, ...alone });
  assert.deepEqual([result.success, result.nextExpectedRevision], [false, 2n]);
  assert.equal((await calm.appendToStream(name, event(), { expectedRevision: NO_STREAM })).success, false);
  await calm.dispose();
});

check("too large an append is refused by either way", async () => {
  const name = stream();
  const large = () => event("Large", { text: "x".repeat(70_000) });
  for (const how of [{}, alone]) {
    const error = await refused(db.appendToStream(name, large(), how), "maximum-append-size-exceeded");
    assert.equal(error.maxAppendSize, 65536);
  }
  await db.appendToStream(name, event());
  assert.deepEqual(await numbers(name), [0]);
});

check("a stream is read from anywhere in both directions", async () => {
  const name = stream();
  await db.appendToStream(name, events(5));
  assert.deepEqual(await numbers(name), [0, 1, 2, 3, 4]);
  assert.deepEqual(await numbers(name, { fromRevision: 2n, maxCount: 2 }), [2, 3]);
  assert.deepEqual(await numbers(name, { direction: BACKWARDS, fromRevision: END }), [4, 3, 2, 1, 0]);
  assert.deepEqual(await numbers(name, { direction: BACKWARDS, fromRevision: 1n }), [1, 0]);
  assert.deepEqual(await numbers(name, { direction: BACKWARDS, fromRevision: END, maxCount: 1 }), [4]);
});

check("a stream that never was is not found", async () => {
  const name = stream();
  const error = await refused(all(db.readStream(name)), "stream-not-found");
  assert.equal(error.streamName, name);
});

check("the log is read from a position on, and back", async () => {
  const name = stream();
  const { position } = await db.appendToStream(name, event());
  await db.appendToStream(name, events(2));
  const onwards = await all(db.readAll({ fromPosition: position, maxCount: 3 }));
  assert.deepEqual(onwards.map(({ event }) => [event.streamId, event.revision]), [[name, 0n], [name, 1n], [name, 2n]]);
  const back = await all(db.readAll({ direction: BACKWARDS, fromPosition: END, maxCount: 2 }));
  assert.deepEqual(back.map(({ event }) => event.revision), [2n, 1n]);
  const [first] = await all(db.readAll({ fromPosition: START, maxCount: 1 }));
  assert.equal(first.event.type, "$metadata");
});

check("a stream is followed from its history into the present", async () => {
  const name = stream();
  await db.appendToStream(name, events(2));
  const subscription = db.subscribeToStream(name, { fromRevision: START });
  const caughtUp = new Promise((resolve) => subscription.once("caughtUp", resolve));
  const found = take(subscription, 4);
  await caughtUp;
  await db.appendToStream(name, events(2));
  assert.deepEqual((await found).map(({ event }) => event.revision), [0n, 1n, 2n, 3n]);
});

check("a stream is followed strictly after a revision, and from its end", async () => {
  const name = stream();
  await db.appendToStream(name, events(3));
  const after = db.subscribeToStream(name, { fromRevision: 1n });
  const fromEnd = db.subscribeToStream(name, { fromRevision: END });
  const caughtUp = new Promise((resolve) => fromEnd.once("caughtUp", resolve));
  const one = take(after, 2);
  const two = take(fromEnd, 1);
  await caughtUp;
  await db.appendToStream(name, event());
  assert.deepEqual((await one).map(({ event }) => event.revision), [2n, 3n]);
  assert.deepEqual((await two).map(({ event }) => event.revision), [3n]);
});

check("the log is followed by stream prefixes", async () => {
  const name = stream();
  const filter = client.streamNameFilter({ prefixes: [`${name}.a`, `${name}.b`] });
  const subscription = db.subscribeToAll({ fromPosition: END, filter });
  const found = take(subscription, 2);
  await new Promise((resolve) => subscription.once("confirmation", resolve));
  for (const end of ["c", "a", "x", "b"]) await db.appendToStream(`${name}.${end}`, event());
  assert.deepEqual((await found).map(({ event }) => event.streamId), [`${name}.a`, `${name}.b`]);
});

check("the log is followed by types, with checkpoints", async () => {
  const type = `T${randomUUID().slice(0, 8)}`;
  const seen = [];
  const filter = client.eventTypeFilter({
    regex: `^${type}$`,
    maxSearchWindow: 5,
    checkpointInterval: 2,
    checkpointReached: (_, position) => void seen.push(position.commit),
  });
  const { position } = await db.appendToStream(stream(), event(type));
  const subscription = db.subscribeToAll({ fromPosition: START, filter });
  const caughtUp = new Promise((resolve) => subscription.once("caughtUp", resolve));
  const found = take(subscription, 2);
  await caughtUp;
  await db.appendToStream(stream(), event(type));
  assert.deepEqual((await found).map(({ event }) => event.type), [type, type]);
  assert.ok(seen.length > 1);
  assert.deepEqual(seen, [...seen].sort((a, b) => Number(a - b)));
  assert.ok(seen.at(-1) >= position.commit);
});

check("system events can be left out", async () => {
  const name = stream();
  await db.setStreamMetadata(name, { maxCount: 5 });
  const subscription = db.subscribeToAll({ fromPosition: START, filter: client.excludeSystemEvents() });
  const found = [];
  subscription.on("data", ({ event }) => found.push(event.type));
  await new Promise((resolve) => subscription.once("caughtUp", resolve));
  await subscription.unsubscribe();
  assert.ok(found.length > 0);
  assert.deepEqual(found.filter((type) => type.startsWith("$")), []);
});

check("links are followed", async () => {
  const name = stream();
  await db.appendToStream(name, events(2));
  const data = Buffer.from(`1@${name}`);
  await db.appendToStream(`${name}-links`, binaryEvent({ type: "$>", data }));
  const [found] = await all(db.readStream(`${name}-links`, { resolveLinkTos: true }));
  assert.deepEqual([found.event.streamId, found.event.revision], [name, 1n]);
  assert.deepEqual([found.link.streamId, found.link.revision], [`${name}-links`, 0n]);
});

check("a deleted stream is gone and comes back", async () => {
  const name = stream();
  await db.appendToStream(name, events(2));
  const wrong = await refused(db.deleteStream(name, { expectedRevision: 0n }), "wrong-expected-version");
  assert.deepEqual([wrong.streamName, wrong.expectedVersion, wrong.actualVersion], [name, 0n, 1n]);
  const { position } = await db.deleteStream(name, { expectedRevision: 1n });
  assert.ok(position.commit > 0n);
  await refused(all(db.readStream(name)), "stream-not-found");
  await db.appendToStream(name, event(), { expectedRevision: NO_STREAM });
  assert.deepEqual(await numbers(name), [2]);
});

check("a tombstoned stream is over", async () => {
  const name = stream();
  await db.appendToStream(name, events(2));
  await db.tombstoneStream(name, { expectedRevision: 1n });
  assert.equal((await refused(all(db.readStream(name)), "stream-deleted")).streamName, name);
  assert.equal((await refused(db.appendToStream(name, event()), "stream-deleted")).streamName, name);
  assert.equal((await refused(db.appendToStream(name, event(), alone), "stream-deleted")).streamName, name);
  await refused(db.tombstoneStream(name), "stream-deleted");
});

check("metadata truncates", async () => {
  const name = stream();
  await db.appendToStream(name, events(5));
  await db.setStreamMetadata(name, { maxCount: 2, owner: "x" }, { expectedRevision: NO_STREAM });
  const { metadata } = await db.getStreamMetadata(name);
  assert.deepEqual(metadata, { maxCount: 2, owner: "x" });
  assert.deepEqual(await numbers(name), [3, 4]);
});

check("the server tells what it can", async () => {
  const { serverVersion } = await db.capabilities;
  assert.match(serverVersion, /^\d+\.\d+\.\d+$/);
});

check("discovery leads to the leader", async () => {
  const [host] = follower.match(/127\.0\.0\.1:\d+/);
  const found = connect(`esdb+discover://${host}?tls=false`);
  const name = stream();
  await found.appendToStream(name, event(), { requiresLeader: true });
  assert.equal((await all(found.readStream(name))).length, 1);
  await found.dispose();
});

check("a follower names the leader, and the client goes there", async () => {
  const name = stream();
  for (const [number, attempt] of [
    (there) => there.appendToStream(name, event(), { requiresLeader: true }),
    (there) => there.appendToStream(name, event(), { requiresLeader: true, ...alone }),
    (there) => all(there.readStream(name, { requiresLeader: true })),
    (there) => there.deleteStream(name, { requiresLeader: true }),
  ].entries()) {
    const lost = connect(follower);
    const error = await refused(attempt(lost), "not-leader");
    assert.ok(leader.includes(`${error.leader.address}:${error.leader.port}`));
    await lost.appendToStream(name, event(), { requiresLeader: true });
    assert.equal((await all(lost.readStream(name))).length, number + 1);
    await lost.dispose();
  }
});

check("TLS and passwords", async () => {
  const safe = connect(secure);
  const name = stream();
  await safe.appendToStream(name, event());
  const how = { credentials: { username: "auditor", password: "looks" } };
  assert.equal((await all(safe.readStream(name, how))).length, 1);
  await refused(safe.appendToStream(name, event(), how), "access-denied");
  await refused(all(safe.readStream(name, { credentials: { username: "admin", password: "no" } })), "access-denied");
  await safe.dispose();
  const anonymous = connect(secure.replace("admin:changeit@", ""));
  await refused(all(anonymous.readStream(name)), "access-denied");
  await refused(anonymous.appendToStream(name, event()), "access-denied");
  await anonymous.dispose();
});

check("without a server the service is unavailable", async () => {
  const nowhere = connect("esdb://127.0.0.1:9?tls=false");
  await refused(all(nowhere.readStream("x")), "unavailable");
  await nowhere.dispose();
});

for (const [name, body] of checks) {
  const late = new Promise((_, reject) => setTimeout(reject, 15000, new Error("too long")).unref());
  const error = await Promise.race([body(), late]).then(() => null, (error) => error.stack ?? String(error));
  console.log(JSON.stringify({ name, error }));
}
await db.dispose();
process.exit(0);
