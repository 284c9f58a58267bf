-- The clinical record. The views' columns are public; most base columns here are assumed from them.

-- assumed: not public, or not all of it. These are the fewest columns that its readers need.
CREATE TABLE PASTHISTORY (
    RECORDID INTEGER PRIMARY KEY AUTOINCREMENT,
    RECORDSTATUS int NOT NULL,
    INTERNALID int NOT NULL,
    DAY int NOT NULL,
    MONTH int NOT NULL,
    YEAR int NOT NULL,
    ITEMTEXT varchar(250) COLLATE RTRIM,
    ITEMCODE int NOT NULL,
    STATUSCODE int NOT NULL,
    SIDE int NOT NULL,
    SEVERITY int NOT NULL,
    ACUTE int NOT NULL,
    SUMMARY int NOT NULL,
    FRACTURE int NOT NULL,
    DISPLACED int NOT NULL,
    COMPOUND int NOT NULL,
    COMMINUTED int NOT NULL,
    SPIRAL int NOT NULL,
    GREENSTICK int NOT NULL,
    PRIVACYCODE int NOT NULL,
    PCEHR int NOT NULL,
    PROVISIONAL int NOT NULL,
    VisitId int,
    DETAILS text COLLATE RTRIM,
    SNOMED char(20) COLLATE RTRIM,
    CREATED datetime NOT NULL,
    CREATEDBY int NOT NULL,
    UPDATED datetime,
    UPDATEDBY int
);

CREATE INDEX PASTHISTORY_INTERNALID ON PASTHISTORY (RECORDSTATUS, INTERNALID, ITEMCODE);

-- ITEMTYPE 1 is a product, 2 an ingredient, 3 a drug class. The item's name is assumed to be kept here:
-- the real table points into the drugs database.
-- assumed: not public, or not all of it. These are the fewest columns that its readers need.
CREATE TABLE REACTIONS (
    RECORDID INTEGER PRIMARY KEY AUTOINCREMENT,
    RECORDSTATUS int NOT NULL,
    INTERNALID int NOT NULL,
    ITEMTYPE int NOT NULL,
    ITEMCODE int NOT NULL,
    ITEMNAME char(50) COLLATE RTRIM NOT NULL,
    REACTION char(50) COLLATE RTRIM NOT NULL,
    SEVERITY int NOT NULL,
    COMMENT "varchar(max)" COLLATE RTRIM,
    CREATED datetime NOT NULL,
    CREATEDBY int NOT NULL,
    UPDATED datetime,
    UPDATEDBY int
);

CREATE INDEX REACTIONS_INTERNALID ON REACTIONS (RECORDSTATUS, INTERNALID);

-- DATACODE, DATANAME, DATAVALUE and MODIFIER are public.
-- assumed: not public, or not all of it. These are the fewest columns that its readers need.
CREATE TABLE OBSERVATIONS (
    RECORDID INTEGER PRIMARY KEY AUTOINCREMENT,
    RECORDSTATUS int NOT NULL,
    INTERNALID int NOT NULL,
    USERID int NOT NULL,
    OBSDATE datetime,
    OBSTIME int NOT NULL,
    DATACODE int NOT NULL,
    DATANAME varchar(25) COLLATE RTRIM NOT NULL,
    DATAVALUE char(12) COLLATE RTRIM NOT NULL,
    MODIFIER int NOT NULL,
    CREATED datetime NOT NULL,
    CREATEDBY int NOT NULL,
    UPDATED datetime,
    UPDATEDBY int
);

CREATE INDEX OBSERVATIONS_INTERNALID ON OBSERVATIONS (INTERNALID);

-- assumed: not public, or not all of it. These are the fewest columns that its readers need.
CREATE TABLE IMMUNISATIONS (
    RECORDID INTEGER PRIMARY KEY AUTOINCREMENT,
    RECORDSTATUS int NOT NULL,
    INTERNALID int NOT NULL,
    USERID int NOT NULL,
    GIVENDATE datetime,
    NOTGIVENHERE int NOT NULL,
    VACCINENAME char(50) COLLATE RTRIM NOT NULL,
    VACCINEID int NOT NULL,
    BATCHNO char(20) COLLATE RTRIM,
    SEQUENCE int NOT NULL,
    CONSENTCODE int NOT NULL,
    SITECODE int NOT NULL,
    ROUTE int NOT NULL,
    COMMENT varchar(1000) COLLATE RTRIM,
    VIVASPRINTED datetime,
    ACIRTRANSMITTED datetime,
    CREATED datetime NOT NULL,
    CREATEDBY int NOT NULL,
    UPDATED datetime,
    UPDATEDBY int
);

CREATE INDEX IMMUNISATIONS_INTERNALID ON IMMUNISATIONS (INTERNALID);
