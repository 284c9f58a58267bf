-- Family, social and habit history. Keyed by patient where the public model says so.

-- Parent alive: 0 unknown, 1 no, 2 yes. ADOPTED 1: the history is unknown.
-- assumed: not public, or not all of it. These are the fewest columns that its readers need.
CREATE TABLE FAMILYHISTORY (
    INTERNALID INTEGER PRIMARY KEY,
    RECORDSTATUS int NOT NULL,
    ADOPTED int NOT NULL,
    FATHERALIVE int NOT NULL,
    FATHERAGE int NOT NULL,
    FATHERCAUSE char(60) COLLATE RTRIM,
    MOTHERALIVE int NOT NULL,
    MOTHERAGE int NOT NULL,
    MOTHERCAUSE char(60) COLLATE RTRIM,
    COMMENT varchar(1000) COLLATE RTRIM,
    CREATED datetime NOT NULL,
    CREATEDBY int NOT NULL,
    UPDATED datetime,
    UPDATEDBY int
);

-- assumed: not public, or not all of it. These are the fewest columns that its readers need.
CREATE TABLE FAMILYHISTORYDETAIL (
    RECORDID INTEGER PRIMARY KEY AUTOINCREMENT,
    RECORDSTATUS int NOT NULL,
    INTERNALID int NOT NULL,
    RELATIONCODE int NOT NULL,
    CONDITION char(60) COLLATE RTRIM NOT NULL,
    DISEASECODE int NOT NULL,
    COMMENT "varchar(max)" COLLATE RTRIM,
    CREATED datetime NOT NULL,
    CREATEDBY int NOT NULL,
    UPDATED datetime,
    UPDATEDBY int
);


-- assumed: not public, or not all of it. These are the fewest columns that its readers need.
CREATE TABLE RELATIONS (
    RELATIONCODE INTEGER PRIMARY KEY,
    RELATIONNAME char(20) COLLATE RTRIM NOT NULL
);

-- Smoking status: 0 none, 1 non-smoker, 2 ex-smoker, 3 smoker.
-- assumed: not public, or not all of it. These are the fewest columns that its readers need.
CREATE TABLE TOBACCO (
    INTERNALID INTEGER PRIMARY KEY,
    RECORDSTATUS int NOT NULL,
    SMOKINGSTATUS int NOT NULL,
    SMOKINGTYPE int NOT NULL,
    SMOKESPERDAY int NOT NULL,
    YEARSTARTED int NOT NULL,
    PASTSMOKINGSTATUS int NOT NULL,
    PASTSMOKESPERDAY int NOT NULL,
    PASTSTARTED int NOT NULL,
    PASTSTOPPED int NOT NULL,
    CREATED datetime NOT NULL,
    CREATEDBY int NOT NULL,
    UPDATED datetime,
    UPDATEDBY int
);

-- Alcohol level: 0 none, 1 nil, 2 occasional, 3 moderate, 4 heavy.
-- assumed: not public, or not all of it. These are the fewest columns that its readers need.
CREATE TABLE ALCOHOL (
    INTERNALID INTEGER PRIMARY KEY,
    RECORDSTATUS int NOT NULL,
    NONDRINKER int NOT NULL,
    DAYSPERWEEK int NOT NULL,
    DRINKSPERDAY int NOT NULL,
    DESCRIPTION varchar(100) COLLATE RTRIM,
    PASTALCOHOLLEVEL int NOT NULL,
    YEARSTARTED int NOT NULL,
    YEARSTOPPED int NOT NULL,
    COMMENT varchar(500) COLLATE RTRIM,
    CREATED datetime NOT NULL,
    CREATEDBY int NOT NULL,
    UPDATED datetime,
    UPDATEDBY int
);

-- One row a patient. KNOWNALLERGIES: 0 nothing recorded, 1 nil known, 2 some recorded.
-- assumed: not public, or not all of it. These are the fewest columns that its readers need.
CREATE TABLE CLINICAL (
    INTERNALID INTEGER PRIMARY KEY,
    KNOWNALLERGIES int NOT NULL,
    NOSIGNIFICANTPASTHISTORY int NOT NULL,
    NOSIGNIFICANTFAMILYHISTORY int NOT NULL,
    SMOKINGSTATUS int NOT NULL,
    BLOODGROUP varchar(15) COLLATE RTRIM,
    RETIRED int NOT NULL,
    MARITALSTATUS int NOT NULL,
    SEXUALITY int NOT NULL,
    ELITESPORTS int NOT NULL,
    PACEMAKER int NOT NULL,
    SOCIALHISTORY varchar(1000) COLLATE RTRIM,
    RECREATION varchar(1000) COLLATE RTRIM,
    ACCOMMODATION int NOT NULL,
    LIVESWITH int NOT NULL,
    HASCARER int NOT NULL,
    ISCARER int NOT NULL,
    ADVANCECAREDIRECTIVE int,
    POWEROFATTORNEY int,
    DRNOTE image,
    CREATED datetime NOT NULL,
    CREATEDBY int NOT NULL,
    UPDATED datetime,
    UPDATEDBY int
);

-- assumed: why the clinical view repeats some patients is not public. The repeats are kept here.
CREATE TABLE CLINICALREPEATS (
    INTERNALID int NOT NULL,
    KNOWNALLERGIES int NOT NULL,
    NOSIGNIFICANTPASTHISTORY int NOT NULL,
    NOSIGNIFICANTFAMILYHISTORY int NOT NULL,
    SMOKINGSTATUS int NOT NULL,
    BLOODGROUP varchar(15) COLLATE RTRIM,
    RETIRED int NOT NULL,
    MARITALSTATUS int NOT NULL,
    SEXUALITY int NOT NULL,
    ELITESPORTS int NOT NULL,
    PACEMAKER int NOT NULL,
    SOCIALHISTORY varchar(1000) COLLATE RTRIM,
    RECREATION varchar(1000) COLLATE RTRIM,
    ACCOMMODATION int NOT NULL,
    LIVESWITH int NOT NULL,
    HASCARER int NOT NULL,
    ISCARER int NOT NULL,
    ADVANCECAREDIRECTIVE int,
    POWEROFATTORNEY int
);


-- assumed: not public, or not all of it. These are the fewest columns that its readers need.
CREATE TABLE MARITALSTATUS (
    MARITALSTATUSCODE INTEGER PRIMARY KEY,
    MARITALSTATUSNAME char(15) COLLATE RTRIM NOT NULL
);

-- assumed: not public, or not all of it. These are the fewest columns that its readers need.
CREATE TABLE SEXUALITY (
    SEXUALITYCODE INTEGER PRIMARY KEY,
    SEXUALITYNAME char(15) COLLATE RTRIM NOT NULL
);

-- assumed: not public, or not all of it. These are the fewest columns that its readers need.
CREATE TABLE OCCUPATIONHISTORY (
    RECORDID INTEGER PRIMARY KEY AUTOINCREMENT,
    RECORDSTATUS int NOT NULL,
    INTERNALID int NOT NULL,
    OCCUPATION char(60) COLLATE RTRIM NOT NULL,
    DESCRIPTION char(30) COLLATE RTRIM,
    EMPLOYER varchar(60) COLLATE RTRIM,
    YEARSTARTED int NOT NULL,
    YEARSTOPPED int NOT NULL,
    ASBESTOS int NOT NULL,
    DUST int NOT NULL,
    RADIATION int NOT NULL,
    ANIMALS int NOT NULL,
    COMMENT varchar(1000) COLLATE RTRIM,
    ADFSTATUS int NOT NULL,
    CREATED datetime NOT NULL,
    CREATEDBY int NOT NULL,
    UPDATED datetime,
    UPDATEDBY int
);

