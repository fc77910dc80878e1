// What the npm client sees of the server. Prints one JSON line per check.
import { checks, db } from "./harness.mjs";
import "./appends.mjs";
import "./reads.mjs";
import "./deletions.mjs";
import "./nodes.mjs";

for (const [name, body] of checks) {
  const late = new Promise((_, reject) => setTimeout(reject, 15000, new Error("too long")).unref());
  const error = await Promise.race([body(), late]).then(() => null, (error) => error.stack ?? String(error));
  console.log(JSON.stringify({ name, error }));
}
await db.dispose();
process.exit(0);
