//! Bp's procedures on the same small practice, called as public Halo clients call them.

use crate::sql::{Practice, command, shown};
use halo_simulator::sql::{
    BookingWeather, CommandKind, Direction, ExecutionMode, Parameter, SlotTaken,
};

const TEXTS: &[(&str, &str)] = &[
    ("@titlecode", "1"),
    ("@firstname", "Pat"),
    ("@middlename", ""),
    ("@surname", "Magpie"),
    ("@preferredname", ""),
    ("@address1", "1 Test St"),
    ("@address2", ""),
    ("@city", "Testville"),
    ("@postcode", "9999"),
    ("@postaladdress", ""),
    ("@postalcity", ""),
    ("@postalpostcode", ""),
    ("@dob", "1970-02-03"),
    ("@sexcode", "1"),
    ("@homephone", ""),
    ("@workphone", ""),
    ("@mobilephone", "0491570158"),
    ("@medicareno", ""),
    ("@medicarelineno", ""),
    ("@medicareexpiry", ""),
    ("@pensioncode", "0"),
    ("@pensionno", ""),
    ("@pensionexpiry", "NULL"),
    ("@dvacode", "0"),
    ("@dvano", ""),
    ("@recordno", ""),
    ("@externalid", ""),
    ("@email", "pat@example.test"),
];

fn new_patient() -> Vec<(&'static str, &'static str, &'static str)> {
    TEXTS
        .iter()
        .map(|(name, value)| {
            let kind = if name.ends_with("code") && !name.contains("post") {
                "Int"
            } else if matches!(*name, "@dob" | "@pensionexpiry") {
                "Date"
            } else {
                "VarChar"
            };
            (*name, kind, *value)
        })
        .collect()
}

#[test]
fn a_patient_is_registered_with_28_parameters_and_found_again() {
    let mut practice = Practice::open();
    let mut add = command(CommandKind::StoredProcedure, "BP_AddPatient", &new_patient());
    assert_eq!(add.parameters.len(), 28);
    add.execution_mode = ExecutionMode::NonQuery;
    add.parameters.push(Parameter {
        name: "@RETURN_VALUE".to_owned(),
        direction: Direction::ReturnValue,
        sql_type: "Int".to_owned(),
        value: None,
        size: None,
    });
    let outcome = practice.execute(&add).unwrap();
    assert_eq!(outcome.parameters[0].value.as_deref(), Some("4"));
    assert!(outcome.result_sets.is_empty());
    let found = practice
        .procedure(
            "BP_GetPatientByNameDOB",
            &[
                ("@surname", "VarChar", "magpie"),
                ("@firstname", "VarChar", "pat"),
                ("@dob", "Date", "1970-02-03"),
            ],
        )
        .unwrap();
    assert_eq!(found.result_sets[0].rows.len(), 1);
    let prefix = practice
        .procedure(
            "dbo.BP_GetPatientByPartSurnameDOB",
            &[("@surname", "VarChar", "Mag"), ("@dob", "Date", "1970-02-03")],
        )
        .unwrap();
    assert_eq!(prefix.result_sets[0].rows.len(), 1);
    let details = shown(
        &practice.procedure("BP_GetPatientByInternalID", &[("@patientid", "Int", "4")]).unwrap(),
    );
    assert!(details.contains("pat@example.test"), "{details}");
}

#[test]
fn an_obsolete_parameter_is_rejected() {
    let mut parameters = new_patient();
    parameters.push(("@emergencycontact", "VarChar", ""));
    let error = Practice::open().procedure("BP_AddPatient", &parameters).unwrap_err();
    assert_eq!(
        (error.number, error.message.as_str()),
        (8145, "@emergencycontact is not a parameter for procedure BP_AddPatient.")
    );
}

#[test]
fn details_of_a_patient_are_changed() {
    let mut practice = Practice::open();
    practice
        .procedure(
            "BP_UpdatePatientContacts",
            &[
                ("@patientid", "Int", "1"),
                ("@homephone", "VarChar", "0255501234"),
                ("@workphone", "VarChar", ""),
                ("@mobilephone", "VarChar", ""),
            ],
        )
        .unwrap();
    practice
        .procedure(
            "BP_UpdatePatientEmail",
            &[("@patientid", "Int", "1"), ("@email", "VarChar", "kai@example.test")],
        )
        .unwrap();
    assert_eq!(practice.rows("SELECT RTRIM(HOMEPHONE), (SELECT EMAIL FROM dbo.EMAIL) FROM dbo.PATIENTS WHERE INTERNALID = 1"), "0255501234|kai@example.test");
}

#[test]
fn free_times_are_sessions_without_bookings() {
    let mut practice = Practice::open();
    let free = |practice: &mut Practice, date: &str| {
        practice
            .procedure(
                "BP_GetFreeAppointments",
                &[("@userid", "Int", "5"), ("@aptdate", "Date", date)],
            )
            .map(|o| shown(&o))
    };
    assert_eq!(
        free(&mut practice, "2026-03-02").unwrap(),
        "32400|900;33300|900;34200|900;35100|900"
    );
    assert_eq!(practice.rows("DECLARE @id int EXEC @id = BPSPATIENTS.dbo.BP_AddAppointment '20260302', 33300, 1800, 5, 1, 0, 2 SELECT @id AS id"), "1");
    assert_eq!(free(&mut practice, "2026-03-02").unwrap(), "32400|900;35100|900");
    assert_eq!(free(&mut practice, "2026-03-03").unwrap(), "");
    let error = free(&mut practice, "2026-03-09").unwrap_err();
    assert!(error.message.contains("away") && error.message.contains("that date"));
    practice.environment.booking.away = true;
    assert!(free(&mut practice, "2026-03-02").is_err());
}

#[test]
fn the_public_halo_clients_booking_batch_returns_the_new_id() {
    let mut practice = Practice::open();
    let text = "DECLARE @aptid int; EXEC @aptid = dbo.BP_AddAppointment @aptdate = @aptdate, @apttime = @apttime, \
                @aptlen = @aptlen, @practitionerid = @practitionerid, @patientid = @patientid, @loginid = 0, \
                @locationid = 1; SELECT @aptid AS AppointmentID;";
    let parameters = [
        ("@aptdate", "Date", "2026-03-02"),
        ("@apttime", "Int", "32400"),
        ("@aptlen", "Int", "900"),
        ("@practitionerid", "Int", "2000000553"),
        ("@patientid", "Int", "1"),
    ];
    let outcome = practice.with(text, &parameters).unwrap();
    assert_eq!(outcome.result_sets[0].columns, ["AppointmentID"]);
    assert_eq!(shown(&outcome), "1");
    assert_eq!(
        practice.rows("SELECT APPOINTMENTDATE, APPOINTMENTTIME, APPOINTMENTLENGTH, APPOINTMENTCODE, LOCATIONID, CREATED FROM dbo.APPOINTMENTS"),
        "2026-03-02T00:00:00|32400|900|1|1|2026-03-02T09:30:00"
    );
    let listed =
        practice.procedure("BP_GetPatientAppointments", &[("@patientid", "Int", "1")]).unwrap();
    assert_eq!(listed.result_sets[0].rows.len(), 1);
    let users = practice.procedure("BP_GetAppointmentBookUsers", &[]).unwrap();
    assert_eq!(users.result_sets[0].rows.len(), 2);
}

#[test]
fn an_occupied_slot_behaves_as_the_weather_says() {
    let book = "DECLARE @id int EXEC @id = dbo.BP_AddAppointmentEx '2026-03-02', 32400, 1, 900, 5, 1, 'r', 0, 1, NULL SELECT @id";
    for (weather, expected, rows) in [
        (None, "0", "1"),
        (Some(SlotTaken::ReturnZero), "0", "1"),
        (Some(SlotTaken::DoubleBooking), "2", "2"),
        (Some(SlotTaken::Error), "error 50000: The appointment slot has already been booked.", "1"),
    ] {
        let mut practice = Practice::open();
        practice.environment.booking = BookingWeather { away: false, slot_taken: weather };
        assert_eq!(practice.rows(book), "1");
        assert_eq!(practice.rows(book), expected, "{weather:?}");
        assert_eq!(practice.rows("SELECT COUNT(*) FROM dbo.APPOINTMENTS"), rows, "{weather:?}");
    }
}

#[test]
fn a_procedure_that_ends_its_callers_transaction_is_an_error_there() {
    let mut practice = Practice::open();
    practice.environment.booking =
        BookingWeather { away: false, slot_taken: Some(SlotTaken::EndsTransaction) };
    let book = "DECLARE @id int BEGIN TRY BEGIN TRANSACTION \
        EXEC @id = dbo.BP_AddAppointmentEx '2026-03-02', 32400, 1, 900, 5, 1, 'r', 0, 1, NULL COMMIT END TRY \
        BEGIN CATCH SELECT ERROR_NUMBER(), @@TRANCOUNT END CATCH";
    assert_eq!(practice.rows(book), "266|0");
    let silently = format!(
        "SET XACT_ABORT ON {}",
        book.replace("COMMIT END TRY", "SELECT @@TRANCOUNT END TRY")
    );
    assert_eq!(practice.rows(&silently), "0");
    assert_eq!(practice.rows("SELECT COUNT(*) FROM dbo.APPOINTMENTS"), "0");
}

#[test]
fn an_appointment_lives_through_its_states() {
    let mut practice = Practice::open();
    practice.rows("EXEC dbo.BP_AddAppointment '2026-03-02', 32400, 900, 5, 1");
    let booked = "DECLARE @r int EXEC @r = BP_IsAppointmentBooked @userid = 5, @aptdate = '2026-03-02', @apttime = 32400 SELECT @r";
    assert_eq!(practice.rows(booked), "1");
    practice.run("EXEC BP_ArriveAppointment 1").unwrap();
    assert_eq!(
        practice.rows("SELECT APPOINTMENTCODE, ARRIVALTIME FROM dbo.APPOINTMENTS"),
        "2|34200"
    );
    assert_eq!(practice.rows(booked), "0");
    practice.run("EXEC BP_UnarriveAppointment 1 EXEC BP_ConfirmAppointment 1 EXEC BP_UpdateAppointment 1, 2, 1800, 'longer'").unwrap();
    practice.run("EXEC BP_MoveAppointment 1, '2026-03-04', 36000, 5, 2").unwrap();
    assert_eq!(
        practice.rows("SELECT APPOINTMENTDATE, APPOINTMENTTIME, APPOINTMENTLENGTH, REASON, ATTENDANCECONFIRMED FROM dbo.APPOINTMENTS"),
        "2026-03-04T00:00:00|36000|1800|longer|1"
    );
    let list = practice
        .procedure(
            "BP_GetUserBookedAppointments",
            &[("@userid", "Int", "5"), ("@aptdate", "Date", "2026-03-04")],
        )
        .unwrap();
    assert_eq!(list.result_sets[0].columns.iter().filter(|name| *name == "InternalID").count(), 2);
    practice.run("EXEC BP_CancelAppointment 1, 0").unwrap();
    assert_eq!(practice.rows("SELECT RECORDSTATUS FROM dbo.APPOINTMENTS"), "4");
    assert_eq!(practice.rows("EXEC dbo.BP_GetPatientAppointments 1"), "");
    // The details do not show that an appointment is cancelled.
    assert_ne!(practice.rows("EXEC dbo.BP_GetAppointmentDetails 1"), "");
}

#[test]
fn a_deleted_patient_gets_no_appointment() {
    let mut practice = Practice::open();
    practice.run("UPDATE dbo.PATIENTS SET RECORDSTATUS = 2 WHERE INTERNALID = 1").unwrap();
    assert_eq!(
        practice.rows(
            "DECLARE @id int EXEC @id = BP_AddAppointment '2026-03-02', 32400, 900, 5, 1 SELECT @id"
        ),
        "0"
    );
    assert_eq!(practice.rows("SELECT COUNT(*) FROM dbo.APPOINTMENTS"), "0");
}
