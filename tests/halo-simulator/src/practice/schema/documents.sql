-- ASSUMED, all of it: where Bp keeps the bytes of documents is not public. This is a contract of our own
-- for the second database (attached as BPSDocuments), shaped by what is public: a row says by STORED which
-- store holds its bytes, and a store addresses them by the kind of row, the row's key and the page.
--
-- KIND        CORRESPONDENCEIN (clinical images too), CORRESPONDENCEOUT, EPCREPORT, INVESTIGATION;
--             INCOMINGREPORT while a report waits in the inbox
-- RECORDID    the key of the row in that table
-- PAGENUMBER  from 1; a document in one file has page 1 only
-- FILETYPE    the file's extension in lower case, without the dot
CREATE TABLE DOCUMENTS (
    STORE int NOT NULL,
    KIND varchar(20) COLLATE RTRIM NOT NULL,
    RECORDID int NOT NULL,
    PAGENUMBER int NOT NULL,
    FILETYPE varchar(15) COLLATE RTRIM NOT NULL,
    CONTENT image NOT NULL,
    PRIMARY KEY (STORE, RECORDID, KIND, PAGENUMBER)
);
