use proptest::prelude::*;

use super::*;

fn sniffed(bytes: &[u8]) -> Option<ContentType> {
    let mut sniffer = Sniffer::default();
    sniffer.see(bytes);
    sniffer.content_type()
}

#[test]
fn every_type_is_known_by_its_beginning() {
    use ContentType::{
        AnsiText, Bmp, Dicom, Gif, Heic, Hl7, Html, Jpeg, Pdf, Png, Rtf, Tiff, Utf8Text, Utf16Text,
        Webp, Word, WordXml, Xml,
    };
    let dicom = [&b"II\x2A\x00"[..], &[0; 124], b"DICM"].concat();
    let cases: [(&[u8], ContentType); 58] = [
        // A format that is only mentioned does not count.
        (b"{\\rtf1 please see the %PDF-1.7 attached}", Rtf),
        (b"MSH|^~\\&|LAB|see %PDF-1.4", Hl7),
        (b"Please see the %PDF-1.7 attached.", Utf8Text),
        (b"The file begins with\n%PDF- and a number.", Utf8Text),
        (b"\x1B%-12345X@PJL JOB\r\n%PDF-1.4", Pdf),
        (b"12 3\n%PDF-1.4\n", Pdf),
        // Characters that result files leave in their text.
        (b"Glucose 5.1\r\n\x1A", Utf8Text),
        (b"\x1BEGlucose 5.1 mmol/L\0 end", Utf8Text),
        (b"\xFF\xFEG\0l\0u\0", Utf16Text),
        (b"\xFE\xFF\0G\0l", Utf16Text),
        // Pages that begin in different ways.
        (b"<!-- made by a laboratory -->\n<html><body>", Html),
        (b"<?xml version=\"1.0\"?><!DOCTYPE html PUBLIC \"x\"><html>", Html),
        (b"<head><title>x</title>", Html),
        (b"<body>", Html),
        (b"<p>Dear colleague", Html),
        (b"<TABLE border=1>", Html),
        // Other types that people keep.
        (b"<?xml version=\"1.0\"?><ClinicalDocument xmlns=\"urn:hl7-org:v3\">", Xml),
        (b"\xEF\xBB\xBF<?xml version=\"1.0\"?><a/>", Xml),
        (b"GIF89a\x01\0", Gif),
        (b"GIF87a\x01\0", Gif),
        (b"BM\x46\0\0\0\0\0\0\0\x36", Bmp),
        (b"\0\0\0\x18ftypheic\0\0\0\0", Heic),
        (b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic", Heic),
        (b"<p class=\"x\">Dear colleague", Html),
        (b"<meta charset=\"utf-8\"><h1>x", Html),
        (b"<?xml version=\"1.0\"?><!-- <html> --><ClinicalDocument>", Xml),
        (b"Note:\n%PDF-1.4 could not be opened", Utf8Text),
        (b"ok\x1A", Utf8Text),
        (b"II\x2B\x00\x08\x00", Tiff),
        (b"MM\x00\x2B\x00\x08", Tiff),
        (&dicom, Dicom),
        (b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1\0\0W\0o\0r\0d\0D\0o\0c\0u\0", Word),
        (b"PK\x03\x04\x14\0\x06\0[Content_Types].xml\0word/document.xml", WordXml),
        (b"PK\x03\x04\x14\0\x06\0word/document.xml", WordXml),
        (b"\x0B\xEF\xBB\xBFMSH|^~\\&|LAB|", Hl7),
        (b"BHS|^~\\&|", Hl7),
        (b"BM is an abbreviation", Utf8Text),
        (b"%PDF-1.4\n%\xE2\xE3\xCF\xD3\n", Pdf),
        (b"\r\n\0junk%PDF-1.7\n", Pdf),
        (b"\xFF\xD8\xFF\xE0\x00\x10JFIF\x00", Jpeg),
        (b"\x89PNG\r\n\x1A\n\0\0\0\rIHDR", Png),
        (b"II\x2A\x00\x08\x00\x00\x00", Tiff),
        (b"MM\x00\x2A\x00\x00\x00\x08", Tiff),
        (b"{\\rtf1\\ansi\\ansicpg1252", Rtf),
        (b"\xEF\xBB\xBF\r\n <!DOCTYPE html>\n<html>", Html),
        (b"<HTML><body>", Html),
        (b"MSH|^~\\&|LAB|", Hl7),
        (b"\x0BMSH|^~\\&|LAB|", Hl7),
        (b"FHS|^~\\&|", Hl7),
        (b"HbA1c 6.1 %\r\n\r\nNormal.\x0C", Utf8Text),
        ("Café: 5 µmol/L\n".as_bytes(), Utf8Text),
        (b"Caf\xE9: 5 \xB5mol/L, seen by Dr Z\xF6e\r\n", AnsiText),
        // The word alone is not enough for a message or a page.
        (b"<cda:ClinicalDocument xmlns:cda=\"urn:hl7-org:v3\">", Xml),
        (b"RIFF\x1A\0\0\0WEBPVP8 ", Webp),
        (b"\r\n{\\rtf1\\ansi", Rtf),
        (b"\xEF\xBB\xBF{\\rtf1\\ansi", Rtf),
        (b"MSH is a hospital", Utf8Text),
        (b"x < html", Utf8Text),
    ];
    for (bytes, expected) in cases {
        assert_eq!(sniffed(bytes), Some(expected), "{}", bytes.escape_ascii());
    }
}

#[test]
fn what_is_unknown_is_said_to_be_unknown() {
    for bytes in [
        &b""[..],
        b"\0\0\0\0",
        b"\x1A",
        b"PK\x03\x04\x14\0\x06\0[Content_Types].xml\0xl/workbook.xml",
        b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1\0\0W\0o\0r\0k\0b\0o\0o\0k\0",
        b"\0\0\0\x18ftypmif1\0\0\0\0mif1avif",
        b"a\0b\0c\0d\0",
    ] {
        assert_eq!(sniffed(bytes), None, "{}", bytes.escape_ascii());
    }
    assert_eq!(ContentType::header(None), "application/octet-stream");
}

#[test]
fn a_container_of_old_office_is_whose_it_is_and_not_whose_is_in_it() {
    use ContentType::Word;
    let utf16 = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    // The first sector, and the container's directory.
    let container = |first: &[u8], class: &[u8], names: &[&str]| {
        let mut file = b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1".to_vec();
        file.resize(512, 0);
        file.extend(first);
        file.resize(1_024, 0);
        file.extend(utf16("Root Entry"));
        file.resize(1_024 + 80, 0);
        file.extend(class);
        for name in names {
            file.resize(file.len().next_multiple_of(128), 0);
            file.extend(utf16(name));
        }
        file
    };
    let class = |one: u8, two: u8| {
        [&[one, two, 2, 0, 0, 0, 0, 0, 0xC0, 0, 0, 0, 0, 0, 0], b"\x46" as &[u8]].concat()
    };
    let (word, excel) = (class(0x06, 0x09), class(0x20, 0x08));
    let slides = b"\x10\x8D\x81\x64\x9B\x4F\xCF\x11\x86\xEA\0\xAA\0\xB9\x29\xE8";
    let names: &[&str] = &["Workbook", "WordDocument", "PowerPoint Document"];
    for (file, ending, expected) in [
        // The directory may be after the bytes that are read.
        (container(b"\xEC\xA5\xC1\0", &[], &[]), "", Some(Word)),
        (container(b"", &word, &[]), "", Some(Word)),
        (container(b"", &[], &["WordDocument"]), "", Some(Word)),
        (container(b"", &[7; 16], &["WordDocument"]), "", Some(Word)),
        (container(b"", &[], &["Workbook"]), "", None),
        (container(b"\x09\x08\x10\0", &[], names), "doc", None),
        (container(b"", &excel, names), "doc", None),
        (container(b"", slides, names), "doc", None),
        (container(b"", &[], &[]), "doc", Some(Word)),
    ] {
        let found = Sniffer::of(&file).content_type_of_file(Some(ending));
        assert_eq!(found, expected, "{}", file.escape_ascii());
    }
}

#[test]
fn a_character_cut_by_the_end_of_what_is_seen_does_not_make_text_ansi() {
    let long = format!("{}é and more", "x".repeat(SEEN - 1));
    assert_eq!(sniffed(long.as_bytes()), Some(ContentType::Utf8Text));
    assert_eq!(sniffed(b"caf\xC3"), Some(ContentType::AnsiText));
}

#[test]
fn a_media_type_reads_back() {
    for kind in ContentType::ALL {
        assert_eq!(ContentType::parse(kind.as_str()), Some(kind));
    }
}

proptest! {
    #[test]
    fn pieces_of_any_size_mean_the_same(
        bytes in prop::collection::vec(any::<u8>(), 0..3_000),
        at in any::<prop::sample::Index>(),
    ) {
        let at = at.index(bytes.len() + 1);
        let mut sniffer = Sniffer::default();
        sniffer.see(&bytes[..at]);
        sniffer.see(&bytes[at..]);
        prop_assert_eq!(sniffer.content_type(), sniffed(&bytes));
    }
}

#[test]
fn a_files_ending_decides_between_what_its_bytes_can_be() {
    use ContentType::{AnsiText, Hl7, Html, Pdf, Utf8Text, Word, WordXml, Xml};
    let zip = b"PK\x03\x04\x14\0\x06\0[Content_Types].xml";
    let compound = b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1\0\0";
    let cases: [(&[u8], &str, Option<ContentType>, &str); 14] = [
        (zip, "docx", Some(WordXml), "docx"),
        (zip, "DOCX", Some(WordXml), "docx"),
        (zip, "xlsx", None, "xlsx"),
        (zip, "", None, "bin"),
        (compound, "doc", Some(Word), "doc"),
        (compound, "msg", None, "msg"),
        (b"0001 lab\r\nMSH|^~\\&|LAB", "hl7", Some(Hl7), "hl7"),
        (b"Glucose 5.1", "hl7", Some(Utf8Text), "txt"),
        (b"001 Glucose \xB5", "pit", Some(AnsiText), "txt"),
        (b"<center>Dear Dr</center>", "htm", Some(Html), "html"),
        (b"<referral/>", "xml", Some(Xml), "xml"),
        // An extension does not change the type of bytes, and no program keeps its own.
        (b"%PDF-1.4\n", "docx", Some(Pdf), "pdf"),
        (b"MZ\x90\0\x03", "exe", None, "bin"),
        (b"MZ\x90\0\x03", "docx", None, "bin"),
    ];
    for (bytes, ending, content_type, extension) in cases {
        let sniffer = Sniffer::of(bytes);
        let text = format!("{} {ending}", bytes.escape_ascii());
        assert_eq!(sniffer.content_type_of_file(Some(ending)), content_type, "{text}");
        assert_eq!(sniffer.extension(Some(ending)), extension, "{text}");
    }
    assert_eq!(Sniffer::of(zip).extension(None), "bin");
}

#[test]
fn what_can_run_is_never_shown_in_a_browser() {
    use ContentType::{Html, Pdf, Utf8Text, Xml};
    assert!(Pdf.shows_safely() && Utf8Text.shows_safely());
    assert!(!Html.shows_safely() && !Xml.shows_safely());
    // A drawing may also carry scripts.
    for svg in [&b"<?xml version=\"1.0\"?><svg onload=\"x\">"[..], b"<svg onload=\"x\">"] {
        let sniffer = Sniffer::of(svg);
        assert!(!sniffer.content_type().is_some_and(ContentType::shows_safely), "{svg:?}");
    }
}
