// Appending.
import { randomUUID } from "node:crypto";
import { strict as assert } from "node:assert";
import client from "@eventstore/db-client";
import { all, alone, connect, check, db, event, events, numbers, refused, single, stream } from "./harness.mjs";

const { ANY, NO_STREAM, STREAM_EXISTS, binaryEvent, jsonEvent } = client;

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
