//! Statements and procedures against the seeded demonstration practice.

use crate::sql::{Seeded, command, shown};
use halo_simulator::practice::Demonstration;
use halo_simulator::sql::{CommandKind, execute};

#[test]
fn every_reading_procedure_answers_on_the_seeded_practice() {
    let mut practice = Seeded::open(Demonstration::Small);
    let user = practice.rows("SELECT TOP (1) USERID FROM dbo.SESSIONS ORDER BY SESSIONID");
    let patient = practice.rows("SELECT TOP (1) INTERNALID FROM dbo.PATIENTS WHERE INTERNALID > 0 AND RECORDSTATUS = 1 ORDER BY INTERNALID");
    for call in [
        "BP_GetAllUsers".to_owned(),
        "BP_GetAppointmentBookUsers".to_owned(),
        "BP_GetPracticeLocations".to_owned(),
        "BP_GetPracticeLocation 1".to_owned(),
        "BP_GetAllSessions".to_owned(),
        format!("BP_GetUserDaysAway {user}, '2020-01-01'"),
        format!("BP_GetPatientByInternalID {patient}"),
        format!("BP_GetPatientAppointments {patient}"),
        format!("BP_GetUserBookedAppointments {user}, '2026-03-02'"),
        format!("BP_GetInvestigationSummary {patient}"),
        "BP_GetAppointmentDetails 1".to_owned(),
    ] {
        let outcome = practice.run(&format!("EXEC dbo.{call}"));
        let outcome = outcome.unwrap_or_else(|error| panic!("{call}: {error}"));
        assert_eq!(outcome.result_sets.len(), 1, "{call}");
        assert!(!outcome.result_sets[0].columns.is_empty(), "{call}");
    }
}

#[test]
fn writing_procedures_fill_every_column_the_seeded_tables_demand() {
    let mut practice = Seeded::open(Demonstration::Small);
    let user = practice.rows("SELECT TOP (1) USERID FROM dbo.SESSIONS ORDER BY SESSIONID");
    let patient = practice.rows("SELECT TOP (1) INTERNALID FROM dbo.PATIENTS WHERE INTERNALID > 0 AND RECORDSTATUS = 1 ORDER BY INTERNALID");
    let booked = practice.rows(&format!(
        "DECLARE @id int EXEC @id = dbo.BP_AddAppointmentEx '2031-03-03', 32400, 1, 900, {user}, {patient}, 'made up', 0, 1, NULL
         SELECT CASE WHEN @id > 0 THEN 1 ELSE 0 END, REASON, APPOINTMENTTIME FROM dbo.APPOINTMENTS WHERE RECORDID = @id"
    ));
    assert_eq!(booked, "1|made up|32400");
    for call in [
        format!("BP_AddMessage {user}, 'subject', 'text', {patient}"),
        format!("BP_AddClinicalNote {patient}, 'note', 1"),
        format!("BP_SetNextOfKin {patient}, 1, 'Magpie', 'Lou', '', '', '', '', 'Sibling', ''"),
        "BP_AddPatient 1, 'Pat', '', 'Magpie', '', '', '', '', '', '', '', '', '1970-02-03', 1, '', '', '', '', '', '', 0, '', NULL, 0, '', '', '', 'pat@example.test'".to_owned(),
    ] {
        let answer = practice.rows(&format!("DECLARE @r int EXEC @r = dbo.{call} SELECT CASE WHEN @r > 0 THEN 'ok' END"));
        assert_eq!(answer, "ok", "{call}");
    }
    assert_eq!(practice.rows("SELECT COUNT(*) FROM dbo.BPS_Patients WHERE Surname = 'magpie' AND Email = 'pat@example.test'"), "1");
}

#[test]
fn every_view_can_be_read_whole() {
    let mut practice = Seeded::open(Demonstration::Small);
    let views: Vec<String> = {
        let mut statement = practice
            .practice
            .connection
            .prepare("SELECT name FROM dbo.sqlite_master WHERE type = 'view' AND name LIKE 'BPS%'")
            .unwrap();
        let names = statement.query_map([], |row| row.get(0)).unwrap();
        names.collect::<Result<_, _>>().unwrap()
    };
    assert!(views.len() > 10, "{views:?}");
    for view in views {
        practice
            .run(&format!("SELECT TOP (3) * FROM dbo.[{view}]"))
            .unwrap_or_else(|error| panic!("{view}: {error}"));
        practice
            .run(&format!("SELECT TOP (3) * FROM dbo.[{view}] FOR JSON PATH"))
            .unwrap_or_else(|error| panic!("{view}: {error}"));
    }
}

#[test]
fn a_guarded_write_is_repeated_without_a_second_row() {
    let mut practice = Seeded::open(Demonstration::Small);
    let patient = practice.rows(
        "SELECT TOP (1) INTERNALID FROM dbo.PATIENTS WHERE INTERNALID > 0 ORDER BY INTERNALID",
    );
    let columns = {
        let mut statement = practice
            .practice
            .connection
            .prepare("SELECT name FROM pragma_table_info('CORRESPONDENCEOUT', 'dbo') WHERE \"notnull\" AND pk = 0")
            .unwrap();
        let names = statement.query_map([], |row| row.get::<_, String>(0)).unwrap();
        names.collect::<Result<Vec<_>, _>>().unwrap()
    };
    let given = ["INTERNALID", "USERREFERENCE", "SUBJECT"];
    let rest: Vec<&String> =
        columns.iter().filter(|name| !given.contains(&name.as_str())).collect();
    let names: String = rest.iter().map(|name| format!(", {name}")).collect();
    let values: String =
        rest.iter().map(|name| if *name == "CREATED" { ", GETDATE()" } else { ", 0" }).collect();
    let write = format!(
        "SET NOCOUNT ON; SET XACT_ABORT ON; DECLARE @id int;
         BEGIN TRANSACTION;
         EXEC sp_getapplock @Resource = N'made-up', @LockMode = 'Exclusive', @LockOwner = 'Transaction', @LockTimeout = 5000;
         SELECT @id = RECORDID FROM dbo.CORRESPONDENCEOUT WITH (UPDLOCK, HOLDLOCK) WHERE USERREFERENCE = @token;
         IF @id IS NULL
         BEGIN
            INSERT INTO dbo.CORRESPONDENCEOUT (INTERNALID, USERREFERENCE, SUBJECT{names})
            VALUES (@patient, @token, N'Referral'{values});
            SET @id = CAST(SCOPE_IDENTITY() AS int);
            INSERT INTO BPSDocuments.dbo.NOPE (A) SELECT 1 WHERE @break = 1;
         END;
         COMMIT TRANSACTION;
         SELECT @id AS RecordId, (SELECT COUNT(*) FROM dbo.CORRESPONDENCEOUT WHERE USERREFERENCE = @token) AS Copies FOR JSON PATH"
    );
    let good = write.lines().filter(|line| !line.contains("NOPE")).collect::<Vec<_>>().join("\n");
    let parameters = |broken| {
        [
            ("@token", "VarChar", "token-1"),
            ("@patient", "Int", patient.as_str()),
            ("@break", "Bit", broken),
        ]
    };
    let mut run = |text: &str, broken| {
        execute(
            &mut practice.practice.connection,
            &command(CommandKind::Text, text, &parameters(broken)),
            &practice.practice.environment,
        )
    };
    assert_eq!(run(&write, "1").unwrap_err().number, 208);
    let first = shown(&run(&good, "0").unwrap());
    assert!(first.contains("\"Copies\":1"), "{first}");
    assert_eq!(shown(&run(&good, "0").unwrap()), first);
}

#[test]
fn the_queries_of_public_programs_run() {
    let mut practice = Seeded::open(Demonstration::Small);
    for query in [
        "SELECT * from BPS_CONTACTS",
        "SELECT * from BPS_CONTACTADDRESSES",
        "SELECT InternalID, VisitType, VisitDate, UserID, DrName FROM dbo.BPS_Visits",
        "SELECT InternalID, PapDate, CSTType, HPV16, HPV18, HPVOther, Result, HPVChanges,
            EndocervicalCells, Comment FROM dbo.BPS_PapSmears",
        "SELECT INTERNALID AS InternalID, SERVICEDATE AS ServiceDate, MBSITEM AS MBSItem FROM dbo.BPS_Services",
        "SELECT INVOICEID, SERVICEDATE, MBSITEM, DESCRIPTION, PAYERCODE FROM dbo.SERVICES
            WHERE SERVICESTATUS <> 9 AND RECORDSTATUS <> 2",
        "SELECT INVOICEID, USERID, TOTAL, INTERNALID, SENTTOWORKCOVER FROM dbo.INVOICES",
        "SELECT INTERNALID AS InternalID, ITEMID FROM dbo.PreventiveHealth",
        "SELECT VACCINEID, DISEASECODE FROM bpsdrugs.dbo.VACCINE_DISEASE",
        "SELECT InternalID FROM [BPSPATIENTS].[dbo].CURRENTRX
            WHERE DRUGNAME LIKE '%Tablet%' AND RecordStatus = 1 AND RxStatus = 1",
        "SELECT ScriptItems.InternalID FROM [BPSPATIENTS].[dbo].ScriptItems
            INNER JOIN [BPSPATIENTS].[dbo].Prescriptions ON ScriptItems.ScriptID = Prescriptions.ScriptID
            WHERE PRODUCTNAME LIKE '%Tablet%' AND ScriptDate >= DateAdd(Year, -5, '2026-11-02')
                AND Prescriptions.RecordStatus = 1",
        "SELECT InternalID FROM [BPSPATIENTS].[dbo].Visits
            WHERE VisitDate >= DateAdd(Year, -2, '2026-11-02') AND RecordStatus = 1",
    ] {
        let outcome = practice.run(query).unwrap_or_else(|error| panic!("{query}: {error}"));
        assert!(!outcome.result_sets[0].rows.is_empty(), "nothing found: {query}");
    }
}
