-- The demo data set: what the sources of the default configuration answer from.
--
-- It stands for five systems that a real installation asks instead: the register
-- of parties, the profiles of users, the register of roles, the administration of
-- access packages, and the storage of instances. Everybody and everything in it
-- is invented. The organisation numbers begin with 3, real ones with 8 or 9, and
-- there are no national identity numbers.
--
-- All values are text, because the attributes that are made of them are strings.
-- NULL is no value. Change rows while the service runs; an answer is as old as
-- the cache of its source allows.

-- Parties: organisations, and people as the owners of their own affairs.
CREATE TABLE party (
    party_id   TEXT PRIMARY KEY,
    uuid       TEXT NOT NULL UNIQUE,
    org_number TEXT UNIQUE, -- organisations only
    name       TEXT NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO party (party_id, uuid, org_number, name) VALUES
    ('50001', '6c1f0e52-93a4-4d0b-8a17-52e0c4b7d301', '310000001', 'Fjordheim Bakery'),
    ('50002', '6c1f0e52-93a4-4d0b-8a17-52e0c4b7d302', '310000002', 'Tall & Tall Accounting'),
    ('50010', '6c1f0e52-93a4-4d0b-8a17-52e0c4b7d310', NULL,        'Astrid Fjordheim'),
    ('50014', '6c1f0e52-93a4-4d0b-8a17-52e0c4b7d314', NULL,        'Eskil Strand');

-- Profiles: the users, and the party that is the user's own.
CREATE TABLE profile (
    user_id   TEXT PRIMARY KEY,
    user_name TEXT NOT NULL UNIQUE,
    party_id  TEXT REFERENCES party
) STRICT, WITHOUT ROWID;

INSERT INTO profile (user_id, user_name, party_id) VALUES
    ('1337', 'astrid',  '50010'), -- manager of the bakery, keeps its accounts too
    ('1338', 'birk',    NULL),    -- accountant of the bakery
    ('1339', 'camilla', NULL),    -- manager of the bakery, and its auditor
    ('1340', 'daniel',  NULL),    -- auditor of the bakery
    ('1341', 'eskil',   '50014'), -- no role anywhere
    ('1342', 'frida',   NULL),    -- chairs the board of the bakery
    ('1343', 'gorm',    NULL);    -- manager of the accounting firm

-- Roles: what a user is for a party. The codes are spelled as the registers
-- spell them, in either letter case.
CREATE TABLE role (
    user_id   TEXT NOT NULL REFERENCES profile,
    party_id  TEXT NOT NULL REFERENCES party,
    role_code TEXT NOT NULL,
    PRIMARY KEY (user_id, party_id, role_code)
) STRICT, WITHOUT ROWID;

INSERT INTO role (user_id, party_id, role_code) VALUES
    ('1337', '50001', 'dagl'),  -- dagl: general manager
    ('1337', '50001', 'regna'), -- regna: accountant
    ('1338', '50001', 'regna'),
    ('1339', '50001', 'DAGL'),
    ('1339', '50001', 'revi'),  -- revi: auditor
    ('1340', '50001', 'REVI'),
    ('1342', '50001', 'lede'),  -- lede: chair of the board
    ('1343', '50002', 'dagl');

-- Access packages: what a party has entrusted to an organisation or a system
-- user. The holder is an organisation number or the uuid of a system user.
CREATE TABLE access_package (
    holder   TEXT NOT NULL,
    party_id TEXT NOT NULL REFERENCES party,
    package  TEXT NOT NULL,
    PRIMARY KEY (holder, party_id, package)
) STRICT, WITHOUT ROWID;

INSERT INTO access_package (holder, party_id, package) VALUES
    ('310000002',                            '50001', 'payroll'), -- the accounting firm
    ('9d1f6b3a-2c4e-4f50-a617-38b9cad0e1f2', '50001', 'payroll'); -- its payroll system

-- Instances: forms that are being filled in, or have been. A running one is in a
-- task; one that has ended has an end event instead. A lock is the reason for it.
CREATE TABLE instance (
    instance_guid TEXT PRIMARY KEY,
    party_id      TEXT NOT NULL REFERENCES party,
    org           TEXT NOT NULL,
    app           TEXT NOT NULL,
    current_task  TEXT,
    end_event     TEXT,
    lock          TEXT,
    CHECK ((current_task IS NULL) <> (end_event IS NULL))
) STRICT, WITHOUT ROWID;

INSERT INTO instance (instance_guid, party_id, org, app, current_task, end_event, lock) VALUES
    -- to be filled in
    ('3f0c8a1e-7d2b-4c55-9a0e-5b1d2f6a9c01', '50001', 'ttd', 'income-report', 'Task_1', NULL, NULL),
    -- to be signed
    ('3f0c8a1e-7d2b-4c55-9a0e-5b1d2f6a9c02', '50001', 'ttd', 'income-report', 'Task_2', NULL, NULL),
    -- sent in
    ('3f0c8a1e-7d2b-4c55-9a0e-5b1d2f6a9c03', '50001', 'ttd', 'income-report', NULL, 'EndEvent_1', NULL),
    -- to be filled in, but locked
    ('3f0c8a1e-7d2b-4c55-9a0e-5b1d2f6a9c04', '50001', 'ttd', 'income-report', 'Task_1', NULL, 'tax-audit'),
    -- of another party
    ('3f0c8a1e-7d2b-4c55-9a0e-5b1d2f6a9c05', '50002', 'ttd', 'income-report', 'Task_1', NULL, NULL),
    -- salaries to be reported
    ('5b8e2c47-1f3d-4a60-8c92-0d4e6f7a8b01', '50001', 'ttd', 'payroll', 'Task_1', NULL, NULL),
    -- of an app that no policy knows
    ('7a4d9e60-5c1b-4827-b3f8-6e2f10c9d501', '50001', 'ttd', 'pilot-form', 'Task_1', NULL, NULL);
