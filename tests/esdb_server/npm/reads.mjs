// Reading and subscribing.
import { randomUUID } from "node:crypto";
import { strict as assert } from "node:assert";
import client from "@eventstore/db-client";
import { all, check, db, event, events, numbers, refused, stream, take } from "./harness.mjs";

const { BACKWARDS, END, START, binaryEvent } = client;

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
