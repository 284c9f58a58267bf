//! The guides' steps on a running stack, shown as they happen.

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

/// Walks through every chapter and stops at the first answer that is not as it should be.
///
/// # Errors
/// When no stack runs, or at that answer.
pub async fn run(folder: &Path, out: &mut (dyn Write + Send)) -> Result<(), Error> {
    let mut guide = Guide::new(StackFile::read(folder)?, out)?;
    let example = Example::find(&mut guide).await?;
    referral::connect_the_practice(&mut guide, &example).await?;
    let patient = referral::find_the_patient(&mut guide, &example).await?;
    attachments::import_attachments(&mut guide, &example, &patient).await?;
    sending::send_a_referral(&mut guide, &example, &patient).await?;
    bookings::book_a_visit(&mut guide, &example).await?;
    guide.end();
    Ok(())
}
