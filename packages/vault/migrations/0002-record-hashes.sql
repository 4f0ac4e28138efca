-- What the journal says each record must hash to, so that a record can be given anew by whoever has it; and no bytes
-- where the entry came without its record. Taken from the journal, not from the bytes: those may be damaged.
CREATE TABLE records_with_hashes (
  account BLOB NOT NULL,
  id BLOB NOT NULL,
  hash BLOB NOT NULL,
  -- NULL: absent, not deleted.
  sealed BLOB,
  PRIMARY KEY (account, id)
) STRICT;

-- An entry has 65 bytes for each operation (code, id, value) from byte 115 on, and 64 after the last one.
WITH RECURSIVE numbers (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n < 1023),
operations AS (
  SELECT
    account,
    seq,
    substr(bytes, 116 + 65 * n, 1) AS op,
    substr(bytes, 117 + 65 * n, 32) AS id,
    substr(bytes, 149 + 65 * n, 32) AS value
  FROM entries JOIN numbers ON n < (length(bytes) - 179) / 65
),
-- SQLite takes the other columns from the row with the highest seq.
latest AS (
  SELECT account, id, op, value, max(seq) FROM operations WHERE op IN (x'01', x'02') GROUP BY account, id
)
INSERT INTO records_with_hashes (account, id, hash, sealed)
SELECT account, id, value, (
  SELECT sealed FROM records WHERE records.account = latest.account AND records.id = latest.id
)
FROM latest WHERE op = x'01';

DROP TABLE records;
ALTER TABLE records_with_hashes RENAME TO records;
