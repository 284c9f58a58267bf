//! `…/bookings`: representatives' visits in Bp's appointment book (booking guide, section 2.4). A request
//! is answered once the booking is stored. The practice's writer then changes Bp.

mod handlers;
mod planner;
mod request;
mod resend_all;
mod save;
mod view;

pub(crate) use self::handlers::*;
pub(crate) use self::resend_all::*;
