// Deletion and metadata.
import { strict as assert } from "node:assert";
import client from "@eventstore/db-client";
import { all, alone, check, db, event, events, numbers, refused, stream } from "./harness.mjs";

const { NO_STREAM } = client;

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
