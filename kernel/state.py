"""The kernel's own tables in `state`: durable, neither facts nor rebuildable."""

STATE_DDL = """
CREATE TABLE IF NOT EXISTS installation(one INTEGER PRIMARY KEY CHECK(one = 1), store TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS relay(one INTEGER PRIMARY KEY CHECK(one = 1), position BIGINT NOT NULL);
CREATE TABLE IF NOT EXISTS reactor(name TEXT NOT NULL, source TEXT NOT NULL, position BIGINT NOT NULL,
  epoch TEXT NOT NULL, PRIMARY KEY(name, source));
CREATE TABLE IF NOT EXISTS held(reactor TEXT NOT NULL, source TEXT NOT NULL, stream TEXT NOT NULL,
  position BIGINT NOT NULL, version INTEGER NOT NULL, type TEXT NOT NULL, attempts INTEGER NOT NULL,
  retry_at DOUBLE PRECISION NOT NULL, parked INTEGER NOT NULL, error TEXT NOT NULL,
  PRIMARY KEY(reactor, source, position));
CREATE TABLE IF NOT EXISTS lease(name TEXT PRIMARY KEY, owner TEXT NOT NULL, term INTEGER NOT NULL,
  beat INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS claim(kind TEXT NOT NULL, id TEXT NOT NULL, owner TEXT NOT NULL,
  until DOUBLE PRECISION NOT NULL, PRIMARY KEY(kind, id));
CREATE TABLE IF NOT EXISTS consultation(at TEXT NOT NULL, actor TEXT NOT NULL, what TEXT NOT NULL,
  correlation TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS consultation_by_time ON consultation(at);
"""
