-- Tables of the site database that are made whenever a site begins: earlier releases lacked them,
-- and do not look at them.

-- Who was given content there in the last so many days, and how much, as its node told it.
CREATE TABLE IF NOT EXISTS usage (
  name                     TEXT NOT NULL,  -- of a distribution point
  days                     INTEGER NOT NULL,
  clients                  INTEGER NOT NULL,
  distribution_points      INTEGER NOT NULL,
  client_bytes             INTEGER NOT NULL,
  distribution_point_bytes INTEGER NOT NULL,
  changed                  INTEGER NOT NULL,
  PRIMARY KEY (name, days)
) WITHOUT ROWID;

-- What decides over there how content comes to it, as its node registered.
CREATE TABLE IF NOT EXISTS host_setting (
  name     TEXT NOT NULL,  -- of a distribution point
  position INTEGER NOT NULL,
  setting  TEXT NOT NULL,
  value    TEXT NOT NULL,
  origin   TEXT NOT NULL,
  PRIMARY KEY (name, position)
) WITHOUT ROWID;

-- What a node is to throw away, once its job has stopped.
CREATE INDEX IF NOT EXISTS distribution_discarding ON distribution (package, name) WHERE discard;
