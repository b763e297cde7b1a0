-- The inventory: which files the committed contents of a library refer to, and how often. Format 1.
-- An index: everything here can be made anew from the package records and the manifests.

CREATE TABLE content (
  content       TEXT PRIMARY KEY,
  manifest_hash BLOB NOT NULL,
  files         INTEGER NOT NULL -- manifest entries that are files
) WITHOUT ROWID;

-- `uses` counts manifest entries, over all contents. A file whose last use went stays with 0 until
-- it has left the file library.
CREATE TABLE file (
  digest BLOB NOT NULL,
  size   INTEGER NOT NULL,
  uses   INTEGER NOT NULL,
  PRIMARY KEY (digest, size)
) WITHOUT ROWID;
CREATE INDEX file_unused ON file (uses) WHERE uses = 0;
