//! Checks that a narrative has only the XHTML that FHIR allows.

const ALLOWED: [&str; 5] = ["div", "p", "ul", "li", "b"];
const ENTITIES: [&str; 5] = ["amp;", "lt;", "gt;", "quot;", "#39;"];

/// The first fault, if there is one.
pub(super) fn fault(div: &str) -> Option<String> {
    const BEGIN: &str =
        "<div xmlns=\"http://www.w3.org/1999/xhtml\" lang=\"en-AU\" xml:lang=\"en-AU\">";
    let Some(rest) = div.strip_prefix(BEGIN) else {
        return Some("does not begin as a div of XHTML".to_owned());
    };
    let mut open = vec!["div"];
    let mut rest = rest;
    while let Some(at) = rest.find(['<', '&', '>']) {
        if open.is_empty() {
            return Some("something follows the div".to_owned());
        }
        let (mark, after) = rest[at..].split_at(1);
        rest = after;
        match mark {
            "&" if ENTITIES.iter().any(|entity| after.starts_with(entity)) => {}
            "<" => {
                let Some((tag, after)) = after.split_once('>') else {
                    return Some("a tag is not closed".to_owned());
                };
                rest = after;
                match tag.strip_prefix('/') {
                    Some(name) => {
                        if open.pop() != Some(name) {
                            return Some(format!("</{name}> closes another"));
                        }
                    }
                    None if ALLOWED.contains(&tag) => open.push(tag),
                    None => return Some(format!("<{tag}> is not expected")),
                }
            }
            _ => return Some(format!("a bare {mark}")),
        }
    }
    (!open.is_empty() || !rest.is_empty()).then(|| "the div does not end the text".to_owned())
}
