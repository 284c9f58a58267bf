//! Where a person or a practice is, and how to reach them.

use domain::patient;

use crate::fhir::{Address, AddressUse, ContactPoint, ContactSystem, ContactUse, Text};

/// A way to reach somebody.
pub(crate) fn reached(
    system: ContactSystem,
    value: &Option<String>,
    r#use: Option<ContactUse>,
) -> Option<ContactPoint> {
    let value = Text::new(value.as_deref()?)?;
    Some(ContactPoint { system, value, r#use })
}

/// An address, if any part of it is known.
pub(crate) fn address(known: &patient::Address, r#use: AddressUse) -> Option<Address> {
    let text = |part: &Option<String>| part.as_deref().and_then(Text::new);
    let address = Address {
        r#use,
        line: [&known.line1, &known.line2].into_iter().filter_map(text).collect(),
        city: text(&known.suburb),
        postal_code: text(&known.postcode),
    };
    let is_known =
        !address.line.is_empty() || address.city.is_some() || address.postal_code.is_some();
    is_known.then_some(address)
}
