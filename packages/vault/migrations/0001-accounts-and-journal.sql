-- Byte strings are BLOBs, times are milliseconds since 1970.

-- What belongs to the database as a whole: 'root-key-check' is a random value sealed under the root key.
CREATE TABLE meta (
  name TEXT PRIMARY KEY,
  value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE accounts (
  account BLOB PRIMARY KEY,
  created INTEGER NOT NULL,
  -- The head: -1 and 32 zero bytes before entry 0.
  seq INTEGER NOT NULL,
  hash BLOB NOT NULL,
  -- Of the last verified backup.
  backup_seq INTEGER,
  backup_time INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE instances (
  instance BLOB PRIMARY KEY,
  account BLOB NOT NULL REFERENCES accounts (account),
  -- The key that authenticates its requests, sealed under the root key.
  sealed_key BLOB NOT NULL,
  created INTEGER NOT NULL,
  revoked INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE INDEX instances_of_account ON instances (account);

CREATE TABLE enrolment_codes (
  hash BLOB PRIMARY KEY,
  -- NULL: for a new account.
  account BLOB,
  -- NULL: for a new instance.
  rekeys BLOB,
  expires INTEGER NOT NULL,
  -- Set when it is redeemed: when, for which account and instance, with which key.
  redeemed INTEGER,
  redeemed_account BLOB,
  redeemed_instance BLOB,
  redeemed_key_hash BLOB
) STRICT, WITHOUT ROWID;

CREATE TABLE entries (
  account BLOB NOT NULL,
  seq INTEGER NOT NULL,
  bytes BLOB NOT NULL,
  PRIMARY KEY (account, seq)
) STRICT;

CREATE TABLE records (
  account BLOB NOT NULL,
  id BLOB NOT NULL,
  sealed BLOB NOT NULL,
  PRIMARY KEY (account, id)
) STRICT;

-- owner: id of the record that names the blob.
CREATE TABLE blobs (
  account BLOB NOT NULL,
  id BLOB NOT NULL,
  owner BLOB NOT NULL,
  bytes BLOB NOT NULL,
  PRIMARY KEY (account, id)
) STRICT;

CREATE TABLE writers (
  account BLOB NOT NULL,
  instance BLOB NOT NULL,
  public_key BLOB NOT NULL,
  PRIMARY KEY (account, instance)
) STRICT, WITHOUT ROWID;

-- Pending (active = 0) from the first question for its key check value, active from the journal's operation 5,
-- gone with operation 6. Sealed under the root key.
CREATE TABLE fragments (
  account BLOB NOT NULL,
  epoch INTEGER NOT NULL,
  active INTEGER NOT NULL,
  kcv BLOB NOT NULL,
  sealed BLOB NOT NULL,
  PRIMARY KEY (account, epoch)
) STRICT, WITHOUT ROWID;
