//! `workorderctl print`: a Work Order as a page that one hands to the customer, as HTML and as PDF; or its code on a card (`card`).
//!
//! What the daemon tells the caller (`gather`) becomes a [`sheet::Sheet`] (`compose`), and that one is drawn: by `html`, or by `layout` and
//! `pdf` with a typeface (`face`, `set`).
//! Keeps: what the caller is not told is not on the page; what is written stands whole on it, or nothing is written at all.

mod card;
mod compose;
mod face;
mod find;
mod gather;
mod html;
mod layout;
mod pdf;
mod run;
mod set;
pub mod sheet;
mod tables;
mod text;
mod words;

pub use run::{prepare, print};
