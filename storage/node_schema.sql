-- The node database: jobs, verified pieces and the outbox of one node. Format 1.
-- Ids and digests are blobs; numbers are those of the model and never renumbered.

-- One row: this database's life. A new epoch begins with every new database.
CREATE TABLE epoch (
  only  INTEGER PRIMARY KEY CHECK (only = 1),
  epoch BLOB NOT NULL
);

-- Open jobs: the notification as it came, and how far it is.
CREATE TABLE job (
  job               BLOB PRIMARY KEY,
  content           TEXT NOT NULL,
  action            INTEGER NOT NULL,
  allow_fallback    INTEGER NOT NULL,
  priority          INTEGER NOT NULL,
  package_size      INTEGER NOT NULL,
  anonymous_access  INTEGER NOT NULL,
  hash_algorithm    INTEGER NOT NULL,
  hash              BLOB NOT NULL,
  manifest_size     INTEGER NOT NULL,
  related_content   TEXT NOT NULL,
  state             INTEGER NOT NULL,
  resume_to         INTEGER NOT NULL,
  bytes_done        INTEGER NOT NULL,
  bytes_transferred INTEGER NOT NULL,
  reason            TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE job_source (
  job      BLOB NOT NULL REFERENCES job ON DELETE CASCADE,
  position INTEGER NOT NULL,
  name     TEXT NOT NULL,
  node     BLOB NOT NULL,
  address  TEXT NOT NULL,
  protocol TEXT NOT NULL,
  priority INTEGER NOT NULL,
  PRIMARY KEY (job, position)
) WITHOUT ROWID;

-- Every job id ever taken, the newest limits::known_jobs_max of them: a repeated notification is
-- answered "known" also when its job is over.
CREATE TABLE known_job (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  job    BLOB NOT NULL UNIQUE
);

-- Pieces [first, first + count) of a staged file are durable. Runs of a file never touch.
CREATE TABLE verified_run (
  digest BLOB NOT NULL,
  size   INTEGER NOT NULL,
  first  INTEGER NOT NULL,
  count  INTEGER NOT NULL,
  PRIMARY KEY (digest, size, first)
) WITHOUT ROWID;

-- Reports not yet acknowledged. Each sequence is in exactly one of outbox_state, outbox_status.
-- `progress_of` is the job of a report that a later one of the same job makes worthless.
CREATE TABLE outbox (
  sequence    INTEGER PRIMARY KEY AUTOINCREMENT,
  time        INTEGER NOT NULL, -- milliseconds since 1970
  progress_of BLOB
);
CREATE INDEX outbox_progress ON outbox (progress_of) WHERE progress_of IS NOT NULL;

CREATE TABLE outbox_state (
  sequence          INTEGER PRIMARY KEY REFERENCES outbox ON DELETE CASCADE,
  job               BLOB NOT NULL,
  content           TEXT NOT NULL,
  report            INTEGER NOT NULL,
  state             INTEGER NOT NULL,
  bytes_total       INTEGER NOT NULL,
  bytes_done        INTEGER NOT NULL,
  bytes_transferred INTEGER NOT NULL,
  pieces_verified   INTEGER NOT NULL,
  bytes_per_second  INTEGER NOT NULL,
  source            TEXT NOT NULL,
  reason            TEXT NOT NULL,
  next_try          INTEGER -- milliseconds since 1970
);

CREATE TABLE outbox_status (
  sequence INTEGER PRIMARY KEY REFERENCES outbox ON DELETE CASCADE,
  system   TEXT NOT NULL,
  message  INTEGER NOT NULL
);

CREATE TABLE outbox_insertion (
  sequence INTEGER NOT NULL REFERENCES outbox ON DELETE CASCADE,
  position INTEGER NOT NULL,
  text     TEXT NOT NULL,
  PRIMARY KEY (sequence, position)
) WITHOUT ROWID;

-- Keys of the site whose manifests this node believes, as pinned at its last registration.
CREATE TABLE pinned_key (
  key BLOB PRIMARY KEY
) WITHOUT ROWID;
