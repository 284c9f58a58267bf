//! What is stored, and how the table is asked for it.

mod bookings;
mod connection;
mod grants;
mod lists;
mod newer;
mod shown;
mod site;
mod stored;
mod usage;
mod work;
