//! Procedures for users, locations, sessions and messages.

use super::{Body, Procedure, insert};

pub(super) const PROCEDURES: &[Procedure] = &[
    Procedure {
        name: "BP_GetAllUsers",
        parameters: "",
        body: Body::Batch(
            "SELECT u.USERID AS UserID, u.SURNAME AS Surname, u.FIRSTNAME AS Firstname,
                u.LOCATIONID AS LocationID, g.GROUPNAME AS GroupName, u.APPOINTMENTS AS Appointments
             FROM dbo.USERS AS u LEFT JOIN dbo.USERGROUPS AS g ON g.GROUPCODE = u.GROUPCODE
             WHERE u.RECORDSTATUS = 1 AND u.USERSTATUS = 1 AND u.USERID <> 0
             ORDER BY u.SURNAME, u.FIRSTNAME",
        ),
    },
    Procedure {
        name: "BP_GetAppointmentBookUsers",
        parameters: "",
        body: Body::Batch(
            "SELECT u.USERID AS UserID, t.TITLE AS Title, u.FIRSTNAME AS Firstname,
                u.SURNAME AS Surname, u.LOCATIONID AS LocationID
             FROM dbo.USERS AS u LEFT JOIN dbo.TITLES AS t ON t.TITLECODE = u.TITLECODE
             WHERE u.RECORDSTATUS = 1 AND u.USERSTATUS = 1 AND u.APPOINTMENTS = 1 AND u.USERID <> 0
             ORDER BY u.SURNAME, u.FIRSTNAME",
        ),
    },
    Procedure {
        name: "BP_GetPracticeLocations",
        parameters: "",
        body: Body::Batch(
            "SELECT LOCATIONID AS LocationID, LOCATIONNAME AS LocationName, ADDRESS1, ADDRESS2, CITY,
                POSTCODE, PHONE, AHPHONE, FAX, EMAIL
             FROM dbo.LOCATIONS WHERE RECORDSTATUS = 1 AND LOCATIONID <> 0 ORDER BY LOCATIONID",
        ),
    },
    Procedure {
        name: "BP_GetPracticeLocation",
        parameters: "@locationid int",
        body: Body::Batch(
            "SELECT LOCATIONID AS LocationID, LOCATIONNAME AS LocationName, ADDRESS1, ADDRESS2, CITY,
                POSTCODE, PHONE, AHPHONE, FAX, EMAIL
             FROM dbo.LOCATIONS WHERE RECORDSTATUS = 1 AND LOCATIONID = @locationid",
        ),
    },
    Procedure {
        name: "BP_GetAllSessions",
        parameters: "",
        body: Body::Batch(
            "SELECT USERID AS UserID, LOCATIONID AS LocationID, DAYOFWEEK AS DayOfWeek,
                STARTTIME AS StartTime, ENDTIME AS EndTime, LENGTH AS Length, STARTDATE AS StartDate,
                ENDDATE AS EndDate, WEEKS AS Weeks, CYCLEWEEK AS CycleWeek, CYCLEDATE AS CycleDate
             FROM dbo.SESSIONS WHERE RECORDSTATUS = 1 ORDER BY USERID, DAYOFWEEK, STARTTIME",
        ),
    },
    Procedure {
        name: "BP_GetUserDaysAway",
        parameters: "@userid int, @start datetime",
        body: Body::Batch(
            "SELECT RECORDID AS RecordID, USERID AS UserID, STARTDATE AS StartDate,
                FINISHDATE AS FinishDate, AWAYREASON AS AwayReason
             FROM dbo.DAYSAWAY
             WHERE RECORDSTATUS = 1 AND USERID = @userid AND FINISHDATE >= CAST(@start AS date)
             ORDER BY STARTDATE",
        ),
    },
    Procedure {
        name: "BP_AddMessage",
        parameters: "@userid int, @subject varchar(100), @message varchar(max), @patid int = 0",
        body: Body::Rust(|session| {
            insert(
                session,
                "MESSAGES",
                &[
                    ("USERID", "@userid"),
                    ("RECORDSTATUS", "1"),
                    ("SUBJECT", "@subject"),
                    ("MESSAGE", "@message"),
                    ("INTERNALID", "@patid"),
                    ("CREATED", "GETDATE()"),
                ],
            )
        }),
    },
];
