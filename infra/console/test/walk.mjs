// Walks both guides in a browser, by keyboard only, and has axe look at every screen.
//
//     node test/walk.mjs <address of the console> <control URL> <Site ID> <width> <folder for pictures> <guide>
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

import { chromium } from "playwright-core";

const [address, control, siteId, width, pictures, guide] = process.argv.slice(2);
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
mkdirSync(pictures, { recursive: true });
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync"],
});
const context = await browser.newContext({ viewport: { width: Number(width), height: 900 }, bypassCSP: true, locale: "en-AU" });
const page = await context.newPage();
page.setDefaultTimeout(30_000);
const strange = [];
page.on("pageerror", (error) => strange.push(error.message));

const said = (text) => console.log(`- ${text}`);
let failed = false;
const expect = (isSo, text) => {
  if (!isSo) throw new Error(`it is not so: ${text}`);
  said(text);
};

/** Moves the focus with Tab until the element has it, as a person without a mouse does. */
async function reach(target) {
  const wanted = target.first();
  await wanted.waitFor();
  for (let pressed = 0; pressed < 250; pressed += 1) {
    if (await wanted.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press("Tab");
  }
  throw new Error(`Tab does not reach ${target}`);
}
async function press(name, within = page) {
  const button = within.getByRole("button", { name, exact: true });
  await reach(button);
  await page.keyboard.press("Enter");
}
async function type(label, text) {
  const input = page.getByLabel(new RegExp(`^${label}`));
  await reach(input);
  await page.keyboard.press("Control+A");
  await page.keyboard.type(text);
}
/** Takes a picture, and has axe look at the page. */
async function look(name) {
  await page.screenshot({ path: join(pictures, `${guide}-${width}-${name}.png`), fullPage: true });
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => window.axe.run());
  const grave = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
  for (const one of grave) console.error(`axe, ${name}: ${one.id}: ${one.nodes.map(({ html }) => html.slice(0, 160)).join(" | ")}`);
  if (grave.length > 0) failed = true;
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  if (wide > 0) { console.error(`${name} is ${wide} px wider than the screen`); failed = true; }
  if (new URL(page.url()).pathname + new URL(page.url()).search !== "/") throw new Error(`the address is ${page.url()}`);
}
const inBp = async (method, path, body) => {
  const answer = await fetch(`${control.replace(/\/$/, "")}/practices/${siteId}${path}`, { method, ...(body && { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }) });
  return await answer.json();
};

async function pair(doctor) {
  await type("First name", doctor.firstName);
  await type("Last name", doctor.lastName);
  await type("Bp Site ID", siteId);
  await type("Pairing code", "00000000");
  await press("Connect");
  await page.locator('[data-type="pairing-code-refused"] ol').waitFor();
  said("a wrong code is refused, with steps");
  await look("refused");
  await press("Generate pairing code");
  const code = await page.locator("#pairing-code").textContent();
  await type("Pairing code", code);
  await type("First name", "Nobody");
  await press("Connect");
  await page.getByText("Only your name is still needed").or(page.locator('[data-type="clinician-not-found"]')).first().waitFor();
  said("a wrong name keeps the pairing, and only the name is asked again");
  await look("name");
  await type("First name", doctor.firstName);
  await press("Connect");
  await page.getByText("✓ Connected").waitFor();
  said("the practice is connected");
  await look("connected");
}

async function referral(bp, doctor) {
  await press("Clinician");
  await page.getByRole("heading", { name: "Connection with Best Practice" }).waitFor();
  await page.getByLabel("Bp Site ID").waitFor();
  await look("pairing");
  await pair(doctor);
  const patient = bp.patients.find((one) => one.lastName !== null && one.dateOfBirth !== null);
  await press("New referral");
  await type("Last name", patient.lastName);
  await type("Date of birth", patient.dateOfBirth.split("-").reverse().join("/"));
  await press("Search");
  const match = page.getByRole("button", { name: /^Import .*/ });
  await reach(match);
  await look("matches");
  await page.keyboard.press("Enter");
  await press("Import clinical data");
  await page.getByRole("heading", { name: "Medications" }).waitFor();
  await press("Show attachments");
  const tick = page.locator('input[type="checkbox"][aria-label^="Import "]:not([disabled])');
  await reach(tick);
  await page.keyboard.press("Space");
  await press("Import the chosen");
  await page.locator('[data-import="complete"]').waitFor({ timeout: 60_000 });
  said("a document is copied, with a link to it");
  await look("imported");
  await type("To", "Wattlebird Heart Clinic");
  await type("Subject", "Referral to cardiology");
  await type("Text of the letter", "Thank you for seeing this patient.");
  await press("Submit referral");
  await page.locator("#proof").waitFor({ timeout: 60_000 });
  said("the referral is in Correspondence Out, with a proof of delivery");
  await look("sent");
  await press("Deliveries");
  await page.getByRole("cell", { name: "Referral", exact: true }).first().waitFor();
  await press("Show");
  await page.getByRole("list", { name: "Steps so far" }).waitFor();
  await look("deliveries");
}

async function booking(bp) {
  const numbers = bp.users.map((one) => one.registrationNumber);
  const doctor = bp.users.find((one) => one.active && one.registrationNumber !== null && numbers.filter((other) => other === one.registrationNumber).length === 1);
  await press("Practice manager");
  await page.getByRole("heading", { name: "Connection with Best Practice" }).waitFor();
  await page.getByLabel("Bp Site ID").or(page.getByText("✓ Connected")).first().waitFor();
  if (await page.getByLabel("Bp Site ID").count() > 0) {
    await press("Generate pairing code");
    const code = await page.locator("#pairing-code").textContent();
    await type("Bp Site ID", siteId);
    await type("Pairing code", code);
    await press("Connect");
    await page.getByText("✓ Connected").waitFor();
  }
  said("the practice is connected");
  await press("Bookings");
  await page.getByLabel("Location").waitFor();
  await type("Bp Site ID", siteId);
  await press("Validate");
  await page.getByText(`✓ ${bp.name}`).waitFor();
  said("the Site ID is valid");
  const send = page.getByLabel("Send visits to Best Practice");
  await reach(send);
  if (!(await send.isChecked())) await page.keyboard.press("Space");
  for (const label of ["Location", "Appointment type"]) {
    await reach(page.getByLabel(label));
    if ((await page.getByLabel(label).inputValue()) === "") await page.keyboard.press("ArrowDown");
  }
  await press("Save");
  await page.getByText("✓ Saved").waitFor();
  said("visits are sent");
  await type("Doctor's first name", doctor.firstName);
  await type("Doctor's last name", doctor.lastName);
  await type("AHPRA number", doctor.registrationNumber);
  await press("Add to the list");
  await page.getByRole("cell", { name: doctor.registrationNumber }).waitFor();
  await press("Sync staff");
  await page.getByRole("cell", { name: "synced", exact: true }).first().waitFor();
  said("the doctor is synced");
  const day = new Date(Date.now() + (250 + Math.floor(Math.random() * 300)) * 86_400_000);
  await type("Doctor's AHPRA number", doctor.registrationNumber);
  await type("Day of the visit", day.toLocaleDateString("en-AU", { day: "2-digit", month: "2-digit", year: "numeric" }));
  await type("Time of the visit", "12:30");
  await type("Representative", "Kim Example");
  await type("Company", "Example Laboratories");
  await press("Book");
  await page.locator('[data-booking="synced"]').first().waitFor({ timeout: 60_000 });
  said("the visit is in Bp's appointment book");
  await press("Day");
  await page.getByText("★ our visit").waitFor();
  await look("booked");
  await press("Resend");
  await page.locator('[data-booking="synced"]').first().waitFor({ timeout: 60_000 });
  await press("Cancel");
  await page.locator('[data-booking="cancelled"]').first().waitFor({ timeout: 60_000 });
  said("the visit is cancelled");
  for (const [name, heading] of [["Audit", "Audit"], ["Usage", "Usage"]]) {
    await press(name);
    await page.getByRole("heading", { name: heading, exact: true }).waitFor();
    await page.getByRole("table").first().waitFor();
    await look(name.toLowerCase());
  }
}

try {
  const bp = await inBp("GET", "");
  await page.goto(address);
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  const first = await page.evaluate(() => performance.getEntriesByType("paint").find(({ name }) => name === "first-contentful-paint")?.startTime ?? 0);
  said(`the first view took ${Math.round(first)} ms`);
  await look("sign-in");
  const doctor = bp.users.find((user) => user.active && (user.group ?? "").includes("Doctor"));
  await (guide === "referral" ? referral(bp, doctor) : booking(bp));
  expect(strange.length === 0, `the page has no error ${strange.join("; ")}`);
  if (failed) throw new Error("axe or the width of a screen");
  said("the guide is walked");
} catch (error) {
  await page.screenshot({ path: join(pictures, `${guide}-${width}-stopped.png`), fullPage: true });
  throw error;
} finally {
  await browser.close();
}
