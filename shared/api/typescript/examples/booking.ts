// The booking guide: validate the Site ID, connect, choose a location, sync the staff, and book visits.
//
//     node examples/booking.ts .local/stack.json
import { connect, isProblem, newId, poll } from "@practice-bridge/client";
import type { BookingRequest, BookingState, BookingView } from "@practice-bridge/client";

import { expect, inBp, pick, stack } from "./stack.ts";
import type { Demonstration } from "./stack.ts";

const local = stack();
const { practiceId, siteId } = pick(local.practices, () => true, "practice");
const bp = await inBp<Demonstration>(local, "GET", `/practices/${siteId}`);
const ofPractice = { params: { path: { practiceId } } };

// The rep-booking platform's server.
const platform = connect({ baseUrl: local.apiUrl, token: () => local.tokens.platform });

// "The first step is often the simplest: try resetting the connection." After it, a code is needed.
await platform.delete("/v1/practices/{practiceId}/connection", ofPractice);

// 2.2: enter the Site ID and validate it.
const unknown = await platform.post("/v1/practices/{practiceId}/connection/validation", {
  ...ofPractice,
  body: { siteId: "99999" },
});
expect(!unknown.valid && unknown.problem?.type === "site-unknown", "another practice's Site ID is not valid");
const validation = await platform.post("/v1/practices/{practiceId}/connection/validation", {
  ...ofPractice,
  body: { siteId },
});
expect(validation.valid, `the Site ID is valid: ${validation.practiceName}`);

// Somebody at the practice generates a code in Bp and enters it.
const user = pick(bp.users, ({ active }) => active, "active user");
const { pairingCode } = await inBp<{ pairingCode: string }>(local, "POST", `/practices/${siteId}/pairing-codes`);
const connection = await platform.put("/v1/practices/{practiceId}/connection", {
  ...ofPractice,
  body: { siteId, pairingCode, clinician: { firstName: user.firstName, lastName: user.lastName } },
});
expect(connection.state === "connected", "the practice is connected");

// Choose the location, the appointment type and the duration.
const { locations } = await platform.get("/v1/practices/{practiceId}/locations", ofPractice);
const location = pick(locations, () => true, "location");
const { items: appointmentTypes } = await platform.get("/v1/practices/{practiceId}/appointment-types", ofPractice);
const type = pick(appointmentTypes, ({ bookable }) => bookable, "bookable type");
const timeZone = "Australia/Brisbane";
const settings = await platform.put("/v1/practices/{practiceId}/settings", {
  ...ofPractice,
  body: {
    timeZone,
    bookings: { enabled: true, locationId: location.locationId, durationMinutes: 15, appointmentTypeCode: type.code },
  },
});
expect(settings.bookings.enabled, `visits go to ${location.name}, as ${type.name}`);

// 2.3: Sync Staff.
const numbers = bp.users.map(({ registrationNumber }) => registrationNumber);
const isAlone = (number: string | null) => number !== null && numbers.filter((other) => other === number).length === 1;
const doctor = pick(bp.users, (one) => one.active && isAlone(one.registrationNumber), "doctor with a number");
const ahpraNumber = doctor.registrationNumber ?? "";
await platform.put("/v1/practices/{practiceId}/staff", {
  ...ofPractice,
  body: [
    { ahpraNumber, firstName: doctor.firstName, lastName: doctor.lastName },
    { ahpraNumber: "MED0000000000", firstName: "Nobody", lastName: "Known" },
  ],
});
const { staff } = await platform.post("/v1/practices/{practiceId}/staff/sync", ofPractice);
expect(pick(staff, (one) => one.ahpraNumber === ahpraNumber, "doctor").state === "synced", "the doctor is synced");
const nobody = pick(staff, (one) => one.ahpraNumber !== ahpraNumber, "unknown doctor");
expect(nobody.state === "notFound" && nobody.problem !== undefined, "the other is not found, and a problem says why");

// 2.4: book, move, resend, cancel. The book is empty on these days.
const someDay = 250 + Math.floor(Math.random() * 300);
const visit = (days: number, time: string): BookingRequest => ({
  ahpraNumber,
  start: `${new Date(Date.now() + days * 86_400_000).toLocaleDateString("sv-SE", { timeZone })}T${time}`,
  representative: { name: "Kim Example", company: "Example Laboratories" },
  notes: "Lunch for six",
});
const bookingId = newId();
const ofBooking = { params: { path: { practiceId, bookingId } } };
const follow = (state: BookingState, start?: string): Promise<BookingView> =>
  poll(
    () => platform.get("/v1/practices/{practiceId}/bookings/{bookingId}", ofBooking),
    (booking) => booking.state === state && (start === undefined || booking.start === start),
  );
const first = visit(someDay, "12:30");
await platform.put("/v1/practices/{practiceId}/bookings/{bookingId}", { ...ofBooking, body: first });
const booked = await follow("synced", first.start);
expect(booked.bpAppointmentId !== undefined, `the visit is appointment ${booked.bpAppointmentId} in Bp`);

const taken = newId();
const ofTaken = { params: { path: { practiceId, bookingId: taken } } };
await platform.put("/v1/practices/{practiceId}/bookings/{bookingId}", { ...ofTaken, body: first });
const conflict = await poll(
  () => platform.get("/v1/practices/{practiceId}/bookings/{bookingId}", ofTaken),
  ({ state }) => state === "conflict",
);
expect(conflict.problem?.type === "slot-taken", "a second visit at the same time is a conflict");
expect(conflict.blockedBy?.includes(bookingId) === true, "the conflict names the first visit");
await platform.delete("/v1/practices/{practiceId}/bookings/{bookingId}", ofTaken);

const second = visit(someDay + 1, "13:00");
await platform.put("/v1/practices/{practiceId}/bookings/{bookingId}", { ...ofBooking, body: second });
const moved = await follow("synced", second.start);
expect(moved.bpAppointmentId !== undefined, "the visit is moved");
await platform.post("/v1/practices/{practiceId}/bookings/{bookingId}/resend", ofBooking);
const resent = await follow("synced");
expect(resent.start === second.start, "resent, it is still one visit at that time");
const all = await platform.post("/v1/practices/{practiceId}/bookings/resend", ofPractice);
expect(all.resent > 0, "all future visits are resent");
const { items: bookings } = await platform.get("/v1/practices/{practiceId}/bookings", {
  params: { path: { practiceId }, query: { state: ["synced", "pending"] } },
});
expect(bookings.some((booking) => booking.bookingId === bookingId), "the visit is in the list by state");

await platform.delete("/v1/practices/{practiceId}/bookings/{bookingId}", ofBooking);
const cancelled = await follow("cancelled");
expect(cancelled.cancelled, "the visit is cancelled");
const missing = await platform
  .get("/v1/practices/{practiceId}/bookings/{bookingId}", { params: { path: { practiceId, bookingId: newId() } } })
  .catch((error: unknown) => error);
expect(isProblem(missing, "not-found"), "a booking that was never made is not found");
