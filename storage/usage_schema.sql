-- Who was given content by this distribution point, and how much, in the last 30 days.
CREATE TABLE visitor (
  kind     INTEGER NOT NULL,
  identity TEXT NOT NULL,     -- of its certificate, or its address
  day      INTEGER NOT NULL,  -- of its last visit, since 1970 (UTC)
  PRIMARY KEY (kind, identity)
) WITHOUT ROWID;

CREATE TABLE served (
  day   INTEGER NOT NULL,
  kind  INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  PRIMARY KEY (day, kind)
) WITHOUT ROWID;
