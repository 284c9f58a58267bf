//! Runs the steps of the guides on a running stack and shows every call.

mod attachments;
mod bookings;
mod example;
mod guide;
mod referral;
mod sending;

use std::io::Write;
use std::path::Path;

use self::example::Example;
use self::guide::Guide;
use crate::{Error, StackFile};

/// Runs every chapter and stops at the first unexpected answer.
///
/// # Errors
/// When no stack is running, or at the first unexpected answer.
pub async fn run(folder: &Path, out: &mut (dyn Write + Send)) -> Result<(), Error> {
    let mut guide = Guide::new(StackFile::read(folder)?, out)?;
    let example = Example::find(&mut guide).await?;
    referral::connect_the_practice(&mut guide, &example).await?;
    let patient = referral::find_the_patient(&mut guide, &example).await?;
    attachments::import_attachments(&mut guide, &example, &patient).await?;
    sending::send_a_referral(&mut guide, &example, &patient).await?;
    bookings::book_a_visit(&mut guide, &example).await?;
    guide.show_summary();
    Ok(())
}
