"""The referral guide: connect the practice, fill in a referral from the record, send it, and reply to it.

    python referral.py .local/stack.json
"""

import hashlib
from datetime import date
from uuid import uuid4

import httpx
from practice_bridge.api.attachments import get_import, list_attachments, start_import
from practice_bridge.api.connection import connect_practice, disconnect_practice
from practice_bridge.api.correspondence import announce_document, get_delivery, send_message, send_referral
from practice_bridge.api.patients import get_clinical_summary, get_patient, search_patients
from practice_bridge.models import (
    AddresseeRequest,
    Attachment,
    ChosenPatientRequest,
    ClinicianRequest,
    ConnectionState,
    ConnectRequest,
    DeliveryState,
    DeliveryView,
    DocumentRequest,
    DocumentRequestContentType,
    FamilyItemParent,
    FamilyItemRelative,
    ImportRequest,
    ImportRequestItem,
    ImportState,
    MessageKind,
    MessageRequest,
    PatientRequest,
    ProblemType,
    ReferralRequest,
    SearchRequest,
    SectionName,
    SectionStatus,
)
from practice_bridge.types import UNSET, Unset
from stack import PRACTICE, SITE, caller, expect, in_bp, ok, pick, poll, problem

app = caller("clinician")
platform = caller("platform")
bp = in_bp("GET", f"/practices/{SITE}")
doctor = pick(bp["users"], lambda user: bool(user["active"] and "Doctor" in (user["group"] or "")))

# Reset the connection. After it, a code is needed.
expect(disconnect_practice.sync_detailed(PRACTICE, client=platform).status_code == 204, "disconnected")

# Connect: a wrong code, then the code that somebody at the practice generates.
clinician = ClinicianRequest(first_name=doctor["firstName"], last_name=doctor["lastName"])
wrong = ConnectRequest(site_id=SITE, pairing_code="00000000", clinician=clinician)
refusal = problem(connect_practice.sync(PRACTICE, client=app, body=wrong), ProblemType.PAIRING_CODE_REFUSED)
expect(bool(refusal.steps), "the problem says what to do")
code = in_bp("POST", f"/practices/{SITE}/pairing-codes")["pairingCode"]
form = ConnectRequest(site_id=SITE, pairing_code=code, clinician=clinician)
connection = ok(connect_practice.sync(PRACTICE, client=app, body=form))
expect(connection.state == ConnectionState.CONNECTED and connection.you.linked, f"with {connection.practice_name}")

# Import Patient Data.
wanted = pick(bp["patients"], lambda one: bool(one["lastName"] and one["dateOfBirth"]))
born = date.fromisoformat(wanted["dateOfBirth"])
search = SearchRequest(last_name=wanted["lastName"], date_of_birth=born)
match = pick(
    ok(search_patients.sync(PRACTICE, client=app, body=search)).matches,
    lambda found: found.last_name == wanted["lastName"],
)
patient = ok(get_patient.sync(PRACTICE, match.patient_id, client=app))
expect(patient.date_of_birth == born, "the form has the patient's demographics")

# Import Clinical Data. The kinds of family history are classes of their own.
record = ok(get_clinical_summary.sync(PRACTICE, match.patient_id, client=app)).sections
assert not isinstance(record.medications, Unset) and not isinstance(record.family_history, Unset)
expect(record.medications.status == SectionStatus.RECORDED, f"{len(record.medications.items)} medications")
parents = [item for item in record.family_history.items if isinstance(item, FamilyItemParent)]
relatives = [item for item in record.family_history.items if isinstance(item, FamilyItemRelative)]
expect(bool(parents) and bool(relatives), "parents and relatives are read")
only = [SectionName.ALLERGIES, SectionName.SOCIAL]
record = ok(get_clinical_summary.sync(PRACTICE, match.patient_id, client=app, sections=only)).sections
expect(isinstance(record.medications, Unset), "only the sections that were asked for are sent")

# Import Attachments: page by page.
documents: list[Attachment] = []
cursor: str | Unset = UNSET
while True:
    page = ok(list_attachments.sync(PRACTICE, match.patient_id, client=app, limit=5, cursor=cursor))
    documents += page.items
    if page.next_cursor is None:
        break
    cursor = page.next_cursor
expect(len(documents) > 5, f"{len(documents)} documents on several pages")
chosen = [document for document in documents if document.has_file is True][:2]
items = [ImportRequestItem(folder=one.folder, document_id=one.document_id, category="Imaging") for one in chosen]
import_id = str(uuid4())
request = ImportRequest(import_id=import_id, items=items)
ok(start_import.sync(PRACTICE, match.patient_id, client=app, body=request))
copies = poll(
    lambda: get_import.sync(PRACTICE, import_id, client=app),
    lambda seen: seen.state != ImportState.RUNNING,
)
expect(copies.state == ImportState.COMPLETE, "the documents are copied")
for copy in copies.items:
    assert not isinstance(copy.download_url, Unset)
    file = httpx.get(copy.download_url).raise_for_status().content
    expect(hashlib.sha256(file).hexdigest() == copy.sha256, f"a download of {len(file)} bytes")

# Submit: upload the letter, refer, and follow the referral into Correspondence Out.
letter = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
announced = DocumentRequest(
    document_id=str(uuid4()),
    content_type=DocumentRequestContentType.APPLICATIONPDF,
    bytes_=len(letter),
    sha256=hashlib.sha256(letter).hexdigest(),
)
link = ok(announce_document.sync(PRACTICE, client=app, body=announced))
httpx.put(link.upload_url, content=letter, headers=link.upload_headers.additional_properties).raise_for_status()
referral = ReferralRequest(
    patient_id=match.patient_id,
    patient=ChosenPatientRequest(last_name=wanted["lastName"], date_of_birth=born),
    document_id=announced.document_id,
    subject="Referral to cardiology",
    recipient_name="Wattlebird Heart Clinic",
)
referral_id = str(uuid4())
accepted = ok(send_referral.sync(PRACTICE, referral_id, client=app, body=referral))
again = ok(send_referral.sync(PRACTICE, referral_id, client=app, body=referral))
expect(again.delivery_id == accepted.delivery_id, "the same request again is the same referral")
referral.subject = "Something else"
problem(send_referral.sync(PRACTICE, referral_id, client=app, body=referral), ProblemType.ID_IN_USE)


def follow(delivery: DeliveryView) -> DeliveryView:
    """The delivery once it has arrived or failed."""
    ends = {DeliveryState.DELIVERED, DeliveryState.CHECKED, DeliveryState.FAILED}
    return poll(
        lambda: get_delivery.sync(PRACTICE, delivery.delivery_id, client=app),
        lambda seen: seen.state in ends,
    )


sent = follow(accepted)
expect(sent.state == DeliveryState.DELIVERED, f"the letter is number {sent.bp_record_id} in Correspondence Out")

# The specialist's reply arrives in the clinician's unchecked inbox.
message = MessageRequest(
    patient=PatientRequest(patient_id=match.patient_id),
    addressee=AddresseeRequest(user_id=doctor["userId"]),
    kind=MessageKind.ADVICE,
    subject="Advice",
    text="Please repeat the ECG.",
)
reply = follow(ok(send_message.sync(PRACTICE, str(uuid4()), client=platform, body=message)))
expect(reply.state == DeliveryState.DELIVERED, "the reply is in the doctor's inbox")
