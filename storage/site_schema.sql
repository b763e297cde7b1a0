-- The site database: what should be where, and what became of it. Format 1 (user_version).
-- Package ids are text ("PKG00012"); other ids and digests are blobs; states are the numbers of the
-- model and never renumbered; times are milliseconds since 1970, UTC.

-- The number that the next package without a wish gets.
CREATE TABLE package_number (
  site TEXT PRIMARY KEY,
  next INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE package (
  id            TEXT PRIMARY KEY,
  name          TEXT NOT NULL,
  source_path   TEXT NOT NULL,
  version       INTEGER NOT NULL,
  files         INTEGER NOT NULL,
  bytes         INTEGER NOT NULL,
  manifest_hash BLOB NOT NULL,
  created       INTEGER NOT NULL,
  manifest_size INTEGER NOT NULL,
  priority      INTEGER NOT NULL DEFAULT 2 -- 1 high, 2 medium, 3 low
) WITHOUT ROWID;

-- Above: what the operator said. Below: what the node told, NULL or empty until it did.
CREATE TABLE distribution_point (
  name            TEXT PRIMARY KEY,
  control_address TEXT NOT NULL,
  mode            INTEGER NOT NULL,
  own             INTEGER NOT NULL,
  schedule        TEXT NOT NULL DEFAULT 'always',
  rate_limit      TEXT NOT NULL DEFAULT 'unlimited',
  maintenance     INTEGER NOT NULL DEFAULT 0,
  prestaged       INTEGER NOT NULL DEFAULT 0,
  leaving         INTEGER NOT NULL DEFAULT 0, -- its content is being removed, then it is forgotten

  content_address TEXT NOT NULL DEFAULT '',
  node            BLOB,
  last_heard      INTEGER,
  epoch           BLOB,
  acknowledged    INTEGER NOT NULL DEFAULT 0, -- of this epoch
  build           TEXT NOT NULL DEFAULT ''
) WITHOUT ROWID;
CREATE UNIQUE INDEX distribution_point_node ON distribution_point (node) WHERE node IS NOT NULL;

CREATE TABLE source (
  distribution_point TEXT NOT NULL,
  position           INTEGER NOT NULL,
  name               TEXT NOT NULL,
  priority           INTEGER NOT NULL,
  PRIMARY KEY (distribution_point, position)
) WITHOUT ROWID;

-- Distribution point groups: who belongs to one, and what was distributed to it. What is deleted
-- here is deleted nowhere else.
CREATE TABLE IF NOT EXISTS point_group (
  name TEXT PRIMARY KEY
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS group_member (
  of_group TEXT NOT NULL,
  name     TEXT NOT NULL, -- of the distribution point
  PRIMARY KEY (of_group, name)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS group_package (
  of_group TEXT NOT NULL,
  package  TEXT NOT NULL,
  PRIMARY KEY (of_group, package)
) WITHOUT ROWID;

-- Who holds which content ("PKG00012.3").
CREATE TABLE available (
  content TEXT NOT NULL,
  name    TEXT NOT NULL,
  PRIMARY KEY (content, name)
) WITHOUT ROWID;
CREATE INDEX available_name ON available (name, content);

-- One package that should be on one distribution point, or is being removed from it. No index
-- holds a column that changes with every report.
CREATE TABLE distribution (
  package           TEXT NOT NULL,
  name              TEXT NOT NULL,
  version           INTEGER NOT NULL,
  bucket            INTEGER NOT NULL,
  state             INTEGER NOT NULL,
  job               BLOB,
  job_state         INTEGER,
  percent           INTEGER NOT NULL,
  bytes_total       INTEGER NOT NULL,
  bytes_done        INTEGER NOT NULL,
  bytes_transferred INTEGER NOT NULL,
  pieces_verified   INTEGER NOT NULL,
  bytes_per_second  INTEGER NOT NULL,
  remaining         INTEGER, -- seconds
  source            TEXT NOT NULL,
  tries_left        INTEGER NOT NULL,
  next_try          INTEGER,
  reason            TEXT NOT NULL,
  changed           INTEGER NOT NULL,
  redistribute      INTEGER NOT NULL,
  heard             INTEGER NOT NULL,
  cancelled         INTEGER NOT NULL,
  removing          INTEGER NOT NULL,
  last_sequence     INTEGER NOT NULL,
  node_state        INTEGER NOT NULL,
  polls             INTEGER NOT NULL DEFAULT 0, -- in vain, since the last news of this job
  cancel_asked      INTEGER NOT NULL DEFAULT 0,
  discard           INTEGER NOT NULL DEFAULT 0,
  former_job        BLOB,                       -- runs there until its node is told of `job`
  held_by           TEXT NOT NULL DEFAULT '',   -- who cancelled it
  pushed            INTEGER NOT NULL DEFAULT 0, -- its job is one that the site pushes

  -- Installed or watched (S5), and said so by its node.
  installed INTEGER AS (heard AND state IN (0, 8)),
  -- A job is started or in progress (S1).
  working   INTEGER AS (coalesce(job_state IN (2, 3), 0)),
  -- Not complete, failed or cancelled (S1): to be taken up again after a restart.
  unsettled INTEGER AS (removing OR coalesce(job_state NOT IN (5, 6, 7), 1)),
  PRIMARY KEY (package, name)
);
CREATE INDEX distribution_name ON distribution (name, package);
CREATE INDEX distribution_job ON distribution (job) WHERE job IS NOT NULL;
CREATE INDEX distribution_target ON distribution (package) WHERE NOT removing;
CREATE INDEX distribution_installed ON distribution (name) WHERE installed;
CREATE INDEX distribution_working ON distribution (name) WHERE working;
CREATE INDEX distribution_unsettled ON distribution (package, name) WHERE unsettled;

-- Made also in a database that a release without them wrote.
CREATE INDEX IF NOT EXISTS distribution_failed ON distribution (name) WHERE bucket = 4;
CREATE INDEX IF NOT EXISTS distribution_stopping ON distribution (package, name)
  WHERE cancel_asked;
CREATE INDEX IF NOT EXISTS distribution_retrying ON distribution (name) WHERE state IN (2, 5);
CREATE INDEX IF NOT EXISTS distribution_without_tries ON distribution (name, package)
  WHERE tries_left = 0;
-- Contents that the site is adding to the content library, or taking out of it: written before the
-- library is touched. What is here after a crash and is no package leaves the library.
CREATE TABLE IF NOT EXISTS library_change (
  content TEXT PRIMARY KEY
) WITHOUT ROWID;

-- The newest 100,000 and a sweep of 1,000 (base/limits.hpp); numbers are not given twice.
CREATE TABLE message (
  number   INTEGER PRIMARY KEY AUTOINCREMENT,
  site     TEXT NOT NULL,
  system   TEXT NOT NULL,
  reporter TEXT NOT NULL,    -- the label that the message itself carries
  sequence INTEGER NOT NULL, -- of the reporter
  time     INTEGER NOT NULL,
  id       INTEGER NOT NULL
);

CREATE TABLE message_insertion (
  message  INTEGER NOT NULL,
  position INTEGER NOT NULL,
  text     TEXT NOT NULL,
  PRIMARY KEY (message, position)
) WITHOUT ROWID;
