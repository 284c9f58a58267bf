//! Procedures that read appointments and change their state.

use super::{Body, Procedure};

pub(super) const PROCEDURES: &[Procedure] = &[
    Procedure {
        name: "BP_GetPatientAppointments",
        parameters: "@patientid int",
        // Did-not-attend (10) rows are missing here, as integrators have observed.
        body: Body::Batch(
            "SELECT a.RECORDID AS RecordID, a.APPOINTMENTDATE AS AppointmentDate,
                a.APPOINTMENTTIME AS AppointmentTime, a.APPOINTMENTLENGTH AS AppointmentLength,
                a.APPOINTMENTTYPE AS AppointmentType, a.APPOINTMENTCODE AS AppointmentCode,
                a.USERID AS UserID, a.LOCATIONID AS LocationID, t.TITLE AS UserTitle,
                u.FIRSTNAME AS UserFirstname, u.SURNAME AS UserSurname
             FROM dbo.APPOINTMENTS AS a
             JOIN dbo.USERS AS u ON u.USERID = a.USERID
             LEFT JOIN dbo.TITLES AS t ON t.TITLECODE = u.TITLECODE
             WHERE a.INTERNALID = @patientid AND a.RECORDSTATUS = 1 AND a.APPOINTMENTCODE <> 10
             ORDER BY a.APPOINTMENTDATE, a.APPOINTMENTTIME",
        ),
    },
    Procedure {
        name: "BP_GetUserBookedAppointments",
        parameters: "@userid int, @aptdate datetime",
        body: Body::Batch(
            "SELECT a.RECORDID AS RecordID, p.FIRSTNAME AS Firstname, p.SURNAME AS Surname,
                a.INTERNALID AS InternalID, a.APPOINTMENTTIME AS AppointmentTime,
                a.APPOINTMENTLENGTH AS AppointmentLength, a.APPOINTMENTTYPE AS AppointmentType,
                a.APPOINTMENTCODE AS AppointmentCode, a.URGENT AS Urgent, p.INTERNALID AS InternalID
             FROM dbo.APPOINTMENTS AS a JOIN dbo.PATIENTS AS p ON p.INTERNALID = a.INTERNALID
             WHERE a.USERID = @userid AND a.APPOINTMENTDATE = CAST(@aptdate AS date)
                AND a.RECORDSTATUS = 1 AND a.APPOINTMENTCODE = 1
             ORDER BY a.APPOINTMENTTIME",
        ),
    },
    Procedure {
        name: "BP_GetAppointmentDetails",
        parameters: "@aptid int",
        body: Body::Batch(
            "SELECT p.FIRSTNAME AS Firstname, p.SURNAME AS Surname,
                a.APPOINTMENTDATE AS AppointmentDate, a.APPOINTMENTTIME AS AppointmentTime,
                a.APPOINTMENTTYPE AS AppointmentType, y.DESCRIPTION AS Description,
                t.TITLE AS UserTitle, u.FIRSTNAME AS UserFirstname, u.SURNAME AS UserSurname
             FROM dbo.APPOINTMENTS AS a
             JOIN dbo.PATIENTS AS p ON p.INTERNALID = a.INTERNALID
             JOIN dbo.USERS AS u ON u.USERID = a.USERID
             LEFT JOIN dbo.TITLES AS t ON t.TITLECODE = u.TITLECODE
             LEFT JOIN dbo.APPOINTMENTTYPES AS y ON y.APPOINTMENTCODE = a.APPOINTMENTTYPE
             WHERE a.RECORDID = @aptid",
        ),
    },
    Procedure {
        name: "BP_IsAppointmentBooked",
        parameters: "@userid int, @aptdate datetime, @apttime int",
        // Finds only appointments that cover this instant and are still in state Booked.
        body: Body::Batch(
            "IF EXISTS (SELECT * FROM dbo.APPOINTMENTS
                WHERE USERID = @userid AND APPOINTMENTDATE = CAST(@aptdate AS date)
                AND RECORDSTATUS = 1 AND APPOINTMENTCODE = 1
                AND APPOINTMENTTIME <= @apttime
                AND APPOINTMENTTIME + APPOINTMENTLENGTH > @apttime) RETURN 1
             RETURN 0",
        ),
    },
    Procedure {
        name: "BP_UpdateAppointment",
        parameters: "@aptid int, @apttype int, @aptlen int, @reason varchar(500)",
        body: Body::Batch(
            "UPDATE dbo.APPOINTMENTS SET APPOINTMENTTYPE = @apttype, APPOINTMENTLENGTH = @aptlen,
                REASON = @reason, UPDATED = GETDATE()
             WHERE RECORDID = @aptid AND RECORDSTATUS = 1
             RETURN 0",
        ),
    },
    Procedure {
        name: "BP_CancelAppointment",
        parameters: "@aptid int, @loginid int = 0",
        body: Body::Batch(
            "UPDATE dbo.APPOINTMENTS SET RECORDSTATUS = 4, UPDATED = GETDATE(), UPDATEDBY = @loginid
             WHERE RECORDID = @aptid AND RECORDSTATUS = 1
                -- Bp lets nobody from outside cancel a recall.
                AND APPOINTMENTTYPE NOT IN (SELECT APPOINTMENTCODE FROM dbo.APPOINTMENTTYPES
                    WHERE DESCRIPTION LIKE 'Recall%')
             RETURN 0",
        ),
    },
    Procedure {
        name: "BP_ArriveAppointment",
        parameters: "@aptid int",
        body: Body::Batch(
            "UPDATE dbo.APPOINTMENTS SET APPOINTMENTCODE = 2, UPDATED = GETDATE(),
                ARRIVALTIME = DATEDIFF(second, CAST(GETDATE() AS date), GETDATE())
             WHERE RECORDID = @aptid AND RECORDSTATUS = 1
             RETURN 0",
        ),
    },
    Procedure {
        name: "BP_UnarriveAppointment",
        parameters: "@aptid int",
        body: Body::Batch(
            "UPDATE dbo.APPOINTMENTS SET APPOINTMENTCODE = 1, ARRIVALTIME = 0, UPDATED = GETDATE()
             WHERE RECORDID = @aptid AND RECORDSTATUS = 1
             RETURN 0",
        ),
    },
    Procedure {
        name: "BP_ConfirmAppointment",
        parameters: "@aptid int",
        body: Body::Batch(
            "UPDATE dbo.APPOINTMENTS SET ATTENDANCECONFIRMED = 1, ATTENDANCEUPDATED = GETDATE()
             WHERE RECORDID = @aptid AND RECORDSTATUS = 1
             RETURN 0",
        ),
    },
    Procedure {
        name: "BP_DeclineAppointment",
        parameters: "@aptid int",
        body: Body::Batch(
            "UPDATE dbo.APPOINTMENTS SET ATTENDANCECONFIRMED = 2, ATTENDANCEUPDATED = GETDATE()
             WHERE RECORDID = @aptid AND RECORDSTATUS = 1
             RETURN 0",
        ),
    },
];
