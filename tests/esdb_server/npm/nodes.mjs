// Nodes, TLS, outages.
import { strict as assert } from "node:assert";
import { all, alone, check, connect, db, event, follower, leader, refused, secure, stream } from "./harness.mjs";

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
