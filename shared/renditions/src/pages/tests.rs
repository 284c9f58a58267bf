use lopdf::{Document, Object};
use proptest::prelude::*;

use super::*;

fn bound(files: &[&[u8]]) -> Result<Vec<u8>, CannotBind> {
    let mut binder = Binder::default();
    let mut pdf = Vec::new();
    for file in files {
        pdf.extend(binder.add(file)?);
    }
    pdf.extend(binder.finish());
    Ok(pdf)
}

/// Sizes of the pages in points.
fn sizes(pdf: &[u8]) -> Vec<(f32, f32)> {
    let document = Document::load_mem(pdf).unwrap();
    document
        .get_pages()
        .into_values()
        .map(|page| {
            let page = document.get_dictionary(page).unwrap();
            let bounds = page.get(b"MediaBox").unwrap().as_array().unwrap();
            let side = |at: usize| bounds[at].as_float().unwrap();
            (side(2), side(3))
        })
        .collect()
}

/// The images of a PDF: their dictionaries and bytes.
fn images(pdf: &[u8]) -> Vec<(lopdf::Dictionary, Vec<u8>)> {
    let document = Document::load_mem(pdf).unwrap();
    let is_image = |object: &Object| {
        object
            .as_stream()
            .ok()
            .filter(|it| {
                it.dict.get(b"Subtype").and_then(Object::as_name).is_ok_and(|it| it == b"Image")
            })
            .map(|it| (it.dict.clone(), it.content.clone()))
    };
    document.objects.values().filter_map(is_image).collect()
}

fn jpeg(width: u16, height: u16, more: &[u8]) -> Vec<u8> {
    let mut file = b"\xFF\xD8\xFF\xE0\x00\x10JFIF\x00\x01\x01\x01\x00\x48\x00\x48\x00\x00".to_vec();
    file.extend(more);
    file.extend(b"\xFF\xC0\x00\x0B\x08");
    file.extend(height.to_be_bytes());
    file.extend(width.to_be_bytes());
    file.extend(b"\x01\x01\x11\x00\xFF\xDA\x00\x08\x01\x01\x00\x00\x3F\x00\x3F\xFF\xD9");
    file
}

/// A TIFF of one image with these fields (number, type, value). Its bytes follow the fields.
fn tiff(little: bool, fields: &[(u16, u16, u32)], bytes: &[u8]) -> Vec<u8> {
    let two = |number: u16| if little { number.to_le_bytes() } else { number.to_be_bytes() };
    let four = |number: u32| if little { number.to_le_bytes() } else { number.to_be_bytes() };
    let mut fields = fields.to_vec();
    let at = 8 + 2 + 12 * (fields.len() as u32 + 2) + 4;
    fields.push((273, 4, at));
    fields.push((279, 4, bytes.len() as u32));
    fields.sort_unstable();
    let mut file = if little { b"II\x2A\0".to_vec() } else { b"MM\0\x2A".to_vec() };
    file.extend(four(8));
    file.extend(two(fields.len() as u16));
    for (number, kind, value) in fields {
        file.extend(two(number));
        file.extend(two(kind));
        file.extend(four(1));
        match kind {
            3 => file.extend([two(value as u16), [0; 2]].concat()),
            _ => file.extend(four(value)),
        }
    }
    file.extend([0; 4]);
    file.extend(bytes);
    file
}

fn fax(width: u32, more: &[(u16, u16, u32)], bytes: &[u8]) -> Vec<u8> {
    let fields = [(256, 4, width), (257, 4, 2), (259, 3, 4), (262, 3, 0)];
    tiff(true, &[&fields[..], more].concat(), bytes)
}

fn png(kind: u8, extra: &[(&[u8; 4], &[u8])]) -> Vec<u8> {
    let mut file = b"\x89PNG\r\n\x1A\n".to_vec();
    let head = [0, 0, 0, 8, 0, 0, 0, 4, 8, kind, 0, 0, 0];
    for (name, body) in [(b"IHDR", &head[..])]
        .into_iter()
        .chain(extra.iter().copied())
        .chain([(b"IDAT", &b"rows"[..]), (b"IEND", &b""[..])])
    {
        file.extend((body.len() as u32).to_be_bytes());
        file.extend(name);
        file.extend(body);
        file.extend([0; 4]);
    }
    file
}

#[test]
fn images_of_any_kind_become_pages_in_their_order_and_keep_their_bytes() {
    let photo = jpeg(720, 360, b"");
    let drawing = png(2, &[(b"pHYs", &[0, 0, 0x0B, 0x13, 0, 0, 0x0B, 0x13, 1])]);
    let fax = fax(1728, &[], b"\x26\xA0\x9A");
    let pdf = bound(&[&photo, &fax, &drawing]).unwrap();
    assert!(pdf.starts_with(b"%PDF-1.7"));
    let sizes = sizes(&pdf);
    // 72 samples an inch. No known size. 2,835 samples a metre, which are 72 an inch.
    assert_eq!(sizes[0], (720.0, 360.0));
    assert_eq!(sizes[1].0, 842.0);
    assert!((sizes[2].0 - 8.0).abs() < 0.01, "{sizes:?}");
    let images = images(&pdf);
    let bytes: Vec<&[u8]> = images.iter().map(|(_, bytes)| bytes.as_slice()).collect();
    assert_eq!(bytes, [photo.as_slice(), b"\x26\xA0\x9A", b"rows"], "nothing is encoded anew");
    let filters: Vec<&[u8]> =
        images.iter().map(|(image, _)| image.get(b"Filter").unwrap().as_name().unwrap()).collect();
    assert_eq!(filters, [&b"DCTDecode"[..], b"CCITTFaxDecode", b"FlateDecode"]);
}

#[test]
fn a_photograph_that_was_taken_sideways_stands_upright() {
    let exif = b"\xFF\xE1\x00\x22Exif\0\0MM\0\x2A\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";
    let pdf = bound(&[&jpeg(720, 360, exif)]).unwrap();
    assert_eq!(sizes(&pdf), [(360.0, 720.0)]);
    let text = String::from_utf8_lossy(&pdf);
    assert!(text.contains("360.000 0 0 720.000 0 0 cm 0 -1 1 0 0 1 cm"), "{text}");
}

#[test]
fn a_fax_is_read_as_its_fields_say() {
    let parameters = |fields: &[(u16, u16, u32)]| {
        let pdf = bound(&[&fax(1728, fields, b"\x01\x02")]).unwrap();
        let (image, bytes) = images(&pdf).remove(0);
        let parameters = image.get(b"DecodeParms").unwrap().as_dict().unwrap().clone();
        (parameters, bytes)
    };
    let (plain, _) = parameters(&[]);
    assert_eq!(plain.get(b"K").unwrap().as_i64().unwrap(), -1);
    assert_eq!(plain.get(b"Columns").unwrap().as_i64().unwrap(), 1728);
    assert_eq!(plain.get(b"Rows").unwrap().as_i64().unwrap(), 2);
    assert!(!plain.has(b"BlackIs1"));
    // Bits in reverse order are turned round.
    let (_, turned) = parameters(&[(266, 3, 2)]);
    assert_eq!(turned, b"\x80\x40");
}

#[test]
fn a_fax_whose_white_is_black_is_shown_as_it_is() {
    let fields = [(256, 4, 8), (257, 4, 2), (259, 3, 4), (262, 3, 1)];
    let pdf = bound(&[&tiff(false, &fields, b"\x01")]).unwrap();
    let (image, _) = images(&pdf).remove(0);
    let parameters = image.get(b"DecodeParms").unwrap().as_dict().unwrap();
    assert!(parameters.get(b"BlackIs1").unwrap().as_bool().unwrap());
    // Without compression the samples are inverted.
    let fields = [(256, 4, 8), (257, 4, 2), (259, 3, 1), (262, 3, 0)];
    let pdf = bound(&[&tiff(true, &fields, b"\x01\x02")]).unwrap();
    assert!(images(&pdf).remove(0).0.has(b"Decode"));
}

#[test]
fn the_pages_of_a_pdf_are_taken_over_with_all_they_need() {
    let one = bound(&[&jpeg(100, 50, b""), &fax(1728, &[], b"\x26")]).unwrap();
    let two = bound(&[&one, &jpeg(30, 40, b""), &one]).unwrap();
    let sizes = sizes(&two);
    assert_eq!(sizes.len(), 5);
    assert_eq!((sizes[0], sizes[2], sizes[3]), ((100.0, 50.0), (30.0, 40.0), (100.0, 50.0)));
    assert_eq!(images(&two).len(), 5);
    let document = Document::load_mem(&two).unwrap();
    for page in document.get_pages().into_values() {
        assert!(!document.get_page_content(page).is_empty());
    }
}

#[test]
fn what_a_page_has_from_the_pages_above_it_goes_with_it() {
    let pdf = b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n\
        2 0 obj\n<< /Type /Pages /Kids [3 0 R] /Count 1 /MediaBox [0 0 70 80] /Rotate 90 >>\nendobj\n\
        3 0 obj\n<< /Type /Page /Parent 2 0 R >>\nendobj\n\
        xref\n0 4\n0000000000 65535 f \n0000000009 00000 n \n0000000058 00000 n \n0000000148 00000 n \n\
        trailer\n<< /Size 4 /Root 1 0 R >>\nstartxref\n195\n%%EOF\n";
    let all = bound(&[pdf, pdf]).unwrap();
    assert_eq!(sizes(&all), [(70.0, 80.0); 2]);
    let document = Document::load_mem(&all).unwrap();
    for page in document.get_pages().into_values() {
        let turned = document.get_dictionary(page).unwrap().get(b"Rotate").unwrap();
        assert_eq!(turned.as_i64().unwrap(), 90);
    }
}

#[test]
fn what_would_look_otherwise_is_refused() {
    let interlaced = {
        let mut file = png(2, &[]);
        file[28] = 1;
        file
    };
    let samples = |depth: u32| {
        let fields =
            [(256, 4, 8), (257, 4, 2), (258, 3, depth), (259, 3, 1), (262, 3, 1), (277, 3, 1)];
        tiff(true, &fields, &[0; 64])
    };
    assert!(bound(&[&samples(8)]).is_ok());
    let refused: [(&str, Vec<u8>); 9] = [
        ("text", b"Dear Dr".to_vec()),
        ("rich text", b"{\\rtf1 x}".to_vec()),
        ("transparency", png(6, &[])),
        ("transparency", png(2, &[(b"tRNS", &[0; 6])])),
        ("interlaced", interlaced),
        ("samples of 16 bits the other way round", samples(16)),
        ("tiles", fax(8, &[(322, 4, 8)], b"\x01")),
        ("a JPEG that is cut off", jpeg(8, 8, b"")[..24].to_vec()),
        ("a PDF that is none", b"%PDF-1.4\nnothing".to_vec()),
    ];
    for (what, file) in refused {
        assert!(bound(&[&jpeg(8, 8, b""), &file]).is_err(), "{what} was taken");
    }
}

#[test]
fn images_that_share_their_bytes_come_to_no_more_than_the_file() {
    let mut file = fax(1728, &[], &[0x26; 4_000]);
    // The second image has the same fields as the first one.
    let fields = file[8..82].to_vec();
    let place = u32::try_from(file.len()).unwrap();
    file[82..86].copy_from_slice(&place.to_le_bytes());
    file.extend([&fields[..], &[0; 4]].concat());
    assert!(bound(&[&file]).is_err());
    file[82..86].copy_from_slice(&[0; 4]);
    assert!(bound(&[&file]).is_ok());
}

#[test]
fn bits_in_the_other_order_are_taken_of_a_fax_only() {
    let order = (266, 3, 2);
    assert!(bound(&[&fax(1728, &[order], b"\x26")]).is_ok());
    let grey = [(256, 4, 8), (257, 4, 2), (258, 3, 8), (259, 3, 1), (262, 3, 1), order];
    assert!(bound(&[&tiff(true, &grey, &[0; 16])]).is_err());
}

#[test]
fn a_pdf_that_lacks_a_page_or_a_part_of_one_is_refused() {
    let whole = bound(&[&jpeg(8, 8, b""), &jpeg(9, 9, b"")]).unwrap();
    let changed = |from: &str, to: &str| {
        assert_eq!(from.len(), to.len());
        let at = whole.windows(from.len()).position(|it| it == from.as_bytes()).unwrap();
        let mut file = whole.clone();
        file[at..at + to.len()].copy_from_slice(to.as_bytes());
        file
    };
    assert!(bound(&[&whole]).is_ok());
    assert!(bound(&[&changed("/Count 2", "/Count 3")]).is_err());
    assert!(bound(&[&changed("/Type /XObject", "/Type  XObject")]).is_err());
}

proptest! {
    #[test]
    fn damaged_files_are_refused_or_taken_and_nothing_breaks(
        which in 0_usize..5,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
        length in any::<prop::sample::Index>(),
    ) {
        let files = [
            jpeg(8, 8, b""),
            png(3, &[(b"PLTE", &[1, 2, 3])]),
            fax(1728, &[(282, 5, 8), (278, 4, 1)], b"\x01\x02"),
            tiff(false, &[(256, 4, 8), (257, 4, 2), (259, 3, 32773), (262, 3, 1)], b"\x01\x02"),
            bound(&[&jpeg(8, 8, b"")]).unwrap(),
        ];
        let mut file = files[which].clone();
        for (at, byte) in changes {
            let at = at.index(file.len());
            file[at] = byte;
        }
        let mut binder = Binder::default();
        let _ = binder.add(&file);
        let _ = Binder::default().add(&file[..length.index(file.len() + 1)]);
    }
}
